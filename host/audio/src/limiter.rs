//! Holding peaks under a ceiling without being heard.
//!
//! A gain towards a target loudness can push the tops of vowels past full scale, and cutting them
//! off crackles. The limiter turns the level down around a peak instead: it looks ahead, so the
//! level is down when the peak arrives, goes down in a straight line, and comes back slowly.
//!
//! The ceiling is for the *true* peak, the waveform between the samples: that is what a converter
//! plays and what a lossy codec starts from. −1 dBTP is EBU R 128's maximum; the decibel left is
//! for what codecs add.
//!
//! Where nothing comes near the ceiling the gain is exactly one and the samples are the same bits.
//!
//! The gain of a frame is found in four steps: what each frame *needs* is ceiling over peak, 1 at
//! most; of that the least over the look-ahead; of that no more than the release allows; of that the
//! mean over the look-ahead, which makes the straight line. Every value in that mean is a least that
//! covers the frame itself, so the gain is never over the frame's own need.

mod peaks;
mod window;

use std::collections::VecDeque;

use crate::encode::sounds;
use crate::resample::{check_channels, check_rate};
use crate::{AudioError, Pcm};
use peaks::{LATENCY, Peaks};
use window::{Least, Mean};

/// EBU R 128: the greatest true peak of a programme.
pub const CEILING_DBTP: f32 = -1.0;

/// How early the level begins to go down: long enough for no click, short enough not to be a fade.
const LOOK_AHEAD_SECONDS: f32 = 0.005;
/// The time in which the level comes back by two thirds. Shorter would follow the single waves of a
/// deep voice and distort them.
const RELEASE_SECONDS: f64 = 0.04;
/// A gain as near to one as this is one, so that the release ends.
const UNITY: f64 = 1.0 - 1e-5;
/// What comes over the ceiling is brought this far under it: another interpolator may read a little
/// more than this one, and the level still moves while it is read.
const MARGIN_DB: f32 = 0.1;

/// A look-ahead limiter of the true peak. All channels get the same gain.
///
/// The output is as long as the input and aligned with it; how the input is split changes nothing.
pub struct Limiter {
    channels: usize,
    ceiling: f32,
    aim: f32,
    peaks: Vec<Peaks>,
    /// Interleaved input whose gain is not known yet.
    held: VecDeque<f32>,
    least: Least,
    mean: Mean,
    /// In `f32` a slow release would stop short of one.
    gain: f64,
    release: f64,
    /// Frames that went in before the first may come out.
    latency: usize,
    /// Frames of the latency still to pass.
    ahead: usize,
}

impl Limiter {
    /// A limiter for audio of this rate and channel count. `ceiling_dbtp` is in decibels of full
    /// scale.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] or [`AudioError::Channels`] when they are out of range.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "rates are checked: a few thousand frames"
    )]
    pub fn new(sample_rate: u32, channels: u8, ceiling_dbtp: f32) -> Result<Self, AudioError> {
        let rate = check_rate(sample_rate)?;
        let channels = check_channels(usize::from(channels))?;
        let look_ahead = (rate as f32 * LOOK_AHEAD_SECONDS) as usize;
        let ceiling = 10.0_f32.powf(ceiling_dbtp / 20.0);
        let latency = look_ahead + 2 * LATENCY;
        Ok(Self {
            channels,
            ceiling,
            aim: 10.0_f32.powf((ceiling_dbtp - MARGIN_DB) / 20.0),
            peaks: vec![Peaks::new(ceiling); channels],
            held: VecDeque::with_capacity((latency + 1) * channels),
            least: Least::of(look_ahead + 2 * LATENCY + 1),
            mean: Mean::of(look_ahead + 1),
            gain: 1.0,
            release: 1.0 - (-1.0 / (f64::from(rate) * RELEASE_SECONDS)).exp(),
            latency,
            ahead: latency,
        })
    }

    /// Takes interleaved samples, whole frames of them, and appends what is ready.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        for frame in sounds(samples).chunks_exact(self.channels) {
            self.step(frame, out);
        }
    }

    /// Appends the rest.
    pub fn finish(mut self, out: &mut Vec<f32>) {
        let silence = [0.0; 2];
        let frame = silence.get(..self.channels).unwrap_or_default();
        for _ in 0..self.latency {
            self.step(frame, out);
        }
    }

    fn step(&mut self, frame: &[f32], out: &mut Vec<f32>) {
        let peak = self.peaks.iter_mut().zip(frame).map(|(peaks, sample)| peaks.push(*sample));
        let peak = peak.fold(0.0_f32, f32::max);
        let need = if peak > self.ceiling { self.aim / peak } else { 1.0 };
        let least = f64::from(self.least.push(need));
        let released = self.gain + (1.0 - self.gain) * self.release;
        self.gain = if released > UNITY { least } else { least.min(released) };
        let gain = self.mean.push(self.gain);
        self.held.extend(frame);
        if self.ahead > 0 {
            self.ahead -= 1;
            return;
        }
        out.extend(self.held.drain(..self.channels).map(|sample| sample * gain));
    }
}

/// All of `pcm` under the ceiling.
///
/// # Errors
/// As [`Limiter::new`].
pub fn limit(pcm: &Pcm, ceiling_dbtp: f32) -> Result<Pcm, AudioError> {
    let mut limiter = Limiter::new(pcm.sample_rate, pcm.channels, ceiling_dbtp)?;
    let mut samples = Vec::with_capacity(pcm.samples.len());
    limiter.push(&pcm.samples, &mut samples);
    limiter.finish(&mut samples);
    Ok(Pcm { sample_rate: pcm.sample_rate, channels: pcm.channels, samples })
}
