//! How audio is packed.

use std::fmt;
use std::str::FromStr;

/// A container and codec. The names are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// Raw signed 16-bit little-endian samples, channels interleaved, no header.
    PcmS16le,
    /// RIFF/WAVE holding [`Encoding::PcmS16le`].
    Wav,
    /// MPEG-1 or MPEG-2 audio layer III.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    /// How it is packed.
    pub encoding: Encoding,
    /// Samples a second and channel: 8,000 to 192,000.
    pub sample_rate: u32,
    /// 1 (mono) or 2 (stereo).
    pub channels: u8,
    /// Bits a second, when the encoding is lossy and the rate is known.
    pub bit_rate: Option<u32>,
}

impl AudioFormat {
    /// Mono audio of no particular bit rate.
    #[must_use]
    pub const fn mono(encoding: Encoding, sample_rate: u32) -> Self {
        Self { encoding, sample_rate, channels: 1, bit_rate: None }
    }

    /// The same with two channels.
    #[must_use]
    pub const fn stereo(self) -> Self {
        Self { channels: 2, ..self }
    }

    /// The same with a known bit rate, in bits a second.
    #[must_use]
    pub const fn bit_rate(self, bit_rate: u32) -> Self {
        Self { bit_rate: Some(bit_rate), ..self }
    }

    /// The time `bytes` bytes of this format take, in milliseconds rounded down; none when the
    /// encoding is not raw PCM.
    #[must_use]
    pub fn milliseconds_of(&self, bytes: u64) -> Option<u64> {
        let bytes_a_second = u64::from(self.sample_rate) * u64::from(self.channels) * 2;
        match self.encoding {
            Encoding::PcmS16le => bytes.saturating_mul(1000).checked_div(bytes_a_second),
            _ => None,
        }
    }
}
