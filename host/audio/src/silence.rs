//! Where audio is silent.
//!
//! Judged in windows of 10 ms against [`SILENCE_DBFS`]. Single samples would make every zero
//! crossing a pause, and a threshold relative to the take's own level would find speech in a take
//! that is nothing but noise. A constant offset is not heard, so each window is measured around its
//! own mean: a voice with an offset of a hundredth has pauses, too.

use crate::Pcm;

/// A window quieter than this is silence: below the softest consonant of quiet speech, above the
/// noise of a 16-bit voice.
const SILENCE_DBFS: f32 = -55.0;
/// Windows a second.
const WINDOWS_A_SECOND: u32 = 100;

/// Which windows of a take are silent.
pub(crate) struct Silence {
    /// Frames a window; the last may have fewer.
    window_frames: usize,
    frames: usize,
    silent: Vec<bool>,
}

impl Silence {
    pub(crate) fn of(pcm: &Pcm) -> Self {
        let channels = usize::from(pcm.channels.max(1));
        let window_frames = (pcm.sample_rate / WINDOWS_A_SECOND).max(1) as usize;
        let limit = 10.0_f64.powf(f64::from(SILENCE_DBFS) / 10.0);
        let is_silent = |window: &[f32]| power(window, channels) < limit;
        let silent = pcm.samples.chunks(window_frames * channels).map(is_silent).collect();
        Self { window_frames, frames: pcm.frames(), silent }
    }

    /// Frames before the first sound; all of them when there is none.
    pub(crate) fn leading_frames(&self) -> usize {
        let windows = self.silent.iter().take_while(|silent| **silent).count();
        (windows * self.window_frames).min(self.frames)
    }

    /// Frames behind the last sound; all of them when there is none.
    pub(crate) fn trailing_frames(&self) -> usize {
        let last = self.silent.iter().rposition(|silent| !silent);
        self.frames - last.map_or(0, |last| (last + 1) * self.window_frames).min(self.frames)
    }

    /// The silent share of the whole, 0 to 1; 1 for no samples.
    #[expect(clippy::cast_precision_loss, reason = "a share of windows")]
    pub(crate) fn share(&self) -> f32 {
        let silent = self.silent.iter().filter(|silent| **silent).count();
        if self.silent.is_empty() { 1.0 } else { silent as f32 / self.silent.len() as f32 }
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
