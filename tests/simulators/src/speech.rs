//! Real speech, with the time of every written word.
//!
//! The voice is the one Understudy itself falls back on (Flite's `kal16`), driven one token at a
//! time, so that each written word's byte span is known by construction and never searched for
//! afterwards. It reads English only. What it cannot read (Chinese, Greek, an emoji) it *babbles*:
//! one syllable a character, chosen by the character's number. That is no reading of the text, but
//! it is voiced, as long as the text is long, and has a word time for every word, which is all a
//! client of a speech service can tell.

#![expect(clippy::cast_possible_truncation, reason = "samples and counts are clamped before they are cast")]

mod packing;
mod script;
mod voice;

use std::ops::Range;
use std::time::Duration;

use understudy_audio::Pcm;

pub use packing::{Packing, wav_header};
pub use script::{Written, words};

/// The rate the voice speaks at.
pub const NATIVE_RATE: u32 = 16_000;

/// How a text is spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// The voice's id. Any string: it picks a pitch, so that two voices are told apart by ear.
    pub voice: String,
    /// Speed, 1 is the voice's own; held to 0.1–10.
    pub rate: f32,
    /// Semitones up or down.
    pub semitones: f32,
    /// Decibels louder or softer; what exceeds full scale is clipped.
    pub gain_db: f32,
}

impl Manner {
    /// The way `voice` speaks when nobody asks for anything.
    #[must_use]
    pub fn of(voice: &str) -> Self {
        Self { voice: voice.to_owned(), rate: 1.0, semitones: 0.0, gain_db: 0.0 }
    }

    /// The same at another speed.
    #[must_use]
    pub fn at_rate(self, rate: f32) -> Self {
        Self { rate, ..self }
    }
}

/// When one written word is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The word in the text that was spoken, in bytes.
    pub span: Range<usize>,
    /// Seconds from the start of the audio.
    pub start: f64,
    /// Seconds from the start of the audio.
    pub end: f64,
}

/// A spoken text: mono samples and the words in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// Samples a second.
    pub sample_rate: u32,
    /// Mono, 16 bit.
    pub samples: Vec<i16>,
    /// In the order of the text.
    pub marks: Vec<Mark>,
}

impl Spoken {
    /// Silence of a length.
    #[must_use]
    pub fn silence(length: Duration, sample_rate: u32) -> Self {
        let count = (length.as_secs_f64() * f64::from(sample_rate)).round();
        Self { sample_rate, samples: vec![0; count as usize], marks: Vec::new() }
    }

    /// Its length.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds())
    }

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate.max(1))
    }

    /// The same speech at another sample rate.
    #[must_use]
    pub fn at(&self, sample_rate: u32) -> Self {
        let resampled = understudy_audio::resample(&self.pcm(), sample_rate).map(|pcm| pcm.to_s16le());
        let samples = resampled
            .unwrap_or_default()
            .as_chunks()
            .0
            .iter()
            .map(|pair| i16::from_le_bytes(*pair))
            .collect();
        Self { sample_rate, samples, marks: self.marks.clone() }
    }

    /// Another take after this one, its marks' times moved and its spans by `bytes`.
    pub fn append(&mut self, other: &Self, bytes: usize) {
        let other = if other.sample_rate == self.sample_rate { other } else { &other.at(self.sample_rate) };
        let offset = self.seconds();
        self.samples.extend_from_slice(&other.samples);
        self.marks.extend(other.marks.iter().map(|mark| Mark {
            span: mark.span.start + bytes..mark.span.end + bytes,
            start: mark.start + offset,
            end: mark.end + offset,
        }));
    }

    /// The audio as bytes, at `sample_rate`.
    #[must_use]
    pub fn packed(&self, packing: Packing, sample_rate: u32) -> Vec<u8> {
        if sample_rate == self.sample_rate || self.samples.is_empty() {
            packing.pack(self)
        } else {
            packing.pack(&self.at(sample_rate))
        }
    }

    fn pcm(&self) -> Pcm {
        let samples = self.samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        Pcm { sample_rate: self.sample_rate, channels: 1, samples }
    }
}

/// Speaks `text`. A text with nothing to say in it (empty, punctuation alone) gives no samples.
///
/// Takes about a thousandth of the speech's own length in an optimised build; call it where a
/// thread may compute ([`crate::Stage::speak`] does).
#[must_use]
pub fn speak(text: &str, manner: &Manner) -> Spoken {
    voice::speak(words(text), manner)
}

#[cfg(test)]
mod tests;
