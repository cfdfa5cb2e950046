//! Is what came back audio, and all of it?
//!
//! This is the walk alone: the container and every frame header, no decoding, which costs a
//! hundredth of it. It catches what really happens to services behind a bad day: an error page
//! under a 200, the wrong format, a body cut in the middle, nothing at all. How it *sounds*
//! (silence, clipping, the wrong length for the text) is for the full audition.

use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use understudy_audio::inspect;
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError};

use crate::error::SpeechError;

/// Takes up to this size are walked where they stand, in well under a millisecond; handing them to
/// another thread costs more.
const WALK_BYTES_INLINE: usize = 1024 * 1024;

/// A take that passed.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) audio: Bytes,
    /// What the audio itself says it is.
    pub(crate) format: AudioFormat,
    pub(crate) duration: Duration,
}

pub(crate) async fn audition(
    provider: &str,
    claimed: AudioFormat,
    audio: Bytes,
) -> Result<Passed, SpeechError> {
    if audio.is_empty() {
        let failure = Failure::Provider(ProviderError::NoAudio);
        return Err(SpeechError::Failed { provider: provider.to_owned(), failure });
    }
    if claimed.encoding == Encoding::PcmS16le {
        return pcm(provider, claimed, audio);
    }
    if audio.len() <= WALK_BYTES_INLINE {
        return walk(provider, claimed, audio);
    }
    let name = provider.to_owned();
    spawn_blocking(move || walk(&name, claimed, audio))
        .await
        .unwrap_or_else(|panic| Err(SpeechError::Internal(format!("the audition stopped: {panic}"))))
}

/// Raw samples have no header to disagree with; all there is to see is a frame cut in two.
fn pcm(provider: &str, format: AudioFormat, audio: Bytes) -> Result<Passed, SpeechError> {
    whole_frames(provider, format, audio.len())?;
    Ok(Passed { duration: pcm_duration(format, audio.len()), format, audio })
}

pub(crate) fn whole_frames(provider: &str, format: AudioFormat, length: usize) -> Result<(), SpeechError> {
    if length.is_multiple_of(frame_bytes(format)) {
        return Ok(());
    }
    Err(unusable(provider, format!("its last sample is cut off at byte {length}")))
}

pub(crate) fn pcm_duration(format: AudioFormat, length: usize) -> Duration {
    let frames = (length / frame_bytes(format)) as u64;
    Duration::from_nanos(frames.saturating_mul(1_000_000_000) / u64::from(format.sample_rate.max(1)))
}

fn frame_bytes(format: AudioFormat) -> usize {
    2 * usize::from(format.channels.max(1))
}

fn walk(provider: &str, claimed: AudioFormat, audio: Bytes) -> Result<Passed, SpeechError> {
    let seen = inspect(&audio, None).map_err(|error| unusable(provider, error.to_string()))?;
    if seen.format.encoding != claimed.encoding {
        let (claimed, found) = (claimed.encoding, seen.format.encoding);
        return Err(unusable(provider, format!("it said {claimed} and sent {found}")));
    }
    if seen.truncated {
        return Err(unusable(provider, format!("it is cut off after {} ms", seen.duration.as_millis())));
    }
    if seen.duration.is_zero() {
        let failure = Failure::Provider(ProviderError::NoAudio);
        return Err(SpeechError::Failed { provider: provider.to_owned(), failure });
    }
    Ok(Passed { audio, format: seen.format, duration: seen.duration })
}

pub(crate) fn unusable(provider: &str, reason: String) -> SpeechError {
    SpeechError::Unusable { provider: provider.to_owned(), reason }
}
