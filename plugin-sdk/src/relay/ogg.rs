//! Ogg: the first packet of the first page says what is in it.

use super::sniff::Sniffed;
use crate::{AudioFormat, Encoding};

/// Opus decodes at this rate whatever it was made from (RFC 7845 §5.1).
pub(super) const OPUS_SAMPLE_RATE: u32 = 48_000;
/// A page's header before its segment table (RFC 3533 §6).
const PAGE_HEADER_BYTES: usize = 27;

/// Reads the identification header. The start of the file is known to be Ogg.
pub(super) fn sniff(start: &[u8]) -> Sniffed {
    let Some(&segments) = start.get(PAGE_HEADER_BYTES - 1) else { return Sniffed::Short };
    let packet = start.get(PAGE_HEADER_BYTES + usize::from(segments)..).unwrap_or_default();
    if packet.len() < 24 && !packet.starts_with(b"OpusHead") || packet.len() < 19 {
        return Sniffed::Short;
    }
    match packet {
        [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', _, channels, ..] => Sniffed::File(AudioFormat {
            encoding: Encoding::OggOpus,
            sample_rate: OPUS_SAMPLE_RATE,
            channels: *channels,
            bit_rate: None,
        }),
        // Vorbis I specification §4.2.2: rate, then the greatest and the nominal bit rate.
        [1, b'v', b'o', b'r', b'b', b'i', b's', _, _, _, _, channels, rest @ ..] => {
            let number = |at: usize| rest.get(at..)?.first_chunk().copied().map(i32::from_le_bytes);
            let positive =
                |at: usize| number(at).and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0);
            let bit_rate = positive(8);
            positive(0).map_or(Sniffed::Strange, |sample_rate| {
                Sniffed::File(AudioFormat {
                    encoding: Encoding::OggVorbis,
                    sample_rate,
                    channels: *channels,
                    bit_rate,
                })
            })
        }
        _ => Sniffed::Strange,
    }
}
