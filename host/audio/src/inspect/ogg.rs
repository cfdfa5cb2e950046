//! Ogg: pages, each with the count of samples up to its end (the granule position).
//!
//! The last page of a stream carries a flag. A file that stops at a page boundary shows it by that
//! flag's absence; one that stops inside a page, by the page's own length. Streams that follow one
//! another (a service that joins sentences) are added up; of streams side by side the first counts.

use understudy_speech::Encoding;

use super::opus::{self, Head};
use super::{Inspection, format};
use crate::AudioError;
use crate::field::{holds, u8_at, u32_le, u64_le};
use crate::pcm::span;

const FIRST_PAGE: u8 = 2;
const LAST_PAGE: u8 = 4;
/// The granule position of a page on which no packet ends.
const NO_POSITION: u64 = u64::MAX;

/// One page.
struct Page<'bytes> {
    flags: u8,
    position: u64,
    serial: u32,
    body: &'bytes [u8],
    /// The whole page, header included.
    length: usize,
}

impl<'bytes> Page<'bytes> {
    fn parse(bytes: &'bytes [u8]) -> Option<Self> {
        let segments = usize::from(u8_at(bytes, 26)?);
        let header = 27 + segments;
        let body: usize = bytes.get(27..header)?.iter().map(|length| usize::from(*length)).sum();
        holds(bytes, 0, b"OggS\0").then_some(())?;
        Some(Self {
            flags: u8_at(bytes, 5)?,
            position: u64_le(bytes, 6)?,
            serial: u32_le(bytes, 14)?,
            body: bytes.get(header..header + body)?,
            length: header + body,
        })
    }
}

/// One logical stream, from its first page.
struct Stream {
    serial: u32,
    sample_rate: u32,
    channels: usize,
    pre_skip: u64,
    /// The greatest position so far.
    position: u64,
    ended: bool,
}

impl Stream {
    fn begin(page: &Page<'_>, encoding: Encoding) -> Option<Self> {
        let (sample_rate, channels, pre_skip) = if encoding == Encoding::OggOpus {
            let head = Head::parse(page.body)?;
            (opus::SAMPLE_RATE, head.channels, head.pre_skip)
        } else {
            holds(page.body, 0, b"\x01vorbis").then_some(())?;
            (u32_le(page.body, 12)?, usize::from(u8_at(page.body, 11)?), 0)
        };
        Some(Self { serial: page.serial, sample_rate, channels, pre_skip, position: 0, ended: false })
    }

    fn take(&mut self, page: &Page<'_>) {
        if page.serial != self.serial {
            return;
        }
        if page.position != NO_POSITION {
            self.position = self.position.max(page.position);
        }
        self.ended |= page.flags & LAST_PAGE != 0;
    }

    /// The stream that `page` begins behind this one.
    fn next(&self, page: &Page<'_>, encoding: Encoding) -> Option<Self> {
        let begins = self.ended && page.flags & FIRST_PAGE != 0;
        begins
            .then(|| Self::begin(page, encoding))
            .flatten()
            .filter(|next| next.sample_rate == self.sample_rate)
    }

    fn samples(&self) -> u64 {
        self.position.saturating_sub(self.pre_skip)
    }
}

pub(super) fn walk(bytes: &[u8], encoding: Encoding) -> Result<Inspection, AudioError> {
    let head_is_bad = || AudioError::malformed(encoding, "its first page is no identification header");
    let page = Page::parse(bytes).ok_or_else(head_is_bad)?;
    let first = Stream::begin(&page, encoding).ok_or_else(head_is_bad)?;
    let (sample_rate, channels) = (first.sample_rate, first.channels);
    if sample_rate == 0 {
        return Err(head_is_bad());
    }
    let mut rest = bytes.get(page.length..).unwrap_or_default();
    let (mut stream, mut samples, mut truncated) = (first, 0_u64, false);
    while !rest.is_empty() {
        let Some(page) = Page::parse(rest) else {
            truncated = true;
            break;
        };
        rest = rest.get(page.length..).unwrap_or_default();
        stream.take(&page);
        if let Some(next) = stream.next(&page, encoding) {
            samples = samples.saturating_add(stream.samples());
            stream = next;
        }
    }
    let samples = samples.saturating_add(stream.samples());
    // No packet lasts a year; a position that says so is noise.
    if samples == 0 || samples / u64::from(sample_rate) > 366 * 24 * 3600 {
        return Err(AudioError::Empty);
    }
    let duration = span(samples, sample_rate);
    let format = format(encoding, sample_rate, channels, Some((bytes.len() as u64, duration)))?;
    Ok(Inspection { format, duration, truncated: truncated || !stream.ended })
}
