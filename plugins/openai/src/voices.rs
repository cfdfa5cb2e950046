//! Voices by name: OpenAI's, which no endpoint lists, and Kokoro's, whose names say what they are.

use understudy_plugin::language::Spoken;
use understudy_plugin::{Gender, Voice};

/// OpenAI's voices, the one of a request that names none first. It publishes no genders; these are
/// what listeners hear, and left out where they disagree.
const OFFICIAL: [(&str, Option<Gender>); 13] = [
    ("alloy", None),
    ("ash", Some(Gender::Male)),
    ("ballad", None),
    ("coral", Some(Gender::Female)),
    ("echo", Some(Gender::Male)),
    ("fable", None),
    ("onyx", Some(Gender::Male)),
    ("nova", Some(Gender::Female)),
    ("sage", Some(Gender::Female)),
    ("shimmer", Some(Gender::Female)),
    ("verse", Some(Gender::Male)),
    ("marin", Some(Gender::Female)),
    ("cedar", Some(Gender::Male)),
];

/// Voices that `tts-1` and `tts-1-hd` do not have.
const NOT_OF_THE_FIRST_MODELS: [&str; 4] = ["ballad", "verse", "marin", "cedar"];

/// True for `tts-1` and `tts-1-hd`, which take no instructions and bill by the character.
pub(crate) fn is_first_model(model: &str) -> bool {
    model.starts_with("tts-1")
}

/// The voices OpenAI has for a model.
pub(crate) fn official(model: &str) -> Vec<Voice> {
    let missing = |name: &str| is_first_model(model) && NOT_OF_THE_FIRST_MODELS.contains(&name);
    let voices = OFFICIAL.into_iter().filter(|(name, _)| !missing(name));
    voices
        .map(|(name, gender)| {
            let mut voice = Voice::new(name, capitalised(name)).neural();
            voice.gender = gender;
            voice
        })
        .collect()
}

/// Language, its code in `lang_code`, and gender of a Kokoro voice such as `af_heart`.
pub(crate) fn kokoro(id: &str) -> Option<(&'static str, Gender)> {
    let mut letters = id.chars();
    let (language, gender, underscore) = (letters.next()?, letters.next()?, letters.next()?);
    let language = KOKORO_LANGUAGES.iter().find(|(letter, _)| *letter == language).map(|(_, tag)| *tag)?;
    let gender = match gender {
        'f' => Gender::Female,
        'm' => Gender::Male,
        _ => return None,
    };
    (underscore == '_').then_some((language, gender))
}

/// Kokoro's letters for languages, British English before American for the exact match.
const KOKORO_LANGUAGES: [(char, &str); 9] = [
    ('b', "en-GB"),
    ('a', "en-US"),
    ('e', "es"),
    ('f', "fr"),
    ('h', "hi"),
    ('i', "it"),
    ('j', "ja"),
    ('p', "pt-BR"),
    ('z', "zh"),
];

/// Kokoro's letter for a BCP-47 tag. Every English but the British is read as American.
pub(crate) fn kokoro_letter(tag: &str) -> Option<char> {
    let exact = KOKORO_LANGUAGES.iter().find(|(_, known)| known.eq_ignore_ascii_case(tag));
    let near = || KOKORO_LANGUAGES.iter().rfind(|(_, known)| is_same(known, tag));
    exact.or_else(near).map(|(letter, _)| *letter)
}

/// True when both tags are of one spoken language, whatever the region.
pub(crate) fn is_same(one: &str, two: &str) -> bool {
    Spoken::of(one).language == Spoken::of(two).language
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
