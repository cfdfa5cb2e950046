//! Why audio could not be read or written.

use understudy_speech::Encoding;

/// What is wrong with audio, or with what was asked of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// The bytes begin like no encoding this crate reads.
    #[error("audio begins with no known signature")]
    Unrecognised,
    /// There is no audio at all: no bytes, or a container without a frame.
    #[error("audio holds no samples")]
    Empty,
    /// The bytes claim an encoding and break its rules.
    #[error("audio is malformed {encoding}: {reason}")]
    Malformed {
        /// What they claim to be.
        encoding: Encoding,
        /// The rule they break.
        reason: String,
    },
    /// The bytes follow the rules, and use a part of the format that is not read here.
    #[error("audio uses an unsupported part of {encoding}: {what}")]
    Unsupported {
        /// The encoding.
        encoding: Encoding,
        /// The part.
        what: String,
    },
    /// Decoding would give more samples than is allowed.
    #[error("audio decodes to more samples than allowed: {samples_max}")]
    TooLong {
        /// How many are allowed, all channels counted.
        samples_max: usize,
    },
    /// Nothing here writes this encoding.
    #[error("no encoder for {0}")]
    NotEncodable(Encoding),
    /// A sample rate outside 8,000 to 192,000 Hz.
    #[error("sample rate is out of range, 8000 to 192000: {0}")]
    SampleRate(u32),
    /// Neither mono nor stereo.
    #[error("channel count is out of range, 1 to 2: {0}")]
    Channels(usize),
    /// The encoder refused the samples.
    #[error("{encoding} encoder failed: {reason}")]
    Encoder {
        /// Which encoder.
        encoding: Encoding,
        /// Its own words.
        reason: String,
    },
    /// The resampler refused the rates or the samples.
    #[error("resampling failed: {0}")]
    Resampler(String),
    /// The loudness filter refused the samples.
    #[error("measuring loudness failed: {0}")]
    Loudness(String),
}

impl AudioError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unrecognised => "audio_unrecognised",
            Self::Empty => "audio_empty",
            Self::Malformed { .. } => "audio_malformed",
            Self::Unsupported { .. } => "audio_unsupported",
            Self::TooLong { .. } => "audio_too_long",
            Self::NotEncodable(_) => "audio_not_encodable",
            Self::SampleRate(_) => "audio_sample_rate",
            Self::Channels(_) => "audio_channels",
            Self::Encoder { .. } => "audio_encoder",
            Self::Resampler(_) => "audio_resampler",
            Self::Loudness(_) => "audio_loudness",
        }
    }

    pub(crate) fn malformed(encoding: Encoding, reason: impl Into<String>) -> Self {
        Self::Malformed { encoding, reason: reason.into() }
    }

    pub(crate) fn unsupported(encoding: Encoding, what: impl Into<String>) -> Self {
        Self::Unsupported { encoding, what: what.into() }
    }

    pub(crate) fn encoder(encoding: Encoding, reason: &impl ToString) -> Self {
        Self::Encoder { encoding, reason: reason.to_string() }
    }
}
