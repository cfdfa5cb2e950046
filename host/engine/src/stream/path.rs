//! The way one stream's audio takes from provider to listener.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::Semaphore;
use understudy_audio::{StreamEncoder, sniff};
use understudy_speech::{AudioFormat, Encoding};

use crate::audition::{AuditionSettings, Brief, audition, unusable, whole_frames};
use crate::delivery::{deliver, encode_piece, fits, streams, target};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::recording::Pieces;
use crate::request::Output;

/// How much of a container is seen before any of it is sent on: enough for every magic number, and
/// for the start of the error page that a provider may have sent in its place.
const OPENING_BYTES: usize = 64;

/// How audio gets through.
pub(crate) enum Path {
    /// Samples into an encoder, piece by piece.
    Encode(Box<StreamEncoder>, AudioFormat),
    /// Already as asked for. The opening bytes are held back until they have been looked at.
    PassThrough { format: AudioFormat, opening: Option<BytesMut> },
    /// Another compressed format: it has to be whole before it can be decoded.
    Collect(Pieces, AudioFormat),
    /// An encoder was lost with the piece it failed on.
    Broken,
}

impl Path {
    pub(crate) fn choose(source: AudioFormat, output: &Output) -> Result<Self, SpeechError> {
        if fits(source, output) {
            let opening = (source.encoding != Encoding::PcmS16le).then(BytesMut::new);
            return Ok(Self::PassThrough { format: source, opening });
        }
        if streams(source, output) {
            let encoder = StreamEncoder::new(source.sample_rate, source.channels, &target(source, output))?;
            return Ok(Self::Encode(Box::new(encoder), source));
        }
        Ok(Self::Collect(Pieces::default(), source))
    }

    /// What will be sent, when it is known before the end.
    pub(crate) fn format(&self) -> Option<AudioFormat> {
        match self {
            Self::Encode(encoder, _) => Some(encoder.format()),
            Self::PassThrough { format, .. } => Some(*format),
            Self::Collect(..) | Self::Broken => None,
        }
    }

    pub(crate) const fn is_pass_through(&self) -> bool {
        matches!(self, Self::PassThrough { .. })
    }

    /// Takes the next piece; returns what can be sent on now, which may be nothing.
    pub(crate) async fn push(
        &mut self,
        provider: &str,
        encoders: &Arc<Semaphore>,
        piece: Bytes,
    ) -> Result<Bytes, SpeechError> {
        match self {
            Self::PassThrough { opening: None, .. } => Ok(piece),
            Self::PassThrough { format, opening: Some(opening) } => {
                opening.extend_from_slice(&piece);
                if opening.len() < OPENING_BYTES {
                    return Ok(Bytes::new());
                }
                let seen = look(provider, *format, opening)?;
                self.opened();
                Ok(seen)
            }
            Self::Collect(pieces, _) => {
                pieces.push(piece);
                Ok(Bytes::new())
            }
            Self::Encode(..) => {
                let Self::Encode(encoder, source) = std::mem::replace(self, Self::Broken) else {
                    return Ok(Bytes::new());
                };
                let (encoder, encoded) = encode_piece(encoders, *encoder, piece).await?;
                *self = Self::Encode(Box::new(encoder), source);
                Ok(encoded.into())
            }
            Self::Broken => Ok(Bytes::new()),
        }
    }

    /// What is left to send when the provider has sent `length` bytes and is done.
    pub(crate) async fn finish(
        self,
        provider: &str,
        engine: &Engine,
        output: &Output,
        length: usize,
    ) -> Result<(Bytes, Option<AudioFormat>), SpeechError> {
        match self {
            Self::Encode(encoder, source) => {
                whole_frames(provider, source, length)?;
                Ok((encoder.finish()?.into(), None))
            }
            Self::PassThrough { format, opening: Some(mut opening) } => {
                Ok((look(provider, format, &mut opening)?, None))
            }
            Self::PassThrough { format, opening: None } => {
                if format.encoding == Encoding::PcmS16le {
                    whole_frames(provider, format, length)?;
                }
                Ok((Bytes::new(), None))
            }
            Self::Collect(pieces, format) => {
                let brief = Brief::without_text(AuditionSettings::default());
                let (encoders, bytes_max) = (&engine.encoders, engine.settings.max_audio_bytes);
                let passed = audition(provider, format, pieces.join(), &brief, encoders).await?;
                let known = (passed.format, passed.duration);
                let delivered = deliver(encoders, passed.audio, known, output, bytes_max).await?;
                Ok((delivered.audio, Some(delivered.format)))
            }
            Self::Broken => Ok((Bytes::new(), None)),
        }
    }

    fn opened(&mut self) {
        if let Self::PassThrough { opening, .. } = self {
            *opening = None;
        }
    }
}

/// Looks at the opening bytes before they are sent on.
fn look(provider: &str, format: AudioFormat, opening: &mut BytesMut) -> Result<Bytes, SpeechError> {
    match sniff(opening) {
        Some(found) if found == format.encoding => Ok(opening.split().freeze()),
        Some(found) => Err(unusable(provider, format!("it said {} and sent {found}", format.encoding))),
        None => Err(unusable(provider, format!("it said {} and sent something else", format.encoding))),
    }
}
