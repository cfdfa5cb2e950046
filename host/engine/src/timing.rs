//! Word times for takes whose provider told none: estimated from the sound, and told as estimated.
//!
//! It costs a decode, so only those pay who asked for word times. A take that was bought for such a
//! request keeps its estimate; one that was bought without gets it when it is asked for.

use std::sync::Arc;

use bytes::Bytes;
use tracing::debug;
use understudy_audio::cue::spoken_text;
use understudy_audio::{decode, estimate_words};
use understudy_speech::{AudioFormat, Encoding, Word, WordTimes};

use crate::cache::TakeNotes;
use crate::delivery::blocking;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::form::read;
use crate::plan::Candidate;
use crate::purchase::Had;

/// Puts word times into `notes`, of `audio`, if `candidate` is wanted to have them and told none.
pub(crate) async fn time(engine: &Engine, candidate: &Candidate, notes: &mut TakeNotes, audio: &Bytes) {
    if candidate.wants_words && notes.words.is_empty() {
        notes.words = estimated(engine, candidate, notes.format, audio.clone()).await;
        notes.word_times = Some(WordTimes::Estimated);
    }
}

/// The same for a take that is there.
pub(crate) async fn timed(engine: &Engine, candidate: &Candidate, had: Had) -> Had {
    if !candidate.wants_words || !had.notes.words.is_empty() {
        return had;
    }
    let Ok(audio) = read(&had.audio).await else { return had };
    let mut notes = TakeNotes::clone(&had.notes);
    time(engine, candidate, &mut notes, &audio).await;
    Had { notes: Arc::new(notes), ..had }
}

/// Times of the words of `candidate`'s text in `audio` of `format`. Empty when they cannot be had:
/// what is heard is in order all the same.
pub(crate) async fn estimated(
    engine: &Engine,
    candidate: &Candidate,
    format: AudioFormat,
    audio: Bytes,
) -> Vec<Word> {
    let request = Arc::clone(&candidate.request);
    let listened = blocking(&engine.encoders, move || {
        let raw = (format.encoding == Encoding::PcmS16le).then_some(format);
        let pcm = decode(&audio, raw)?;
        Ok::<_, SpeechError>(estimate_words(&spoken_text(&request.utterance), &pcm))
    });
    listened.await.and_then(|listened| listened).unwrap_or_else(|error| {
        debug!(provider = candidate.name(), code = error.code(), "word times not estimated");
        Vec::new()
    })
}
