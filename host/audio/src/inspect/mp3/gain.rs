//! An estimate of loudness from layer III side information, without decoding.
//!
//! A granule's side information tells the quantiser's step (`global_gain`) and which Huffman tables
//! its three regions use. A table codes values up to a limit, and encoders take the smallest that
//! will do, so step and limit together bound the largest spectral line from above within a factor
//! of two: ISO/IEC 11172-3, 2.4.3.4, has a line as sign · |value|^(4/3) · 2^((global_gain − 210) / 4).
//! The gain field alone would not do: a loud tone, whose values are large, has the same step as
//! very quiet noise. What is not read, to save the decoding, are the scale factors, which only make
//! lines quieter, and how many lines are near the largest one.
//!
//! Measured on LAME 3.100 at 32 to 128 kbit/s and VBR, 16 to 44.1 kHz, with speech, white noise and
//! a tone at 0, −20, −40 and −60 dB: the mean over a file is 12 dB below to 23 dB above the decoded
//! power. A granule without main data is digital silence exactly.

use crate::field::array;
use crate::levels::{Levels, MICROS, Tally};
use crate::pcm::span;

use super::Header;

/// A granule estimated under this is taken for silence. Silence proper is −55 dBFS, and what noise
/// is under-estimated by is left below it.
const SILENCE_DB: f32 = -62.0;
/// Samples of a granule.
const GRANULE: u64 = 576;
/// Millionths of a decibel in one step of the gain field: a quarter of a power of two, in amplitude.
const STEP: i32 = 1_505_150;
/// The gain field of a line that is what its value says.
const UNITY_GAIN: i32 = 210;
/// A granule without main data: quieter than anything.
const NOTHING: i32 = -1_000 * MICROS;
/// The longest side information, with what a read at its end takes beyond.
const SIDE_INFO_MAX: usize = 32 + 8;

/// What each Huffman table adds to its step, in millionths of a decibel: 20 · log10 of the largest value it
/// codes (ISO/IEC 11172-3, table B.7, with `linbits`) to the power of 4/3. A region without big values
/// holds ones and zeroes.
const TABLE_LEVELS: [i32; 32] = [
    0,
    0,
    8_027_467,
    8_027_467,
    0,
    12_723_233,
    12_723_233,
    18_639_200,
    18_639_200,
    18_639_200,
    22_535_948,
    22_535_948,
    22_535_948,
    31_362_434,
    0,
    31_362_434,
    32_109_866,
    33_473_933,
    35_797_938,
    39_389_900,
    50_455_856,
    64_836_367,
    80_431_929,
    104_376_840,
    39_389_900,
    44_340_209,
    50_455_856,
    57_394_356,
    64_836_367,
    72_559_620,
    88_381_031,
    104_376_840,
];

/// The levels of one stream's granules.
pub(super) struct Gains {
    tally: Tally,
    frames: u64,
}

impl Gains {
    pub(super) const fn new() -> Self {
        Self { tally: Tally::new(SILENCE_DB), frames: 0 }
    }

    /// Counts a frame.
    pub(super) fn push(&mut self, frame: &[u8], header: &Header) {
        self.frames += 1;
        let protected = frame.get(1).is_some_and(|byte| byte & 1 == 0);
        let begin = if protected { 6 } else { 4 };
        let there = frame.get(begin..).unwrap_or_default();
        let mut padded = [0_u8; SIDE_INFO_MAX];
        let side = there.first_chunk().unwrap_or_else(|| {
            padded.iter_mut().zip(there).for_each(|(to, from)| *to = *from);
            &padded
        });
        let mpeg1 = header.samples == 2 * GRANULE;
        let stereo = header.channels == 2;
        let (mut at, granules, length, compress) = match (mpeg1, stereo) {
            (true, false) => (9 + 5 + 4, 2, 59, 4),
            (true, true) => (9 + 3 + 8, 2, 59, 4),
            (false, false) => (8 + 1, 1, 63, 9),
            (false, true) => (8 + 2, 1, 63, 9),
        };
        for _ in 0..granules {
            let mut level = NOTHING;
            for _ in 0..header.channels {
                level = level.max(granule_level(side, at, compress));
                at += length;
            }
            self.tally.push_micros(level);
        }
    }

    pub(super) fn finish(self, header: &Header) -> Levels {
        let whole = span(self.frames * header.samples, header.sample_rate);
        Levels { estimated: true, ..self.tally.finish(GRANULE, header.sample_rate, whole) }
    }
}

/// The estimated level of the granule whose side information begins at bit `at`; `compress` is
/// the width of its scale factor field. All that is read lies within 54 bits, so they are taken at once:
/// a minute of speech has five thousand granules, and every take is walked.
fn granule_level(side: &[u8; SIDE_INFO_MAX], at: usize, compress: u32) -> i32 {
    let granule = array::<8>(side, at / 8).map_or(0, u64::from_be_bytes) << (at % 8);
    let bits = |at: u32, width: u32| granule << at >> (64 - width);
    if bits(0, 12) == 0 {
        return NOTHING;
    }
    let tables = 29 + compress + 1;
    let level = |at: u32| {
        let table = usize::try_from(bits(at, 5)).unwrap_or(0);
        TABLE_LEVELS.get(table).copied().unwrap_or(0)
    };
    let largest = if bits(tables - 1, 1) == 1 {
        // Two regions, behind the block type and the flag for mixed blocks.
        level(tables + 3).max(level(tables + 8))
    } else {
        level(tables).max(level(tables + 5)).max(level(tables + 10))
    };
    let gain = i32::try_from(bits(21, 8)).unwrap_or(0);
    (gain - UNITY_GAIN) * STEP + largest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO/IEC 11172-3, table B.7, with `linbits` added.
    const TABLE_LIMITS: [u16; 32] = [
        0, 1, 2, 2, 0, 3, 3, 5, 5, 5, 7, 7, 7, 15, 0, 15, 16, 18, 22, 30, 78, 270, 1038, 8206, 30, 46, 78,
        142, 270, 526, 2062, 8206,
    ];

    #[test]
    fn levels_are_what_the_standard_has_them_be() {
        for (limit, level) in TABLE_LIMITS.into_iter().zip(TABLE_LEVELS) {
            let exact = 20.0 * (4.0 / 3.0) * f64::from(limit.max(1)).log10() * f64::from(MICROS);
            assert!((exact - f64::from(level)).abs() < 1.0, "{limit}: {level}, not {exact}");
        }
        let exact = 20.0 * 0.25 * std::f64::consts::LOG10_2 * f64::from(MICROS);
        assert!((exact - f64::from(STEP)).abs() < 1.0, "{STEP}, not {exact}");
    }
}
