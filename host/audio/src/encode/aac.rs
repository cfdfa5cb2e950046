//! AAC-LC in ADTS.
//!
//! `rusty_aac`, Apache-2.0 and pure Rust, of the same authors as the MP3 encoder. It decides window
//! shapes over the whole take and gives nothing before the end, so a stream of AAC arrives in one
//! piece; a listener who wants early audio asks for Opus or MP3.

use rusty_aac::{AacEncoder, AacEncoderConfig, AdtsHeader, write_adts_header};
use understudy_speech::{AudioFormat, Encoding};

use crate::AudioError;

/// Bytes of an ADTS header without a checksum.
const HEADER_BYTES: usize = 7;
/// AAC-LC, ISO/IEC 14496-3 table 1.17.
const LOW_COMPLEXITY: u8 = 2;

pub(crate) struct Writer {
    encoder: AacEncoder,
    channels: u16,
    sample_rate: u32,
}

impl Writer {
    pub(super) fn new(format: &AudioFormat) -> Self {
        let bitrate_bps = format.bit_rate.unwrap_or(96_000);
        let encoder = AacEncoder::new(AacEncoderConfig { bitrate_bps, ..AacEncoderConfig::default() });
        Self { encoder, channels: u16::from(format.channels), sample_rate: format.sample_rate }
    }

    pub(super) fn push(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        self.encoder
            .push_pcm(samples, self.channels, self.sample_rate)
            .map_err(|error| AudioError::encoder(Encoding::Aac, &error))
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.encoder.finish();
        while let Ok(packet) = self.encoder.next_packet() {
            out.extend(write_adts_header(&AdtsHeader {
                object_type: LOW_COMPLEXITY,
                sample_rate: self.sample_rate,
                channels: self.channels,
                frame_length: HEADER_BYTES + packet.data.len(),
                header_len: HEADER_BYTES,
            }));
            out.extend(packet.data);
        }
    }
}
