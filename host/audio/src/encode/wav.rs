//! RIFF/WAVE with 16-bit PCM. A stream's sizes are 0xFFFFFFFF, which players read as "to the end"; a
//! whole file's are completed when the last sample is in.

use understudy_speech::AudioFormat;

use super::Length;
use crate::pcm::extend_s16le;

/// Bytes of the header up to the samples.
const HEADER_BYTES: u32 = 44;
/// Where the two sizes stand, and how many of the file's bytes each leaves out.
const SIZES: [(usize, u32); 2] = [(4, 8), (40, HEADER_BYTES)];

pub(crate) struct Writer {
    /// Written before the first samples, so that a stream without samples is still a WAVE file.
    header: Option<Vec<u8>>,
    length: Length,
}

impl Writer {
    pub(super) fn new(format: &AudioFormat, length: Length) -> Self {
        let frame_bytes = u32::from(format.channels) * 2;
        let mut header = Vec::with_capacity(HEADER_BYTES as usize);
        header.extend(b"RIFF");
        header.extend(u32::MAX.to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(16_u32.to_le_bytes());
        header.extend(1_u16.to_le_bytes());
        header.extend(u16::from(format.channels).to_le_bytes());
        header.extend(format.sample_rate.to_le_bytes());
        header.extend((format.sample_rate * frame_bytes).to_le_bytes());
        header.extend((u16::from(format.channels) * 2).to_le_bytes());
        header.extend(16_u16.to_le_bytes());
        header.extend(b"data");
        header.extend(u32::MAX.to_le_bytes());
        Self { header: Some(header), length }
    }

    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) {
        self.write_header(out);
        extend_s16le(out, samples);
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.write_header(out);
        if self.length == Length::Whole {
            // Past 4 GiB the format has no size to give, and a stream's is the nearest to the truth.
            let all = u32::try_from(out.len()).unwrap_or(u32::MAX);
            for (at, before) in SIZES {
                let size = if all == u32::MAX { all } else { all - before };
                if let Some(field) = out.get_mut(at..at + 4) {
                    field.copy_from_slice(&size.to_le_bytes());
                }
            }
        }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if let Some(header) = self.header.take() {
            out.extend(header);
        }
    }
}
