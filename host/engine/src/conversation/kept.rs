//! Lines of a conversation that a service performed as a whole, kept one by one.
//!
//! A whole costs what its lines cost, and is asked for again as often: by a client that lost its
//! answer, or for another encoding or loudness. What is kept is what is joined, each line cut out
//! and with its words; they are had again together or not at all, for a scene that is half of one
//! performance and half of another is neither.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use understudy_audio::{AudioError, Pcm, Target, encode};
use understudy_speech::{AudioFormat, Encoding, Script};

use super::joined::{Recorded, Source};
use crate::cache::{Cache, Hit, Performer, TakeKey, TakeNotes};
use crate::cast::{Member, Seat};
use crate::delivery::blocking;
use crate::engine::Engine;
use crate::error::SpeechError;

/// The lines of `script` as `seat` performs them, by their places.
pub(super) fn keys(seat: &Seat, script: &Script) -> Vec<TakeKey> {
    let Member { name, provider, settings, .. } = &seat.member;
    let manifest = provider.manifest();
    let performer =
        Performer { provider: name, plugin: &manifest.id, cache_epoch: manifest.cache_epoch, settings };
    (0..script.lines.len()).map(|index| TakeKey::of_line(&performer, script, index)).collect()
}

/// All lines, if every one of them is there and they are of one performance: they are kept one by one, and
/// another performance of the same may have been kept at the same time, or not to its end.
pub(super) async fn find(cache: &Cache, provider: &str, keys: &[TakeKey]) -> Option<Vec<Hit>> {
    let mut hits: Vec<Hit> = Vec::with_capacity(keys.len());
    for key in keys {
        let hit = cache.get(key, provider).await?;
        // The performance they are of.
        if hits.first().is_some_and(|first| first.notes.request_id != hit.notes.request_id) {
            return None;
        }
        hits.push(hit);
    }
    Some(hits)
}

/// What was kept, as it is joined.
pub(super) async fn sound(hit: &Hit) -> Result<Source, SpeechError> {
    let audio = hit.audio.bytes().await.map_err(|error| SpeechError::Internal(error.to_string()))?;
    Ok(Source::Encoded(audio, hit.notes.format))
}

/// Keeps every line under its key. What cannot be kept is no reason not to play.
pub(super) async fn keep(
    engine: &Engine,
    cache: &Cache,
    keys: &[TakeKey],
    lines: &[Recorded],
    request_id: &str,
) {
    let performance = &mark(request_id);
    let kept = keys.iter().zip(lines).map(|(key, line)| async move {
        let Source::Samples(pcm) = &line.source else { return Ok(()) };
        let packed = pack(engine, pcm.clone()).await?;
        let notes = TakeNotes {
            words: line.words.clone(),
            word_times: line.word_times,
            voice: line.voice_id.clone(),
            request_id: performance.clone(),
            ..TakeNotes::new(packed.format, packed.duration)
        };
        let put = cache.put(*key, &line.provider, Arc::new(notes), packed.audio).await;
        put.map_err(|error| SpeechError::Internal(error.to_string()))
    });
    let kept: Vec<Result<(), SpeechError>> = join_all(kept).await;
    if let Some(error) = kept.into_iter().find_map(Result::err) {
        tracing::debug!(%error, "a conversation was not kept whole");
    }
}

/// What a performance is told by from every other: the request that bought it, and a number of its own,
/// because ids are the client's to choose and may come again.
fn mark(request_id: &str) -> String {
    format!("{request_id}#{:016x}", RandomState::new().hash_one(request_id))
}

struct Packed {
    audio: bytes::Bytes,
    format: AudioFormat,
    duration: Duration,
}

/// Without loss, for it will be encoded again.
async fn pack(engine: &Engine, pcm: Pcm) -> Result<Packed, SpeechError> {
    let packed = blocking(&engine.encoders, move || -> Result<Packed, AudioError> {
        let encoded = encode(&pcm, &Target::new(Encoding::Flac))?;
        Ok(Packed { audio: encoded.bytes.into(), format: encoded.format, duration: pcm.duration() })
    });
    Ok(packed.await??)
}
