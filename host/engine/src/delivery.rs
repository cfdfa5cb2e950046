//! The encoding the client asked for.
//!
//! Audio that fits already is sent on as the very same bytes. Anything else is decoding and
//! encoding, tens of milliseconds a minute of speech: it runs on a blocking thread, at most one a
//! core at a time, so that a burst of long takes slows itself down and not the requests beside it.
//!
//! What a provider may send is bounded, and what is made of it has to be, too: two hours of speech are
//! fifty megabytes as they come and gigabytes as samples at the highest rate there is. A form that would
//! be larger than a take may be is refused before it is begun, with what to ask for instead.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use understudy_audio::{Extent, StreamEncoder, Target, decode, encode, is_plain_wave, transcode};
use understudy_speech::{AudioFormat, Encoding};

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
    audio: Bytes,
    (format, duration): (AudioFormat, Duration),
    output: &Output,
    bytes_max: usize,
) -> Result<Delivered, SpeechError> {
    if fits(format, output) && is_finished(format, &audio, audio.len() as u64) {
        return Ok(Delivered { audio, format, duration, passed_through: true });
    }
    let target = target(format, output);
    let channels = if is_mixed_down(format, output) { 1 } else { format.channels };
    admit_size(duration, (format.sample_rate, channels), &target, bytes_max)?;
    if is_mixed_down(format, output) {
        return blocking(encoders, move || mix_down(&audio, format, &target)).await?;
    }
    let made = blocking(encoders, move || transcode(audio, format, &target)).await??;
    Ok(Delivered {
        audio: made.bytes,
        format: made.format,
        duration: made.duration,
        passed_through: made.passed_through,
    })
}

/// Refuses a form of audio of this length, rate and layout that would take more than `bytes_max` bytes.
pub(crate) fn admit_size(
    duration: Duration,
    (sample_rate, channels): (u32, u8),
    target: &Target,
    bytes_max: usize,
) -> Result<(), SpeechError> {
    // What cannot be written at all is told by whoever would write it.
    let Ok(Extent { format, bytes, .. }) = target.extent(duration, sample_rate, channels) else {
        return Ok(());
    };
    let bytes_max = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    if bytes <= bytes_max {
        return Ok(());
    }
    let is_raised = target.sample_rate.is_some_and(|rate| rate > sample_rate);
    let field = if is_raised { "sample_rate" } else { "encoding" };
    let AudioFormat { encoding, sample_rate, .. } = format;
    Err(SpeechError::TooLarge { field, encoding, sample_rate, bytes, bytes_max })
}

fn mix_down(audio: &Bytes, format: AudioFormat, target: &Target) -> Result<Delivered, SpeechError> {
    let mono = decode(audio, Some(format))?.to_mono();
    let made = encode(&mono, target)?;
    Ok(Delivered {
        audio: made.bytes.into(),
        format: made.format,
        duration: mono.duration(),
        passed_through: false,
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

/// True when audio of `format` is what `output` asks for. Opus has no rate of its own, and fewer
/// bits than asked for are not made more by encoding again.
pub(crate) fn fits(format: AudioFormat, output: &Output) -> bool {
    let any_rate = matches!(format.encoding, Encoding::OggOpus | Encoding::WebmOpus);
    output.encoding.is_none_or(|encoding| encoding == format.encoding)
        && (any_rate || output.sample_rate.is_none_or(|rate| rate == format.sample_rate))
        && output.bit_rate.is_none_or(|rate| format.bit_rate.is_some_and(|there| there <= rate))
        && !is_mixed_down(format, output)
}

/// True when a whole file of `length` bytes that begins with `head` is what its format promises. A WAVE
/// may hold floats, or a length that its service did not know when it began to stream.
pub(crate) fn is_finished(format: AudioFormat, head: &[u8], length: u64) -> bool {
    format.encoding != Encoding::Wav || is_plain_wave(head, length)
}

/// A client that asks for raw samples gets mono: no header could tell it otherwise, and stereo
/// played as mono is noise at half the speed.
pub(crate) fn is_mixed_down(format: AudioFormat, output: &Output) -> bool {
    output.encoding == Some(Encoding::PcmS16le) && format.channels > 1
}

/// True when samples of `format` can be encoded piece by piece.
pub(crate) fn streams(format: AudioFormat, output: &Output) -> bool {
    format.encoding == Encoding::PcmS16le && !is_mixed_down(format, output)
}

pub(crate) fn target(format: AudioFormat, output: &Output) -> Target {
    Target {
        encoding: output.encoding.unwrap_or(format.encoding),
        sample_rate: output.sample_rate,
        bit_rate: output.bit_rate,
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
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
