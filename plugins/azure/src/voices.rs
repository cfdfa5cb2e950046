//! Which voice speaks, and what is known of it.
//!
//! The list is long: to read it from the memo costs more than all else a call does. So a voice that
//! was looked up is kept on its own as well, and so is the choice for a language.

use std::time::Duration;

use understudy_microsoft_speech::{Listed, voice};
use understudy_plugin::{Error, Request, log, memo};

use crate::service;
use crate::settings::Settings;

/// How long the list, and what was found in it, is kept.
const VOICES_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The language of a request that names neither language nor voice.
pub(crate) const LANGUAGE: &str = "en-US";

/// The voices.
pub(crate) fn list(settings: &Settings) -> Result<Vec<Listed>, Error> {
    memo::remember("voices", VOICES_TTL, || service::fetch_voices(settings))
}

/// What the list says of a name.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Listed(Box<Listed>),
    /// There is no such voice.
    Missing,
    /// It could not be looked up, or is a custom voice, which no list has.
    Unlisted,
}

impl Known {
    pub(crate) fn listed(&self) -> Option<&Listed> {
        match self {
            Self::Listed(listed) => Some(listed),
            Self::Missing | Self::Unlisted => None,
        }
    }

    /// True for the voices that report no words.
    pub(crate) fn is_hd(&self, name: &str) -> bool {
        self.listed().map_or_else(|| name.contains(":DragonHD"), Listed::is_hd)
    }
}

/// Looks a voice up. That the list is not to be had is no reason not to speak in a voice that was
/// named, unless the account is what is wrong.
pub(crate) fn look_up(settings: &Settings, name: &str) -> Result<Known, Error> {
    if settings.deployment_id.is_some() {
        return Ok(Known::Unlisted);
    }
    let key = format!("voice:{name}");
    if let Some(listed) = memo::get_json(&key) {
        return Ok(Known::Listed(Box::new(listed)));
    }
    let voices = match list(settings) {
        Ok(voices) => voices,
        Err(error @ (Error::Unauthorized(_) | Error::QuotaExhausted { .. })) => return Err(error),
        Err(error) => {
            log::warn("voices could not be listed, the voice is not checked", &[("reason", &error)]);
            return Ok(Known::Unlisted);
        }
    };
    let Some(listed) = voices.into_iter().find(|voice| voice.short_name == name) else {
        return Ok(Known::Missing);
    };
    // A name too long for a key is looked up again the next time.
    memo::set_json(&key, &listed, VOICES_TTL).ok();
    Ok(Known::Listed(Box::new(listed)))
}

/// The voice asked for, else the operator's, else the list's first of the language.
pub(crate) fn choose(settings: &Settings, request: &Request) -> Result<String, Error> {
    if let Some(named) = request.voice.as_ref().or(settings.voice.as_ref()) {
        return Ok(named.clone());
    }
    let language = request.language.as_deref().unwrap_or(LANGUAGE);
    memo::remember(&format!("voice-of:{language}"), VOICES_TTL, || {
        let voices = list(settings)?;
        let chosen = voice::choose(&voices, language).map(|voice| voice.short_name.clone());
        chosen.ok_or_else(|| Error::unsupported(format!("the language: {language}")))
    })
}
