//! The length of the vocal tract: formants moved by resampling.
//!
//! A shorter tract raises every resonance by the same factor, and so does playing a recording
//! faster. Speech synthesized lower and slower by that factor, then played faster by it, has the
//! wanted pitch and pace and other formants. Playing faster is resampling: output sample `n` is
//! read at input position `n · factor`.
//!
//! The factor is a small fraction, so the fractional positions repeat and one table of windowed
//! sinc filters, a row a position, is all there is to it. A resampling crate was considered and
//! is not used: each call runs in a fresh instance, and planning a general converter's FFT costs
//! more than this whole filter.

use std::f32::consts::PI;

/// Filter taps a row. With a Blackman window the stop band is 58 dB down or better, below the
/// recording's own noise.
const TAPS: usize = 32;

/// The highest frequency kept, as a share of the lower Nyquist frequency.
const PASS_BAND: f32 = 0.93;

/// A formant shift.
#[derive(Clone, Debug)]
pub(crate) struct Tract {
    /// Input samples for every `outputs` output samples.
    inputs: usize,
    outputs: usize,
    /// `outputs` rows of `TAPS`; empty when the factor is one.
    rows: Vec<[f32; TAPS]>,
}

impl Tract {
    /// Moves formants by `numerator / denominator`, both at least one.
    pub(crate) fn new((numerator, denominator): (u16, u16)) -> Self {
        let (inputs, outputs) = (usize::from(numerator.max(1)), usize::from(denominator.max(1)));
        let cutoff = PASS_BAND * (f32::from(denominator) / f32::from(numerator)).min(1.0);
        let rows = if inputs == outputs {
            Vec::new()
        } else {
            (0..denominator).map(|phase| row(f32::from(phase) / f32::from(denominator), cutoff)).collect()
        };
        Self { inputs, outputs, rows }
    }

    /// The factor formants are moved by.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn factor(&self) -> f32 {
        self.inputs as f32 / self.outputs as f32
    }

    /// The samples left of `samples`.
    pub(crate) fn length(&self, samples: usize) -> usize {
        if self.rows.is_empty() { samples } else { samples * self.outputs / self.inputs }
    }

    /// Filters a whole sentence. Without a shift the very same samples come back.
    pub(crate) fn apply(&self, pcm: Vec<i16>) -> Vec<i16> {
        if self.rows.is_empty() {
            return pcm;
        }
        let mut padded = vec![0.0; pcm.len() + 2 * TAPS];
        for (sample, input) in padded.iter_mut().skip(TAPS).zip(&pcm) {
            *sample = f32::from(*input);
        }
        (0..self.length(pcm.len())).map(|n| self.sample(&padded, n * self.inputs)).collect()
    }

    /// The output at `position / outputs` input samples.
    fn sample(&self, padded: &[f32], position: usize) -> i16 {
        let first = position / self.outputs + TAPS / 2 + 1;
        let (Some(row), Some(window)) =
            (self.rows.get(position % self.outputs), padded.get(first..first + TAPS))
        else {
            return 0;
        };
        let sum: f32 = row.iter().zip(window).map(|(tap, sample)| tap * sample).sum();
        to_sample(sum)
    }
}

/// Rounds to 16 bits, saturating.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn to_sample(value: f32) -> i16 {
    // A float to integer cast saturates by definition.
    value.round() as i16
}

/// A low-pass filter whose centre lies `fraction` of a sample after the middle tap, with a gain
/// of exactly one at frequency zero.
#[allow(clippy::cast_precision_loss)]
fn row(fraction: f32, cutoff: f32) -> [f32; TAPS] {
    let half = TAPS as f32 / 2.0;
    let mut taps = [0.0; TAPS];
    for (at, tap) in taps.iter_mut().enumerate() {
        let distance = at as f32 - (half - 1.0) - fraction;
        let window = 0.42 + 0.5 * (PI * distance / half).cos() + 0.08 * (2.0 * PI * distance / half).cos();
        let x = PI * cutoff * distance;
        let sinc = if x.abs() < 1e-6 { 1.0 } else { x.sin() / x };
        *tap = cutoff * sinc * window.max(0.0);
    }
    let sum: f32 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, samples: usize) -> Vec<i16> {
        (0..samples).map(|n| to_sample(8000.0 * (2.0 * PI * hertz * n as f32 / 16000.0).sin())).collect()
    }

    /// Frequency by rising zero crossings, in Hz at 16 kHz.
    fn frequency(pcm: &[i16]) -> f32 {
        let crossings: Vec<_> =
            pcm.windows(2).enumerate().filter(|(_, pair)| pair[0] < 0 && pair[1] >= 0).collect();
        let (first, last) = (crossings[1].0, crossings[crossings.len() - 2].0);
        (crossings.len() - 3) as f32 * 16000.0 / (last - first) as f32
    }

    #[test]
    fn a_tone_moves_by_the_factor_and_keeps_its_level() {
        for fraction in [(9, 10), (21, 20), (6, 5), (4, 3)] {
            let tract = Tract::new(fraction);
            let moved = tract.apply(tone(440.0, 16000));
            assert_eq!(moved.len(), tract.length(16000));
            let expected = 440.0 * tract.factor();
            assert!((frequency(&moved) - expected).abs() < 2.0, "{fraction:?}: {}", frequency(&moved));
            let peak = moved.iter().skip(100).take(10_000).map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!((7900..8100).contains(&peak), "{fraction:?}: {peak}");
        }
    }

    #[test]
    fn what_would_alias_is_gone() {
        let moved = Tract::new((4, 3)).apply(tone(7200.0, 16000));
        let peak = moved.iter().skip(100).take(10_000).map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!(peak < 80, "{peak}");
    }

    #[test]
    fn no_shift_is_the_same_samples() {
        let pcm = tone(440.0, 1000);
        assert_eq!(Tract::new((1, 1)).apply(pcm.clone()), pcm);
        assert!(Tract::new((6, 5)).apply(Vec::new()).is_empty());
    }
}
