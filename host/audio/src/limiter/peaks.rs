//! The peak of one channel between its samples.
//!
//! Four times oversampling, as BS.1770-4 annex 2 asks for: at each sample, and at three points
//! between it and the next, read by a sinc of sixteen samples under a cosine-squared window.

use std::f32::consts::PI;

const TAPS: usize = 16;
/// How many frames a peak is known late: half the kernel.
pub(super) const LATENCY: usize = TAPS / 2;
/// Points between two samples.
const POINTS: usize = 3;

/// Reads the peaks of one channel, sample by sample.
#[derive(Clone)]
pub(super) struct Peaks {
    kernels: [[f32; TAPS]; POINTS],
    /// The newest sample is the last.
    history: [f32; TAPS],
    /// A sample under this takes no part in a peak over the ceiling, whatever its neighbours are.
    soft: f32,
    /// Samples of the history up to the newest one that is not soft.
    loud: usize,
}

impl Peaks {
    /// For peaks that matter only over `ceiling`.
    pub(super) fn new(ceiling: f32) -> Self {
        let kernels = [kernel(0.25), kernel(0.5), kernel(0.75)];
        let greatest =
            kernels.iter().map(|kernel| kernel.iter().map(|weight| weight.abs()).sum()).fold(1.0, f32::max);
        Self { kernels, history: [0.0; TAPS], soft: ceiling / greatest, loud: 0 }
    }

    /// Takes a sample, and gives the peak from the sample [`LATENCY`] before it up to that one's
    /// successor; or something under the ceiling when the peak is there, too. Speech is soft nearly
    /// all of the time.
    pub(super) fn push(&mut self, sample: f32) -> f32 {
        self.history.rotate_left(1);
        if let Some(last) = self.history.last_mut() {
            *last = sample;
        }
        self.loud = if sample.abs() > self.soft { TAPS } else { self.loud.saturating_sub(1) };
        if self.loud == 0 {
            return 0.0;
        }
        let at = self.history.get(LATENCY - 1).copied().unwrap_or(0.0);
        self.kernels.iter().map(|kernel| self.read(kernel).abs()).fold(at.abs(), f32::max)
    }

    fn read(&self, kernel: &[f32; TAPS]) -> f32 {
        self.history.iter().zip(kernel).map(|(sample, weight)| sample * weight).sum()
    }
}

/// Weights that read the waveform `fraction` of a sample behind the middle sample; they add up to
/// one, so a constant reads as itself.
#[expect(clippy::cast_precision_loss, reason = "sixteen taps")]
fn kernel(fraction: f32) -> [f32; TAPS] {
    let weight = |tap: usize| {
        let distance = tap as f32 - (LATENCY - 1) as f32 - fraction;
        let sinc = (PI * distance).sin() / (PI * distance);
        let window = (PI * distance / TAPS as f32).cos();
        sinc * window * window
    };
    let weights: [f32; TAPS] = std::array::from_fn(weight);
    let total: f32 = weights.iter().sum();
    weights.map(|weight| weight / total)
}
