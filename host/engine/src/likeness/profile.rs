//! What is known of a voice, from its provider's list first and its id second.

use std::borrow::Cow;

use understudy_speech::{Age, Gender, Language, Voice};

use super::scheme::Scheme;

/// A voice as the comparison sees it. None is "not known".
#[derive(Clone, Debug)]
pub(super) struct Profile<'v> {
    pub(super) scheme: Option<Scheme<'v>>,
    /// Its own language first.
    pub(super) languages: Cow<'v, [Language]>,
    pub(super) gender: Option<Gender>,
    /// Where the gender was read, when not in the list.
    pub(super) gender_source: Option<&'static str>,
    pub(super) age: Option<Age>,
    pub(super) neural: Option<bool>,
    pub(super) premium: bool,
    pub(super) sample_rate: Option<u32>,
    /// The person's name, when there is one to compare.
    pub(super) persona: Option<&'v str>,
}

/// First words of display names that name nobody.
const NOBODY: [&str; 9] =
    ["default", "english", "female", "google", "male", "microsoft", "neutral", "standard", "voice"];

impl<'v> Profile<'v> {
    pub(super) fn of(voice: &'v Voice) -> Self {
        let named = Self::named(&voice.id);
        let own = first_name(&voice.name);
        let languages = if voice.languages.is_empty() {
            named.languages
        } else {
            Cow::Borrowed(voice.languages.as_slice())
        };
        Self {
            languages,
            gender: voice.gender.or(named.gender),
            gender_source: named.gender_source.filter(|_| voice.gender.is_none()),
            age: voice.age,
            neural: Some(voice.neural || named.neural.unwrap_or(false)),
            premium: voice.premium || named.premium,
            sample_rate: voice.sample_rate,
            persona: named.scheme.and_then(|scheme| scheme.persona).or(own),
            scheme: named.scheme,
        }
    }

    pub(super) fn named(id: &'v str) -> Self {
        let scheme = Scheme::parse(id);
        let language = scheme.and_then(|scheme| scheme.locale).and_then(|locale| locale.parse().ok());
        let gender = scheme.and_then(|scheme| scheme.gender);
        Self {
            scheme,
            languages: language.into_iter().collect::<Vec<_>>().into(),
            gender: gender.map(|(gender, _)| gender),
            gender_source: gender.map(|(_, source)| source),
            age: None,
            neural: scheme.map(|scheme| scheme.neural),
            premium: scheme.is_some_and(|scheme| scheme.premium),
            sample_rate: None,
            persona: match scheme {
                Some(scheme) => scheme.persona,
                None => first_name(id),
            },
        }
    }
}

/// `Rachel` of `Rachel - calm`; none for what is no name: a letter, a number, `Female 2`.
fn first_name(name: &str) -> Option<&str> {
    let first = name.split(|end: char| !end.is_alphabetic()).find(|part| !part.is_empty())?;
    let is_name =
        first.chars().nth(1).is_some() && !NOBODY.iter().any(|word| first.eq_ignore_ascii_case(word));
    is_name.then_some(first)
}
