//! MP3 and AAC in ADTS: frames that follow each other, with a tag in front at most.
//!
//! Eleven set bits are found in any audio, so one frame's header proves little; the next one must
//! follow where the first says it ends. A file of a single frame is believed at its end.

use super::sniff::Sniffed;
use crate::{AudioFormat, Encoding};

/// Kilobits a second by MPEG-1's and MPEG-2's layer III index (ISO/IEC 11172-3, 13818-3).
const KILOBITS: [[u32; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// MPEG-1's sample rates; MPEG-2 halves them and MPEG-2.5 quarters them.
const MP3_RATES: [u32; 3] = [44_100, 48_000, 32_000];
/// Sample rates by ADTS index (ISO/IEC 14496-3, table 1.18).
const AAC_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// One frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    format: AudioFormat,
    bytes: usize,
}

/// Reads the first two frames. With `last`, one is enough.
pub(super) fn sniff(start: &[u8], last: bool) -> Sniffed {
    let Some(at) = after_tag(start) else { return Sniffed::Short };
    let Some(header) = start.get(at..).filter(|rest| rest.len() >= 7) else { return Sniffed::Short };
    let Some(first) = frame(header) else { return Sniffed::Strange };
    let Some(next) = header.get(first.bytes..).filter(|rest| rest.len() >= 7) else {
        return if last { Sniffed::File(first.format) } else { Sniffed::Short };
    };
    match frame(next) {
        Some(second) if similar(first.format, second.format) => {
            let steady = first.format.bit_rate == second.format.bit_rate;
            // A frame that only says how long the file is has a bit rate of its own.
            let body = header.get(..first.bytes).unwrap_or_default();
            let varies = body.windows(4).any(|tag| tag == b"Xing" || tag == b"VBRI");
            let bit_rate = first.format.bit_rate.filter(|_| steady && !varies);
            Sniffed::File(AudioFormat { bit_rate, ..first.format })
        }
        _ => Sniffed::Strange,
    }
}

fn similar(first: AudioFormat, second: AudioFormat) -> bool {
    (first.encoding, first.sample_rate) == (second.encoding, second.sample_rate)
}

/// Where the frames begin: after an ID3v2 tag, whose length has seven bits a byte.
fn after_tag(start: &[u8]) -> Option<usize> {
    if !start.starts_with(b"ID3") {
        return Some(0);
    }
    let header = start.first_chunk::<10>()?;
    let [.., flags, a, b, c, d] = *header;
    let length = [a, b, c, d].iter().fold(0, |length: usize, byte| length << 7 | usize::from(byte & 0x7F));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    Some(10 + length + footer)
}

fn frame(header: &[u8]) -> Option<Frame> {
    match *header.first_chunk::<7>()? {
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => aac(header),
        [0xFF, second, third, fourth, ..] if second & 0xE6 == 0xE2 => mp3(second, third, fourth),
        _ => None,
    }
}

fn mp3(second: u8, third: u8, fourth: u8) -> Option<Frame> {
    // Version bits: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5, 1 is reserved.
    let (table, divisor) = match second >> 3 & 3 {
        3 => (0, 1),
        2 => (1, 2),
        0 => (1, 4),
        _ => return None,
    };
    let kilobits = *KILOBITS.get(table)?.get(usize::from(third >> 4))?;
    let sample_rate = MP3_RATES.get(usize::from(third >> 2 & 3))? / divisor;
    if kilobits == 0 {
        return None;
    }
    let samples_by_8 = if table == 0 { 144 } else { 72 };
    let padding = u32::from(third >> 1 & 1);
    let bytes = (samples_by_8 * kilobits * 1_000 / sample_rate + padding) as usize;
    let channels = if fourth >> 6 == 3 { 1 } else { 2 };
    let bit_rate = Some(kilobits * 1_000);
    Some(Frame { format: AudioFormat { encoding: Encoding::Mp3, sample_rate, channels, bit_rate }, bytes })
}

fn aac(header: &[u8]) -> Option<Frame> {
    let &[_, _, third, fourth, fifth, sixth, _] = header.first_chunk::<7>()?;
    let sample_rate = *AAC_RATES.get(usize::from(third >> 2 & 15))?;
    let channels = (third & 1) << 2 | fourth >> 6;
    let bytes = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    let format = AudioFormat { encoding: Encoding::Aac, sample_rate, channels, bit_rate: None };
    (bytes >= 7).then_some(Frame { format, bytes })
}
