//! The synthesizer with everything around it: a sentence in, samples and marks out.
//!
//! `flite-rs` is driven below its own front door. [`flite_rs::Engine`] takes text and returns
//! audio, and between the two loses where each word came from; its pipeline takes tokens and
//! returns a graph in which each token's words, and each word's segments with their end times,
//! can be looked up. So tokens are made here (see [`crate::text`]), and marks are read off the
//! graph.

use std::ops::Range;
use std::sync::Arc;

use flite_rs::language::Language;
use flite_rs::utterance::{ItemId, Utterance};
use flite_rs::{Engine, Flow, KAL16_VOICE_DATA, Voice, pipeline, voice};

use crate::delivery::{Controls, Delivery};
use crate::text::{Part, Sentence};
use crate::voices::Preset;

/// Samples a second of everything this plugin makes.
pub const SAMPLE_RATE: u32 = 16_000;

/// The embedded voice or language data does not parse. Only a broken build says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenData(String);

impl std::fmt::Display for BrokenData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "embedded voice data does not parse: {}", self.0)
    }
}

impl std::error::Error for BrokenData {}

/// When a token is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the source.
    pub span: Range<usize>,
    /// Milliseconds from the start of the take.
    pub start_ms: u32,
    /// Milliseconds from the start of the take.
    pub end_ms: u32,
}

/// A sentence spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Mono, [`SAMPLE_RATE`].
    pub pcm: Vec<i16>,
    /// One for each part of the sentence, in order; empty when none were wanted.
    pub marks: Vec<Mark>,
}

/// A voice speaking one take, sentence after sentence.
pub struct Speaker {
    language: Arc<Language>,
    voice: Voice,
    delivery: Delivery,
    wants_marks: bool,
    /// Samples spoken so far.
    spoken: usize,
}

impl Speaker {
    /// A speaker at the start of a take.
    ///
    /// # Errors
    /// [`BrokenData`] when the build is broken.
    pub fn new(preset: &Preset, controls: Controls, wants_marks: bool) -> Result<Self, BrokenData> {
        let broken = |error: flite_rs::data::DataError| BrokenData(error.to_string());
        // The language data is private to the crate; its engine is the only way to it.
        let language = Engine::try_new().map_err(broken)?.language();
        let voice = Voice::parse(KAL16_VOICE_DATA).map_err(broken)?;
        let delivery = Delivery::new(voice.params(), preset, controls);
        Ok(Self { language, voice, delivery, wants_marks, spoken: 0 })
    }

    /// Speaks the take's next sentence.
    pub fn speak(&mut self, sentence: &Sentence) -> Piece {
        let tokens: Vec<_> = sentence.parts.iter().flat_map(|part| part.spoken.iter().cloned()).collect();
        let utterance = pipeline::analyse(&self.language, &tokens, &self.delivery.params);
        let mut raw = Vec::new();
        voice::synthesise_streaming(&self.voice, &utterance, &self.delivery.params, &mut |period| {
            raw.extend_from_slice(period);
            Flow::Continue
        });
        let mut pcm = self.delivery.tract.apply(raw);
        self.delivery.loudness.apply(&mut pcm);
        let marks = if self.wants_marks { self.marks(sentence, &utterance, pcm.len()) } else { Vec::new() };
        self.spoken += pcm.len();
        Piece { pcm, marks }
    }

    fn marks(&self, sentence: &Sentence, utterance: &Utterance, samples: usize) -> Vec<Mark> {
        let mut tokens = utterance.iter_relation("Token");
        let mut heard = 0.0;
        let mut marks = Vec::with_capacity(sentence.parts.len());
        for part in &sentence.parts {
            let (start, end) = times(utterance, tokens.by_ref().take(part.spoken.len()), heard);
            heard = end;
            marks.push(self.mark(part, start, end, samples));
        }
        marks
    }

    /// Seconds of the synthesizer's clock in milliseconds of the take, inside the sentence.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn mark(&self, part: &Part, start: f32, end: f32, samples: usize) -> Mark {
        let rate = f64::from(SAMPLE_RATE);
        let to_samples =
            |seconds: f32| (f64::from(seconds) * rate / f64::from(self.delivery.tract.factor())) as usize;
        let to_ms = |seconds: f32| {
            let at = self.spoken + to_samples(seconds).min(samples);
            u32::try_from(at * 1000 / SAMPLE_RATE as usize).unwrap_or(u32::MAX)
        };
        Mark { span: part.span.clone(), start_ms: to_ms(start), end_ms: to_ms(end) }
    }
}

/// When the first segment of `tokens` begins and the last one ends, in seconds; both are `heard`
/// when they have none.
fn times(utterance: &Utterance, tokens: impl Iterator<Item = ItemId>, heard: f32) -> (f32, f32) {
    let mut span = None;
    for token in tokens {
        for word in utterance.iter_from(utterance.daughter(token)) {
            let Some(structure) = utterance.item_as(word, "SylStructure") else { continue };
            for syllable in utterance.iter_from(utterance.daughter(structure)) {
                for segment in utterance.iter_from(utterance.daughter(syllable)) {
                    let Some(segment) = utterance.item_as(segment, "Segment") else { continue };
                    let start =
                        utterance.prev(segment).map_or(0.0, |before| utterance.feature_f32(before, "end"));
                    let end = utterance.feature_f32(segment, "end");
                    span = Some((span.map_or(start, |(first, _)| first), end));
                }
            }
        }
    }
    span.unwrap_or((heard, heard))
}
