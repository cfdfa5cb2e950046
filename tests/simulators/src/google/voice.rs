//! Voices and their families.
//!
//! A family decides what a voice can do far more than the request does: the same field that shapes
//! a Standard voice makes a Chirp voice refuse the whole request by being there at all.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Studio;
use super::status::Status;

/// A kind of voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Standard, WaveNet, News, Casual, Polyglot: everything works.
    Classic,
    Neural2,
    Studio,
    Journey,
    ChirpHd,
    Chirp3Hd,
}

/// A voice of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoogleVoice {
    pub(super) name: &'static str,
    gender: &'static str,
}

const fn voice(name: &'static str, gender: &'static str) -> GoogleVoice {
    GoogleVoice { name, gender }
}

const VOICES: &[GoogleVoice] = &[
    voice("en-US-Standard-A", "MALE"),
    voice("en-US-Standard-C", "FEMALE"),
    voice("en-US-Wavenet-D", "MALE"),
    voice("en-US-Wavenet-F", "FEMALE"),
    voice("en-US-Neural2-C", "FEMALE"),
    voice("en-US-Neural2-D", "MALE"),
    voice("en-US-News-K", "FEMALE"),
    voice("en-US-Casual-K", "MALE"),
    voice("en-US-Polyglot-1", "MALE"),
    voice("en-US-Studio-O", "FEMALE"),
    voice("en-US-Studio-Q", "MALE"),
    voice("en-US-Journey-D", "MALE"),
    voice("en-US-Chirp-HD-D", "MALE"),
    voice("en-US-Chirp3-HD-Achernar", "FEMALE"),
    voice("en-US-Chirp3-HD-Charon", "MALE"),
    voice("en-US-Chirp3-HD-Kore", "FEMALE"),
    voice("en-US-Chirp3-HD-Puck", "MALE"),
    voice("en-GB-Neural2-A", "FEMALE"),
    voice("en-GB-Standard-B", "MALE"),
    voice("de-DE-Neural2-F", "FEMALE"),
    voice("de-DE-Standard-B", "MALE"),
    voice("fr-FR-Wavenet-C", "FEMALE"),
    voice("es-ES-Neural2-B", "MALE"),
    voice("ja-JP-Neural2-B", "FEMALE"),
    voice("cmn-CN-Wavenet-A", "FEMALE"),
    voice("cmn-CN-Standard-B", "MALE"),
    voice("nb-NO-Wavenet-E", "FEMALE"),
];

/// Retired voices that are still served, silently, by the voice beside them.
const RETIRED: &[(&str, &str)] =
    &[("en-US-Wavenet-K", "en-US-Wavenet-F"), ("de-DE-Standard-Z", "de-DE-Standard-B")];

impl GoogleVoice {
    pub(super) fn language(&self) -> &'static str {
        let end = self.name.match_indices('-').nth(1).map_or(self.name.len(), |(at, _)| at);
        self.name.get(..end).unwrap_or_default()
    }

    pub(super) fn family(&self) -> Family {
        match self.name.get(self.language().len() + 1..).unwrap_or_default() {
            rest if rest.starts_with("Neural2") => Family::Neural2,
            rest if rest.starts_with("Studio") => Family::Studio,
            rest if rest.starts_with("Journey") => Family::Journey,
            rest if rest.starts_with("Chirp3-HD") => Family::Chirp3Hd,
            rest if rest.starts_with("Chirp-HD") => Family::ChirpHd,
            _ => Family::Classic,
        }
    }
}

/// The voice a request selects.
pub(super) fn select(language: &str, name: &str, gender: Option<&str>) -> Result<GoogleVoice, Status> {
    if language.is_empty() {
        return Err(Status::invalid_argument());
    }
    if name.is_empty() {
        let gender = gender.filter(|gender| *gender != "SSML_VOICE_GENDER_UNSPECIFIED");
        let fits = |voice: &&GoogleVoice| {
            speaks(voice, language) && gender.is_none_or(|gender| gender == voice.gender)
        };
        return VOICES.iter().find(fits).copied().ok_or_else(|| {
            let none = "No TTS voice matching the TTS request. Please correct the voice selection params and try again.";
            Status::invalid(none)
        });
    }
    let stand_in =
        RETIRED.iter().find(|(retired, _)| *retired == name).map_or(name, |(_, stand_in)| stand_in);
    let voice = VOICES.iter().find(|voice| voice.name == stand_in).copied();
    let voice =
        voice.ok_or_else(|| Status::invalid(format!("Voice '{name}' does not exist. Is it misspelled?")))?;
    if voice.language().eq_ignore_ascii_case(language) {
        return Ok(voice);
    }
    let own = voice.language();
    Err(Status::invalid(format!(
        "Requested language code '{language}' doesn't match the voice '{name}''s language code '{own}'. Either pick a \
         different voice, or change the requested language code to '{own}'."
    )))
}

/// Whether a voice speaks a language: the same tag, or one the tag begins.
fn speaks(voice: &GoogleVoice, language: &str) -> bool {
    let begins = |tag: &str| {
        let own = voice.language();
        own.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
            && matches!(own.as_bytes().get(tag.len()), None | Some(b'-'))
    };
    begins(language) || (language.eq_ignore_ascii_case("no") && begins("nb"))
}

/// `GET /v1/voices`. A list with nothing in it is not written, as in every message of the API.
pub(super) async fn list(
    State(studio): State<Arc<Studio>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(status) = studio.access.admit(&headers, &query) {
        return status.into_response();
    }
    let language =
        query.get("languageCode").or_else(|| query.get("language_code")).map_or("", String::as_str);
    let matching = VOICES.iter().filter(|voice| language.is_empty() || speaks(voice, language));
    let voices: Vec<Value> = matching.map(listed).collect();
    let body = if voices.is_empty() { json!({}) } else { json!({"voices": voices}) };
    super::synthesis::answer(&body)
}

fn listed(voice: &GoogleVoice) -> Value {
    json!({
        "languageCodes": [voice.language()],
        "name": voice.name,
        "ssmlGender": voice.gender,
        "naturalSampleRateHertz": 24_000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, name: &str, gender: Option<&str>, expected: Result<&str, &str>) {
        let found = select(language, name, gender).map(|voice| voice.name).map_err(|status| status.message);
        assert_eq!(found.as_ref().map(|name| *name).map_err(String::as_str), expected, "{language} {name}");
    }

    #[test]
    fn a_named_voice_must_exist_and_speak_the_language() {
        check("en-US", "en-US-Neural2-C", None, Ok("en-US-Neural2-C"));
        check("en-US", "en-US-Nope-Z", None, Err("Voice 'en-US-Nope-Z' does not exist. Is it misspelled?"));
        check("", "en-US-Neural2-C", None, Err("Request contains an invalid argument."));
        let mismatch = "Requested language code 'de-DE' doesn't match the voice 'en-US-Neural2-C''s language code \
             'en-US'. Either pick a different voice, or change the requested language code to 'en-US'.";
        check("de-DE", "en-US-Neural2-C", None, Err(mismatch));
    }

    #[test]
    fn a_retired_voice_is_served_by_another_without_a_word() {
        check("en-US", "en-US-Wavenet-K", None, Ok("en-US-Wavenet-F"));
    }

    #[test]
    fn without_a_name_language_and_gender_choose() {
        check("en-US", "", Some("FEMALE"), Ok("en-US-Standard-C"));
        check("no", "", None, Ok("nb-NO-Wavenet-E"));
        let none =
            "No TTS voice matching the TTS request. Please correct the voice selection params and try again.";
        check("en-US", "", Some("NEUTRAL"), Err(none));
        check("tlh", "", None, Err(none));
    }

    #[test]
    fn a_name_tells_its_family() {
        for (name, family) in [
            ("en-US-Standard-A", Family::Classic),
            ("en-US-Neural2-C", Family::Neural2),
            ("en-US-Chirp-HD-D", Family::ChirpHd),
            ("en-US-Chirp3-HD-Kore", Family::Chirp3Hd),
            ("en-US-Studio-O", Family::Studio),
            ("en-US-Journey-D", Family::Journey),
        ] {
            assert_eq!(VOICES.iter().find(|voice| voice.name == name).unwrap().family(), family, "{name}");
        }
    }
}
