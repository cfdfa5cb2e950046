//! The voices, and what a document calls them.

use std::time::Duration;

use understudy_microsoft_speech::{Listed, voice};
use understudy_plugin::{Error, Gender, Request, log, memo};

use crate::door;
use crate::settings::Settings;

/// How long the list is kept.
const VOICES_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The voice of a request that names neither a voice nor a language; it speaks many.
const DEFAULT: &str = "en-US-EmmaMultilingualNeural";

/// The list.
pub(crate) fn list(settings: &Settings) -> Result<Vec<Listed>, Error> {
    memo::remember("voices", VOICES_TTL, || Ok(door::voices(settings)?.json()?))
}

/// The voice asked for, else the operator's, else one of the language.
pub(crate) fn choose(settings: &Settings, request: &Request) -> Result<String, Error> {
    if let Some(voice) = request.voice.as_ref().or(settings.voice.as_ref()) {
        return if long_name(voice).is_some() {
            Ok(voice.clone())
        } else {
            Err(Error::voice_not_found(voice))
        };
    }
    let Some(language) = &request.language else { return Ok(DEFAULT.to_owned()) };
    let voices = list(settings)?;
    let chosen = voice::choose(&voices, language);
    chosen
        .map(|voice| voice.short_name.clone())
        .ok_or_else(|| Error::unsupported(format!("the language: {language}")))
}

/// The locale of a voice: all but the last part of its name, which may be three: `zh-CN-liaoning`.
pub(crate) fn locale(voice: &str) -> &str {
    voice.rsplit_once('-').map_or(voice, |(locale, _)| locale)
}

/// The voice reads other languages than its locale's.
pub(crate) fn is_multilingual(voice: &str) -> bool {
    voice.contains("Multilingual")
}

/// `Microsoft Server Speech Text to Speech Voice (xx-YY, NameNeural)` for `xx-YY-NameNeural`; none for
/// what has another form.
pub(crate) fn long_name(voice: &str) -> Option<String> {
    let (locale, name) = voice.rsplit_once('-')?;
    let spelled = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let formed = spelled(name) && locale.contains('-') && locale.split('-').all(spelled);
    formed.then(|| format!("Microsoft Server Speech Text to Speech Voice ({locale}, {name})"))
}

/// How the voice sounds, by the list; unknown when there is none.
pub(crate) fn gender(settings: &Settings, voice: &str) -> Option<Gender> {
    find(settings, voice).ok().flatten()?.gender()
}

/// False when the list is there and has no such voice.
pub(crate) fn may_exist(settings: &Settings, voice: &str) -> bool {
    find(settings, voice).map_or(true, |found| found.is_some())
}

fn find(settings: &Settings, voice: &str) -> Result<Option<Listed>, Error> {
    let voices = list(settings);
    if let Err(error) = &voices {
        log::warn("voices could not be listed", &[("reason", error)]);
    }
    Ok(voices?.into_iter().find(|listed| listed.short_name == voice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(voice: &str, expected: Option<&str>) {
        let found = long_name(voice);
        let inner = found.as_deref().map(|name| {
            name.strip_prefix("Microsoft Server Speech Text to Speech Voice (")
                .unwrap()
                .strip_suffix(')')
                .unwrap()
        });
        assert_eq!(inner, expected, "{voice}");
    }

    #[test]
    fn short_names_become_long_ones() {
        check("en-US-AriaNeural", Some("en-US, AriaNeural"));
        check("zh-CN-liaoning-XiaobeiNeural", Some("zh-CN-liaoning, XiaobeiNeural"));
        check("alloy", None);
        check("en-Aria", None);
        check("en-US-", None);
        check("en--AriaNeural", None);
        check("en-US-Ari'a", None);
    }
}
