//! Samples to bytes.
//!
//! Each encoder takes samples in pieces and appends bytes as they are ready. A whole take and a
//! stream go through the same one; the difference is [`Length`]: when the bytes are kept together,
//! headers say in the end how long it is (and the MP3 tag how much to trim), and when they are not
//! they say what streaming clients expect of an endless file.

mod aac;
mod flac;
mod mp3;
mod opus;
mod plan;
mod wav;

pub(crate) use plan::plan;

use std::borrow::Cow;
use std::time::Duration;

use understudy_speech::{AudioFormat, Encoding};

use crate::pcm::extend_s16le;
use crate::resample::{Resampler, sound};
use crate::{AudioError, Pcm};

/// What [`encode`] and [`crate::StreamEncoder`] can write.
pub const ENCODABLE: &[Encoding] =
    &[Encoding::PcmS16le, Encoding::Wav, Encoding::Mp3, Encoding::Flac, Encoding::OggOpus, Encoding::Aac];

/// Frames that are resampled before they are encoded: some seconds, and a few megabytes of samples at most.
const PIECE_FRAMES: usize = 1 << 16;

/// An encoding as somebody wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Container and codec.
    pub encoding: Encoding,
    /// Samples a second; none keeps the source's. A codec that lacks the rate takes the next higher
    /// one it has, or its highest.
    pub sample_rate: Option<u32>,
    /// Bits a second of a lossy encoding; none takes a default for speech, and a codec that lacks
    /// the rate takes the nearest it has.
    pub bit_rate: Option<u32>,
}

impl Target {
    /// The encoding with its defaults.
    #[must_use]
    pub const fn new(encoding: Encoding) -> Self {
        Self { encoding, sample_rate: None, bit_rate: None }
    }
}

/// What audio of some length comes to in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// What it is then.
    pub format: AudioFormat,
    /// Samples that go into the encoder, all channels counted.
    pub samples: u64,
    /// Bytes that come out, headers left aside: the most that FLAC takes, and of a lossy encoding what its
    /// bit rate says.
    pub bytes: u64,
}

impl Target {
    /// What `duration` of audio of this rate and layout comes to.
    ///
    /// # Errors
    /// As [`encode`], but for the lack of samples.
    pub fn extent(&self, duration: Duration, sample_rate: u32, channels: u8) -> Result<Extent, AudioError> {
        let Plan { format, input_rate } = plan(sample_rate, channels, self)?;
        let in_seconds = |each: u64| {
            let all = duration.as_micros().saturating_mul(u128::from(each)) / 1_000_000;
            u64::try_from(all).unwrap_or(u64::MAX)
        };
        let samples = in_seconds(u64::from(input_rate) * u64::from(channels));
        let bytes = format.bit_rate.map_or(samples.saturating_mul(2), |bits| in_seconds(u64::from(bits) / 8));
        Ok(Extent { format, samples, bytes })
    }
}

/// Encoded audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// What it is. Opus says 48,000 Hz whatever went in, since that is what its decoder gives.
    pub format: AudioFormat,
}

/// Encodes a whole take. The duration that its headers state, or a decoder gives, is the take's.
///
/// # Errors
/// [`AudioError::NotEncodable`] for an encoding outside [`ENCODABLE`], [`AudioError::Empty`] without
/// samples, [`AudioError::SampleRate`] or [`AudioError::Channels`] when they are out of range.
pub fn encode(pcm: &Pcm, target: &Target) -> Result<Encoded, AudioError> {
    if pcm.frames() == 0 {
        return Err(AudioError::Empty);
    }
    let plan = plan(pcm.sample_rate, pcm.channels, target)?;
    let mut encoder = Encoder::new(&plan, Length::Whole)?;
    let mut bytes = Vec::new();
    if pcm.sample_rate == plan.input_rate {
        encoder.push(&sounds(&pcm.samples), &mut bytes)?;
    } else {
        push_resampled(pcm, plan.input_rate, &mut encoder, &mut bytes)?;
    }
    encoder.finish(&mut bytes)?;
    Ok(Encoded { bytes, format: plan.format })
}

/// Piece by piece: an hour at a high rate is gigabytes of samples, and only what it is encoded to is kept.
fn push_resampled(
    pcm: &Pcm,
    sample_rate: u32,
    encoder: &mut Encoder,
    out: &mut Vec<u8>,
) -> Result<(), AudioError> {
    let mut resampler = Resampler::new(pcm.sample_rate, sample_rate, pcm.channels)?;
    let mut resampled = Vec::new();
    for piece in pcm.samples.chunks(PIECE_FRAMES * usize::from(pcm.channels)) {
        resampled.clear();
        resampler.push(piece, &mut resampled)?;
        encoder.push(&sounds(&resampled), out)?;
    }
    resampled.clear();
    resampler.finish(&mut resampled)?;
    encoder.push(&sounds(&resampled), out)
}

/// The samples, without those that are no numbers; codecs differ in how badly they take them.
pub(crate) fn sounds(samples: &[f32]) -> Cow<'_, [f32]> {
    if samples.iter().all(|sample| *sample == sound(*sample)) {
        Cow::Borrowed(samples)
    } else {
        Cow::Owned(samples.iter().copied().map(sound).collect())
    }
}

/// How much is coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// All of it into the same bytes, so that a header may be completed at the end.
    Whole,
    /// Nobody knows, and bytes that are out are gone.
    Open,
}

/// A decided encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What comes out.
    pub(crate) format: AudioFormat,
    /// The rate of the samples that go in.
    pub(crate) input_rate: u32,
}

/// One encoder at work.
pub(crate) enum Encoder {
    Pcm,
    Wav(wav::Writer),
    Mp3(Box<mp3::Writer>),
    Flac(Box<flac::Writer>),
    Opus(Box<opus::Writer>),
    Aac(Box<aac::Writer>),
}

impl Encoder {
    pub(crate) fn new(plan: &Plan, length: Length) -> Result<Self, AudioError> {
        Ok(match plan.format.encoding {
            Encoding::PcmS16le => Self::Pcm,
            Encoding::Wav => Self::Wav(wav::Writer::new(&plan.format, length)),
            Encoding::Mp3 => Self::Mp3(Box::new(mp3::Writer::new(&plan.format, length)?)),
            Encoding::Flac => Self::Flac(Box::new(flac::Writer::new(&plan.format, length)?)),
            Encoding::OggOpus => Self::Opus(Box::new(opus::Writer::new(plan, length)?)),
            Encoding::Aac => Self::Aac(Box::new(aac::Writer::new(&plan.format))),
            other => return Err(AudioError::NotEncodable(other)),
        })
    }

    /// Takes interleaved samples, whole frames of them, at the plan's input rate.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), AudioError> {
        match self {
            Self::Pcm => extend_s16le(out, samples),
            Self::Wav(writer) => writer.push(samples, out),
            Self::Mp3(writer) => writer.push(samples, out)?,
            Self::Flac(writer) => writer.push(samples, out)?,
            Self::Opus(writer) => writer.push(samples, out)?,
            Self::Aac(writer) => writer.push(samples)?,
        }
        Ok(())
    }

    /// Appends what is left.
    pub(crate) fn finish(self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        match self {
            Self::Pcm => Ok(()),
            Self::Wav(writer) => {
                writer.finish(out);
                Ok(())
            }
            Self::Mp3(writer) => writer.finish(out),
            Self::Flac(writer) => writer.finish(out),
            Self::Opus(writer) => writer.finish(out),
            Self::Aac(writer) => {
                writer.finish(out);
                Ok(())
            }
        }
    }
}
