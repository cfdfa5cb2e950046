//! The names that stock clients of OpenAI's API send.
//!
//! Such a client has a list of models and voices built in and knows nothing of ours. Its model
//! names mean "whoever plays by default". Its voice names are cast onto the voices of the provider
//! that plays, so that two of them sound different as long as there are voices enough, and the same
//! one sounds the same tomorrow. A provider that has a voice of that very name is left alone. Any
//! other name is the client's own choice and is refused when nobody has it: a wrong voice is worse
//! than an error.

use std::time::Duration;

use understudy_engine::Engine;
use understudy_engine::likeness::same_language;
use understudy_speech::{Gender, Language, Voice};

use super::error::ApiError;

/// Model names that mean the default provider: our own, OpenAI's, and what clients of Kokoro and
/// Chatterbox servers send unless told otherwise.
pub(crate) const MODELS: [&str; 7] = [
    "understudy",
    "tts-1",
    "tts-1-hd",
    "gpt-4o-mini-tts",
    "gpt-4o-mini-tts-2025-12-15",
    "kokoro",
    "chatterbox",
];

/// The model names that are shown in lists.
pub(crate) const MODELS_SHOWN: usize = 4;

/// OpenAI's voices and how they sound. The six of `tts-1` come first, so that they are the last to
/// share a voice.
const VOICES: [(&str, Gender); 13] = [
    ("alloy", Gender::Female),
    ("echo", Gender::Male),
    ("fable", Gender::Male),
    ("onyx", Gender::Male),
    ("nova", Gender::Female),
    ("shimmer", Gender::Female),
    ("ash", Gender::Male),
    ("coral", Gender::Female),
    ("sage", Gender::Female),
    ("ballad", Gender::Male),
    ("verse", Gender::Male),
    ("marin", Gender::Female),
    ("cedar", Gender::Male),
];

/// How long a call waits for the voices that a stock name is cast onto. When they do not come the
/// name is dropped, and whoever speaks chooses: the client never chose a voice of ours, and a
/// provider in trouble must not keep the others from speaking.
const VOICE_LIST_PATIENCE: Duration = Duration::from_secs(2);

/// The voice name by which clients say "whichever".
const ANY_VOICE: &str = "default";

/// The provider that `model` names; none for a name that means the default.
pub(crate) fn provider_of<'engine>(
    engine: &'engine Engine,
    model: Option<&str>,
) -> Result<Option<&'engine str>, ApiError> {
    let Some(model) = model else { return Ok(None) };
    if let Some(name) = engine.provider_names().find(|name| *name == model) {
        return Ok(Some(name));
    }
    if MODELS.contains(&model) { Ok(None) } else { Err(unknown_model(engine, model)) }
}

pub(crate) fn unknown_model(engine: &Engine, model: &str) -> ApiError {
    let known: Vec<&str> = MODELS.into_iter().take(MODELS_SHOWN).chain(engine.provider_names()).collect();
    let mut error = ApiError::invalid("model_not_found", "model", format!("no such model: {model}"));
    error.status = http::StatusCode::NOT_FOUND;
    error.hint(format!("the models are {}", known.join(", ")))
}

/// What a client's voice name came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Voicing {
    /// This voice.
    Named(String),
    /// Whichever the provider chooses.
    Any,
    /// Whichever, because the voices it would be cast onto are not known: it is not honoured.
    Lost,
}

/// The voice of `provider`, who leads, for a client's `name`.
pub(crate) async fn voice_of(
    engine: &Engine,
    provider: Option<&str>,
    language: Option<&Language>,
    name: String,
) -> Voicing {
    let place = VOICES.iter().position(|(known, _)| *known == name);
    let is_ours = engine.settings().voices.contains_key(&name);
    if is_ours || (place.is_none() && name != ANY_VOICE) {
        return Voicing::Named(name);
    }
    // Nobody plays: the call itself will say why.
    let Some(provider) = provider else { return Voicing::Any };
    match (engine.voices_at_hand(provider, VOICE_LIST_PATIENCE).await, place) {
        (Some(voices), _) if voices.iter().any(|voice| voice.id == name) => Voicing::Named(name),
        (Some(voices), Some(place)) => {
            cast(&voices, language, place).map_or(Voicing::Any, |voice| Voicing::Named(voice.id.clone()))
        }
        (None, Some(_)) => Voicing::Lost,
        (_, None) => Voicing::Any,
    }
}

/// The voice that stands in for the stock voice at `place`: the voices of its gender in turn, or all
/// of them in turn when there is none of it. A gender that is kept matters more than two names that
/// differ.
fn cast<'voices>(
    voices: &'voices [Voice],
    language: Option<&Language>,
    place: usize,
) -> Option<&'voices Voice> {
    let is_wanted = |spoken: &Language| {
        language.map_or_else(|| spoken.primary() == "en", |wanted| same_language(spoken, wanted))
    };
    let speaks = |voice: &&Voice| voice.languages.iter().any(is_wanted);
    let mut company: Vec<&Voice> = voices.iter().filter(speaks).collect();
    if company.is_empty() {
        company = voices.iter().collect();
    }
    let (_, gender) = VOICES.get(place)?;
    let group: Vec<&Voice> = company.iter().copied().filter(|voice| voice.gender == Some(*gender)).collect();
    let before = VOICES.iter().take(place).filter(|(_, other)| other == gender).count();
    let (group, turn) = if group.is_empty() { (company, place) } else { (group, before) };
    group.get(turn.checked_rem(group.len())?).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use understudy_engine::scripted::Scripted;

    use super::*;

    fn company(voices: &[(&str, Gender)]) -> Vec<Voice> {
        let provider = Scripted::new("p", Vec::new());
        voices.iter().fold(provider, |provider, (id, gender)| provider.with_voice(id, "en", *gender)).voices
    }

    fn check(voices: &[(&str, Gender)], expected: &[&str]) {
        let voices = company(voices);
        let cast: Vec<&str> = (0..expected.len())
            .filter_map(|place| cast(&voices, None, place))
            .map(|voice| voice.id.as_str())
            .collect();
        assert_eq!(cast, expected);
    }

    #[test]
    fn stock_voices_keep_their_gender_and_differ_while_there_are_voices() {
        use Gender::{Female, Male};
        let six = [("f1", Female), ("m1", Male), ("f2", Female), ("m2", Male), ("f3", Female), ("m3", Male)];
        check(&six, &["f1", "m1", "m2", "m3", "f2", "f3", "m1", "f1"]);
        check(&[("f1", Female), ("m1", Male)], &["f1", "m1", "m1", "m1", "f1", "f1"]);
        check(&[("m1", Male), ("m2", Male)], &["m1", "m1", "m2", "m1", "m1", "m2"]);
        check(&[("x", Gender::Neutral), ("y", Gender::Neutral)], &["x", "y", "x", "y"]);
        check(&[], &[]);
        let distinct: BTreeSet<_> =
            (0..6).filter_map(|place| cast(&company(&six), None, place).map(|v| v.id.clone())).collect();
        assert_eq!(distinct.len(), 6);
    }

    #[test]
    fn a_language_is_known_by_its_other_tags() {
        let provider = Scripted::new("p", Vec::new());
        let provider = provider.with_voice("en", "en-US", Gender::Female);
        let provider = provider.with_voice("hk", "zh-HK", Gender::Female);
        let voices = provider.with_voice("cn", "zh-CN", Gender::Female).voices;
        let check = |language: Option<&str>, expected: &str| {
            let language = language.map(|tag| tag.parse().unwrap());
            let found = cast(&voices, language.as_ref(), 0).map(|voice| voice.id.as_str());
            assert_eq!(found, Some(expected), "{language:?}");
        };
        check(None, "en");
        check(Some("cmn-CN"), "cn");
        check(Some("yue"), "hk");
    }
}
