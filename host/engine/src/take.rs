//! Where a candidate's take comes from.
//!
//! [`take_of`] is the one place: a take that is remembered, or is being recorded for somebody else,
//! is had here before the gate is asked, so that neither an open breaker nor a used-up budget keeps
//! anybody from what is already there. Only a call goes through the gate ([`buy`]).
//!
//! A candidate is somebody in the cast: a provider that fails or is left alone still answers from
//! the cache, one that an operator has taken away does not. Its takes could not be named anyway
//! (the key holds its plugin's epoch, and the request as its capabilities shape it), and whoever
//! takes a voice away does not want to hear it for another week. They wait for its return or age.
//!
//! A shared call is bounded by the time of whoever began it. One that ran out of that time is not
//! yet an answer for a listener who has more left than it has waited: it asks again. So does whoever
//! listened to a plugin that was replaced meanwhile, because after a reload it has the successor.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout_at;
use understudy_speech::{Failure, ProviderError, Summary, TakeEvent};

use crate::attempt::{Performance, Step};
use crate::audition::{Brief, Depth, audition};
use crate::cache::TakeNotes;
use crate::cast::Seat;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::flight::{Announcer, Phase, Ticket};
use crate::gate::{Asking, CheckPass, Entry, Pass, Queue};
use crate::plan::{Candidate, Plan};
use crate::purchase::{Bought, Had, Sought, TakeSource};
use crate::recording::Recording;
use crate::request::CacheUse;
use crate::score::ScoredCall;
use crate::stock::Stock;
use crate::timing;
use crate::verdict::{Blame, Decision, Verdict, verdict};
use crate::walk::{CallNote, Turn};

/// The candidate's take, from wherever it can be had.
pub(crate) async fn take_of(engine: &Engine, plan: &Plan, mut turn: Turn) -> Result<Had, SpeechError> {
    let Some(stock) = engine.stock_for(plan.cache) else {
        plan.prepare_to_fall_back(engine);
        let (notes, audio) = Box::pin(buy(engine, turn, None)).await?;
        return Ok(Had::bypassed(notes, audio));
    };
    let candidate = Arc::clone(&turn.candidate);
    let mut seeking = Seeking::new(plan.cache);
    loop {
        let ticket = match seek(engine, stock, &mut turn, &seeking).await {
            Sought::Found(had) if turn.audition.trusts(&had.notes) => return Ok(had),
            Sought::Found(_) => {
                seeking.anew = true;
                continue;
            }
            Sought::UnderWay(ticket) => ticket,
        };
        plan.prepare_to_fall_back(engine);
        let clock = called(&turn, &ticket).await?;
        clock.hold(candidate.name(), ticket.reached(Phase::Heard)).await?;
        match turn.request_clock.hold(candidate.name(), ticket.had()).await? {
            Ok(had) if had.source == TakeSource::Bought => return Ok(Had { source: seeking.own, ..had }),
            // One that was bought anew has passed the audition that this request demands.
            Ok(had) if seeking.anew || turn.audition.trusts(&had.notes) => return Ok(had),
            Ok(_) => seeking.anew = true,
            Err(error) if Seeking::asks_again(ticket.has_begun(), clock, &error) => {}
            Err(error) => return Err(Arc::unwrap_or_clone(error)),
        }
        turn.limit = clock.left();
    }
}

/// The attempt's clock, which starts when the call behind `ticket` is made: the wait for a place does
/// not count against the provider.
pub(crate) async fn called(turn: &Turn, ticket: &Ticket<Bought>) -> Result<Clock, SpeechError> {
    if !ticket.has_begun() && !ticket.has_reached(Phase::Called) {
        turn.errand.step_aside();
    }
    let waited = timeout_at(turn.request_clock.deadline(), ticket.reached(Phase::Called)).await;
    waited.map_err(|_| Queue::busy())?;
    Ok(turn.clock())
}

/// How long a candidate on trial has to have had to be blamed for a timeout. The one it would replace
/// waits behind it, so its time is short; and a trial that ends too soon costs only another trial.
const TRIAL_PATIENCE: Duration = Duration::from_secs(1);

/// How a take is looked for.
pub(crate) struct Seeking {
    /// One that is there will not do.
    pub(crate) anew: bool,
    /// What a take that this request bought itself is called.
    pub(crate) own: TakeSource,
}

impl Seeking {
    pub(crate) fn new(cache: CacheUse) -> Self {
        // Whoever wanted nothing of the cache is not told that it missed.
        let anew = cache == CacheUse::Refresh;
        let own = if anew { TakeSource::Bypassed } else { TakeSource::Bought };
        Self { anew, own }
    }

    /// True when the call of somebody else ended for want of time that this listener, who gave it
    /// that of `clock`, would still give it, or with a plugin that this listener may have the successor of.
    pub(crate) fn asks_again(is_own: bool, clock: Clock, error: &SpeechError) -> bool {
        let timed_out = matches!(error, SpeechError::DeadlineExceeded { .. });
        let has_more = timed_out && clock.left() > clock.started.elapsed();
        !is_own && (has_more || error.is_replacement())
    }
}

/// Looks for the take of `turn`, and begins to buy it if nobody has it.
pub(crate) async fn seek(engine: &Engine, stock: &Stock, turn: &mut Turn, seeking: &Seeking) -> Sought {
    let candidate = Arc::clone(&turn.candidate);
    let (key, provider) = (candidate.key(), candidate.name());
    // A hit must not pay for the call that it saves.
    if !seeking.anew
        && let Some(had) = stock.purchases.find(key, provider).await
    {
        return Sought::Found(had);
    }
    let audition = turn.audition;
    let (engine, turn) = (engine.clone(), turn.again());
    // Some kilobytes, which would be copied at every step on their way into a task.
    let buying = move |announcer: Announcer<Bought>| {
        Box::pin(async move { buy(&engine, turn, Some(&announcer)).await })
    };
    Sought::UnderWay(if seeking.anew {
        stock.purchases.renew(key, provider, &audition, buying)
    } else {
        stock.purchases.buy(key, provider, buying)
    })
}

/// Calls the provider: through the gate, and with an audition. What is heard is announced.
async fn buy(
    engine: &Engine,
    mut turn: Turn,
    announcer: Option<&Announcer<Bought>>,
) -> Result<(TakeNotes, Bytes), SpeechError> {
    let call = enter(engine, &mut turn).await?;
    let reach = |phase| announcer.into_iter().for_each(|announcer| announcer.reach(phase));
    reach(Phase::Called);
    let heard = match record(engine, &turn, announcer).await {
        Ok(heard) => heard,
        Err(error) => {
            call.settle(Some(&error));
            return Err(error);
        }
    };
    reach(Phase::Heard);
    // The rest is this host's work, and when there is no time for it the call is dropped unsettled.
    let clock = turn.reach.unwrap_or(turn.request_clock);
    let taken = clock.hold(turn.candidate.name(), judge(engine, &turn, heard)).await?;
    call.settle(taken.as_ref().err());
    taken
}

/// Through the gate: a place among all requests first, then the provider's own door.
pub(crate) async fn enter(engine: &Engine, turn: &mut Turn) -> Result<Admitted, SpeechError> {
    let deadline = turn.request_clock.deadline();
    let place = turn.errand.enter(engine.gate.queue(), deadline).await?;
    let (settings, name) = (&engine.settings, turn.candidate.name());
    let patience = settings.policy(name).timeout.unwrap_or(settings.breaker.patience);
    let (clock, Seat { member, on_trial, .. }) = (turn.clock(), &*turn.candidate.seat);
    let patient = clock.leaves(patience);
    let characters = turn.candidate.characters as u64;
    let asking = Asking {
        sole: turn.sole,
        is_retry: turn.is_retry,
        patient,
        place: turn.place.take(),
        on_trial: *on_trial,
        ..Asking::new(settings, name, characters, engine.calendar.today())
    };
    let reason = match engine.gate.door(name).admit(asking) {
        Entry::Pass(pass) => {
            let scored = member.score.begin(patient || *on_trial && clock.leaves(TRIAL_PATIENCE));
            return Ok(Admitted { pass, scored, note: turn.errand.call(name), _place: place });
        }
        Entry::Check(check, reason) => {
            tokio::spawn(prove(engine.clone(), name.to_owned(), check));
            reason
        }
        Entry::Refused(reason) => reason,
    };
    Err(SpeechError::Withheld { provider: name.to_owned(), reason })
}

/// Runs a provider's check on behalf of its breaker. One that failed by nobody's fault, for want of a place
/// here or with a plugin that was replaced, has not proved anything, and the next request has it run again.
async fn prove(engine: Engine, provider: String, check: CheckPass) {
    let checked = engine.check_within(&provider, engine.settings.breaker.patience).await;
    let Err(error) = checked else { return check.settle(true) };
    tracing::info!(provider, code = error.code(), "provider does not pass its check");
    let Verdict { decision, blame, .. } = verdict(&error);
    if blame != Blame::Nobody || decision != Decision::Next {
        check.settle(false);
    }
}

/// A call that was let in. Dropped, it was cancelled.
pub(crate) struct Admitted {
    pass: Pass,
    scored: ScoredCall,
    note: CallNote,
    /// Among all that are being spoken.
    _place: Arc<OwnedSemaphorePermit>,
}

impl Admitted {
    /// Tells the door, the score, and the record, how the call ended.
    pub(crate) fn settle(self, error: Option<&SpeechError>) {
        self.scored.settle(error);
        match error {
            None => self.pass.succeed(),
            Some(error) => self.pass.fail(verdict(error), error.code()),
        }
        self.note.ended(error.map_or("ok", SpeechError::code));
    }
}

/// What a provider has sent, all of it.
struct Heard<'turn> {
    recording: Recording<'turn>,
    summary: Summary,
    time: Duration,
}

async fn record<'turn>(
    engine: &Engine,
    turn: &'turn Turn,
    announcer: Option<&Announcer<Bought>>,
) -> Result<Heard<'turn>, SpeechError> {
    let (name, clock, heard) = (turn.candidate.name(), turn.clock(), AtomicBool::new(false));
    let tell = |event: TakeEvent| {
        if matches!(event, TakeEvent::Audio(_)) {
            heard.store(true, Ordering::Relaxed);
        }
        if let Some(announcer) = announcer {
            announcer.announce(event);
        }
    };
    let mut performing = pin!(perform(engine, turn, clock, &tell));
    match (clock.hold(name, &mut performing).await, turn.reach) {
        (Ok(heard), _) => heard,
        (Err(_), Some(reach)) if heard.load(Ordering::Relaxed) => reach.hold(name, performing).await?,
        (Err(exceeded), _) => Err(exceeded),
    }
}

async fn perform<'turn>(
    engine: &Engine,
    turn: &'turn Turn,
    clock: Clock,
    tell: &(impl Fn(TakeEvent) + Sync),
) -> Result<Heard<'turn>, SpeechError> {
    let candidate = &turn.candidate;
    let member = &candidate.seat.member;
    let whole = turn.reach.unwrap_or(clock);
    let (provider, request) = (member.provider.clone(), candidate.request.clone());
    let call = whole.call(turn.errand.id.clone());
    let mut performance = Performance::begin(provider, call, request, engine.settings.take_buffer);
    let text = candidate.request.utterance.source();
    let mut recording = Recording::new(&member.name, engine.settings.max_audio_bytes, text);
    let heard = listen(&mut performance, &mut recording, tell).await;
    let summary = heard.map_err(|failure| whole.blame(&member.name, failure))?;
    Ok(Heard { recording, summary, time: clock.started.elapsed() })
}

/// Auditions what was heard, and times its words.
async fn judge(engine: &Engine, turn: &Turn, heard: Heard<'_>) -> Result<(TakeNotes, Bytes), SpeechError> {
    let Heard { recording, summary, time } = heard;
    let candidate = &turn.candidate;
    let format = recording.format().unwrap_or(summary.format);
    let Recording { audio, words, .. } = recording;
    let brief = Brief::of(&candidate.request, candidate.language().as_ref(), turn.audition);
    let passed = audition(candidate.name(), format, audio.join(), &brief, &engine.encoders).await?;
    let scored = turn.audition.depth != Depth::Off;
    let known = notes(candidate, &turn.errand.id, summary, TakeNotes::new(passed.format, passed.duration));
    let mut notes = TakeNotes {
        words,
        quality: scored.then_some(passed.verdict.quality),
        heard: passed.verdict.heard,
        synthesis_time: time,
        ..known
    };
    timing::time(engine, candidate, &mut notes, &passed.audio).await;
    Ok((notes, passed.audio))
}

/// What a summary tells, on top of what `known` does.
pub(crate) fn notes(
    candidate: &Candidate,
    request_id: &str,
    summary: Summary,
    known: TakeNotes,
) -> TakeNotes {
    let voice = summary.voice.or_else(|| candidate.request.voice.clone());
    TakeNotes {
        word_times: summary.word_times,
        character: summary.character,
        emotion_score: summary.emotion_score,
        voice,
        plugin_version: candidate.seat.member.provider.manifest().version.clone(),
        request_id: request_id.to_owned(),
        provider_request_id: summary.request_id,
        characters_billed: summary.characters_billed,
        ..known
    }
}

async fn listen(
    performance: &mut Performance,
    recording: &mut Recording<'_>,
    tell: &impl Fn(TakeEvent),
) -> Result<Summary, Failure> {
    loop {
        match performance.next().await {
            Some(Step::Event(event)) => tell(recording.push(event)?),
            Some(Step::Ended(outcome)) => return *outcome,
            None => return Err(ProviderError::NoAudio.into()),
        }
    }
}

#[cfg(test)]
mod tests;
