//! Samples in memory.

use std::borrow::Cow;
use std::time::Duration;

/// Uncompressed audio: interleaved samples, nominally within −1 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Pcm {
    /// Samples a second and channel.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u8,
    /// All channels interleaved; a frame is one sample of each.
    pub samples: Vec<f32>,
}

/// Full scale of 16-bit audio, so that every 16-bit sample survives the way there and back.
const S16_SCALE: f32 = 32_768.0;

impl Pcm {
    /// How many samples each channel holds.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.channels.max(1))
    }

    /// How long it plays.
    #[must_use]
    pub fn duration(&self) -> Duration {
        span(self.frames() as u64, self.sample_rate)
    }

    /// Reads signed 16-bit little-endian samples; a cut-off last sample is dropped.
    #[must_use]
    pub fn from_s16le(bytes: &[u8], sample_rate: u32, channels: u8) -> Self {
        let mut samples = Vec::with_capacity(bytes.len() / 2);
        extend_from_s16le(&mut samples, bytes);
        Self { sample_rate, channels, samples }
    }

    /// Writes signed 16-bit little-endian samples, rounded to the nearest and held at full scale.
    #[must_use]
    pub fn to_s16le(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.samples.len() * 2);
        extend_s16le(&mut bytes, &self.samples);
        bytes
    }

    /// One channel, the mean of all.
    #[must_use]
    pub fn to_mono(&self) -> Self {
        let channels = usize::from(self.channels.max(1));
        let share = 1.0 / f32::from(self.channels.max(1));
        let samples = match channels {
            1 => self.samples.clone(),
            _ => self.samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share).collect(),
        };
        Self { sample_rate: self.sample_rate, channels: 1, samples }
    }

    /// This many channels: one is the mean of all, two are the same twice unless there are two.
    #[must_use]
    pub fn with_channels(&self, channels: u8) -> Cow<'_, Self> {
        match (self.channels, channels) {
            (1, 2) => {
                let samples = self.samples.iter().flat_map(|sample| [*sample, *sample]).collect();
                Cow::Owned(Self { sample_rate: self.sample_rate, channels: 2, samples })
            }
            (2, 1) => Cow::Owned(self.to_mono()),
            _ => Cow::Borrowed(self),
        }
    }
}

/// Appends the samples of `bytes`; a cut-off last sample is dropped.
pub(crate) fn extend_from_s16le(samples: &mut Vec<f32>, bytes: &[u8]) {
    let (pairs, _) = bytes.as_chunks::<2>();
    samples.extend(pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / S16_SCALE));
}

/// Appends `samples` as signed 16-bit little-endian.
pub(crate) fn extend_s16le(bytes: &mut Vec<u8>, samples: &[f32]) {
    let begin = bytes.len();
    bytes.resize(begin + samples.len() * 2, 0);
    let (pairs, _) = bytes.get_mut(begin..).unwrap_or_default().as_chunks_mut::<2>();
    for (pair, sample) in pairs.iter_mut().zip(samples) {
        *pair = to_s16(*sample).to_le_bytes();
    }
}

/// The nearest 16-bit sample. NaN becomes silence.
#[expect(clippy::cast_possible_truncation, reason = "the conversion saturates, which is what a limiter does")]
pub(crate) fn to_s16(sample: f32) -> i16 {
    // `round` is a call into the mathematics library on most processors; this is not.
    let scaled = sample * S16_SCALE;
    (scaled + 0.5_f32.copysign(scaled)) as i16
}

/// The time `frames` take at `sample_rate`, exact to the nanosecond.
pub(crate) fn span(frames: u64, sample_rate: u32) -> Duration {
    let rate = u64::from(sample_rate.max(1));
    let nanoseconds = u128::from(frames % rate) * 1_000_000_000 / u128::from(rate);
    Duration::new(frames / rate, u32::try_from(nanoseconds).unwrap_or(999_999_999))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sixteen_bit_sample_survives_the_round_trip() {
        let bytes: Vec<u8> = (i16::MIN..=i16::MAX).flat_map(i16::to_le_bytes).collect();
        assert_eq!(Pcm::from_s16le(&bytes, 16_000, 1).to_s16le(), bytes);
    }

    #[test]
    fn overshoot_is_held_at_full_scale_and_nan_is_silence() {
        let pcm = Pcm { sample_rate: 16_000, channels: 1, samples: vec![1.5, -1.5, f32::NAN] };
        assert_eq!(pcm.to_s16le(), [0xff, 0x7f, 0x00, 0x80, 0x00, 0x00]);
    }

    #[test]
    fn mono_is_the_mean_and_keeps_the_duration() {
        let stereo = Pcm { sample_rate: 8_000, channels: 2, samples: vec![0.5, -0.5, 0.5, 0.25] };
        let mono = stereo.to_mono();
        assert_eq!(mono.samples, [0.0, 0.375]);
        assert_eq!(mono.duration(), stereo.duration());
    }

    #[test]
    fn channels_are_doubled_or_averaged_and_otherwise_borrowed() {
        let mono = Pcm { sample_rate: 8_000, channels: 1, samples: vec![0.5, -0.25] };
        let stereo = mono.with_channels(2).into_owned();
        assert_eq!((stereo.channels, stereo.samples.as_slice()), (2, &[0.5, 0.5, -0.25, -0.25][..]));
        assert_eq!(*stereo.with_channels(1), mono);
        assert!(matches!(stereo.with_channels(2), Cow::Borrowed(_)));
    }

    #[test]
    fn a_span_is_exact_to_the_nanosecond() {
        assert_eq!(span(44_100, 44_100), Duration::from_secs(1));
        assert_eq!(span(1, 48_000), Duration::from_nanos(20_833));
        assert_eq!(span(5, 0), Duration::from_secs(5));
    }
}
