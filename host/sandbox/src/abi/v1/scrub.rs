//! What a plugin answers, without the values of its secrets.
//!
//! A service that echoes a request hands its plugin the value, and the plugin may put the echo
//! into an error for the reader's sake. That is done before anything is cut to length: half of a
//! key would not be recognised.

use super::bindings::understudy::provider::types as wit;
use crate::secrets::Vault;

fn text(vault: &Vault, text: &mut String) {
    if !vault.is_empty() {
        *text = vault.redact(std::mem::take(text));
    }
}

pub(super) fn error(vault: &Vault, error: &mut wit::Error) {
    match error {
        wit::Error::InvalidRequest(invalid) => {
            text(vault, &mut invalid.field);
            text(vault, &mut invalid.message);
        }
        wit::Error::VoiceNotFound(words)
        | wit::Error::Unsupported(words)
        | wit::Error::Unauthorized(words)
        | wit::Error::ContentBlocked(words)
        | wit::Error::Unavailable(words)
        | wit::Error::Protocol(words) => text(vault, words),
        wit::Error::TextTooLong(_)
        | wit::Error::QuotaExhausted(_)
        | wit::Error::RateLimited(_)
        | wit::Error::TimedOut
        | wit::Error::NoAudio => {}
    }
}

pub(super) fn summary(vault: &Vault, summary: &mut wit::Summary) {
    summary.voice.iter_mut().chain(&mut summary.request_id).for_each(|words| text(vault, words));
    summary.character.iter_mut().for_each(|of_summary| character(vault, of_summary));
}

pub(super) fn voice(vault: &Vault, voice: &mut wit::Voice) {
    let wit::Voice { id, name, languages, styles, emotions, description, labels, .. } = voice;
    let lists = languages.iter_mut().chain(styles).chain(emotions).chain(description);
    let labels = labels.iter_mut().flat_map(|(name, value)| [name, value]);
    lists.chain([id, name]).chain(labels).for_each(|words| text(vault, words));
}

pub(super) fn character(vault: &Vault, character: &mut wit::Character) {
    let wit::Character {
        id, name, description, traits, emotions, languages, avatar_url, voice_settings, ..
    } = character;
    let lists = languages.iter_mut().chain(traits).chain(emotions);
    let options = description.iter_mut().chain(avatar_url).chain(voice_settings);
    lists.chain(options).chain([id, name]).for_each(|words| text(vault, words));
}
