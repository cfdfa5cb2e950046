//! RIFF/WAVE: a list of chunks, of which `fmt ` and `data` matter.
//!
//! A service that streams writes the header before it knows the length, as 0xFFFFFFFF, 0x7FFFFFFF
//! or 0. Such a size is a placeholder and the data lasts to the end of the bytes; any other size
//! that the bytes do not fill means that they were cut.

use std::ops::Range;

use understudy_speech::Encoding;

use super::{Inspection, format};
use crate::AudioError;
use crate::field::{array, holds, index, u16_le, u32_le};
use crate::pcm::span;

/// What WAVE writers put where a length is not known. The odd ones subtract a header's length.
const PLACEHOLDER_MIN: u32 = 0x7fff_f000;

/// A parsed WAVE header.
pub(crate) struct Wave {
    /// The format tag: 1 integer PCM, 3 float PCM, 6 A-law, 7 µ-law …
    pub(crate) tag: u16,
    pub(crate) channels: u16,
    pub(crate) sample_rate: u32,
    /// Bytes of one frame.
    pub(crate) frame_bytes: u16,
    pub(crate) bits: u16,
    /// Where the samples lie, within the bytes.
    pub(crate) data: Range<usize>,
    pub(crate) truncated: bool,
    /// The header says how long the samples are.
    measured: bool,
}

pub(crate) fn walk(bytes: &[u8]) -> Result<Inspection, AudioError> {
    let wave = Wave::parse(bytes)?;
    if !matches!(wave.tag, 1 | 3 | 6 | 7) {
        return Err(AudioError::unsupported(Encoding::Wav, format!("format tag {:#06x}", wave.tag)));
    }
    let frame_bytes = usize::from(wave.frame_bytes);
    let frames = wave.data.len() / frame_bytes;
    if frames == 0 {
        return Err(AudioError::Empty);
    }
    Ok(Inspection {
        format: format(Encoding::Wav, wave.sample_rate, usize::from(wave.channels), None)?,
        duration: span(frames as u64, wave.sample_rate),
        truncated: wave.truncated || !wave.data.len().is_multiple_of(frame_bytes),
    })
}

impl Wave {
    /// Reads the chunks of `bytes` up to the samples.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, AudioError> {
        Self::parse_of(bytes, bytes.len())
    }

    /// The same of a file of `total` bytes that begins with `bytes`.
    fn parse_of(bytes: &[u8], total: usize) -> Result<Self, AudioError> {
        let mut at = 12;
        let mut wave = None;
        loop {
            let (Some(name), Some(size)) = (array::<4>(bytes, at), u32_le(bytes, at + 4)) else {
                return Err(AudioError::malformed(Encoding::Wav, "it has no data chunk"));
            };
            let body = at + 8;
            match &name {
                b"fmt " => wave = Some(Self::parse_format(bytes, body, size)?),
                b"data" => {
                    let wave =
                        wave.ok_or_else(|| AudioError::malformed(Encoding::Wav, "data precedes fmt"))?;
                    return Ok(wave.with_data(total, body, size));
                }
                _ => {}
            }
            // Chunks are padded to an even length. The sum moves on by at least eight.
            at = body.saturating_add(index(size)).saturating_add(index(size & 1));
        }
    }

    fn parse_format(bytes: &[u8], at: usize, size: u32) -> Result<Self, AudioError> {
        let parse = || {
            let mut tag = u16_le(bytes, at)?;
            if tag == 0xfffe && size >= 26 {
                // WAVE_FORMAT_EXTENSIBLE: the real tag begins the sub-format's identifier.
                tag = u16_le(bytes, at + 24)?;
            }
            Some(Self {
                tag,
                channels: u16_le(bytes, at + 2)?,
                sample_rate: u32_le(bytes, at + 4)?,
                frame_bytes: u16_le(bytes, at + 12)?,
                bits: u16_le(bytes, at + 14)?,
                data: 0..0,
                truncated: false,
                measured: false,
            })
        };
        let wave: Self =
            parse().ok_or_else(|| AudioError::malformed(Encoding::Wav, "its fmt chunk is cut"))?;
        if wave.sample_rate == 0 || wave.channels == 0 || wave.frame_bytes == 0 {
            return Err(AudioError::malformed(Encoding::Wav, "its fmt chunk holds a zero"));
        }
        if wave.frame_bytes != wave.channels.saturating_mul(wave.bits.div_ceil(8)) {
            return Err(AudioError::malformed(Encoding::Wav, "its frame size does not fit its samples"));
        }
        Ok(wave)
    }

    fn with_data(self, total: usize, body: usize, size: u32) -> Self {
        let body = body.min(total);
        let there = total - body;
        let placeholder = size >= PLACEHOLDER_MIN || (size == 0 && there > 0);
        let claimed = if placeholder { there } else { index(size) };
        let data = body..body + claimed.min(there);
        Self { data, truncated: claimed > there, measured: !placeholder, ..self }
    }

    /// 16-bit integer PCM, which needs no decoder.
    pub(crate) fn is_s16(&self) -> bool {
        self.tag == 1 && self.bits == 16
    }
}

/// The bytes are what [`Encoding::Wav`] promises: 16-bit PCM behind a header that tells its length.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    is_plain_wave(bytes, bytes.len() as u64)
}

/// True when a WAVE file of `length` bytes that begins with `head` is plain: 16-bit PCM behind a header
/// that tells its length, which every client reads. False of a head that ends before its samples do begin.
#[must_use]
pub fn is_plain_wave(head: &[u8], length: u64) -> bool {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Wave::parse_of(head, length).is_ok_and(|wave| wave.is_s16() && wave.measured && !wave.truncated)
}

/// A copy of `bytes` whose header tells the lengths of what is there, for readers that believe it; none
/// when it does not say less than that.
pub(crate) fn measured(bytes: &[u8]) -> Result<Option<Vec<u8>>, AudioError> {
    let wave = Wave::parse(bytes)?;
    let holds_samples = u32_le(bytes, 4).is_some_and(|size| index(size).saturating_add(8) >= wave.data.end);
    if wave.measured && holds_samples {
        return Ok(None);
    }
    let mut copy = bytes.to_vec();
    let sizes = [(4, bytes.len().saturating_sub(8)), (wave.data.start.saturating_sub(4), wave.data.len())];
    for (at, size) in sizes {
        let size = u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(field) = copy.get_mut(at..at.saturating_add(size.len())) {
            field.copy_from_slice(&size);
        }
    }
    Ok(Some(copy))
}

/// The bytes are a WAVE file at all.
pub(crate) fn is_wave(bytes: &[u8]) -> bool {
    holds(bytes, 0, b"RIFF") && holds(bytes, 8, b"WAVE")
}
