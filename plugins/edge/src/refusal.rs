//! What a failure of the service means.
//!
//! It says little: a turn without audio stands for an unknown voice, a text in a script the voice
//! cannot read, and a text of punctuation alone. The voice list tells the first from the others, and the
//! letters tell what is the text's doing from what is the service's.

use understudy_microsoft_speech::Interruption;
use understudy_plugin::Error;
use understudy_plugin::websocket::CloseFrame;

use crate::script;
use crate::settings::Settings;
use crate::voices;

/// The door stays shut. Nothing the plugin can do opens it, so it is like a refused key: the provider
/// is left alone until its check passes.
pub(crate) fn forbidden(circumstance: &str) -> Error {
    Error::unauthorized(format!(
        "edge refuses the token {circumstance}: its protocol has changed, or it blocks this address"
    ))
}

/// A turn that had no end.
pub(crate) fn of_turn(interruption: Interruption, voice: &str) -> Error {
    let frame = match interruption {
        Interruption::Failed(error) => return error,
        Interruption::Closed(None) => return Error::unavailable("connection broke before the turn ended"),
        Interruption::Closed(Some(frame)) => frame,
    };
    let CloseFrame { code, reason } = &frame;
    match code {
        1007 if says(reason, "unsupported voice") => Error::voice_not_found(voice),
        // All of the document is the plugin's making.
        1002 | 1003 | 1007 | 1008 | 1009 | 1010 => {
            Error::protocol(format!("edge closed with {code}: {reason}"))
        }
        4429 => Error::RateLimited { retry_after: None },
        _ if says(reason, "throttled") => Error::RateLimited { retry_after: None },
        _ => Error::unavailable(format!("connection closed before the turn ended, {code}: {reason}")),
    }
}

/// A turn for `text` that ended well and had no audio.
pub(crate) fn of_silence(settings: &Settings, voice: &str, text: &str) -> Error {
    if !voices::may_exist(settings, voice) {
        return Error::voice_not_found(voice);
    }
    if voices::is_multilingual(voice) || script::may_read(voices::locale(voice), text) {
        return Error::NoAudio;
    }
    Error::unsupported(format!("a text in which the voice can read nothing: {voice}"))
}

fn says(reason: &str, words: &str) -> bool {
    reason.to_lowercase().contains(words)
}
