//! AAC in ADTS: frames one behind the other, each with a seven-byte header that tells its length.
//!
//! ADTS has nowhere to record encoder delay, so the duration is that of all frames.

use understudy_speech::Encoding;

use super::{Inspection, format};
use crate::AudioError;
use crate::field::{array, index};
use crate::inspect::mp3::after_id3;
use crate::pcm::span;

/// Sample rates by index, ISO/IEC 13818-7 table 35.
const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// A frame header.
pub(crate) struct Header {
    sample_rate: u32,
    channels: usize,
    /// Samples a channel.
    samples: u64,
    /// The whole frame, header included.
    pub(crate) frame_bytes: usize,
}

impl Header {
    /// Reads the header `bytes` begin with.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let [first, second, third, fourth, fifth, sixth, seventh] = array::<7>(bytes, 0)?;
        // Twelve bits of sync, then layer 0.
        if first != 0xff || second & 0xf6 != 0xf0 {
            return None;
        }
        let sample_rate = *SAMPLE_RATES.get(usize::from(third >> 2 & 0x0f))?;
        let channels = usize::from((third & 1) << 2 | fourth >> 6);
        let length = u32::from(fourth & 3) << 11 | u32::from(fifth) << 3 | u32::from(sixth >> 5);
        let frame_bytes = index(length);
        let samples = 1024 * (u64::from(seventh & 3) + 1);
        (frame_bytes > 7).then_some(Self { sample_rate, channels, samples, frame_bytes })
    }
}

pub(super) fn walk(bytes: &[u8]) -> Result<Inspection, AudioError> {
    let mut rest = after_id3(bytes).ok_or(AudioError::Empty)?;
    let first = Header::parse(rest).ok_or(AudioError::Empty)?;
    let (mut samples, mut total) = (0, 0_u64);
    let mut truncated = false;
    while !rest.is_empty() {
        let frame = Header::parse(rest).filter(|header| header.sample_rate == first.sample_rate);
        let Some((header, behind)) = frame
            .and_then(|header| Some((rest.get(header.frame_bytes..)?, header)))
            .map(|(behind, header)| (header, behind))
        else {
            truncated = true;
            break;
        };
        samples += header.samples;
        total += header.frame_bytes as u64;
        rest = behind;
    }
    if samples == 0 {
        return Err(AudioError::Empty);
    }
    let duration = span(samples, first.sample_rate);
    let format = format(Encoding::Aac, first.sample_rate, first.channels, Some((total, duration)))?;
    Ok(Inspection { format, duration, truncated })
}
