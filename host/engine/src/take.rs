//! Where a candidate's take comes from.
//!
//! [`take_of`] is the one place: a take that is remembered, or is being recorded for somebody else,
//! is had here before the gate is asked, so that neither an open breaker nor a used-up budget keeps
//! anybody from what is already there.

use std::time::Duration;

use understudy_speech::{Failure, ProviderError, Summary, Word};

use crate::attempt::{Performance, Step};
use crate::audition::{Brief, Passed, audition};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::gate::{Asking, CheckPass, Entry, Pass};
use crate::plan::Candidate;
use crate::recording::Recording;
use crate::verdict::verdict;
use crate::walk::Turn;

/// What a call left behind.
#[derive(Debug)]
pub(crate) struct Take {
    pub(crate) passed: Passed,
    pub(crate) words: Vec<Word>,
    pub(crate) summary: Summary,
    /// From the call to the provider's last byte.
    pub(crate) time: Duration,
}

/// The candidate's take, from wherever it can be had.
pub(crate) async fn take_of(engine: &Engine, turn: &mut Turn) -> Result<Take, SpeechError> {
    let pass = enter(engine, turn).await?;
    let taken = record(engine, turn).await;
    settle(pass, taken.as_ref().err());
    taken
}

/// Through the gate: a place among all requests first, then the provider's own door.
pub(crate) async fn enter(engine: &Engine, turn: &mut Turn) -> Result<Pass, SpeechError> {
    let deadline = turn.request_clock.deadline();
    turn.errand.place.get_or_try_init(|| engine.gate.queue().enter(deadline)).await?;
    let (settings, name) = (&engine.settings, turn.candidate.name());
    let policy = settings.policy(name);
    let patience = policy.timeout.unwrap_or(settings.breaker.patience);
    let asking = Asking {
        policy,
        breaker: &settings.breaker,
        retry: &settings.retry,
        characters: turn.candidate.characters as u64,
        sole: turn.sole,
        is_retry: turn.is_retry,
        patient: turn.clock().limit() >= patience,
        place: turn.place.take(),
        today: engine.calendar.today(),
    };
    let reason = match engine.gate.door(name).admit(asking) {
        Entry::Pass(pass) => return Ok(pass),
        Entry::Check(check, reason) => {
            tokio::spawn(prove(engine.clone(), name.to_owned(), check));
            reason
        }
        Entry::Refused(reason) => reason,
    };
    Err(SpeechError::Withheld { provider: name.to_owned(), reason })
}

/// Runs a provider's check on behalf of its breaker.
async fn prove(engine: Engine, provider: String, check: CheckPass) {
    let checked = engine.check_within(&provider, engine.settings.breaker.patience).await;
    if let Err(error) = &checked {
        tracing::info!(provider, code = error.code(), "provider does not pass its check");
    }
    check.settle(checked.is_ok());
}

/// Tells the door how a call ended.
pub(crate) fn settle(pass: Pass, error: Option<&SpeechError>) {
    match error {
        None => pass.succeed(),
        Some(error) => pass.fail(verdict(error), error.code()),
    }
}

async fn record(engine: &Engine, turn: &Turn) -> Result<Take, SpeechError> {
    let clock = turn.clock();
    clock.hold(turn.candidate.name(), perform(engine, turn, &turn.candidate, clock)).await?
}

async fn perform(
    engine: &Engine,
    turn: &Turn,
    candidate: &Candidate,
    clock: crate::engine::Clock,
) -> Result<Take, SpeechError> {
    let member = &candidate.seat.member;
    let call = clock.call(turn.errand.id.clone());
    let (provider, request) = (member.provider.clone(), candidate.request.clone());
    let mut performance = Performance::begin(provider, call, request, engine.settings.take_buffer);
    let text = candidate.request.utterance.source();
    let mut recording = Recording::new(&member.name, engine.settings.max_audio_bytes, text);
    let heard = listen(&mut performance, &mut recording).await;
    let summary = heard.map_err(|failure| clock.blame(&member.name, failure))?;
    let time = clock.started.elapsed();
    let format = recording.format().unwrap_or(summary.format);
    let Recording { audio, words, .. } = recording;
    let brief = Brief::of(&candidate.request, candidate.language().as_ref(), turn.audition);
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
