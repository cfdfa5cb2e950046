//! What the audition is told beforehand: what should be heard, and how closely to listen.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use understudy_speech::{InvalidField, Language, Request, Utterance};

use super::pace::{Manner, plausible};
use crate::cache::TakeNotes;

/// How closely takes are listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Format and wholeness alone; nothing is judged by its sound or length.
    Off,
    /// Without decoding, unless that raises a suspicion. Default.
    #[default]
    Walk,
    /// Every take is decoded: about a hundred times the work.
    Full,
}

impl FromStr for Depth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "walk" => Ok(Self::Walk),
            "full" => Ok(Self::Full),
            _ => Err(format!("unknown audition depth: {text}, expected off, walk or full")),
        }
    }
}

/// How takes are auditioned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditionSettings {
    /// How closely.
    pub depth: Depth,
    /// The share of takes that are decoded without suspicion, 0 to 1: what the walk cannot see
    /// (clipping in an MP3, say) is found in time. Default 0.02.
    pub full_share: f32,
    /// A take of lower quality, 0 to 1, is its provider's failure. Default 0.7.
    pub min_quality: f32,
}

impl Default for AuditionSettings {
    fn default() -> Self {
        Self { depth: Depth::Walk, full_share: 0.02, min_quality: 0.7 }
    }
}

/// What a take has to have passed to be trusted: whoever holds a take to a standard trusts what was
/// auditioned by that standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Standard {
    depth: Depth,
    /// The bits of the least quality.
    min_quality: u32,
}

impl AuditionSettings {
    /// The standard that takes are held to.
    pub(crate) fn standard(&self) -> Standard {
        // Where nothing is judged no quality is too low.
        let min_quality = if self.depth == Depth::Off { 0.0 } else { self.min_quality };
        Standard { depth: self.depth, min_quality: min_quality.to_bits() }
    }

    /// Whether a take that was auditioned for somebody else, perhaps less closely, will do.
    pub(crate) fn trusts(&self, notes: &TakeNotes) -> bool {
        let is_good = notes.quality.is_some_and(|quality| quality >= self.min_quality);
        match self.depth {
            Depth::Off => true,
            Depth::Walk => is_good,
            Depth::Full => is_good && notes.heard,
        }
    }

    /// Checks both shares against their range.
    ///
    /// # Errors
    /// Names the first that is outside 0 to 1, NaN included.
    pub fn check(&self) -> Result<(), InvalidField> {
        for (field, value) in [("full_share", self.full_share), ("min_quality", self.min_quality)] {
            if !(0.0..=1.0).contains(&value) {
                let message = format!("must be between 0 and 1, got {value}");
                return Err(InvalidField { field: field.to_owned(), message });
            }
        }
        Ok(())
    }
}

/// Services take a rate or a style their own way.
const CONTROLLED: f32 = 1.25;
/// A provider's own options may hold a speed of their own.
const OPTIONS: f32 = 2.0;

/// What the audition of one take is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brief {
    pub(super) settings: AuditionSettings,
    /// The least and the greatest plausible length.
    pub(super) at_least: Duration,
    pub(super) at_most: Option<Duration>,
    /// Decibels asked for; a caller who asks for silence gets it.
    pub(super) gain_db: f32,
    /// How slow the caller wants it: pauses grow with it.
    pub(super) slowness: f32,
    /// SSML: its author may have written any silence.
    pub(super) markup: bool,
}

impl Brief {
    /// The brief for a take whose text nobody knows: only the sound is judged.
    #[must_use]
    pub const fn without_text(settings: AuditionSettings) -> Self {
        Self { settings, at_least: Duration::ZERO, at_most: None, gain_db: 0.0, slowness: 1.0, markup: false }
    }

    /// The brief for `request` as its provider was asked. `language` is that of the voice, for
    /// requests that name none; without either the bounds of the length are wider.
    #[must_use]
    pub fn of(request: &Request, language: Option<&Language>, settings: AuditionSettings) -> Self {
        let markup = matches!(request.utterance, Utterance::Ssml(_));
        let rate = request.rate.filter(|rate| Request::RATE.contains(rate)).unwrap_or(1.0);
        let played = request.style.is_some() || request.emotion.is_some() || request.character.is_some();
        let controlled = if played || request.rate.is_some() { CONTROLLED } else { 1.0 };
        let optional =
            if request.options.as_ref().is_some_and(|options| !options.is_empty()) { OPTIONS } else { 1.0 };
        let manner = Manner { rate, room: controlled * optional, markup };
        let language = request.language.as_ref().or(language);
        let (at_least, at_most) = plausible(request.utterance.source(), language, manner);
        Self {
            settings,
            at_least,
            at_most,
            gain_db: request.volume.unwrap_or(0.0),
            slowness: 1.0 / rate.min(1.0),
            markup,
        }
    }
}
