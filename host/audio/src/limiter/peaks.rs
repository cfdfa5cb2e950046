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
}

impl Peaks {
    pub(super) fn new() -> Self {
        Self { kernels: [kernel(0.25), kernel(0.5), kernel(0.75)], history: [0.0; TAPS] }
    }

    /// Takes a sample, and gives the peak from the sample [`LATENCY`] before it up to that one's
    /// successor.
    pub(super) fn push(&mut self, sample: f32) -> f32 {
        self.history.rotate_left(1);
        if let Some(last) = self.history.last_mut() {
            *last = sample;
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
