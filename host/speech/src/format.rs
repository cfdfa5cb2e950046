//! How audio is packed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A container and codec. The names are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Raw signed 16-bit little-endian samples, channels interleaved, no header.
    PcmS16le,
    /// RIFF/WAVE holding 16-bit PCM.
    Wav,
    /// MPEG audio layer III.
    Mp3,
    /// FLAC, native framing.
    Flac,
    /// Opus in Ogg.
    OggOpus,
    /// Vorbis in Ogg.
    OggVorbis,
    /// AAC in ADTS frames.
    Aac,
    /// Opus in WebM.
    WebmOpus,
}

impl Encoding {
    /// Every encoding of the contract.
    pub const ALL: [Self; 8] = [
        Self::PcmS16le,
        Self::Wav,
        Self::Mp3,
        Self::Flac,
        Self::OggOpus,
        Self::OggVorbis,
        Self::Aac,
        Self::WebmOpus,
    ];

    /// The contract's name, for example `ogg-opus`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PcmS16le => "pcm-s16le",
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
            Self::Flac => "flac",
            Self::OggOpus => "ogg-opus",
            Self::OggVorbis => "ogg-vorbis",
            Self::Aac => "aac",
            Self::WebmOpus => "webm-opus",
        }
    }

    /// The media type as OpenAI's speech API and its clients spell it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::PcmS16le => "audio/pcm",
            Self::Wav => "audio/wav",
            Self::Mp3 => "audio/mpeg",
            Self::Flac => "audio/flac",
            Self::OggOpus | Self::OggVorbis => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::WebmOpus => "audio/webm",
        }
    }

    /// The usual file name extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::PcmS16le => "pcm",
            Self::OggOpus | Self::OggVorbis => "ogg",
            Self::WebmOpus => "webm",
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
            Self::Flac => "flac",
            Self::Aac => "aac",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = String;

    /// Accepts the contract's names; the error lists them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|encoding| encoding.name() == text).ok_or_else(|| {
            format!("unknown encoding: {text}, expected one of {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// An encoding with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFormat {
    /// How it is packed.
    pub encoding: Encoding,
    /// Samples a second and channel: 8,000 to 192,000.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u8,
    /// Bits a second of a lossy encoding, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_rate: Option<u32>,
}

impl AudioFormat {
    /// Mono audio of no particular bit rate.
    #[must_use]
    pub const fn mono(encoding: Encoding, sample_rate: u32) -> Self {
        Self { encoding, sample_rate, channels: 1, bit_rate: None }
    }
}
