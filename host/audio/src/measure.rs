//! How audio sounds, in numbers: level, loudness, clipping, silence.

use std::time::Duration;

use ebur128::{EbuR128, Mode};

use crate::Pcm;
use crate::pcm::span;
use crate::silence::Silence;

/// Full scale of 16-bit audio and this many samples in a row: the wave's top is cut off.
const CLIPPED_LEVEL: f32 = 32_766.5 / 32_768.0;
const CLIPPED_RUN: usize = 3;

/// What [`measure`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// How long it plays.
    pub duration: Duration,
    /// The greatest sample, in decibels below full scale; minus infinity for digital silence.
    pub peak_dbfs: f32,
    /// The mean power, in decibels below full scale; minus infinity for digital silence.
    pub rms_dbfs: f32,
    /// Integrated loudness after ITU-R BS.1770-4, in LUFS; none below 400 ms or when all of it is
    /// under the absolute gate of −70 LUFS.
    pub loudness_lufs: Option<f32>,
    /// Samples at full scale that stand three or more in a row, all channels counted.
    pub clipped_samples: usize,
    /// Silence before the first sound; all of it when there is none.
    pub leading_silence: Duration,
    /// Silence behind the last sound; all of it when there is none.
    pub trailing_silence: Duration,
    /// The silent share of the whole, 0 to 1; 1 for no samples.
    pub silent_share: f32,
}

/// Measures all of `pcm`.
#[must_use]
pub fn measure(pcm: &Pcm) -> Measurement {
    let peak = pcm.samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let silence = Silence::of(pcm);
    Measurement {
        duration: pcm.duration(),
        peak_dbfs: decibels(peak),
        rms_dbfs: decibels(root_mean_square(&pcm.samples)),
        loudness_lufs: loudness(pcm),
        clipped_samples: clipped(pcm),
        leading_silence: span(silence.leading_frames() as u64, pcm.sample_rate),
        trailing_silence: span(silence.trailing_frames() as u64, pcm.sample_rate),
        silent_share: silence.share(),
    }
}

fn decibels(amplitude: f32) -> f32 {
    20.0 * amplitude.log10()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a level needs no more than f32"
)]
fn root_mean_square(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum();
    (power / samples.len().max(1) as f64).sqrt() as f32
}

#[expect(clippy::cast_possible_truncation, reason = "a level needs no more than f32")]
fn loudness(pcm: &Pcm) -> Option<f32> {
    let mut meter = EbuR128::new(u32::from(pcm.channels), pcm.sample_rate, Mode::I).ok()?;
    meter.add_frames_f32(&pcm.samples).ok()?;
    meter.loudness_global().ok().map(|loudness| loudness as f32).filter(|loudness| loudness.is_finite())
}

fn clipped(pcm: &Pcm) -> usize {
    let channels = usize::from(pcm.channels.max(1));
    let count = |channel: usize| {
        let (mut total, mut run) = (0, 0);
        for sample in pcm.samples.iter().skip(channel).step_by(channels) {
            run = if sample.abs() >= CLIPPED_LEVEL { run + 1 } else { 0 };
            total += match run {
                CLIPPED_RUN => CLIPPED_RUN,
                longer if longer > CLIPPED_RUN => 1,
                _ => 0,
            };
        }
        total
    };
    (0..channels).map(count).sum()
}
