//! What audio is, by its first bytes.

use super::{mpeg, ogg, wave};
use crate::{AudioFormat, Encoding};

/// Enough to know every kind by, and to quote what is none, in bytes.
const START_BYTES_MIN: usize = 64;
/// Text shorter than this may be samples by chance, in bytes.
const TEXT_BYTES_MIN: usize = 16;
/// How far text is looked for, in bytes.
const TEXT_BYTES_MAX: usize = 256;
/// Sample rates the contract knows.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// What the start of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// A file, to be passed on as it is.
    File(AudioFormat),
    /// Samples from the byte `at` on; `length` bytes of them when that is known.
    Samples { format: AudioFormat, at: usize, length: Option<u64> },
    /// Too little to tell.
    Short,
    /// No audio of the contract.
    Strange,
}

/// Judges the start of an answer. `raw` is what samples without a header would be, if those are
/// possible, and `last` says that there is no more of it.
pub(super) fn sniff(start: &[u8], raw: Option<AudioFormat>, last: bool) -> Sniffed {
    let known = match start {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => wave::sniff(start),
        [b'O', b'g', b'g', b'S', ..] => ogg::sniff(start),
        [b'f', b'L', b'a', b'C', ..] => flac(start),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => webm(start, last),
        [b'I', b'D', b'3', ..] => mpeg::sniff(start, last),
        // Samples may look like the first frame of a file, so it takes a second one to believe it.
        [0xFF, second, ..] if second & 0xE0 == 0xE0 => mpeg::sniff(start, last && raw.is_none()),
        _ if start.len() < START_BYTES_MIN && !last => Sniffed::Short,
        _ => Sniffed::Strange,
    };
    match (known, raw) {
        (Sniffed::File(format) | Sniffed::Samples { format, .. }, _)
            if !SAMPLE_RATES.contains(&format.sample_rate) || !(1..=2).contains(&format.channels) =>
        {
            Sniffed::Strange
        }
        (Sniffed::Strange, Some(format)) => samples(start, format, last),
        (Sniffed::Short, Some(format)) if last => samples(start, format, last),
        (known, _) => known,
    }
}

/// Samples without a header; unless it is text, which is an error somebody forgot to label.
fn samples(start: &[u8], format: AudioFormat, last: bool) -> Sniffed {
    if start.len() < TEXT_BYTES_MIN && !last {
        return Sniffed::Short;
    }
    let head = start.get(..TEXT_BYTES_MAX).unwrap_or(start);
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if start.len() >= TEXT_BYTES_MIN && head.iter().all(printable) {
        return Sniffed::Strange;
    }
    Sniffed::Samples { format, at: 0, length: None }
}

/// RFC 9639 §8: the first metadata block holds rate and channels.
fn flac(start: &[u8]) -> Sniffed {
    let Some(&[first, second, third]) = start.get(18..21).and_then(<[u8]>::first_chunk) else {
        return Sniffed::Short;
    };
    let sample_rate = u32::from(first) << 12 | u32::from(second) << 4 | u32::from(third >> 4);
    let channels = (third >> 1 & 7) + 1;
    Sniffed::File(AudioFormat { encoding: Encoding::Flac, sample_rate, channels, bit_rate: None })
}

/// A WebM file shows that it holds Opus by Opus's own header, a few hundred bytes in.
fn webm(start: &[u8], last: bool) -> Sniffed {
    const HEADER_BYTES_MAX: usize = 8 << 10;
    let header = start.windows(10).find(|window| window.starts_with(b"OpusHead"));
    match header.and_then(|header| header.last()) {
        Some(channels) => Sniffed::File(AudioFormat {
            encoding: Encoding::WebmOpus,
            sample_rate: ogg::OPUS_SAMPLE_RATE,
            channels: *channels,
            bit_rate: None,
        }),
        None if last || start.len() > HEADER_BYTES_MAX => Sniffed::Strange,
        None => Sniffed::Short,
    }
}
