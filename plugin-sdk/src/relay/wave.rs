//! RIFF/WAVE, streamed or whole.

use super::sniff::Sniffed;
use crate::{AudioFormat, Encoding};

/// Format tags: samples as integers, and the extensible form that names its format further on.
const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xFFFE;
/// Lengths from here on are placeholders of programs that stream: 2³¹ or 2³² minus a header or two.
const PLACEHOLDER_MIN: u32 = 0x7FFF_0000;

/// Finds the samples. The start of the file is known to be WAVE.
pub(super) fn sniff(start: &[u8]) -> Sniffed {
    let mut format = None;
    let mut at = 12;
    loop {
        let (Some(name), Some(length)) = (start.get(at..at + 4), long(start, at + 4)) else {
            return Sniffed::Short;
        };
        at += 8;
        match name {
            b"fmt " => {
                let Some(found) = read_format(start, at, length) else { return Sniffed::Short };
                format = Some(found);
            }
            b"data" => {
                return match format {
                    Some((format, true)) => Sniffed::Samples {
                        format: AudioFormat { encoding: Encoding::PcmS16le, ..format },
                        at,
                        length: known(length),
                    },
                    Some((format, false)) => Sniffed::File(format),
                    None => Sniffed::Strange,
                };
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        at = at.saturating_add(length as usize).saturating_add(length as usize % 2);
    }
}

/// The length of the samples, when it is one. A stream's header has zero or a huge number there.
fn known(length: u32) -> Option<u64> {
    (1..PLACEHOLDER_MIN).contains(&length).then_some(u64::from(length))
}

/// The format, and whether its samples are 16-bit integers.
fn read_format(start: &[u8], at: usize, length: u32) -> Option<(AudioFormat, bool)> {
    let tag = match short(start, at)? {
        EXTENSIBLE if length >= 26 => short(start, at + 24)?,
        tag => tag,
    };
    let channels = u8::try_from(short(start, at + 2)?).unwrap_or(u8::MAX);
    let sample_rate = long(start, at + 4)?;
    let sixteen = tag == PCM && short(start, at + 14)? == 16;
    Some((AudioFormat { encoding: Encoding::Wav, sample_rate, channels, bit_rate: None }, sixteen))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
