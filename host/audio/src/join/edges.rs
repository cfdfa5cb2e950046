//! Where a part begins and ends, and that it does so without a click.

use std::ops::Range;
use std::time::Duration;

use super::silence::Silence;
use crate::Pcm;

/// The frames of `pcm` that are kept when at most `silence_max` of silence stays at each end.
pub(super) fn kept(pcm: &Pcm, silence_max: Option<Duration>) -> Range<usize> {
    let frames = pcm.frames();
    let Some(silence_max) = silence_max else { return 0..frames };
    let bound = usize::try_from(frames_of(silence_max, pcm.sample_rate)).unwrap_or(usize::MAX);
    let silence = Silence::of(pcm);
    let (leading, trailing) = (silence.leading_frames, silence.trailing_frames);
    if leading == frames {
        // Nothing but silence: both ends of it.
        return 0..frames.min(bound.saturating_mul(2));
    }
    leading.saturating_sub(bound)..frames - trailing.saturating_sub(bound)
}

/// Fades `samples`, what was kept of a part, in and out. `cut` says at which end something was cut
/// off; an end that is whole and begins or ends at zero is left alone.
pub(super) fn fade(samples: &mut [f32], channels: usize, frames: usize, cut: (bool, bool)) {
    let all = samples.len() / channels;
    let frames = frames.min(all / 2);
    let sounds = |frame: Option<&[f32]>| frame.is_some_and(|frame| frame.iter().any(|sample| *sample != 0.0));
    let inwards = cut.0 || sounds(samples.get(..channels));
    let outwards = cut.1 || sounds(samples.get((all.saturating_sub(1)) * channels..));
    let ramp = (0..frames).map(|frame| raised_cosine(frame, frames));
    if inwards {
        for (frame, gain) in samples.chunks_exact_mut(channels).zip(ramp.clone()) {
            frame.iter_mut().for_each(|sample| *sample *= gain);
        }
    }
    if outwards {
        for (frame, gain) in samples.chunks_exact_mut(channels).rev().zip(ramp) {
            frame.iter_mut().for_each(|sample| *sample *= gain);
        }
    }
}

/// From near 0 to near 1, level at both ends: no corner that could be heard.
#[expect(clippy::cast_precision_loss, reason = "frames of a few milliseconds")]
fn raised_cosine(frame: usize, frames: usize) -> f32 {
    let place = (frame as f32 + 0.5) / frames as f32;
    0.5 - 0.5 * (std::f32::consts::PI * place).cos()
}

/// How many frames `duration` takes, to the nearest.
pub(super) fn frames_of(duration: Duration, sample_rate: u32) -> u64 {
    let rate = u128::from(sample_rate);
    u64::try_from((duration.as_nanos() * rate + 500_000_000) / 1_000_000_000).unwrap_or(u64::MAX)
}

/// The time of `frame`, to the nearest millisecond.
pub(super) fn milliseconds(frame: u64, sample_rate: u32) -> u32 {
    let rate = u128::from(sample_rate.max(1));
    u32::try_from((u128::from(frame) * 1000 + rate / 2) / rate).unwrap_or(u32::MAX)
}
