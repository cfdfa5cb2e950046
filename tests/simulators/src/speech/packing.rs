//! The wire formats services send.

use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use super::Spoken;

/// How audio is packed for the wire. Every one is mono.
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
            Self::Mp3 { kbps } => mp3(spoken, kbps),
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

fn mp3(spoken: &Spoken, kbps: u32) -> Vec<u8> {
    let mut encoder = Mp3Encoder::new(Mp3EncoderConfig { bitrate_kbps: kbps, vbr_quality: None });
    let mut file = Vec::new();
    if encoder.push_pcm_s16(&spoken.samples, 1, spoken.sample_rate).is_err() {
        return file;
    }
    encoder.finish();
    while let Ok(packet) = encoder.next_packet() {
        file.extend_from_slice(&packet);
    }
    file
}
