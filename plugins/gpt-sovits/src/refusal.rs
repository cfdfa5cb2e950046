//! What the server's errors mean.
//!
//! All of them are status 400 and a sentence; the exception behind it is in the language of the
//! server's locale. A recording or weights that are not there concern one voice, and the others are
//! well, so that is a voice that cannot be had, and the log has the server's words for the operator.

use serde_json::Value;
use understudy_plugin::http::Complaint;
use understudy_plugin::{Error, Request, log};

use crate::settings::{Api, VoiceSetting};

/// What a refused request for speech means.
pub(crate) fn of_speech(complaint: &Complaint, api: Api, voice: &VoiceSetting, request: &Request) -> Error {
    let message = &complaint.message;
    match complaint.status {
        404 | 405 => {
            let other = if api == Api::V2 { "v1" } else { "v2" };
            Error::unauthorized(format!(
                "no such program at base_url, perhaps it is api = \"{other}\": {message}"
            ))
        }
        422 => {
            of_option(complaint, request).unwrap_or_else(|| Error::protocol(format!("status 422: {message}")))
        }
        400 if complaint.says("failed") => of_exception(complaint, voice),
        400 => of_field(complaint, voice, request),
        _ => complaint.by_status(),
    }
}

/// What it means that weights could not be loaded.
pub(crate) fn of_weights(complaint: &Complaint, voice: &VoiceSetting) -> Error {
    match complaint.status {
        400 => unusable(complaint, voice, &exception(complaint)),
        _ => complaint.by_status(),
    }
}

/// Where the text of the recording is missing, `api.py` speaks in its own default voice without a word.
pub(crate) fn without_prompt_text(voice: &VoiceSetting) -> Error {
    log::error("voice has no prompt_text, which api.py needs", &[("voice", &voice.id)]);
    Error::voice_not_found(&voice.id)
}

/// A field that was checked before the work began.
fn of_field(complaint: &Complaint, voice: &VoiceSetting, request: &Request) -> Error {
    let message = &complaint.message;
    if complaint.says("text_lang") && complaint.says("not supported") && !complaint.says("prompt_lang") {
        return Error::unsupported(match &request.language {
            Some(tag) => format!("language {tag}: {message}"),
            None => format!("language of the voice {}: {message}", voice.id),
        });
    }
    let of_voice = ["ref_audio_path", "prompt_lang", "参考音频"];
    if of_voice.iter().any(|name| complaint.says(name)) {
        return unusable(complaint, voice, message);
    }
    if let Some(error) = of_option(complaint, request) {
        return error;
    }
    if ["media_type", "text_split_method", "streaming_mode"].iter().any(|name| complaint.says(name)) {
        return Error::unauthorized(format!("server refused the settings: {message}"));
    }
    Error::protocol(format!("status 400: {message}"))
}

/// A field of the caller's that the server names in its refusal.
fn of_option(complaint: &Complaint, request: &Request) -> Option<Error> {
    let options = request.options.as_ref()?;
    let option = options.keys().find(|option| {
        complaint.param.as_deref() == Some(option.as_str()) || complaint.message.contains(option.as_str())
    })?;
    let message = &complaint.message;
    Some(Error::invalid("options", format!("has a field the service refuses, {option}: {message}")))
}

/// What went wrong at work. No text at all is an assertion, most often about a language.
fn of_exception(complaint: &Complaint, voice: &VoiceSetting) -> Error {
    let exception = exception(complaint);
    let lower = exception.to_lowercase();
    let of_voice = ["not exists", "no such file", "参考音频", "3~10", "3-10", "prompt_text cannot be empty"];
    if of_voice.iter().any(|words| lower.contains(words)) {
        return unusable(complaint, voice, &exception);
    }
    if ["out of memory", "cuda", "oom"].iter().any(|words| lower.contains(words)) {
        return Error::unavailable(format!("synthesis failed: {exception}"));
    }
    Error::protocol(format!("synthesis failed: {exception}"))
}

fn unusable(complaint: &Complaint, voice: &VoiceSetting, reason: &str) -> Error {
    log::error(
        "voice cannot be used as it is set",
        &[("voice", &voice.id), ("message", &complaint.message), ("reason", &reason)],
    );
    Error::voice_not_found(&voice.id)
}

fn exception(complaint: &Complaint) -> String {
    let text =
        complaint.document.as_ref().and_then(|document| document.get("Exception")).and_then(Value::as_str);
    text.unwrap_or(&complaint.message).to_owned()
}
