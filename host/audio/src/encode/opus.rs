//! Opus in Ogg (RFC 7845).
//!
//! The encoder is `ropus`, a port of libopus to almost entirely safe Rust under its licence, and
//! bit-exact with it; it decodes here, too. `rusty-opus` encodes a quarter faster, but by up to 4 ms
//! earlier or later than its pre-skip says, depending on the mode it chooses; word marks and joined
//! sentences would drift. The tests let it check what this one writes.
//!
//! Granule positions count samples at 48 kHz, the pre-skip included, so a player that leaves out the
//! pre-skip and stops at the last position plays exactly what went in.

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use ropus::{Application, Bitrate, Channels, Signal};
use understudy_speech::Encoding;

use super::{Length, Plan};
use crate::AudioError;

/// Opus always counts at this rate.
const STREAM_RATE: u32 = 48_000;
/// Packets a second; a packet is 20 ms, what Opus is tuned for.
const PACKETS_A_SECOND: u32 = 50;
/// Samples of a packet at 48 kHz.
const PACKET_POSITIONS: u64 = 960;
/// The largest packet there is, RFC 6716, 3.2.1: one frame.
const PACKET_BYTES_MAX: usize = 1275;
/// 0 to 10. At 5 speech is encoded twice as fast as at 10, for 1 dB.
const COMPLEXITY: u8 = 5;
/// One stream a file, and the same input gives the same bytes.
const SERIAL: u32 = u32::from_be_bytes(*b"take");
/// A whole file's pages hold a second, as RFC 7845 advises; a stream's hold a fifth, so that a
/// listener waits no longer.
const WHOLE_PAGE_PACKETS: u64 = 50;
const OPEN_PAGE_PACKETS: u64 = 10;

pub(crate) struct Writer {
    opus: Box<ropus::Encoder>,
    ogg: PacketWriter<'static, Vec<u8>>,
    /// Interleaved, less than a packet between calls.
    pending: Vec<f32>,
    packet_frames: usize,
    channels: usize,
    input_rate: u32,
    /// What the encoder delays by, in samples at 48 kHz.
    pre_skip: u16,
    page_packets: u64,
    taken_frames: u64,
    packets: u64,
    /// The newest packet waits here: only the last one ends the stream.
    held: Option<Vec<u8>>,
}

impl Writer {
    pub(super) fn new(plan: &Plan, length: Length) -> Result<Self, AudioError> {
        let channels = usize::from(plan.format.channels);
        let opus = encoder(plan)?;
        let delay = opus.lookahead() * (STREAM_RATE / plan.input_rate);
        let pre_skip = u16::try_from(delay).map_err(failed)?;
        let mut ogg = PacketWriter::new(Vec::new());
        let write = |ogg: &mut PacketWriter<'static, Vec<u8>>, packet: Vec<u8>| {
            ogg.write_packet(packet, SERIAL, PacketWriteEndInfo::EndPage, 0).map_err(failed)
        };
        write(&mut ogg, head(plan.format.channels, plan.input_rate, pre_skip))?;
        write(&mut ogg, tags())?;
        Ok(Self {
            opus: Box::new(opus),
            ogg,
            pending: Vec::new(),
            packet_frames: (plan.input_rate / PACKETS_A_SECOND) as usize,
            channels,
            input_rate: plan.input_rate,
            pre_skip,
            page_packets: if length == Length::Open { OPEN_PAGE_PACKETS } else { WHOLE_PAGE_PACKETS },
            taken_frames: 0,
            packets: 0,
            held: None,
        })
    }

    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), AudioError> {
        self.pending.extend_from_slice(samples);
        self.taken_frames += (samples.len() / self.channels) as u64;
        self.encode_pending()?;
        out.append(self.ogg.inner_mut());
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), AudioError> {
        let spoken = self.taken_frames * u64::from(STREAM_RATE) / u64::from(self.input_rate);
        let end = u64::from(self.pre_skip) + spoken;
        // Silence behind the last sample, until the encoder's delay has let it out.
        let packet_samples = self.packet_frames * self.channels;
        while self.packets * PACKET_POSITIONS < end {
            self.pending.resize(packet_samples, 0.0);
            self.encode_pending()?;
        }
        let last = self.held.take().unwrap_or_default();
        self.ogg.write_packet(last, SERIAL, PacketWriteEndInfo::EndStream, end).map_err(failed)?;
        out.append(self.ogg.inner_mut());
        Ok(())
    }

    fn encode_pending(&mut self) -> Result<(), AudioError> {
        let packet_samples = self.packet_frames * self.channels;
        let mut used = 0;
        while let Some(input) = self.pending.get(used..used + packet_samples) {
            let mut packet = vec![0; PACKET_BYTES_MAX];
            let length = self.opus.encode_float(input, &mut packet).map_err(failed)?;
            packet.truncate(length);
            used += packet_samples;
            self.write_held()?;
            self.held = Some(packet);
            self.packets += 1;
        }
        self.pending.drain(..used);
        Ok(())
    }

    fn write_held(&mut self) -> Result<(), AudioError> {
        let Some(packet) = self.held.take() else { return Ok(()) };
        let end = if self.packets.is_multiple_of(self.page_packets) {
            PacketWriteEndInfo::EndPage
        } else {
            PacketWriteEndInfo::NormalPacket
        };
        self.ogg.write_packet(packet, SERIAL, end, self.packets * PACKET_POSITIONS).map_err(failed)
    }
}

fn encoder(plan: &Plan) -> Result<ropus::Encoder, AudioError> {
    let channels = if plan.format.channels == 2 { Channels::Stereo } else { Channels::Mono };
    let bit_rate = Bitrate::try_bits(plan.format.bit_rate.unwrap_or(32_000)).map_err(failed)?;
    ropus::Encoder::builder(plan.input_rate, channels, Application::Audio)
        .bitrate(bit_rate)
        .complexity(COMPLEXITY)
        .signal(Signal::Voice)
        .build()
        .map_err(failed)
}

/// The identification header, RFC 7845, 5.1: mapping family 0, no gain.
fn head(channels: u8, input_rate: u32, pre_skip: u16) -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(channels);
    head.extend(pre_skip.to_le_bytes());
    head.extend(input_rate.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

/// The comment header, RFC 7845, 5.2: a vendor and no comments.
fn tags() -> Vec<u8> {
    const VENDOR: &[u8] = b"understudy";
    let mut tags = b"OpusTags".to_vec();
    tags.extend([10, 0, 0, 0]);
    tags.extend(VENDOR);
    tags.extend([0; 4]);
    tags
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(error: impl ToString) -> AudioError {
    AudioError::encoder(Encoding::OggOpus, &error)
}
