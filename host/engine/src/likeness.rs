//! How well one voice stands in for another.
//!
//! Three things a listener notices first, in this order: the language, its region, and whether a
//! woman or a man is speaking. The score is 1 minus what each difference costs, so that the reasons
//! add up to it.

use std::fmt;

use understudy_speech::{Gender, Language, Voice};

/// Another language.
const LANGUAGE_OTHER: f32 = 0.8;
/// A language that is not known on either side.
const LANGUAGE_UNKNOWN: f32 = 0.4;
/// The same language of another region.
const LANGUAGE_REGION: f32 = 0.1;
/// Female for male, or the reverse.
const GENDER_OTHER: f32 = 0.3;
/// One of the two is not known, or neutral.
const GENDER_UNKNOWN: f32 = 0.15;

/// A style or an emotion the voice does not offer.
const MANNER_MISSING: f32 = 0.05;

/// The part that is to be played.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'w> {
    language: Option<Language>,
    gender: Option<Gender>,
    style: Option<&'w str>,
    emotion: Option<&'w str>,
    id: &'w str,
}

impl<'w> Wanted<'w> {
    /// Someone like `voice`.
    pub(crate) fn like(voice: &'w Voice) -> Self {
        let language = voice.languages.first().cloned();
        Self { language, gender: voice.gender, ..Self::named(&voice.id) }
    }

    /// Someone like the voice of this id, of which nothing else is known.
    pub(crate) const fn named(id: &'w str) -> Self {
        Self { language: None, gender: None, style: None, emotion: None, id }
    }

    /// The text is in `language`, which goes before the wanted voice's own.
    pub(crate) fn in_language(mut self, language: Option<&'w Language>) -> Self {
        self.language = language.cloned().or(self.language);
        self
    }

    /// The request asks for `style`.
    pub(crate) const fn with_style(mut self, style: Option<&'w str>) -> Self {
        self.style = style;
        self
    }

    /// The request asks for `emotion`.
    pub(crate) const fn with_emotion(mut self, emotion: Option<&'w str>) -> Self {
        self.emotion = emotion;
        self
    }
}

/// How well one voice fits.
#[derive(Clone, Debug)]
pub(crate) struct Match<'a> {
    /// The voice.
    pub(crate) voice: &'a Voice,
    /// 0 to 1; 1 is the same in all that was compared.
    pub(crate) score: f32,
    /// What differs.
    pub(crate) reasons: Vec<Reason>,
}

/// One line of the judgement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reason {
    text: &'static str,
    cost: f32,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// All of `candidates`, the best first; voices of equal score in the order of their ids, the one of
/// the wanted id before all others.
pub(crate) fn rank<'a>(wanted: &Wanted<'_>, candidates: &'a [Voice]) -> Vec<Match<'a>> {
    let mut matches: Vec<_> = candidates.iter().map(|voice| judge(wanted, voice)).collect();
    let other = |voice: &Voice| voice.id != wanted.id;
    matches.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| (other(a.voice), &a.voice.id).cmp(&(other(b.voice), &b.voice.id)))
    });
    matches
}

fn judge<'a>(wanted: &Wanted<'_>, voice: &'a Voice) -> Match<'a> {
    let mut reasons = vec![language(wanted, voice), gender(wanted, voice)];
    let lacks = |wanted: Option<&str>, offered: &[String]| {
        wanted.is_some_and(|wanted| !offered.iter().any(|offered| offered == wanted))
    };
    if lacks(wanted.style, &voice.styles) {
        reasons.push(Reason { text: "style is missing", cost: MANNER_MISSING });
    }
    if lacks(wanted.emotion, &voice.emotions) {
        reasons.push(Reason { text: "emotion is missing", cost: MANNER_MISSING });
    }
    let cost: f32 = reasons.iter().map(|reason| reason.cost).sum();
    Match { voice, score: (1.0 - cost).clamp(0.0, 1.0), reasons }
}

fn language(wanted: &Wanted<'_>, voice: &Voice) -> Reason {
    let reason = |text, cost| Reason { text, cost };
    let Some(wanted) = &wanted.language else {
        return reason("language of the wanted voice is unknown", LANGUAGE_UNKNOWN);
    };
    if voice.languages.is_empty() {
        reason("language is unknown", LANGUAGE_UNKNOWN)
    } else if voice.languages.iter().any(|language| language.covers(wanted)) {
        reason("language is the same", 0.0)
    } else if voice.languages.iter().any(|language| language.primary() == wanted.primary()) {
        reason("language is of another region", LANGUAGE_REGION)
    } else {
        reason("language differs", LANGUAGE_OTHER)
    }
}

fn gender(wanted: &Wanted<'_>, voice: &Voice) -> Reason {
    let (text, cost) = match (wanted.gender, voice.gender) {
        (Some(wanted), Some(offered)) if wanted == offered => ("gender is the same", 0.0),
        (Some(Gender::Female), Some(Gender::Male)) | (Some(Gender::Male), Some(Gender::Female)) => {
            ("gender differs", GENDER_OTHER)
        }
        _ => ("gender is unknown", GENDER_UNKNOWN),
    };
    Reason { text, cost }
}
