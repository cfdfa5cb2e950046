//! The walk: what a file is and how long it lasts, without decoding it.
//!
//! Every encoding's walk reads its container and every frame header to the end. That is what tells
//! a whole file from one that stopped in the middle, because a cut file has a perfectly good
//! beginning; and it is what gives an exact duration, because the length fields at a file's front
//! are written by streaming services before they know it. It costs microseconds a minute of audio,
//! where decoding costs milliseconds, so the engine can afford it for every take.
//!
//! Durations are what a decoder plays: encoder delay and padding are subtracted wherever the format
//! records them.

pub(crate) mod adts;
mod flac;
pub(crate) mod mp3;
mod ogg;
pub(crate) mod opus;
mod samples;
pub(crate) mod wav;
mod webm;

use std::time::Duration;

use understudy_speech::{AudioFormat, Encoding};

use crate::AudioError;
use crate::levels::Levels;
use crate::pcm::span;
use crate::resample::{check_channels, check_rate};
use crate::sniff::sniff;

/// What the walk found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What the bytes are. The bit rate is the mean over all frames, for lossy encodings.
    ///
    /// Opus is always 48,000 Hz, since that is what its decoder gives. AAC is the rate of its
    /// headers, half of what HE-AAC decodes to, because nothing in ADTS announces HE-AAC.
    pub format: AudioFormat,
    /// How long a decoder plays.
    pub duration: Duration,
    /// The audio ends before its container or its last frame does.
    pub truncated: bool,
}

/// Walks `bytes`. `raw` is what headerless PCM holds; bytes with a header speak for themselves.
///
/// # Errors
/// [`AudioError::Unrecognised`] when they begin like nothing known (and `raw` is not PCM),
/// [`AudioError::Empty`] when there is not one whole frame, [`AudioError::Malformed`] or
/// [`AudioError::Unsupported`] when a header makes no sense.
pub fn inspect(bytes: &[u8], raw: Option<AudioFormat>) -> Result<Inspection, AudioError> {
    if let Some(format) = raw.filter(|format| format.encoding == Encoding::PcmS16le) {
        return pcm(bytes, format);
    }
    match sniff(bytes).ok_or_else(|| unrecognised(bytes))? {
        Encoding::PcmS16le => Err(AudioError::Unrecognised),
        Encoding::Wav => wav::walk(bytes),
        Encoding::Mp3 => mp3::walk(bytes),
        Encoding::Flac => flac::walk(bytes),
        Encoding::OggOpus => ogg::walk(bytes, Encoding::OggOpus),
        Encoding::OggVorbis => ogg::walk(bytes, Encoding::OggVorbis),
        Encoding::Aac => adts::walk(bytes),
        Encoding::WebmOpus => webm::walk(bytes),
    }
}

/// A walk with what it can tell of the sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Survey {
    /// What [`inspect`] finds.
    pub inspection: Inspection,
    /// Exact for raw PCM and 16-bit WAVE, estimated for MP3, none for what tells nothing of it
    /// before it is decoded.
    pub levels: Option<Levels>,
}

/// Walks `bytes` as [`inspect`] does, and listens as far as that costs no decoding: one pass over
/// samples that lie open, a few fields of every MP3 frame.
///
/// # Errors
/// As [`inspect`].
pub fn survey(bytes: &[u8], raw: Option<AudioFormat>) -> Result<Survey, AudioError> {
    if let Some(format) = raw.filter(|format| format.encoding == Encoding::PcmS16le) {
        let inspection = pcm(bytes, format)?;
        let levels = samples::levels(bytes, format.sample_rate, usize::from(format.channels));
        return Ok(Survey { inspection, levels: Some(levels) });
    }
    match sniff(bytes) {
        Some(Encoding::Mp3) => {
            let (inspection, levels) = mp3::listen(bytes)?;
            Ok(Survey { inspection, levels: Some(levels) })
        }
        Some(Encoding::Wav) => Ok(Survey { inspection: wav::walk(bytes)?, levels: wav_levels(bytes)? }),
        _ => Ok(Survey { inspection: inspect(bytes, raw)?, levels: None }),
    }
}

fn wav_levels(bytes: &[u8]) -> Result<Option<Levels>, AudioError> {
    let wave = wav::Wave::parse(bytes)?;
    let data = bytes.get(wave.data.clone()).filter(|_| wave.is_s16());
    Ok(data.map(|data| samples::levels(data, wave.sample_rate, usize::from(wave.channels))))
}

/// Nothing at all is a different mistake from something else.
pub(crate) fn unrecognised(bytes: &[u8]) -> AudioError {
    if bytes.is_empty() { AudioError::Empty } else { AudioError::Unrecognised }
}

fn pcm(bytes: &[u8], format: AudioFormat) -> Result<Inspection, AudioError> {
    let frame_bytes = 2 * check_channels(usize::from(format.channels))?;
    if bytes.len() < frame_bytes {
        return Err(AudioError::Empty);
    }
    let duration = span((bytes.len() / frame_bytes) as u64, format.sample_rate);
    Ok(Inspection { format, duration, truncated: !bytes.len().is_multiple_of(frame_bytes) })
}

/// The format of a walk's result; a lossy encoding's mean bit rate is that of its frames.
fn format(
    encoding: Encoding,
    sample_rate: u32,
    channels: usize,
    frames: Option<(u64, Duration)>,
) -> Result<AudioFormat, AudioError> {
    // What is at fault is the file: whoever sent it is not asked for its samples at another rate.
    check_rate(sample_rate)
        .map_err(|_| AudioError::unsupported(encoding, format!("{sample_rate} samples a second")))?;
    let channels = u8::try_from(check_channels(channels)?).unwrap_or(1);
    let bit_rate = frames.and_then(|(bytes, duration)| mean_bit_rate(bytes, duration));
    Ok(AudioFormat { encoding, sample_rate, channels, bit_rate })
}

fn mean_bit_rate(bytes: u64, duration: Duration) -> Option<u32> {
    let rate = u128::from(bytes) * 8_000_000_000 / duration.as_nanos().max(1);
    u32::try_from(rate).ok().filter(|rate| *rate > 0)
}
