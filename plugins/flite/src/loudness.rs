//! Gain with a limiter behind it.
//!
//! The synthesizer's raw level is low (about −30 dBFS RMS, peaks near −7), so the plugin raises
//! it; a caller's volume comes on top. Where the sum would pass the ceiling the limiter turns
//! the gain down for the moment, smoothly and ahead of time, which is heard as evenness and not
//! as distortion. Clipping instead would be one line and ugly, and a soft saturation curve
//! distorts every loud vowel.
//!
//! It works on whole sentences, which begin and end in silence, so nothing is carried over and
//! nothing is delayed. Gain is set for blocks of a millisecond and drawn as straight lines
//! between block borders, each border as low as its lower neighbour asks for: between two such
//! borders no sample can pass the ceiling.

use crate::tract::to_sample;

/// The loudest sample let through, −1 dBFS: room for what an encoder adds.
const CEILING: f32 = 0.891 * 32768.0;

/// Samples a block: one millisecond at 16 kHz.
const BLOCK: usize = 16;

/// How much the gain may fall from one block to the next, ahead of a peak.
const ATTACK: f32 = 0.7;

/// How much it may rise from one block to the next, after one: about 70 ms to double.
const RELEASE: f32 = 1.01;

/// A gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loudness {
    gain: f32,
}

impl Loudness {
    pub(crate) fn new(gain_db: f32) -> Self {
        // 0 dB is exactly one: `powf` is not asked.
        Self { gain: if gain_db == 0.0 { 1.0 } else { 10.0_f32.powf(gain_db / 20.0) } }
    }

    /// Applies the gain to a sentence. A gain of one leaves it untouched, sample for sample.
    #[allow(clippy::float_cmp, clippy::cast_precision_loss)]
    pub(crate) fn apply(&self, pcm: &mut [i16]) {
        if self.gain == 1.0 {
            return;
        }
        let borders = self.borders(pcm);
        for (block, pair) in pcm.chunks_mut(BLOCK).zip(borders.windows(2)) {
            let [from, to] = pair else { continue };
            let step = (to - from) / BLOCK as f32;
            for (at, sample) in block.iter_mut().enumerate() {
                *sample = to_sample(f32::from(*sample) * (from + step * at as f32));
            }
        }
    }

    /// The gain at every block border, one more than there are blocks.
    fn borders(&self, pcm: &[i16]) -> Vec<f32> {
        let wanted = |block: &[i16]| {
            let peak = block.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
            self.gain.min(CEILING / f32::from(peak.max(1)))
        };
        let mut borders = vec![self.gain; pcm.len().div_ceil(BLOCK) + 1];
        for (at, block) in pcm.chunks(BLOCK).enumerate() {
            let wanted = wanted(block);
            for border in borders.iter_mut().skip(at).take(2) {
                *border = border.min(wanted);
            }
        }
        let mut last = self.gain;
        for border in &mut borders {
            last = border.min(last * RELEASE);
            *border = last;
        }
        for border in borders.iter_mut().rev() {
            last = border.min(last / ATTACK);
            *border = last;
        }
        borders
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peak(pcm: &[i16]) -> u16 {
        pcm.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)
    }

    #[test]
    fn quiet_speech_is_raised_by_the_gain_and_nothing_else() {
        let mut pcm: Vec<i16> = (0..1000).map(|n| (n % 200) - 100).collect();
        let expected: Vec<i16> = pcm.iter().map(|sample| sample * 2).collect();
        Loudness { gain: 2.0 }.apply(&mut pcm);
        assert_eq!(pcm, expected);
    }

    #[test]
    fn zero_decibels_change_no_sample() {
        let mut pcm = vec![i16::MIN, -1, 0, 1, i16::MAX];
        Loudness::new(0.0).apply(&mut pcm);
        assert_eq!(pcm, [i16::MIN, -1, 0, 1, i16::MAX]);
    }

    #[test]
    fn minus_ninety_six_decibels_are_silence() {
        let mut pcm = vec![20_000; 100];
        Loudness::new(-96.0).apply(&mut pcm);
        assert_eq!(peak(&pcm), 0);
    }

    proptest! {
        #[test]
        fn no_sample_ever_passes_the_ceiling(mut pcm in prop::collection::vec(any::<i16>(), 0..2000), gain_db in 0.1f32..40.0) {
            Loudness::new(gain_db).apply(&mut pcm);
            prop_assert!(f32::from(peak(&pcm)) <= CEILING + 1.0);
        }
    }
}
