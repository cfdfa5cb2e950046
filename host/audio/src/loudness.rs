//! How loud a voice is, over all of its takes.
//!
//! A line of one word measured by itself would be made as loud as a shout, and its neighbour as
//! soft as a whisper. So a voice has one meter, every take of it is pushed there, and every line
//! gets the one gain that follows. The meter is what is kept between scenes: a few kilobytes, which
//! merge with those of another process.
//!
//! The measure is ITU-R BS.1770-4, as EBU R 128 uses it: power behind the K filter in blocks of
//! 400 ms, three quarters overlapping; blocks under −70 LUFS are left out, then those 10 LU under
//! the mean of the rest. The filter and the peak interpolator are the `ebur128` crate's. The gating
//! is here, because the second gate is known only when the last take is in: the meter keeps a
//! histogram in steps of 0.1 LU, with the exact power of each step, so the only thing rounded is
//! which side of the gate a block within 0.1 LU of it falls on.

use std::collections::BTreeMap;
use std::time::Duration;

use ebur128::{EbuR128, Mode};
use serde::{Deserialize, Serialize};

use crate::encode::sounds;
use crate::resample::{check_channels, check_rate};
use crate::{AudioError, Pcm};

/// The absolute gate, BS.1770-4 annex 1.
const GATE_LUFS: f64 = -70.0;
/// The relative gate.
const GATE_LU: f64 = -10.0;
/// The offset that makes a full-scale sine of 1 kHz in one channel read −3.01 LUFS.
const OFFSET_LU: f64 = -0.691;
/// A block is this many steps of 100 ms.
const BLOCK_STEPS: usize = 4;
/// Frames of silence that let the end of a take out of the peak interpolator; it has 49 taps at four
/// times the rate.
const INTERPOLATOR_FRAMES: usize = 24;

/// The loudness of one voice, collected take by take.
///
/// Mono is measured as the one channel it is, so a mono file reads 3 LU less than the same signal
/// in both channels of a stereo file. Push takes in the layout they will be played in
/// ([`Pcm::with_channels`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoudnessMeter {
    /// Blocks over the absolute gate, by tenths of a LU above it.
    steps: BTreeMap<u16, Blocks>,
    /// Takes too short for a block.
    brief: Blocks,
    /// The greatest amplitude between or at the samples; linear, so that silence is a number.
    true_peak: f32,
}

/// Blocks that are about as loud as each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Blocks {
    count: u64,
    /// The sum of their mean squares.
    power: f64,
}

impl LoudnessMeter {
    /// A meter that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a take. Takes do not run into each other: each begins with fresh filters.
    ///
    /// A take under 400 ms has no loudness by the standard. It is counted over its own length, and
    /// only while no longer take was heard.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] or [`AudioError::Channels`] when they are out of range; nothing is
    /// added then.
    pub fn push(&mut self, pcm: &Pcm) -> Result<(), AudioError> {
        let channels = check_channels(usize::from(pcm.channels))?;
        let rate = check_rate(pcm.sample_rate)?;
        let mut filter = filter(rate, channels)?;
        let samples = sounds(&pcm.samples);
        // As the crate rounds it.
        let step = (rate as usize + 5) / 10 * channels;
        for (index, piece) in samples.chunks(step).enumerate() {
            filter.add_frames_f32(piece).map_err(failed)?;
            if piece.len() == step && index + 1 >= BLOCK_STEPS {
                self.count(momentary(&filter)?);
            }
        }
        let block = step * BLOCK_STEPS;
        let missing = block.saturating_sub(samples.len()).max(INTERPOLATOR_FRAMES * channels);
        filter.add_frames_f32(&vec![0.0; missing]).map_err(failed)?;
        if !samples.is_empty() && samples.len() < block {
            self.count_brief(momentary(&filter)?, samples.len(), block);
        }
        self.true_peak = self.true_peak.max(peak(&filter, channels)?);
        Ok(())
    }

    /// Adds what another meter heard.
    pub fn merge(&mut self, other: &Self) {
        for (step, blocks) in &other.steps {
            self.steps.entry(*step).or_default().add(blocks);
        }
        self.brief.add(&other.brief);
        self.true_peak = self.true_peak.max(other.true_peak);
    }

    /// How much of what was pushed is over the absolute gate, to a tenth of a second.
    #[must_use]
    pub fn heard(&self) -> Duration {
        let steps: u64 = self.steps.values().map(|blocks| blocks.count).sum();
        Duration::from_millis(100) * u32::try_from(steps).unwrap_or(u32::MAX)
    }

    /// Integrated loudness of everything pushed, in LUFS; none when all of it is under the absolute
    /// gate of −70 LUFS, or there is nothing.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a level needs no more than f32")]
    pub fn integrated(&self) -> Option<f32> {
        let all = total(self.steps.values());
        let Some(ungated) = all.lufs() else { return self.brief.lufs().map(|lufs| lufs as f32) };
        let gate = ungated + GATE_LU;
        let over = self.steps.values().filter(|blocks| blocks.lufs().is_some_and(|lufs| lufs > gate));
        total(over).lufs().map(|lufs| lufs as f32)
    }

    /// The greatest amplitude of the waveform, between the samples too (interpolated four times,
    /// BS.1770-4 annex 2), in decibels of full scale; minus infinity for digital silence.
    #[must_use]
    pub fn true_peak_dbtp(&self) -> f32 {
        20.0 * self.true_peak.log10()
    }

    /// One block of the standard.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "over the gate: 0 to 1000")]
    fn count(&mut self, lufs: f64) {
        if lufs > GATE_LUFS {
            let step = ((lufs - GATE_LUFS) * 10.0) as u16;
            self.steps.entry(step).or_default().add(&Blocks { count: 1, power: power(lufs) });
        }
    }

    /// A take of `samples`, heard in a block that is silent for the rest.
    #[expect(clippy::cast_precision_loss, reason = "both are less than a second of samples")]
    fn count_brief(&mut self, lufs: f64, samples: usize, block: usize) {
        let power = power(lufs) * block as f64 / samples as f64;
        let blocks = Blocks { count: 1, power };
        if blocks.lufs().is_some_and(|lufs| lufs > GATE_LUFS) {
            self.brief.add(&blocks);
        }
    }
}

impl Blocks {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.power += other.power;
    }

    /// Loudness of the mean power; none without blocks.
    #[expect(clippy::cast_precision_loss, reason = "a count of blocks")]
    fn lufs(&self) -> Option<f64> {
        (self.count > 0 && self.power > 0.0)
            .then(|| 10.0 * (self.power / self.count as f64).log10() + OFFSET_LU)
    }
}

fn total<'blocks>(blocks: impl Iterator<Item = &'blocks Blocks>) -> Blocks {
    blocks.fold(Blocks::default(), |mut total, blocks| {
        total.add(blocks);
        total
    })
}

/// The mean square that is this loud.
fn power(lufs: f64) -> f64 {
    10.0_f64.powf((lufs - OFFSET_LU) / 10.0)
}

fn filter(rate: u32, channels: usize) -> Result<EbuR128, AudioError> {
    let channels = u32::try_from(channels).unwrap_or(1);
    EbuR128::new(channels, rate, Mode::M | Mode::TRUE_PEAK).map_err(failed)
}

/// Loudness of the last 400 ms; minus infinity for digital silence.
fn momentary(filter: &EbuR128) -> Result<f64, AudioError> {
    filter.loudness_momentary().map_err(failed)
}

/// The greater of the true and the sample peak: the interpolator passes by the samples themselves.
#[expect(clippy::cast_possible_truncation, reason = "a level needs no more than f32")]
fn peak(filter: &EbuR128, channels: usize) -> Result<f32, AudioError> {
    let channels = u32::try_from(channels).unwrap_or(1);
    (0..channels).try_fold(0.0_f32, |peak, channel| {
        let between = filter.true_peak(channel).map_err(failed)?;
        let at = filter.sample_peak(channel).map_err(failed)?;
        Ok(peak.max(between.max(at) as f32))
    })
}

fn failed(error: ebur128::Error) -> AudioError {
    AudioError::Loudness(error.to_string())
}
