//! RIFF/WAVE with 16-bit PCM. A stream's sizes are 0xFFFFFFFF, which players read as "to the end".

use understudy_speech::AudioFormat;

use super::Length;
use crate::pcm::extend_s16le;

/// Bytes of the header up to the samples.
const HEADER_BYTES: u32 = 44;

pub(crate) struct Writer {
    /// Written before the first samples, so that a stream without samples is still a WAVE file.
    header: Option<Vec<u8>>,
}

impl Writer {
    pub(super) fn new(format: &AudioFormat, length: Length) -> Self {
        let frame_bytes = u32::from(format.channels) * 2;
        let data = match length {
            Length::Whole(frames) => {
                u32::try_from(frames.saturating_mul(u64::from(frame_bytes))).unwrap_or(u32::MAX)
            }
            Length::Open => u32::MAX,
        };
        let riff = data.saturating_add(HEADER_BYTES - 8);
        let mut header = Vec::with_capacity(HEADER_BYTES as usize);
        header.extend(b"RIFF");
        header.extend(riff.to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(16_u32.to_le_bytes());
        header.extend(1_u16.to_le_bytes());
        header.extend(u16::from(format.channels).to_le_bytes());
        header.extend(format.sample_rate.to_le_bytes());
        header.extend((format.sample_rate * frame_bytes).to_le_bytes());
        header.extend((u16::from(format.channels) * 2).to_le_bytes());
        header.extend(16_u16.to_le_bytes());
        header.extend(b"data");
        header.extend(data.to_le_bytes());
        Self { header: Some(header) }
    }

    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) {
        self.write_header(out);
        extend_s16le(out, samples);
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.write_header(out);
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if let Some(header) = self.header.take() {
            out.extend(header);
        }
    }
}
