//! How well one voice stands in for another.
//!
//! When the voice a caller asked for cannot play, somebody else reads the text. A listener forgives
//! another timbre; a woman's part read by a man, or English read by a Spaniard, is a broken video.
//! So every substitute gets a score from 0 to 1 and the reasons for it, in words, because the
//! caller is always told who stood in and why.
//!
//! The score is 1 minus what each difference costs, and all the costs stand in one table,
//! `likeness/weights.rs`. Sums rather than products or a learned model: a
//! person who reads the reasons can add them up and arrive at the score.
//!
//! Two voices of one name scheme that name the same person and model are the same voice whoever
//! sells it (`en-US-AriaNeural` at Azure and at Edge), and score 1 whatever else their lists say.
//!
//! What is not known is said to be unknown, and costs more than a match and less than a mismatch.
//! Nothing is guessed from how a name sounds: a gender is read out of an id only in the schemes
//! that define it there (`likeness/scheme.rs`), and the reason says that it was.

mod compare;
mod profile;
mod scheme;
mod spoken;
#[cfg(test)]
mod tests;
mod weights;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use understudy_speech::{Language, Voice};

use profile::Profile;
pub(crate) use spoken::known_as;
pub use spoken::{same_language, speaks};

/// The part that is to be played: a voice, and what the request adds to it.
#[derive(Clone, Debug)]
pub struct Wanted<'w> {
    voice: Option<&'w Voice>,
    profile: Profile<'w>,
    language: Option<&'w Language>,
    style: Option<&'w str>,
    emotion: Option<&'w str>,
    traits: &'w [String],
}

impl<'w> Wanted<'w> {
    /// Someone like `voice`.
    #[must_use]
    pub fn like(voice: &'w Voice) -> Self {
        let profile = Profile::of(voice);
        Self { voice: Some(voice), profile, language: None, style: None, emotion: None, traits: &[] }
    }

    /// Someone like the voice of this id, of which nothing else is known: its provider's list could
    /// not be had. What the id itself says by a known scheme is used.
    #[must_use]
    pub fn named(id: &'w str) -> Self {
        let profile = Profile::named(id);
        Self { voice: None, profile, language: None, style: None, emotion: None, traits: &[] }
    }

    /// The text is in `language`, which goes before the wanted voice's own.
    #[must_use]
    pub const fn in_language(mut self, language: Option<&'w Language>) -> Self {
        self.language = language;
        self
    }

    /// The request asks for `style`.
    #[must_use]
    pub const fn with_style(mut self, style: Option<&'w str>) -> Self {
        self.style = style;
        self
    }

    /// The request asks for `emotion`.
    #[must_use]
    pub const fn with_emotion(mut self, emotion: Option<&'w str>) -> Self {
        self.emotion = emotion;
        self
    }

    /// The part has this personality, in single words.
    #[must_use]
    pub const fn with_traits(mut self, traits: &'w [String]) -> Self {
        self.traits = traits;
        self
    }
}

impl<'w> From<&'w Voice> for Wanted<'w> {
    fn from(voice: &'w Voice) -> Self {
        Self::like(voice)
    }
}

/// How well one voice fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match<'a> {
    /// The voice.
    pub voice: &'a Voice,
    /// 0 to 1; 1 is the same voice.
    pub score: f32,
    /// What was compared, in a fixed order; their costs add up to what the score lacks.
    pub reasons: Vec<Reason>,
}

/// What was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The voice as a whole.
    Voice,
    /// The language spoken, its region included.
    Language,
    /// Female, male or neutral.
    Gender,
    /// The age it sounds like.
    Age,
    /// The style the request asks for.
    Style,
    /// The emotion the request asks for.
    Emotion,
    /// Words for the personality, where the provider says any of its voice.
    Traits,
    /// Neural or not, premium or not.
    Quality,
    /// Samples a second it was made for.
    SampleRate,
    /// The persona's name.
    Name,
}

impl Aspect {
    /// The word a person reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Language => "language",
            Self::Gender => "gender",
            Self::Age => "age",
            Self::Style => "style",
            Self::Emotion => "emotion",
            Self::Traits => "personality",
            Self::Quality => "quality",
            Self::SampleRate => "sample rate",
            Self::Name => "name",
        }
    }
}

/// What the comparison said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As wanted.
    Same,
    /// Not quite: another region, the next age.
    Near,
    /// One of the two is not known.
    Unknown,
    /// Another.
    Differs,
}

impl Verdict {
    /// The words a person reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "is the same",
            Self::Near => "is near",
            Self::Unknown => "is unknown",
            Self::Differs => "differs",
        }
    }
}

/// One line of the judgement. It prints as `gender differs: wanted female, is male`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// What was compared.
    pub aspect: Aspect,
    /// What came out.
    pub verdict: Verdict,
    /// What it costs, 0 to 1.
    pub cost: f32,
    /// What was wanted, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Cow<'static, str>>,
    /// What this voice is, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered: Option<Cow<'static, str>>,
    /// Where the knowledge comes from, when it is not the provider's own list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.aspect.name(), self.verdict.name())?;
        match (self.verdict, &self.wanted, &self.offered) {
            (Verdict::Same, _, Some(offered)) => write!(f, ": {offered}")?,
            (Verdict::Unknown, Some(wanted), None) => write!(f, ": wanted {wanted}")?,
            (Verdict::Unknown, None, Some(offered)) => write!(f, " of the wanted voice: is {offered}")?,
            (_, Some(wanted), Some(offered)) => write!(f, ": wanted {wanted}, is {offered}")?,
            (_, Some(wanted), None) => write!(f, ": wanted {wanted}")?,
            (_, None, Some(offered)) => write!(f, ": is {offered}")?,
            (_, None, None) => {}
        }
        match self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

/// How well `voice` stands in for `wanted`.
#[must_use]
pub fn judge<'a>(wanted: &Wanted<'_>, voice: &'a Voice) -> Match<'a> {
    let reasons = compare::reasons(wanted, voice);
    let cost: f32 = reasons.iter().map(|reason| reason.cost).sum();
    Match { voice, score: (1.0 - cost).clamp(0.0, 1.0), reasons }
}

/// All of `candidates`, the best first. Voices of equal score stand in the order of their ids, and
/// voices of equal ids in the order they came, so that the same lists give the same answer.
#[must_use]
pub fn rank<'a>(wanted: &Wanted<'_>, candidates: &'a [Voice]) -> Vec<Match<'a>> {
    let mut matches: Vec<_> = candidates.iter().map(|voice| judge(wanted, voice)).collect();
    matches.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.voice.id.cmp(&b.voice.id)));
    matches
}
