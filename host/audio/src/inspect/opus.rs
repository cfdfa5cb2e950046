//! How long an Opus packet lasts, and what its identification header says.

use crate::field::{holds, u8_at, u16_le};

/// Opus always counts at this rate.
pub(crate) const SAMPLE_RATE: u32 = 48_000;

/// Samples of the packet at 48 kHz, from its first byte or two (RFC 6716, 3.1); nothing when it is
/// no packet.
pub(crate) fn packet_samples(packet: &[u8]) -> Option<u64> {
    let toc = u8_at(packet, 0)?;
    let frame = match toc >> 3 {
        configuration @ 0..12 => [480, 960, 1920, 2880].get(usize::from(configuration & 3)),
        configuration @ 12..16 => [480, 960].get(usize::from(configuration & 1)),
        configuration => [120, 240, 480, 960].get(usize::from(configuration & 3)),
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(u8_at(packet, 1)? & 0x3f),
    };
    // A packet is at most 120 ms.
    Some(frame? * frames).filter(|samples| (1..=5760).contains(samples))
}

/// The identification header (RFC 7845, 5.1).
pub(crate) struct Head {
    pub(crate) channels: usize,
    /// Samples at 48 kHz that players leave out at the start.
    pub(crate) pre_skip: u64,
}

impl Head {
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let channels = usize::from(u8_at(packet, 9)?);
        let pre_skip = u64::from(u16_le(packet, 10)?);
        holds(packet, 0, b"OpusHead").then_some(Self { channels, pre_skip })
    }
}
