//! What is to be spoken, and how.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{Encoding, InvalidField, Language};

/// The text of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Utterance {
    /// Plain text in the caller's own spelling.
    Text(String),
    /// A well-formed SSML document.
    Ssml(String),
}

impl Utterance {
    /// The text word spans point into: the plain text, or the whole document.
    #[must_use]
    pub fn source(&self) -> &str {
        match self {
            Self::Text(text) | Self::Ssml(text) => text,
        }
    }
}

/// One request for speech, as one provider is asked.
///
/// An absent field was not set by the caller, and nobody fills it in with a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What is spoken.
    pub utterance: Utterance,
    /// The provider's own voice id.
    pub voice: Option<String>,
    /// The language of the text.
    pub language: Option<Language>,
    /// Speaking rate as a factor, see [`Request::RATE`].
    pub rate: Option<f32>,
    /// Pitch shift in semitones, see [`Request::PITCH`].
    pub pitch: Option<f32>,
    /// Gain in decibels, see [`Request::VOLUME`].
    pub volume: Option<f32>,
    /// A speaking style.
    pub style: Option<String>,
    /// An emotion.
    pub emotion: Option<String>,
    /// Strength of style or emotion, see [`Request::INTENSITY`].
    pub intensity: Option<f32>,
    /// Speak as this character.
    pub character: Option<String>,
    /// Encodings the caller can use, best first.
    pub encodings: Vec<Encoding>,
    /// Wanted samples a second.
    pub sample_rate: Option<u32>,
    /// Word marks are wanted.
    pub words: bool,
    /// Provider options, passed through unread.
    pub options: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Request {
    /// Speaking rates that make sense.
    pub const RATE: RangeInclusive<f32> = 0.25..=4.0;
    /// Pitch shifts in semitones that make sense.
    pub const PITCH: RangeInclusive<f32> = -20.0..=20.0;
    /// Gains in decibels that make sense.
    pub const VOLUME: RangeInclusive<f32> = -96.0..=16.0;
    /// Strengths of a style or an emotion.
    pub const INTENSITY: RangeInclusive<f32> = 0.0..=2.0;

    /// A request for plain text with nothing else set.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            utterance: Utterance::Text(text.into()),
            voice: None,
            language: None,
            rate: None,
            pitch: None,
            volume: None,
            style: None,
            emotion: None,
            intensity: None,
            character: None,
            encodings: Vec::new(),
            sample_rate: None,
            words: false,
            options: None,
        }
    }

    /// Checks every number against its range.
    ///
    /// # Errors
    /// Names the first field that is out of range, its value and the range.
    pub fn check_ranges(&self) -> Result<(), InvalidField> {
        in_range("rate", self.rate, &Self::RATE)?;
        in_range("pitch", self.pitch, &Self::PITCH)?;
        in_range("volume", self.volume, &Self::VOLUME)?;
        in_range("intensity", self.intensity, &Self::INTENSITY)
    }
}

fn in_range(field: &str, value: Option<f32>, range: &RangeInclusive<f32>) -> Result<(), InvalidField> {
    match value {
        // NaN is in no range, so it is refused here too.
        Some(value) if !range.contains(&value) => Err(InvalidField {
            field: field.to_owned(),
            message: format!("must be between {} and {}, got {value}", range.start(), range.end()),
        }),
        _ => Ok(()),
    }
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The character's id.
    pub character: String,
    /// What it says.
    pub text: String,
    /// How it feels.
    pub emotion: Option<String>,
    /// Strength of the emotion.
    pub intensity: Option<f32>,
    /// Silence after this line, in place of the script's gap.
    pub pause_ms: Option<u32>,
}

/// A conversation, in the order it is spoken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// The lines.
    pub lines: Vec<Line>,
    /// Silence between lines.
    pub gap_ms: Option<u32>,
    /// The language of the whole.
    pub language: Option<Language>,
    /// Encodings the caller can use, best first.
    pub encodings: Vec<Encoding>,
    /// Wanted samples a second.
    pub sample_rate: Option<u32>,
    /// Word marks are wanted.
    pub words: bool,
    /// Provider options, passed through unread.
    pub options: Option<serde_json::Map<String, serde_json::Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Request), expected: Option<&str>) {
        let mut request = Request::text("hello");
        change(&mut request);
        assert_eq!(request.check_ranges().err().map(|error| error.to_string()).as_deref(), expected);
    }

    #[test]
    fn ranges_are_closed_and_nan_is_outside_of_all() {
        check(|request| request.rate = Some(0.25), None);
        check(|request| request.rate = Some(4.0), None);
        check(|request| request.rate = Some(4.01), Some("rate must be between 0.25 and 4, got 4.01"));
        check(|request| request.pitch = Some(-21.0), Some("pitch must be between -20 and 20, got -21"));
        check(|request| request.volume = Some(f32::NAN), Some("volume must be between -96 and 16, got NaN"));
        check(|request| request.intensity = Some(2.0), None);
        check(|_| (), None);
    }
}
