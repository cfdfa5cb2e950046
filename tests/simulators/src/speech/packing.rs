//! The wire formats services send.

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use rusty_aac::{AacEncoder, AacEncoderConfig, AdtsHeader, write_adts_header};
use rusty_vorbis::{VorbisEncoder, VorbisEncoderConfig};
use understudy_audio::{AudioError, StreamEncoder, Target, encode};
use understudy_speech::Encoding;

use super::Spoken;

/// How audio is packed for the wire. All but Vorbis are mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Signed 16-bit little-endian samples, no header.
    Pcm,
    /// The same behind a 44-byte RIFF header with the true sizes.
    Wav,
    /// The same behind a header written before the length was known: these bytes in the data size.
    WavStreamed {
        /// What the data size field says.
        data_size: u32,
    },
    /// Eight-bit μ-law, no header.
    Mulaw,
    /// Eight-bit A-law, no header.
    Alaw,
    /// Eight-bit μ-law behind a RIFF header.
    WavMulaw,
    /// Eight-bit A-law behind a RIFF header.
    WavAlaw,
    /// MPEG layer III of one constant bit rate.
    Mp3 {
        /// Kilobits a second.
        kbps: u32,
    },
    /// Opus in Ogg; the stream is 48 kHz whatever goes in.
    OggOpus {
        /// Kilobits a second.
        kbps: u32,
    },
    /// Vorbis in Ogg, in stereo with the same on both sides: there is no free encoder that does mono.
    OggVorbis,
    /// AAC-LC in ADTS frames.
    Aac {
        /// Kilobits a second.
        kbps: u32,
    },
    /// FLAC, native framing.
    Flac,
}

impl Packing {
    pub(super) fn pack(self, spoken: &Spoken) -> Vec<u8> {
        let rate = spoken.sample_rate;
        match self {
            Self::Pcm => linear(&spoken.samples),
            Self::Wav => headed(Codec::Linear, rate, linear(&spoken.samples), None),
            Self::WavStreamed { data_size } => {
                headed(Codec::Linear, rate, linear(&spoken.samples), Some(data_size))
            }
            Self::Mulaw => companded(&spoken.samples, mulaw),
            Self::Alaw => companded(&spoken.samples, alaw),
            Self::WavMulaw => headed(Codec::Mulaw, rate, companded(&spoken.samples, mulaw), None),
            Self::WavAlaw => headed(Codec::Alaw, rate, companded(&spoken.samples, alaw), None),
            Self::Mp3 { kbps } => mp3(spoken, kbps).unwrap_or_default(),
            Self::OggOpus { kbps } => coded(spoken, Encoding::OggOpus, Some(kbps)),
            Self::Flac => coded(spoken, Encoding::Flac, None),
            Self::Aac { kbps } => aac(spoken, kbps),
            Self::OggVorbis => vorbis(spoken).unwrap_or_default(),
        }
    }
}

#[derive(Clone, Copy)]
enum Codec {
    Linear,
    Alaw,
    Mulaw,
}

/// The 44 bytes before 16-bit mono samples; `data_size` as the writer knew it.
#[must_use]
pub fn wav_header(sample_rate: u32, data_size: u32) -> Vec<u8> {
    header(Codec::Linear, sample_rate, data_size)
}

fn headed(codec: Codec, rate: u32, data: Vec<u8>, data_size: Option<u32>) -> Vec<u8> {
    let size = data_size.unwrap_or_else(|| u32::try_from(data.len()).unwrap_or(u32::MAX));
    let mut file = header(codec, rate, size);
    file.extend(data);
    file
}

fn header(codec: Codec, rate: u32, data_size: u32) -> Vec<u8> {
    let (tag, width) = match codec {
        Codec::Linear => (1_u16, 2_u16),
        Codec::Alaw => (6, 1),
        Codec::Mulaw => (7, 1),
    };
    let mut header = Vec::with_capacity(44);
    header.extend(b"RIFF");
    header.extend(data_size.saturating_add(36).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(tag.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(rate.to_le_bytes());
    header.extend((rate * u32::from(width)).to_le_bytes());
    header.extend(width.to_le_bytes());
    header.extend((width * 8).to_le_bytes());
    header.extend(b"data");
    header.extend(data_size.to_le_bytes());
    header
}

fn linear(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn companded(samples: &[i16], law: fn(i16) -> u8) -> Vec<u8> {
    samples.iter().map(|sample| law(*sample)).collect()
}

/// ITU-T G.711 μ-law.
fn mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(32_635) + 132;
    let exponent = 8 - magnitude.leading_zeros() as u16;
    let code = exponent << 4 | ((magnitude >> (exponent + 3)) & 0x0F);
    !(sign | code as u8)
}

/// ITU-T G.711 A-law.
fn alaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = if sample < 0 { !sample } else { sample }.unsigned_abs() >> 4;
    let exponent = 16 - magnitude.leading_zeros() as u16;
    let code =
        if exponent <= 4 { magnitude } else { (exponent - 4) << 4 | ((magnitude >> (exponent - 5)) & 0x0F) };
    (sign | code as u8) ^ 0x55
}

fn coded(spoken: &Spoken, encoding: Encoding, kbps: Option<u32>) -> Vec<u8> {
    let target = Target { encoding, sample_rate: None, bit_rate: kbps.map(|kbps| kbps * 1_000) };
    encode(&spoken.pcm(), &target).map(|encoded| encoded.bytes).unwrap_or_default()
}

/// As a service streams it: frames of one size and no frame in front that tells the length.
fn mp3(spoken: &Spoken, kbps: u32) -> Result<Vec<u8>, AudioError> {
    if spoken.samples.is_empty() {
        return Ok(Vec::new());
    }
    let target = Target { encoding: Encoding::Mp3, sample_rate: None, bit_rate: Some(kbps * 1_000) };
    let mut encoder = StreamEncoder::new(spoken.sample_rate, 1, &target)?;
    let mut file = encoder.push(&linear(&spoken.samples))?;
    file.extend(encoder.finish()?);
    Ok(file)
}

fn aac(spoken: &Spoken, kbps: u32) -> Vec<u8> {
    let mut encoder =
        AacEncoder::new(AacEncoderConfig { bitrate_bps: kbps * 1_000, ..AacEncoderConfig::default() });
    let mut file = Vec::new();
    if encoder.push_pcm(&spoken.pcm().samples, 1, spoken.sample_rate).is_err() {
        return file;
    }
    encoder.finish();
    while let Ok(packet) = encoder.next_packet() {
        file.extend(write_adts_header(&AdtsHeader {
            object_type: 2,
            sample_rate: spoken.sample_rate,
            channels: 1,
            frame_length: 7 + packet.data.len(),
            header_len: 7,
        }));
        file.extend(packet.data);
    }
    file
}

/// One logical stream: three headers, the first on a page of its own, then the audio.
fn vorbis(spoken: &Spoken) -> Option<Vec<u8>> {
    const SERIAL: u32 = u32::from_be_bytes(*b"vrbs");
    let mut encoder = VorbisEncoder::new(VorbisEncoderConfig::default());
    // The encoder knows no mono; both sides carry the same.
    let both: Vec<i16> = spoken.samples.iter().flat_map(|sample| [*sample; 2]).collect();
    encoder.push_pcm_s16(&both, 2, spoken.sample_rate).ok()?;
    encoder.finish();
    let packets: Vec<_> = std::iter::from_fn(|| encoder.next_packet().ok()).collect();
    let last = packets.len().checked_sub(1)?;
    let mut writer = PacketWriter::new(Vec::new());
    for (index, packet) in packets.into_iter().enumerate() {
        let end = match index {
            _ if index == last => PacketWriteEndInfo::EndStream,
            0 | 2 => PacketWriteEndInfo::EndPage,
            _ => PacketWriteEndInfo::NormalPacket,
        };
        let position = if index == last { spoken.samples.len() as u64 } else { packet.pts.max(0) as u64 };
        writer.write_packet(packet.data, SERIAL, end, position).ok()?;
    }
    Some(writer.into_inner())
}
