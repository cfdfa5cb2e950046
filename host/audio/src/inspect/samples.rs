//! The levels of 16-bit samples as they lie in the bytes, without a copy of them.

use std::time::Duration;

use crate::levels::{Levels, Tally, clipped};
use crate::measure::{SILENCE_DBFS, WINDOWS_A_SECOND};
use crate::pcm::span;

/// Measures whole frames of interleaved signed 16-bit little-endian samples.
pub(super) fn levels(bytes: &[u8], sample_rate: u32, channels: usize) -> Levels {
    let (samples, _) = bytes.as_chunks::<2>();
    let channels = channels.max(1);
    let frames = (sample_rate / WINDOWS_A_SECOND).max(1);
    let whole = span((samples.len() / channels) as u64, sample_rate);
    let mut tally = Tally::new(SILENCE_DBFS);
    let mut peak = 0;
    for window in samples.chunks(frames as usize * channels) {
        let (level, loudest) = window_level(window);
        tally.push(level);
        peak = peak.max(loudest);
    }
    let clipped_samples = if peak < FULL_SCALE { 0 } else { clipped_samples(samples, channels) };
    finish(tally, frames, sample_rate, whole, clipped_samples)
}

/// Positive samples reach 32,767, negative ones one further; either is the end of the scale.
const FULL_SCALE: u32 = 32_767;

fn finish(tally: Tally, frames: u32, sample_rate: u32, whole: Duration, clipped: usize) -> Levels {
    Levels { clipped_samples: Some(clipped), ..tally.finish(u64::from(frames), sample_rate, whole) }
}

/// The mean power in decibels below full scale, and the greatest magnitude.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a level needs no more than f32"
)]
fn window_level(window: &[[u8; 2]]) -> (f32, u32) {
    let (mut power, mut peak) = (0_u64, 0_u32);
    for sample in window {
        let magnitude = u32::from(i16::from_le_bytes(*sample).unsigned_abs());
        power += u64::from(magnitude * magnitude);
        peak = peak.max(magnitude);
    }
    let mean = power as f64 / window.len().max(1) as f64 / (32_768.0 * 32_768.0);
    ((10.0 * mean.log10()) as f32, peak)
}

fn clipped_samples(samples: &[[u8; 2]], channels: usize) -> usize {
    let is_full = |sample: &[u8; 2]| u32::from(i16::from_le_bytes(*sample).unsigned_abs()) >= FULL_SCALE;
    (0..channels).map(|channel| clipped(samples.iter().skip(channel).step_by(channels).map(is_full))).sum()
}
