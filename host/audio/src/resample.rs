//! Changing the sample rate.
//!
//! The FFT resampler of `rubato`: the rates are fixed for a whole take, and this is the fast and
//! clean one for fixed rates. It works in blocks and delays by half of one, so [`Resampler`] drops
//! the delay from the start and drains it at the end: the output is as long as the input and
//! aligned with it, which word marks depend on. Blocks are cut from the input alone, so any way of
//! splitting the input gives the same samples.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use crate::{AudioError, Pcm};

/// Input frames a block, at least. Larger gives a steeper filter and more delay; at 16 kHz this is
/// 64 ms.
const BLOCK_FRAMES: u32 = 1024;
/// Amplitudes past this are no sound, and the FFT would carry an infinity to the whole block.
const AMPLITUDE_MAX: f32 = 16.0;

/// Converts `pcm` to `sample_rate`; the duration stays.
///
/// # Errors
/// [`AudioError::SampleRate`] when either rate is out of range, [`AudioError::Channels`] when there
/// are neither one nor two.
pub fn resample(pcm: &Pcm, sample_rate: u32) -> Result<Pcm, AudioError> {
    if pcm.sample_rate == sample_rate {
        return Ok(pcm.clone());
    }
    let mut resampler = Resampler::new(pcm.sample_rate, sample_rate, pcm.channels)?;
    let mut samples = Vec::new();
    resampler.push(&pcm.samples, &mut samples)?;
    resampler.finish(&mut samples)?;
    Ok(Pcm { sample_rate, channels: pcm.channels, samples })
}

/// A resampler that takes its input in pieces.
pub(crate) struct Resampler {
    fft: Fft<f32>,
    channels: usize,
    rates: (u32, u32),
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    /// Output samples still to drop from the start.
    delay: usize,
    taken_frames: u64,
    given_frames: u64,
}

impl Resampler {
    pub(crate) fn new(from: u32, to: u32, channels: u8) -> Result<Self, AudioError> {
        check_rate(from)?;
        check_rate(to)?;
        let channels = check_channels(usize::from(channels))?;
        let fft = Fft::new_custom(
            from as usize,
            to as usize,
            block_frames(from, to),
            1,
            channels,
            WindowFunction::BlackmanHarris2,
            FixedSync::Input,
        )
        .map_err(failed)?;
        let delay = fft.output_delay() * channels;
        let (pending, rates) = (Vec::new(), (from, to));
        Ok(Self { fft, channels, rates, pending, delay, taken_frames: 0, given_frames: 0 })
    }

    /// Takes interleaved samples and appends what is ready.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.pending.extend(samples.iter().copied().map(sound));
        self.taken_frames += (samples.len() / self.channels) as u64;
        let mut used = 0;
        loop {
            let block = self.fft.input_frames_next() * self.channels;
            let Some(input) = self.pending.get(used..used + block) else { break };
            let output = process(&mut self.fft, input, self.channels)?;
            used += block;
            self.give(&output, out);
        }
        self.pending.drain(..used);
        Ok(())
    }

    /// Appends the rest, so that all of the output lasts exactly as long as all of the input.
    pub(crate) fn finish(mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        let (from, to) = (u64::from(self.rates.0), u64::from(self.rates.1));
        let total = (self.taken_frames * to).div_ceil(from);
        while self.given_frames < total {
            let block = self.fft.input_frames_next() * self.channels;
            self.pending.resize(block, 0.0);
            let output = process(&mut self.fft, &self.pending, self.channels)?;
            self.pending.clear();
            self.give(&output, out);
        }
        let surplus = usize::try_from(self.given_frames - total).unwrap_or(0) * self.channels;
        out.truncate(out.len().saturating_sub(surplus));
        Ok(())
    }

    fn give(&mut self, output: &[f32], out: &mut Vec<f32>) {
        let dropped = self.delay.min(output.len());
        self.delay -= dropped;
        let kept = output.get(dropped..).unwrap_or_default();
        self.given_frames += (kept.len() / self.channels) as u64;
        out.extend_from_slice(kept);
    }
}

/// A block that is an even number of input and of output frames: half of one is the delay, and half
/// a frame could not be left out.
fn block_frames(from: u32, to: u32) -> usize {
    let common = (1..=from.min(to))
        .rev()
        .find(|divisor| from.is_multiple_of(*divisor) && to.is_multiple_of(*divisor))
        .unwrap_or(1);
    let least = from / common;
    (least * BLOCK_FRAMES.div_ceil(least).next_multiple_of(2)) as usize
}

/// The sample if it is one: silence for NaN, held within reason otherwise.
pub(crate) fn sound(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-AMPLITUDE_MAX, AMPLITUDE_MAX) }
}

fn process(fft: &mut Fft<f32>, input: &[f32], channels: usize) -> Result<Vec<f32>, AudioError> {
    let input = InterleavedSlice::new(input, channels, input.len() / channels).map_err(failed)?;
    Ok(fft.process(&input, None).map_err(failed)?.take_data())
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(error: impl ToString) -> AudioError {
    AudioError::Resampler(error.to_string())
}

/// The rates the contract allows.
pub(crate) fn check_rate(sample_rate: u32) -> Result<u32, AudioError> {
    if (8_000..=192_000).contains(&sample_rate) {
        Ok(sample_rate)
    } else {
        Err(AudioError::SampleRate(sample_rate))
    }
}

/// The channel counts the contract allows.
pub(crate) fn check_channels(channels: usize) -> Result<usize, AudioError> {
    if (1..=2).contains(&channels) { Ok(channels) } else { Err(AudioError::Channels(channels)) }
}
