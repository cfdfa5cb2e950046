//! Opus packets to samples, for both containers that carry them.
//!
//! The demuxer says how much of the last packet is padding; the delay in front, the pre-skip of the
//! identification header, it leaves to the decoder.

use ropus::{Channels, DecodeMode};
use symphonia::core::packet::Packet;
use understudy_speech::Encoding;

use crate::AudioError;
use crate::inspect::opus::{Head, SAMPLE_RATE};
use crate::resample::check_channels;

/// The longest packet: 120 ms at 48 kHz.
const PACKET_FRAMES_MAX: usize = 5760;

pub(super) struct Decoder {
    opus: ropus::Decoder,
    channels: usize,
    /// Frames of the pre-skip still to leave out.
    skip: usize,
}

impl Decoder {
    pub(super) fn new(head: &[u8], encoding: Encoding) -> Result<Self, AudioError> {
        let head = Head::parse(head)
            .ok_or_else(|| AudioError::malformed(encoding, "it has no Opus identification header"))?;
        let channels = check_channels(head.channels)?;
        let layout = if channels == 2 { Channels::Stereo } else { Channels::Mono };
        let opus = ropus::Decoder::new(SAMPLE_RATE, layout)
            .map_err(|error| AudioError::unsupported(encoding, error.to_string()))?;
        let skip = usize::try_from(head.pre_skip).unwrap_or(0);
        Ok(Self { opus, channels, skip })
    }

    /// Replaces `out` with the packet's samples; gives their rate and channels.
    pub(super) fn decode(
        &mut self,
        packet: &Packet,
        encoding: Encoding,
        out: &mut Vec<f32>,
    ) -> Result<(u32, usize), AudioError> {
        out.clear();
        out.resize(PACKET_FRAMES_MAX * self.channels, 0.0);
        let frames = self
            .opus
            .decode_float(&packet.data, out, DecodeMode::Normal)
            .map_err(|error| AudioError::malformed(encoding, error.to_string()))?;
        let start = self.skip.min(frames);
        self.skip -= start;
        let padding = usize::try_from(packet.trim_end.get()).unwrap_or(usize::MAX);
        let end = frames.saturating_sub(padding).max(start);
        out.truncate(end * self.channels);
        out.drain(..start * self.channels);
        Ok((SAMPLE_RATE, self.channels))
    }
}
