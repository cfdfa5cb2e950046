//! Encoding while the samples still come.

use understudy_speech::AudioFormat;

use crate::AudioError;
use crate::encode::{Encoder, Length, Target, plan};
use crate::pcm::extend_from_s16le;
use crate::resample::Resampler;

/// Turns 16-bit PCM that arrives in pieces into encoded pieces.
///
/// The pieces concatenated are one file. How the input is split changes nothing in them; it may be
/// split anywhere, inside a sample too. Lengths in headers say that the end is not known.
pub struct StreamEncoder {
    encoder: Encoder,
    resampler: Option<Resampler>,
    format: AudioFormat,
    frame_bytes: usize,
    /// The beginning of a frame whose end has not come yet.
    split: Vec<u8>,
    samples: Vec<f32>,
    resampled: Vec<f32>,
}

impl StreamEncoder {
    /// An encoder for PCM of this rate and channel count.
    ///
    /// # Errors
    /// As [`crate::encode`], but for the lack of samples.
    pub fn new(sample_rate: u32, channels: u8, target: &Target) -> Result<Self, AudioError> {
        let plan = plan(sample_rate, channels, target)?;
        let resampler = (plan.input_rate != sample_rate)
            .then(|| Resampler::new(sample_rate, plan.input_rate, channels))
            .transpose()?;
        Ok(Self {
            encoder: Encoder::new(&plan, Length::Open)?,
            resampler,
            format: plan.format,
            frame_bytes: 2 * usize::from(channels),
            split: Vec::new(),
            samples: Vec::new(),
            resampled: Vec::new(),
        })
    }

    /// What comes out.
    #[must_use]
    pub fn format(&self) -> AudioFormat {
        self.format
    }

    /// Takes signed 16-bit little-endian samples and gives what is ready, which may be nothing.
    ///
    /// # Errors
    /// [`AudioError::Encoder`] or [`AudioError::Resampler`]; the stream is lost then.
    pub fn push(&mut self, s16le: &[u8]) -> Result<Vec<u8>, AudioError> {
        let mut rest = s16le;
        self.samples.clear();
        if !self.split.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.frame_bytes - self.split.len()));
            self.split.extend_from_slice(now);
            rest = later;
            if self.split.len() < self.frame_bytes {
                return Ok(Vec::new());
            }
            extend_from_s16le(&mut self.samples, &self.split);
            self.split.clear();
        }
        let (whole, begun) = rest.split_at(rest.len() - rest.len() % self.frame_bytes);
        extend_from_s16le(&mut self.samples, whole);
        self.split.extend_from_slice(begun);
        let mut out = Vec::new();
        self.encode(&mut out)?;
        Ok(out)
    }

    /// Gives the rest; a sample that is not whole is dropped.
    ///
    /// # Errors
    /// [`AudioError::Encoder`] or [`AudioError::Resampler`].
    pub fn finish(mut self) -> Result<Vec<u8>, AudioError> {
        let mut out = Vec::new();
        if let Some(resampler) = self.resampler.take() {
            self.samples.clear();
            resampler.finish(&mut self.samples)?;
            self.encoder.push(&self.samples, &mut out)?;
        }
        self.encoder.finish(&mut out)?;
        Ok(out)
    }

    fn encode(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        let Some(resampler) = &mut self.resampler else { return self.encoder.push(&self.samples, out) };
        self.resampled.clear();
        resampler.push(&self.samples, &mut self.resampled)?;
        self.encoder.push(&self.resampled, out)
    }
}
