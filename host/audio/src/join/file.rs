//! Part behind part, into a file that is encoded once.
//!
//! Encoded parts could be strung together, and would each bring their header, their delay and their
//! half-empty last frame; players show the first part's duration and click at every border. So the
//! joined samples go through one encoder, whose header is completed at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{JoinOptions, Joiner, Part, Placed, measure_voices, shape};
use crate::encode::{Encoder, Length, plan};
use crate::pcm::span;
use crate::{AudioError, Encoded, LoudnessMeter, Target};

/// A joined file.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinedFile {
    /// The bytes, and what they are.
    pub encoded: Encoded,
    /// How long it plays.
    pub duration: Duration,
    /// Where each part plays, in their order. Times are those of the decoded file; only AAC plays
    /// later, by the 23 ms (at 44.1 kHz) that ADTS cannot tell a player to leave out.
    pub parts: Vec<Placed>,
}

/// Joins parts that come one after the other into one file.
///
/// In memory stand the file and one part. Two codecs keep more until the end: AAC, and MP3 above
/// 24 kHz, whose frames lend each other room.
pub struct FileJoiner {
    joiner: Joiner,
    encoder: Encoder,
    encoded: Encoded,
    sample_rate: u32,
    samples: Vec<f32>,
}

impl FileJoiner {
    /// A joiner at this rate and layout, or at the rate that `target` asks for or has. `voices` is
    /// as for [`Joiner::new`].
    ///
    /// # Errors
    /// As [`crate::encode`], but for the lack of samples.
    pub fn new(
        sample_rate: u32,
        channels: u8,
        target: &Target,
        options: &JoinOptions,
        voices: BTreeMap<String, LoudnessMeter>,
    ) -> Result<Self, AudioError> {
        let plan = plan(sample_rate, channels, target)?;
        Ok(Self {
            joiner: Joiner::new(plan.input_rate, channels, options, voices)?,
            encoder: Encoder::new(&plan, Length::Whole)?,
            encoded: Encoded { bytes: Vec::new(), format: plan.format },
            sample_rate: plan.input_rate,
            samples: Vec::new(),
        })
    }

    /// Adds a part.
    ///
    /// # Errors
    /// As [`Joiner::push`]; nothing is added then. [`AudioError::Encoder`]; the file is lost then.
    pub fn push(&mut self, part: &Part) -> Result<(), AudioError> {
        self.samples.clear();
        self.joiner.push(part, &mut self.samples)?;
        self.encoder.push(&self.samples, &mut self.encoded.bytes)
    }

    /// How long it plays so far: the next part begins a pause later.
    #[must_use]
    pub fn duration(&self) -> Duration {
        span(self.joiner.frames(), self.sample_rate)
    }

    /// The whole file.
    ///
    /// # Errors
    /// As [`Joiner::finish`], or [`AudioError::Encoder`].
    pub fn finish(mut self) -> Result<JoinedFile, AudioError> {
        self.samples.clear();
        let (parts, frames) = self.joiner.close(&mut self.samples)?;
        self.encoder.push(&self.samples, &mut self.encoded.bytes)?;
        self.encoder.finish(&mut self.encoded.bytes)?;
        Ok(JoinedFile { encoded: self.encoded, duration: span(frames, self.sample_rate), parts })
    }
}

/// Joins `parts` into one file, at the rate that `target` asks for or else the highest of theirs,
/// in stereo if one of them is.
///
/// # Errors
/// As [`super::join`] and [`crate::encode`].
pub fn join_file(parts: &[Part], options: &JoinOptions, target: &Target) -> Result<JoinedFile, AudioError> {
    let (sample_rate, channels) = shape(parts)?;
    let voices = measure_voices(parts, channels)?;
    let mut joiner = FileJoiner::new(sample_rate, channels, target, options, voices)?;
    for part in parts {
        joiner.push(part)?;
    }
    joiner.finish()
}
