//! MPEG audio layer III: frames one behind the other, each with a four-byte header that tells its
//! length.
//!
//! A file may begin with ID3v2 tags and end with ID3v1 or APE ones. Its first frame may be silent
//! and carry a Xing, Info or VBRI header instead; when LAME's extension is there too, it records
//! the encoder's delay and padding, which players leave out and the walk subtracts. Services that
//! stream join chunks without care, so bytes that are no frame are stepped over as long as another
//! frame of the same kind follows.

mod gain;

use understudy_speech::Encoding;

use super::{Inspection, format};
use crate::AudioError;
use crate::field::{array, holds, index, u8_at, u24_be, u32_be};
use crate::levels::Levels;
use crate::pcm::span;
use gain::Gains;

/// Kilobits a second by index, MPEG-1 layer III.
const BIT_RATES_1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/// Kilobits a second by index, MPEG-2 and 2.5 layer III.
const BIT_RATES_2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/// MPEG-1 sample rates by index; MPEG-2 halves them and MPEG-2.5 halves them again.
const SAMPLE_RATES: [u32; 3] = [44_100, 48_000, 32_000];
/// What every layer III decoder adds in front: 528 samples and one.
const DECODER_DELAY: u64 = 529;
/// The bit of a header that makes its frame a byte longer.
const PADDING: u32 = 9;
/// The bits of a header that are the same from frame to frame: all but padding, the private bit, the mode's
/// extension, copyright and original.
const SHAPE: u32 = !(1 << PADDING | 1 << 8 | 0b11 << 4 | 0b11 << 2);
/// ID3v2 tags in a row that are stepped over.
const TAGS_MAX: usize = 8;

/// A frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) sample_rate: u32,
    pub(crate) channels: usize,
    /// Samples a channel: 1152, or 576 below 32 kHz.
    samples: u64,
    /// The whole frame, header included.
    pub(crate) frame_bytes: usize,
    /// Where a Xing header would begin.
    side_info_end: usize,
}

impl Header {
    /// Reads the header `bytes` begin with. Free-format frames do not tell their length and count
    /// as no frame.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        Self::of(u32_be(bytes, 0)?)
    }

    fn of(word: u32) -> Option<Self> {
        let field = |shift: u32, mask: u32| (word >> shift) & mask;
        let (version, layer) = (field(19, 3), field(17, 3));
        // Version 1 is reserved; layer III is 1; emphasis 2 is reserved.
        if field(21, 0x7ff) != 0x7ff || version == 1 || layer != 1 || field(0, 3) == 2 {
            return None;
        }
        let mpeg1 = version == 3;
        let table = if mpeg1 { &BIT_RATES_1 } else { &BIT_RATES_2 };
        let kilobits = table.get(index(field(12, 15))).copied().filter(|rate| *rate > 0)?;
        let divisor = [4, 1, 2, 1].get(index(version)).copied()?;
        let sample_rate = SAMPLE_RATES.get(index(field(10, 3)))? / divisor;
        let channels = if field(6, 3) == 3 { 1 } else { 2 };
        let samples: u64 = if mpeg1 { 1152 } else { 576 };
        let slots = if mpeg1 { 144_000 } else { 72_000 };
        let side_info = match (mpeg1, channels) {
            (true, 2) => 32,
            (true, _) | (false, 2) => 17,
            (false, _) => 9,
        };
        Some(Self {
            sample_rate,
            channels,
            samples,
            frame_bytes: index(slots * kilobits / sample_rate + field(PADDING, 1)),
            side_info_end: 4 + side_info,
        })
    }

    fn same_kind(&self, other: &Self) -> bool {
        (self.sample_rate, self.samples) == (other.sample_rate, other.samples)
    }
}

pub(super) fn walk(bytes: &[u8]) -> Result<Inspection, AudioError> {
    visit(bytes, |_, _| ()).map(|(inspection, _)| inspection)
}

/// The walk, and levels by the frames' own gain fields.
pub(super) fn listen(bytes: &[u8]) -> Result<(Inspection, Levels), AudioError> {
    let mut gains = Gains::new();
    let (inspection, first) = visit(bytes, |frame, header| gains.push(frame, header))?;
    Ok((inspection, gains.finish(&first)))
}

/// Walks all frames and shows each of them that holds sound to `each`.
fn visit(bytes: &[u8], each: impl FnMut(&[u8], &Header)) -> Result<(Inspection, Header), AudioError> {
    let audio = without_trailer(after_id3(bytes).ok_or(AudioError::Empty)?);
    let start = first_frame(audio).ok_or(AudioError::Empty)?;
    let first = Header::parse(audio.get(start..).unwrap_or_default()).ok_or(AudioError::Empty)?;
    let frame = audio.get(start..start.saturating_add(first.frame_bytes)).unwrap_or_default();
    let tag = Tag::parse(frame, &first);
    let begin = if tag.is_some() { start + first.frame_bytes } else { start };
    let count = count(audio, begin, &first, each);
    if count.frames == 0 {
        return Err(AudioError::Empty);
    }
    let (claimed, trim) = tag.map_or((None, 0), |tag| (tag.frames, tag.trim));
    let cut = claimed.is_some_and(|claimed| count.frames < claimed);
    // Padding lies in the frames that are missing.
    let trim = if cut { trim.min(DECODER_DELAY * 2) } else { trim };
    let samples = count.frames * first.samples;
    let whole = span(samples, first.sample_rate);
    let inspection = Inspection {
        format: format(Encoding::Mp3, first.sample_rate, first.channels, Some((count.bytes, whole)))?,
        duration: span(samples.saturating_sub(trim), first.sample_rate),
        truncated: cut || count.cut,
    };
    Ok((inspection, first))
}

/// The bytes behind any ID3v2 tags; nothing when a tag is longer than the bytes.
pub(crate) fn after_id3(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    for _ in 0..TAGS_MAX {
        if !rest.starts_with(b"ID3") {
            break;
        }
        let size = array::<4>(rest, 6)?.iter().fold(0_u32, |size, byte| size << 7 | u32::from(byte & 0x7f));
        let footer = if u8_at(rest, 5)? & 0x10 == 0 { 0 } else { 10 };
        rest = rest.get(10 + index(size) + footer..)?;
    }
    Some(rest)
}

/// `audio` without an ID3v1 tag and an APE tag at its end.
fn without_trailer(audio: &[u8]) -> &[u8] {
    let mut end = audio.len();
    if end >= 128 && holds(audio, end - 128, b"TAG") {
        end -= 128;
    }
    if end >= 32 && holds(audio, end - 32, b"APETAGEX") {
        let size =
            audio.get(end - 20..end - 16).and_then(|size| size.try_into().ok()).map_or(0, u32::from_le_bytes);
        end = end.saturating_sub(index(size).saturating_add(32));
    }
    audio.get(..end).unwrap_or_default()
}

/// The first header that another of its kind follows, or that ends the bytes.
fn first_frame(audio: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += audio.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let rest = audio.get(at..)?;
        if let Some(header) = Header::parse(rest) {
            let next = rest.get(header.frame_bytes..).unwrap_or_default();
            if next.len() < 4 || Header::parse(next).is_some_and(|next| next.same_kind(&header)) {
                return Some(at);
            }
        }
        at += 1;
    }
}

struct Count {
    frames: u64,
    bytes: u64,
    /// The last frame is not all there.
    cut: bool,
}

fn count(audio: &[u8], start: usize, kind: &Header, mut each: impl FnMut(&[u8], &Header)) -> Count {
    let mut count = Count { frames: 0, bytes: 0, cut: false };
    let mut rest = audio.get(start..).unwrap_or_default();
    let mut last: Option<(u32, Header)> = None;
    while let Some(word) = rest.first_chunk().map(|word| u32::from_be_bytes(*word)) {
        let shape = word & SHAPE;
        if last.as_ref().is_none_or(|(known, _)| *known != shape) {
            last = Header::of(shape).filter(|header| header.same_kind(kind)).map(|header| (shape, header));
        }
        let Some((_, header)) = &last else {
            // No frame: step over to the next pair of frames, or stop at what is left.
            match first_frame(rest.get(1..).unwrap_or_default()) {
                Some(skip) => rest = rest.get(1 + skip..).unwrap_or_default(),
                None => return count,
            }
            continue;
        };
        let frame_bytes = header.frame_bytes + index(word >> PADDING & 1);
        let Some((frame, behind)) = rest.split_at_checked(frame_bytes) else {
            return Count { cut: true, ..count };
        };
        each(frame, header);
        count.frames += 1;
        count.bytes += frame_bytes as u64;
        rest = behind;
    }
    Count { cut: rest.starts_with(&[0xff]), ..count }
}

/// What the silent first frame says about the rest.
struct Tag {
    /// Frames behind this one.
    frames: Option<u64>,
    /// Samples a channel that players leave out at both ends.
    trim: u64,
}

impl Tag {
    fn parse(frame: &[u8], header: &Header) -> Option<Self> {
        let at = header.side_info_end;
        if holds(frame, 4 + 32, b"VBRI") {
            return Some(Self { frames: u32_be(frame, 4 + 32 + 14).map(u64::from), trim: 0 });
        }
        if !holds(frame, at, b"Xing") && !holds(frame, at, b"Info") {
            return None;
        }
        let flags = u32_be(frame, at + 4)?;
        let frames = if flags & 1 == 0 { None } else { u32_be(frame, at + 8).map(u64::from) };
        // Four optional fields, then LAME's extension: nine bytes of name, twelve more, the delays.
        let lengths = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let lame = at
            + 8
            + lengths.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, length)| length).sum::<usize>();
        let named = [&b"LAME"[..], b"Lavf", b"Lavc"].iter().any(|name| holds(frame, lame, name));
        let delays = u24_be(frame, lame + 21).filter(|_| named);
        let trim = delays.map_or(0, |delays| u64::from(delays >> 12) + u64::from(delays & 0xfff));
        Some(Self { frames: frames.filter(|frames| *frames > 0), trim })
    }
}
