//! Where the sound of a part begins and ends.
//!
//! Judged in the windows and by the level of [`crate::measure`], but around each window's own mean:
//! a constant offset is not heard, and a voice that has one has silence to cut, too.

use crate::Pcm;
use crate::measure::{SILENCE_DBFS, WINDOWS_A_SECOND};

/// Frames of silence at both ends of a part; all of them twice when there is no sound.
pub(super) struct Silence {
    pub(super) leading_frames: usize,
    pub(super) trailing_frames: usize,
}

impl Silence {
    pub(super) fn of(pcm: &Pcm) -> Self {
        let channels = usize::from(pcm.channels.max(1));
        let window_frames = (pcm.sample_rate / WINDOWS_A_SECOND).max(1) as usize;
        let limit = 10.0_f64.powf(f64::from(SILENCE_DBFS) / 10.0);
        let windows = || pcm.samples.chunks(window_frames * channels);
        let sounds = |window: &[f32]| power(window, channels) >= limit;
        let frames = pcm.frames();
        let begin = windows().position(sounds).map_or(frames, |window| window * window_frames);
        let end = windows().rposition(sounds).map_or(0, |window| (window + 1) * window_frames);
        Self { leading_frames: begin, trailing_frames: frames - end.min(frames) }
    }
}

/// The mean power of the channels, each around its mean.
#[expect(clippy::cast_precision_loss, reason = "a window is a few thousand samples at most")]
fn power(window: &[f32], channels: usize) -> f64 {
    let frames = (window.len() / channels).max(1) as f64;
    let of_channel = |channel: usize| {
        let samples = || window.iter().skip(channel).step_by(channels).map(|sample| f64::from(*sample));
        let mean = samples().sum::<f64>() / frames;
        samples().map(|sample| (sample - mean) * (sample - mean)).sum::<f64>() / frames
    };
    (0..channels).map(of_channel).sum::<f64>() / channels as f64
}
