//! The encoding the client asked for.
//!
//! Audio that fits already is sent on as the very same bytes. Anything else is decoding and
//! encoding, tens of milliseconds a minute of speech: it runs on a blocking thread, at most one a
//! core at a time, so that a burst of long takes slows itself down and not the requests beside it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use understudy_audio::{StreamEncoder, Target, transcode};
use understudy_speech::AudioFormat;

use crate::audition::Passed;
use crate::error::SpeechError;
use crate::request::Output;

/// Pieces up to this size, a third of a second of speech, are encoded where they are.
const PIECE_BYTES_INLINE: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) audio: Bytes,
    pub(crate) format: AudioFormat,
    pub(crate) duration: Duration,
    pub(crate) passed_through: bool,
}

/// Brings a whole take into the form asked for.
pub(crate) async fn deliver(
    encoders: &Arc<Semaphore>,
    passed: Passed,
    output: &Output,
) -> Result<Delivered, SpeechError> {
    let Passed { audio, format, duration } = passed;
    if fits(format, output) {
        return Ok(Delivered { audio, format, duration, passed_through: true });
    }
    let target = target(format, output);
    let made = blocking(encoders, move || transcode(audio, format, &target)).await??;
    Ok(Delivered {
        audio: made.bytes,
        format: made.format,
        duration: made.duration,
        passed_through: made.passed_through,
    })
}

/// Encodes the next piece of a stream. The encoder goes to the thread that works and comes back.
pub(crate) async fn encode_piece(
    encoders: &Arc<Semaphore>,
    mut encoder: StreamEncoder,
    pcm: Bytes,
) -> Result<(StreamEncoder, Vec<u8>), SpeechError> {
    if pcm.len() <= PIECE_BYTES_INLINE {
        let encoded = encoder.push(&pcm)?;
        return Ok((encoder, encoded));
    }
    let (encoder, encoded) = blocking(encoders, move || {
        let encoded = encoder.push(&pcm);
        (encoder, encoded)
    })
    .await?;
    Ok((encoder, encoded?))
}

/// True when audio of `format` is what `output` asks for.
pub(crate) fn fits(format: AudioFormat, output: &Output) -> bool {
    output.encoding.is_none_or(|encoding| encoding == format.encoding)
        && output.sample_rate.is_none_or(|rate| rate == format.sample_rate)
        && output.bit_rate.is_none_or(|rate| format.bit_rate == Some(rate))
}

pub(crate) fn target(format: AudioFormat, output: &Output) -> Target {
    Target {
        encoding: output.encoding.unwrap_or(format.encoding),
        sample_rate: output.sample_rate,
        bit_rate: output.bit_rate,
    }
}

async fn blocking<T: Send + 'static>(
    encoders: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SpeechError> {
    let stopped = |reason: String| SpeechError::Internal(format!("the encoder stopped: {reason}"));
    let permit = Arc::clone(encoders).acquire_owned().await.map_err(|closed| stopped(closed.to_string()))?;
    // The permit goes along: a caller that leaves does not free the core its work still runs on.
    let done = spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    done.await.map_err(|panic| stopped(panic.to_string()))
}
