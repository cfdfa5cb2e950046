//! Delivery `whole`: the take is recorded, auditioned and encoded before anyone hears of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use understudy_speech::{AudioFormat, Character, Failure, ProviderError, Summary, Word, WordTimes};

use crate::attempt::{Performance, Step};
use crate::audition::{AuditionSettings, Brief, Passed, audition};
use crate::delivery::deliver;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::plan::{Candidate, plan};
use crate::provenance::{Attempt, Provenance};
use crate::recording::Recording;
use crate::request::SpeechRequest;
use crate::words::clip;

/// A whole take, ready to be played.
#[derive(Clone, Debug)]
pub struct Speech {
    /// The audio.
    pub audio: Bytes,
    /// What it is.
    pub format: AudioFormat,
    /// How long it plays.
    pub duration: Duration,
    /// When each word is heard, in order and inside the audio; empty when there are no marks.
    pub words: Vec<Word>,
    /// Where the word times came from; none when there are none.
    pub word_times: Option<WordTimes>,
    /// The character that spoke.
    pub character: Option<Character>,
    /// How well the emotion came through by the service's own measure: 0 to 1.
    pub emotion_score: Option<f32>,
    /// Who spoke, and how it came about.
    pub provenance: Provenance,
}

pub(crate) async fn speak(engine: &Engine, wanted: SpeechRequest) -> Result<Speech, SpeechError> {
    let clock = Clock::start(wanted.deadline.unwrap_or(engine.settings.deadline));
    let (id, output) = (Arc::clone(&wanted.id), wanted.output);
    let candidate = plan(&engine.cast, &engine.settings, wanted)?;
    let name = candidate.name();
    let take = clock.hold(name, record(engine, &candidate, &clock, &id));
    let Take { passed, mut words, summary, time } = take.await??;
    let delivered = clock.hold(name, deliver(&engine.encoders, passed, &output)).await??;
    clip(&mut words, delivered.duration);
    let word_times = summary.word_times.filter(|_| !words.is_empty());
    let provenance = provenance(&candidate, id, &summary, time, delivered.passed_through);
    Ok(Speech {
        audio: delivered.audio,
        format: delivered.format,
        duration: delivered.duration,
        words,
        word_times,
        character: summary.character,
        emotion_score: summary.emotion_score,
        provenance,
    })
}

/// What a call left behind.
struct Take {
    passed: Passed,
    words: Vec<Word>,
    summary: Summary,
    time: Duration,
}

async fn record(
    engine: &Engine,
    candidate: &Candidate,
    clock: &Clock,
    id: &Arc<str>,
) -> Result<Take, SpeechError> {
    let member = &candidate.seat.member;
    let request = Arc::clone(&candidate.request);
    let call = clock.call(Arc::clone(id));
    let mut performance =
        Performance::begin(Arc::clone(&member.provider), call, request, engine.settings.take_buffer);
    let text = candidate.request.utterance.source();
    let mut recording = Recording::new(&member.name, engine.settings.max_audio_bytes, text);
    let summary = match listen(&mut performance, &mut recording).await {
        Ok(summary) => summary,
        Err(failure) => return Err(engine.explain(&candidate.seat, clock, failure).await),
    };
    let time = clock.started.elapsed();
    let format = recording.format().unwrap_or(summary.format);
    let Recording { audio, words, .. } = recording;
    let brief = Brief::of(&candidate.request, None, AuditionSettings::default());
    let passed = audition(&member.name, format, audio.join(), &brief, &engine.encoders).await?;
    Ok(Take { passed, words, summary, time })
}

async fn listen(performance: &mut Performance, recording: &mut Recording<'_>) -> Result<Summary, Failure> {
    loop {
        match performance.next().await {
            Some(Step::Event(event)) => recording.push(event)?,
            Some(Step::Ended(outcome)) => return *outcome,
            None => return Err(ProviderError::NoAudio.into()),
        }
    }
}

pub(crate) fn provenance(
    candidate: &Candidate,
    request_id: Arc<str>,
    summary: &Summary,
    synthesis_time: Duration,
    passed_through: bool,
) -> Provenance {
    let provider = candidate.name().to_owned();
    Provenance {
        request_id,
        voice: summary.voice.clone().or_else(|| candidate.request.voice.clone()),
        plugin_version: candidate.seat.member.provider.manifest().version.clone(),
        attempts: vec![Attempt { provider: provider.clone(), outcome: "ok", time: synthesis_time }],
        provider,
        dropped: candidate.dropped.clone(),
        notes: candidate.notes.clone(),
        characters: candidate.characters,
        characters_billed: summary.characters_billed,
        provider_request_id: summary.request_id.clone(),
        passed_through,
        synthesis_time,
    }
}
