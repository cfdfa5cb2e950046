//! How audio sounds, in numbers: level, loudness, clipping, silence.
//!
//! Silence is judged in windows of 10 ms against [`SILENCE_DBFS`]. Single samples would make every
//! zero crossing a pause, and a threshold relative to the take's own level would find speech in
//! a take that is nothing but noise.

use std::time::Duration;

use ebur128::{EbuR128, Mode};

use crate::Pcm;
use crate::levels::{Levels, Tally, clipped};

/// A window quieter than this is silence: below the softest consonant of quiet speech, above the
/// noise of a 16-bit voice.
pub(crate) const SILENCE_DBFS: f32 = -55.0;
/// Windows a second.
pub(crate) const WINDOWS_A_SECOND: u32 = 100;
/// Full scale of 16-bit audio.
const CLIPPED_LEVEL: f32 = 32_766.5 / 32_768.0;

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
    /// Level over time.
    pub levels: Levels,
}

/// Measures all of `pcm`.
#[must_use]
pub fn measure(pcm: &Pcm) -> Measurement {
    let peak = pcm.samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let levels = levels(pcm);
    Measurement {
        duration: pcm.duration(),
        peak_dbfs: decibels(peak),
        rms_dbfs: decibels(root_mean_square(&pcm.samples)),
        loudness_lufs: loudness(pcm),
        clipped_samples: levels.clipped_samples.unwrap_or(0),
        leading_silence: levels.leading_silence,
        trailing_silence: levels.trailing_silence,
        silent_share: levels.silent_share,
        levels,
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

fn levels(pcm: &Pcm) -> Levels {
    let channels = usize::from(pcm.channels.max(1));
    let frames = (pcm.sample_rate / WINDOWS_A_SECOND).max(1);
    let mut tally = Tally::new(SILENCE_DBFS);
    for window in pcm.samples.chunks(frames as usize * channels) {
        tally.push(decibels(root_mean_square(window)));
    }
    let is_full = |sample: &f32| sample.abs() >= CLIPPED_LEVEL;
    let count = |channel| clipped(pcm.samples.iter().skip(channel).step_by(channels).map(is_full));
    let clipped_samples = Some((0..channels).map(count).sum());
    Levels { clipped_samples, ..tally.finish(u64::from(frames), pcm.sample_rate, pcm.duration()) }
}
