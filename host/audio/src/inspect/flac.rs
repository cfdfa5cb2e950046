//! FLAC: metadata blocks, then frames that do not tell their length.
//!
//! The next frame is found by its sync code, and a sync code is believed only when the header's own
//! checksum holds and it counts on exactly where the last frame ended; two bytes in the middle of
//! audio pass neither. Whether the last frame is whole, its checksum tells.

use understudy_speech::Encoding;

use super::{Inspection, format};
use crate::AudioError;
use crate::field::{array, index, u8_at, u24_be, u64_le};
use crate::inspect::mp3::after_id3;
use crate::pcm::span;

const STREAM_INFO: u8 = 0;

/// What the STREAMINFO block says.
struct StreamInfo {
    sample_rate: u32,
    channels: usize,
    /// Zero: not known when it was written.
    samples: u64,
    /// The block size of fixed-size streams.
    block: u64,
}

pub(super) fn walk(bytes: &[u8]) -> Result<Inspection, AudioError> {
    let bytes = after_id3(bytes).ok_or(AudioError::Empty)?;
    let (info, mut at) = metadata(bytes)?;
    let (mut samples, mut start) = (0_u64, None);
    while let Some(found) = next_frame(bytes, at, samples, &info) {
        samples = samples.saturating_add(found.samples);
        start = Some(found.at);
        at = found.at + found.header_bytes;
    }
    let frame = start.and_then(|start| bytes.get(start..)).ok_or(AudioError::Empty)?;
    let mut truncated = samples < info.samples || !ends_whole(frame);
    // The samples of a frame that is not all there are not heard.
    if info.samples > 0 && samples > info.samples {
        truncated = true;
    }
    Ok(Inspection {
        format: format(Encoding::Flac, info.sample_rate, info.channels, None)?,
        duration: span(samples, info.sample_rate),
        truncated,
    })
}

fn metadata(bytes: &[u8]) -> Result<(StreamInfo, usize), AudioError> {
    let cut = || AudioError::malformed(Encoding::Flac, "its metadata is cut");
    let mut at = 4;
    let mut info = None;
    loop {
        let kind = u8_at(bytes, at).ok_or_else(cut)?;
        let size = index(u24_be(bytes, at + 1).ok_or_else(cut)?);
        if kind & 0x7f == STREAM_INFO {
            info = stream_info(bytes, at + 4);
        }
        at = at + 4 + size;
        if kind & 0x80 != 0 {
            break;
        }
    }
    let info = info.filter(|info: &StreamInfo| info.sample_rate > 0);
    Ok((info.ok_or_else(|| AudioError::malformed(Encoding::Flac, "it has no stream info"))?, at))
}

fn stream_info(bytes: &[u8], at: usize) -> Option<StreamInfo> {
    let block = u64::from(u16::from_be_bytes(array(bytes, at)?));
    // Twenty bits of rate, three of channels, five of depth, thirty-six of samples.
    let packed = u64_le(bytes, at + 10)?.swap_bytes();
    Some(StreamInfo {
        sample_rate: u32::try_from(packed >> 44).ok()?,
        channels: usize::try_from(packed >> 41 & 7).ok()? + 1,
        samples: packed & 0xf_ffff_ffff,
        block,
    })
}

struct Frame {
    at: usize,
    header_bytes: usize,
    samples: u64,
}

/// The frame that begins at sample `position`, searched from `at`.
fn next_frame(bytes: &[u8], mut at: usize, position: u64, info: &StreamInfo) -> Option<Frame> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        if let Some((header_bytes, samples)) = header(bytes.get(at..)?, position, info) {
            return Some(Frame { at, header_bytes, samples });
        }
        at += 1;
    }
}

/// Length of the header and samples of the frame, when `bytes` begin with the header of the frame
/// at sample `position` (RFC 9639, 9.1).
fn header(bytes: &[u8], position: u64, info: &StreamInfo) -> Option<(usize, u64)> {
    let [sync, flags, sizes, _] = array::<4>(bytes, 0)?;
    if sync != 0xff || flags & 0xfe != 0xf8 {
        return None;
    }
    let (number, number_bytes) = coded_number(bytes.get(4..)?)?;
    let mut at = 4 + number_bytes;
    let samples = match sizes >> 4 {
        0 => return None,
        1 => 192,
        code @ 2..=5 => 144 << code,
        6 => {
            at += 1;
            u64::from(u8_at(bytes, at - 1)?) + 1
        }
        7 => {
            at += 2;
            u64::from(u16::from_be_bytes(array(bytes, at - 2)?)) + 1
        }
        code => 1 << code,
    };
    at += match sizes & 0x0f {
        12 => 1,
        13 | 14 => 2,
        15 => return None,
        _ => 0,
    };
    let checked = bytes.get(..at)?;
    let expected = if flags & 1 == 0 { position / info.block.max(1) } else { position };
    (crc8(checked) == u8_at(bytes, at)? && number == expected).then_some((at + 1, samples))
}

/// A number coded as UTF-8 codes characters, extended to 36 bits.
fn coded_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = u8_at(bytes, 0)?;
    let length = match first.leading_ones() {
        0 => return Some((u64::from(first), 1)),
        ones @ 2..=7 => index(ones),
        _ => return None,
    };
    let lead = u64::from(first) & (0x7f >> length);
    let number = bytes.get(1..length)?.iter().try_fold(lead, |number, byte| {
        (byte & 0xc0 == 0x80).then_some(number << 6 | u64::from(byte & 0x3f))
    })?;
    Some((number, length))
}

/// The frame that lasts to the end of the bytes carries its own checksum in its last two.
fn ends_whole(frame: &[u8]) -> bool {
    // Running the checksum over itself leaves zero.
    frame.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 }
            },
        )
    }) == 0
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
    })
}
