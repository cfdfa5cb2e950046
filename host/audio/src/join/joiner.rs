//! Part behind part, into samples.

use std::collections::BTreeMap;
use std::time::Duration;

use understudy_speech::Word;

use super::edges::{fade, frames_of, kept, milliseconds};
use super::voices::{Gains, amplify};
use super::{JoinOptions, Part, Placed};
use crate::resample::{check_channels, check_rate};
use crate::{AudioError, DECODED_SAMPLES_MAX, Limiter, LoudnessMeter, resample};

/// Joins parts that come one after the other.
///
/// Each call appends the samples that are ready; what comes out in all is what [`super::join`] gives
/// for the same parts, rate, layout and voices.
pub struct Joiner {
    sample_rate: u32,
    channels: u8,
    options: JoinOptions,
    gains: Gains,
    limiter: Option<Limiter>,
    /// Frames written so far, those in the limiter too.
    frames: u64,
    /// What was asked to stand before what comes next.
    pause: Option<Duration>,
    placed: Vec<Placed>,
}

impl Joiner {
    /// A joiner for audio of this rate and layout. `voices` is how loud each voice is, in this
    /// layout; a voice that is not there is measured by the first of its parts.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] or [`AudioError::Channels`] when they are out of range.
    pub fn new(
        sample_rate: u32,
        channels: u8,
        options: &JoinOptions,
        voices: BTreeMap<String, LoudnessMeter>,
    ) -> Result<Self, AudioError> {
        check_rate(sample_rate)?;
        check_channels(usize::from(channels))?;
        let limiter = options.ceiling_dbtp.map(|ceiling| Limiter::new(sample_rate, channels, ceiling));
        Ok(Self {
            sample_rate,
            channels,
            options: *options,
            gains: Gains::new(options, voices),
            limiter: limiter.transpose()?,
            frames: 0,
            pause: Some(options.lead_in),
            placed: Vec::new(),
        })
    }

    /// Adds a part and appends the interleaved samples that are ready.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] or [`AudioError::Channels`] when the part's are out of range,
    /// [`AudioError::TooLong`] when the whole would pass [`DECODED_SAMPLES_MAX`]. Nothing is added
    /// then.
    pub fn push(&mut self, part: &Part, out: &mut Vec<f32>) -> Result<(), AudioError> {
        check_channels(usize::from(part.pcm.channels))?;
        let pcm = part.pcm.with_channels(self.channels);
        let gain_db = self.gains.of(part.voice, &pcm)?;
        let mut pcm = resample(&pcm, self.sample_rate)?;
        amplify(&mut pcm.samples, gain_db);
        let all = pcm.frames();
        let kept = kept(&pcm, self.options.silence_max);
        let channels = usize::from(self.channels);
        let samples = pcm.samples.get_mut(kept.start * channels..kept.end * channels).unwrap_or_default();
        let cut = (kept.start > 0, kept.end < all);
        let fade_frames = usize::try_from(frames_of(self.options.fade, self.sample_rate));
        fade(samples, channels, fade_frames.unwrap_or(usize::MAX), cut);
        let pause = frames_of(self.pause.unwrap_or(self.options.gap), self.sample_rate);
        self.allow(pause.saturating_add(kept.len() as u64))?;
        self.silence(pause, out);
        self.write(samples, out);
        self.pause = part.pause;
        let trimmed_frames = (kept.start as u64, (all - kept.end) as u64);
        self.place(part, kept.len() as u64, trimmed_frames, gain_db);
        Ok(())
    }

    /// Appends the rest, and tells where each part plays.
    ///
    /// # Errors
    /// [`AudioError::Empty`] without a sample, [`AudioError::TooLong`] when the silence at the end would
    /// pass [`DECODED_SAMPLES_MAX`].
    pub fn finish(self, out: &mut Vec<f32>) -> Result<Vec<Placed>, AudioError> {
        self.close(out).map(|(placed, _)| placed)
    }

    /// As [`Self::finish`], with the number of frames of the whole.
    pub(super) fn close(mut self, out: &mut Vec<f32>) -> Result<(Vec<Placed>, u64), AudioError> {
        if self.placed.is_empty() {
            return Err(AudioError::Empty);
        }
        let end = self.pause.unwrap_or_default().saturating_add(self.options.lead_out);
        let end = frames_of(end, self.sample_rate);
        self.allow(end)?;
        self.silence(end, out);
        if self.frames == 0 {
            return Err(AudioError::Empty);
        }
        if let Some(limiter) = self.limiter {
            limiter.finish(out);
        }
        Ok((self.placed, self.frames))
    }

    /// How many frames the whole has so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// There is room for so many frames more.
    fn allow(&self, frames: u64) -> Result<(), AudioError> {
        let samples = self.frames.saturating_add(frames).saturating_mul(u64::from(self.channels));
        if samples > DECODED_SAMPLES_MAX as u64 {
            return Err(AudioError::TooLong { samples_max: DECODED_SAMPLES_MAX });
        }
        Ok(())
    }

    fn silence(&mut self, frames: u64, out: &mut Vec<f32>) {
        let samples = usize::try_from(frames).unwrap_or(0) * usize::from(self.channels);
        self.write(&vec![0.0; samples], out);
    }

    fn write(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.frames += (samples.len() / usize::from(self.channels)) as u64;
        match &mut self.limiter {
            Some(limiter) => limiter.push(samples, out),
            None => out.extend_from_slice(samples),
        }
    }

    /// Notes the part whose `length` frames were just written.
    fn place(&mut self, part: &Part, length: u64, trimmed_frames: (u64, u64), gain_db: f32) {
        let rate = self.sample_rate;
        let begin = self.frames - length;
        let time = |frame: u64| milliseconds(begin + frame.min(length), rate);
        let mark = |own_ms: u32| {
            let frame = frames_of(Duration::from_millis(u64::from(own_ms)), rate);
            time(frame.saturating_sub(trimmed_frames.0))
        };
        let word = |word: &Word| {
            let start_ms = mark(word.start_ms);
            Word { start_ms, end_ms: mark(word.end_ms).max(start_ms), ..*word }
        };
        self.placed.push(Placed {
            frames: begin..self.frames,
            start_ms: time(0),
            end_ms: time(length),
            trimmed_frames,
            gain_db,
            words: part.words.iter().map(word).collect(),
        });
    }
}
