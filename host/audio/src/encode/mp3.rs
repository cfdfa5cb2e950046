//! MPEG audio layer III.
//!
//! The encoder is `rusty_mp3`, Apache-2.0 and pure Rust. Every other way to MP3 that a single
//! permissively licensed binary may take was tried on 13.6 s of 16 kHz speech at 64 kbit/s, against
//! `lame` (LGPL) as the measure; error is the signal-to-noise ratio of what ffmpeg decodes:
//!
//! | encoder | error | speed |
//! |---|---|---|
//! | `rusty_mp3` 1.0.5 | 35.9 dB | 500 × real time |
//! | `oxideav-mp3` 0.1.3, MIT | 15.8 dB, and 1.3 dB at 128 kbit/s | 14 × |
//! | `lame` 3.100, LGPL | 25.0 dB (it shapes noise by ear) | |
//! | `shine-rs`, `mp3lame-encoder` | LGPL: not for a static binary | |
//!
//! A whole take carries a Xing/Info tag with frame count, seek table, delay and padding, so a
//! gapless decoder gives exactly the samples that went in; above 24 kHz it also uses the bit
//! reservoir, which needs all frames at once. A stream has neither: its frames go out one by one.

use rusty_mp3::encode::Mp3Encode;
use rusty_mp3::encode::lametag::{ENCODER_DELAY, frames_for};
use rusty_mp3::header::{FrameHeader, MpegVersion};
use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig, encoder_header, snap_bitrate};
use understudy_speech::{AudioFormat, Encoding};

use super::Length;
use crate::AudioError;

/// The bit rate of the layer III tables nearest to `wanted`, in bits a second.
pub(super) fn nearest_bit_rate(sample_rate: u32, wanted: u32) -> u32 {
    let version = if sample_rate >= 32_000 { MpegVersion::V1 } else { MpegVersion::V2 };
    snap_bitrate(version, wanted / 1000) * 1000
}

pub(crate) struct Writer {
    mode: Mode,
    channels: u8,
    sample_rate: u32,
}

enum Mode {
    Whole(Box<Mp3Encoder>),
    Open(Box<Frames>),
}

impl Writer {
    pub(super) fn new(format: &AudioFormat, length: Length) -> Result<Self, AudioError> {
        let kilobits = format.bit_rate.unwrap_or(64_000) / 1000;
        let (channels, sample_rate) = (format.channels, format.sample_rate);
        let mode = match length {
            Length::Whole => {
                let config = Mp3EncoderConfig { bitrate_kbps: kilobits, vbr_quality: None };
                Mode::Whole(Box::new(Mp3Encoder::new(config)))
            }
            Length::Open => {
                let header = encoder_header(sample_rate, u16::from(channels), kilobits).map_err(failed)?;
                Mode::Open(Box::new(Frames::new(header, channels)))
            }
        };
        Ok(Self { mode, channels, sample_rate })
    }

    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), AudioError> {
        match &mut self.mode {
            // Nothing is drained before the end: the tag in front is completed there.
            Mode::Whole(encoder) => {
                encoder.push_pcm_f32(samples, u16::from(self.channels), self.sample_rate).map_err(failed)
            }
            Mode::Open(frames) => frames.push(samples, out),
        }
    }

    pub(super) fn finish(self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        match self.mode {
            Mode::Whole(mut encoder) => {
                encoder.finish();
                while let Ok(frame) = encoder.next_packet() {
                    out.extend(frame);
                }
                Ok(())
            }
            Mode::Open(frames) => frames.finish(out),
        }
    }
}

/// Frames that are written as soon as they are full.
struct Frames {
    state: Mp3Encode,
    header: FrameHeader,
    /// One buffer a channel, each shorter than a frame between calls.
    pending: Vec<Vec<f32>>,
    frame_samples: usize,
    taken: u64,
}

impl Frames {
    fn new(header: FrameHeader, channels: u8) -> Self {
        let frame_samples = header.version.samples_per_frame();
        let pending = vec![Vec::with_capacity(frame_samples); usize::from(channels)];
        Self { state: Mp3Encode::new(), header, pending, frame_samples, taken: 0 }
    }

    fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), AudioError> {
        for frame in samples.chunks_exact(self.pending.len()) {
            for (channel, sample) in self.pending.iter_mut().zip(frame) {
                channel.push(*sample);
            }
            self.taken += 1;
            if self.taken.is_multiple_of(self.frame_samples as u64) {
                self.write(out)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        out.extend(self.state.encode_frame(&self.header, &self.pending, None).map_err(failed)?);
        self.pending.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// Silence behind the last sample, until the codec's delay has let it out.
    fn finish(mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        let frame = self.frame_samples as u64;
        let padding = frames_for(self.taken, ENCODER_DELAY, self.frame_samples) * frame - self.taken;
        let silence = vec![0.0; usize::try_from(padding).unwrap_or(0) * self.pending.len()];
        self.push(&silence, out)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(error: impl ToString) -> AudioError {
    AudioError::encoder(Encoding::Mp3, &error)
}
