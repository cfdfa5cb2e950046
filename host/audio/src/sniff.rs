//! Which encoding bytes are, from how they begin.
//!
//! A claim is not evidence: services answer `audio/mpeg` with JSON, and MP3 where WAV was asked
//! for. Raw PCM has no signature and is never recognised; whoever knows that it is PCM says so.

use understudy_speech::Encoding;

use crate::field::{holds, u8_at};
use crate::inspect::{adts, mp3};

/// How far an EBML header is searched for its document type and codec.
const WEBM_SEARCH_BYTES: usize = 4096;

/// The encoding `bytes` begin like; nothing when they begin like none.
///
/// The first 64 bytes suffice for all but WebM (4 KiB), and MP3 or AAC behind an ID3v2 tag (the tag
/// and a frame header; a tag alone counts as MP3).
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] => {
            holds(bytes, 8, b"WAVE").then_some(Encoding::Wav)
        }
        [b'f', b'L', b'a', b'C', ..] => Some(Encoding::Flac),
        [b'O', b'g', b'g', b'S', ..] => ogg(bytes),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => webm(bytes),
        [b'I', b'D', b'3', ..] => behind_id3(bytes),
        [0xff, ..] => mpeg(bytes),
        _ => None,
    }
}

fn ogg(bytes: &[u8]) -> Option<Encoding> {
    let packet = 27 + usize::from(u8_at(bytes, 26)?);
    if holds(bytes, packet, b"OpusHead") {
        Some(Encoding::OggOpus)
    } else if holds(bytes, packet, b"\x01vorbis") {
        Some(Encoding::OggVorbis)
    } else {
        None
    }
}

fn webm(bytes: &[u8]) -> Option<Encoding> {
    let head = bytes.get(..WEBM_SEARCH_BYTES).unwrap_or(bytes);
    let contains = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    (contains(b"A_OPUS") && (contains(b"webm") || contains(b"matroska"))).then_some(Encoding::WebmOpus)
}

fn behind_id3(bytes: &[u8]) -> Option<Encoding> {
    match mp3::after_id3(bytes) {
        Some(rest) if !rest.is_empty() => match rest {
            [b'f', b'L', b'a', b'C', ..] => Some(Encoding::Flac),
            [0xff, ..] => mpeg(rest),
            // Some writers pad between the tag and the first frame.
            _ => Some(Encoding::Mp3),
        },
        _ => Some(Encoding::Mp3),
    }
}

fn mpeg(bytes: &[u8]) -> Option<Encoding> {
    if let Some(header) = adts::Header::parse(bytes) {
        let next = bytes.get(header.frame_bytes..).unwrap_or_default();
        return (next.len() < 7 || adts::Header::parse(next).is_some()).then_some(Encoding::Aac);
    }
    let header = mp3::Header::parse(bytes)?;
    let next = bytes.get(header.frame_bytes..).unwrap_or_default();
    (next.len() < 4 || next.starts_with(b"TAG") || mp3::Header::parse(next).is_some())
        .then_some(Encoding::Mp3)
}
