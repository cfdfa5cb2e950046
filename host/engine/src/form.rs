//! A take in the form a client asked for.
//!
//! A take is kept as its provider sent it; everything else is derived. A derivation is pure, so
//! those who want the same at the same time share one, and one that is made often is kept beside
//! the take, under a key that names the very audio it was made from.

use std::sync::Arc;
use std::time::Duration;

use understudy_speech::{AudioFormat, Encoding};

use crate::cache::{AudioDigest, HitAudio, Known, TakeNotes};
use crate::delivery::{deliver, fits, is_finished, is_mixed_down};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::plan::Candidate;
use crate::purchase::Had;
use crate::request::Output;
use crate::stock::Stock;

/// Enough of a WAVE file to see its samples begin. One whose header is longer is looked at as a whole.
const HEAD_BYTES: u64 = 4 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Formed {
    pub(crate) audio: HitAudio,
    pub(crate) format: AudioFormat,
    pub(crate) duration: Duration,
    pub(crate) passed_through: bool,
    pub(crate) digest: Option<AudioDigest>,
    /// The form in the cache that this is; none of one that was made now, and of the take itself.
    pub(crate) known: Option<Known>,
}

/// A take of `candidate` in the form of `output`.
pub(crate) async fn form(
    engine: &Engine,
    stock: Option<&Arc<Stock>>,
    candidate: &Candidate,
    had: &Had,
    output: &Output,
) -> Result<Formed, SpeechError> {
    let TakeNotes { format, duration, .. } = *had.notes;
    if fits(format, output) && is_whole(&had.audio, format).await? {
        let (audio, digest) = (had.audio.clone(), had.digest);
        return Ok(Formed { audio, format, duration, passed_through: true, digest, known: None });
    }
    let (Some(stock), Some(source)) = (stock, had.digest) else {
        return make(engine, had, output).await;
    };
    let key = candidate.key().derived(source, wish(format, output));
    if let Some(hit) = stock.cache().get_form(&key).await {
        let TakeNotes { format, duration, .. } = *hit.notes;
        let known = Some(Known { key, digest: hit.digest });
        let (audio, digest) = (hit.audio, Some(hit.digest));
        return Ok(Formed { audio, format, duration, passed_through: false, digest, known });
    }
    let (engine, had, output) = (engine.clone(), had.clone(), *output);
    let (cache, provider) = (stock.cache().clone(), candidate.name().to_owned());
    let deriving = stock.forms.join(key, move |announcer| async move {
        let mut formed = make(&engine, &had, &output).await.map_err(Arc::new)?;
        let audio = read(&formed.audio).await.map_err(Arc::new)?;
        let digest = AudioDigest::of(&audio);
        formed.digest = Some(digest);
        announcer.land(Ok(formed.clone()));
        if !formed.passed_through && cache.is_worth_keeping(&key) {
            // Words and all else stay with the take it was made from.
            let notes = Arc::new(TakeNotes::new(formed.format, formed.duration));
            if let Err(error) = cache.put_digested(key, &provider, notes, audio, digest).await {
                tracing::debug!(provider, code = error.code(), %error, "derived form was not kept");
            }
        }
        Ok(formed)
    });
    let lost = |lost: crate::flight::FlightLost| SpeechError::Internal(lost.to_string());
    deriving.outcome().await.map_err(lost)?.map_err(Arc::unwrap_or_clone)
}

async fn make(engine: &Engine, had: &Had, output: &Output) -> Result<Formed, SpeechError> {
    let audio = read(&had.audio).await?;
    let (known, bytes_max) = ((had.notes.format, had.notes.duration), engine.settings.max_audio_bytes);
    let made = deliver(&engine.encoders, audio, known, output, bytes_max).await?;
    Ok(Formed {
        audio: HitAudio::Memory(made.audio),
        format: made.format,
        duration: made.duration,
        passed_through: made.passed_through,
        digest: None,
        known: None,
    })
}

/// What is kept as its provider sent it can be handed out so.
async fn is_whole(audio: &HitAudio, format: AudioFormat) -> Result<bool, SpeechError> {
    if format.encoding != Encoding::Wav {
        return Ok(true);
    }
    let head = audio.read(0, HEAD_BYTES).await.map_err(|error| unread(&error))?;
    Ok(is_finished(format, &head, audio.length()))
}

pub(crate) async fn read(audio: &HitAudio) -> Result<bytes::Bytes, SpeechError> {
    audio.bytes().await.map_err(|error| unread(&error))
}

fn unread(error: &std::io::Error) -> SpeechError {
    SpeechError::Internal(format!("cached audio could not be read: {error}"))
}

/// What is asked for, as a format: its name in a key, and not always what is made.
fn wish(format: AudioFormat, output: &Output) -> AudioFormat {
    AudioFormat {
        encoding: output.encoding.unwrap_or(format.encoding),
        sample_rate: output.sample_rate.unwrap_or(format.sample_rate),
        channels: if is_mixed_down(format, output) { 1 } else { format.channels },
        bit_rate: output.bit_rate,
    }
}
