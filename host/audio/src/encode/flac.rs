//! FLAC, 16 bits a sample.
//!
//! `flacenc` gives one frame at a time; the header is written here, because in a stream it goes out
//! before the total and the checksum are known. A whole take's header is completed at the end.

use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr as _, StreamInfo};
use flacenc::config;
use flacenc::encode_fixed_size_frame;
use flacenc::error::{Verified, Verify as _};
use flacenc::source::{Context, Fill as _, FrameBuf};
use understudy_speech::{AudioFormat, Encoding};

use super::Length;
use crate::AudioError;
use crate::pcm::to_s16;

/// Frames a block: the reference encoder's, a quarter of a second at 16 kHz.
const BLOCK_FRAMES: usize = 4096;
const BITS: usize = 16;

pub(crate) struct Writer {
    config: Verified<config::Encoder>,
    info: StreamInfo,
    /// Counts samples and their MD5.
    context: Context,
    buffer: FrameBuf,
    /// Interleaved, less than a block between calls.
    pending: Vec<i32>,
    block_samples: usize,
    length: Length,
    taken_frames: usize,
    /// Bytes of the smallest and of the largest block so far.
    block_bytes: Option<(usize, usize)>,
    begun: bool,
}

impl Writer {
    pub(super) fn new(format: &AudioFormat, length: Length) -> Result<Self, AudioError> {
        let channels = usize::from(format.channels);
        let config = config::Encoder::default().into_verified().map_err(|(_, error)| failed(error))?;
        let mut info = StreamInfo::new(format.sample_rate as usize, channels, BITS).map_err(failed)?;
        info.set_block_sizes(BLOCK_FRAMES, BLOCK_FRAMES).map_err(failed)?;
        // Not known: so says a zero.
        info.set_frame_sizes(0, 0).map_err(failed)?;
        Ok(Self {
            config,
            info,
            context: Context::new(BITS, channels),
            buffer: FrameBuf::with_size(channels, BLOCK_FRAMES).map_err(failed)?,
            pending: Vec::with_capacity(BLOCK_FRAMES * channels),
            block_samples: BLOCK_FRAMES * channels,
            length,
            taken_frames: 0,
            block_bytes: None,
            begun: false,
        })
    }

    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), AudioError> {
        self.begin(out)?;
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.block_samples - self.pending.len()));
            self.pending.extend(now.iter().map(|sample| i32::from(to_s16(*sample))));
            rest = later;
            if self.pending.len() == self.block_samples {
                self.write(out)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        self.begin(out)?;
        if !self.pending.is_empty() {
            self.write(out)?;
        }
        if self.length == Length::Whole {
            self.info.set_total_samples(self.taken_frames);
            self.info.set_md5_digest(&self.context.md5_digest());
            if let Some((smallest, largest)) = self.block_bytes {
                self.info.set_frame_sizes(smallest, largest).map_err(failed)?;
            }
            let header = self.header()?;
            if let Some(front) = out.get_mut(..header.len()) {
                front.copy_from_slice(&header);
            }
        }
        Ok(())
    }

    fn channels(&self) -> usize {
        self.block_samples / BLOCK_FRAMES
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        if !self.begun {
            self.begun = true;
            out.extend(self.header()?);
        }
        Ok(())
    }

    /// The signature and the one metadata block, which is also the last.
    fn header(&self) -> Result<Vec<u8>, AudioError> {
        let mut sink = ByteSink::new();
        self.info.write(&mut sink).map_err(failed)?;
        let mut header = b"fLaC\x80\0\0\x22".to_vec();
        header.extend(sink.as_slice());
        Ok(header)
    }

    fn write(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        self.taken_frames += self.pending.len() / self.channels();
        self.context.fill_interleaved(&self.pending).map_err(failed)?;
        self.buffer.fill_interleaved(&self.pending).map_err(failed)?;
        self.pending.clear();
        let number = self.context.current_frame_number().unwrap_or(0);
        let frame =
            encode_fixed_size_frame(&self.config, &self.buffer, number, &self.info).map_err(failed)?;
        let mut sink = ByteSink::new();
        frame.write(&mut sink).map_err(failed)?;
        let bytes = sink.as_slice().len();
        let (smallest, largest) = self.block_bytes.unwrap_or((bytes, bytes));
        self.block_bytes = Some((smallest.min(bytes), largest.max(bytes)));
        out.extend(sink.as_slice());
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(error: impl ToString) -> AudioError {
    AudioError::encoder(Encoding::Flac, &error)
}
