//! WebM: a tree of elements, of which the track's entry and the blocks matter.
//!
//! Services that stream write the segment and its clusters with an unknown length, and never a
//! duration; so the duration is the sum of the Opus packets', less what the track says to skip at
//! the start and the last block says to drop at the end. Elements with children are entered simply
//! by stepping over their heads, so nesting costs nothing and cannot be made deep.

use understudy_speech::Encoding;

use super::opus::{self, Head};
use super::{Inspection, format};
use crate::AudioError;
use crate::field::{index, u8_at};
use crate::pcm::span;

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const BLOCK_GROUP: u32 = 0xa0;
const CODEC_PRIVATE: u32 = 0x63a2;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK: u32 = 0xa1;
const DISCARD_PADDING: u32 = 0x75a2;

/// The head of an element.
struct Element {
    id: u32,
    /// Bytes of the head itself.
    head: usize,
    /// Bytes of the content; nothing when the length is unknown.
    size: Option<u64>,
}

impl Element {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let id_bytes = index(u8_at(bytes, 0)?.leading_zeros()) + 1;
        let id = bytes.get(..id_bytes.min(4))?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        let size_bytes = index(u8_at(bytes, id_bytes)?.leading_zeros()) + 1;
        if id_bytes > 4 || size_bytes > 8 {
            return None;
        }
        let coded = bytes.get(id_bytes..id_bytes + size_bytes)?;
        let bits = 7 * size_bytes;
        let value = coded.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)) & ((1 << bits) - 1);
        let size = (value != (1 << bits) - 1).then_some(value);
        Some(Self { id, head: id_bytes + size_bytes, size })
    }

    const fn has_children(&self) -> bool {
        matches!(self.id, SEGMENT | CLUSTER | TRACKS | TRACK_ENTRY | BLOCK_GROUP)
    }
}

pub(super) fn walk(bytes: &[u8]) -> Result<Inspection, AudioError> {
    let mut rest = bytes;
    let (mut head, mut samples, mut dropped, mut truncated) = (None, 0_u64, 0_u64, false);
    while !rest.is_empty() {
        let Some(element) = Element::parse(rest) else {
            truncated = true;
            break;
        };
        let content = rest.get(element.head..).unwrap_or_default();
        let size = element.size.map_or(content.len(), |size| usize::try_from(size).unwrap_or(usize::MAX));
        truncated |= size > content.len();
        if element.has_children() {
            rest = content;
            continue;
        }
        let Some((body, behind)) = content.split_at_checked(size) else { break };
        match element.id {
            CODEC_PRIVATE => head = head.or_else(|| Head::parse(body)),
            SIMPLE_BLOCK | BLOCK => samples += block_samples(body)?,
            DISCARD_PADDING => dropped = discarded(body),
            _ => {}
        }
        rest = behind;
    }
    let head = head.ok_or_else(|| AudioError::malformed(Encoding::WebmOpus, "it has no Opus track"))?;
    if samples == 0 {
        return Err(AudioError::Empty);
    }
    let duration = span(samples.saturating_sub(head.pre_skip).saturating_sub(dropped), opus::SAMPLE_RATE);
    let whole = Some((bytes.len() as u64, span(samples, opus::SAMPLE_RATE)));
    Ok(Inspection {
        format: format(Encoding::WebmOpus, opus::SAMPLE_RATE, head.channels, whole)?,
        duration,
        truncated,
    })
}

/// Samples of a block: a track number, a time, flags, and one packet.
fn block_samples(block: &[u8]) -> Result<u64, AudioError> {
    let track_bytes = u8_at(block, 0).map_or(9, |first| index(first.leading_zeros()) + 1);
    let flags = u8_at(block, track_bytes + 2).unwrap_or(0);
    if flags & 0x06 != 0 {
        return Err(AudioError::unsupported(Encoding::WebmOpus, "laced blocks"));
    }
    let packet = block.get(track_bytes + 3..).unwrap_or_default();
    opus::packet_samples(packet)
        .ok_or_else(|| AudioError::malformed(Encoding::WebmOpus, "a block is no Opus packet"))
}

/// Nanoseconds to drop at the end, as samples. The field is signed; a negative one drops nothing.
fn discarded(body: &[u8]) -> u64 {
    if u8_at(body, 0).is_none_or(|first| first & 0x80 != 0) {
        return 0;
    }
    let nanoseconds = body.iter().take(8).fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    nanoseconds.saturating_mul(u64::from(opus::SAMPLE_RATE) / 1000) / 1_000_000
}
