//! The walk along a plan: who is asked next, for how long, and what is told in the end.
//!
//! [`Walk`] is a machine without I/O: it hands out steps and is told how they ended, and it asks
//! the [`verdict`](crate::verdict) alone what a failure means. What a step *does* is the same for
//! whole takes and for streams but for its last part, and stands in [`perform`](step::perform).
//!
//! Time is shared out. An attempt gets its provider's own timeout, or else its share of what is
//! left of the deadline, counted over the candidates that have not been asked; so a provider that
//! hangs leaves the others time to answer, and the last one gets all the rest. A pause before a
//! retry is never longer than the time there is.
//!
//! A candidate whose places are all taken is passed over. Only when nobody else could play either
//! does the request stand in line there, because to wait is still better than to fail.

mod backoff;
mod ending;
mod errand;
mod race;
mod shares;
mod step;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use errand::{CallNote, Client, Errand};
pub(crate) use race::{Won, race};
pub(crate) use step::Turn;

use crate::cache::TakeKey;
use crate::cast::Seat;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::gate::Withheld;
use crate::plan::{Candidate, Part, Plan};
use crate::provenance::{Attempt, Skipped, Story, Substitution};
use crate::verdict::{Decision, verdict};

/// One attempt to be made.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its place in the plan.
    pub(crate) part: usize,
    /// Attempts at this candidate before it.
    pub(crate) tries: u32,
    /// To be waited before it.
    pub(crate) pause: Duration,
    /// The most it may take.
    pub(crate) limit: Duration,
    /// Nobody else could play it.
    pub(crate) sole: bool,
    /// It may wait for a place.
    pub(crate) in_line: bool,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) error: SpeechError,
    /// False when the provider was not called.
    pub(crate) called: bool,
    pub(crate) time: Duration,
    /// The take that was to be had, when a call for it may be shared.
    pub(crate) take: Option<TakeKey>,
}

/// A walk under way.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) plan: &'a Plan,
    pub(crate) clock: Clock,
    pub(crate) errand: Arc<Errand>,
    cursor: usize,
    retries: VecDeque<Step>,
    full: Option<usize>,
    attempts: Vec<Attempt>,
    /// Who was passed over, and its place in the plan.
    skipped: Vec<(usize, Skipped)>,
    /// The last error of each candidate that failed, and its place in the plan.
    errors: Vec<(usize, SpeechError)>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(engine: &'a Engine, plan: &'a Plan, clock: Clock, errand: Arc<Errand>) -> Self {
        Self {
            engine,
            plan,
            clock,
            errand,
            cursor: 0,
            retries: VecDeque::new(),
            full: None,
            attempts: Vec::new(),
            skipped: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// The next step; none when there is nobody left, or no time.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Step> {
        if now >= self.clock.deadline() {
            return None;
        }
        if let Some(step) = self.retries.pop_front() {
            let limit = self.share(step.part, now + step.pause);
            return Some(Step { limit, ..step });
        }
        while let Some(part) = self.plan.parts.get(self.cursor) {
            let index = self.cursor;
            self.cursor += 1;
            match &part.seat {
                Ok(_) => return Some(self.step(index, now, false)),
                Err(error) => self.give_up(index, error.clone(), false),
            }
        }
        let full = self.full.take()?;
        Some(self.step(full, now, true))
    }

    fn step(&self, part: usize, now: Instant, in_line: bool) -> Step {
        let sole = self.others(part).next().is_none();
        Step { part, tries: 0, pause: Duration::ZERO, limit: self.share(part, now), sole, in_line }
    }

    /// The candidates that may still be asked after `part`.
    fn others(&self, part: usize) -> impl Iterator<Item = &'a Part> {
        let from = self.cursor.max(part + 1);
        self.plan.parts.iter().skip(from).filter(|part| part.seat.is_ok())
    }

    fn share(&self, part: usize, now: Instant) -> Duration {
        let left = self.clock.deadline().saturating_duration_since(now);
        let timeout = |part: &Part| self.engine.settings.policy(&part.provider).timeout;
        let own = self.plan.parts.get(part).and_then(timeout);
        shares::share(left, own, self.others(part).map(timeout))
    }

    /// Takes note of a failed step. An error is the request's end.
    pub(crate) fn lost(&mut self, step: &Step, lost: Lost, now: Instant) -> Result<(), SpeechError> {
        let Lost { error, called, time, take } = lost;
        let verdict = verdict(&error);
        let provider = self.provider(step.part).to_owned();
        tracing::debug!(provider, code = error.code(), called, %error, "candidate lost");
        if let Some(take) = take {
            self.errand.note(|book| book.missed(take));
        }
        if called {
            self.attempts.push(Attempt { provider: provider.clone(), outcome: error.code(), time });
        }
        match verdict.decision {
            // Behind a candidate on trial stands one whose word is final.
            Decision::FailNow if self.trial(step.part).is_none() => return Err(error),
            Decision::Retry if step.tries < self.engine.settings.policy(&provider).max_retries => {
                // Those who shared a call come back together, to share the next one too.
                let seed = take.map_or_else(|| self.errand.id.to_string(), |take| take.to_string());
                let pause = backoff::pause(&self.engine.settings.retry, step.tries, &seed, &provider);
                // A pause that leaves no time to answer is only a delay.
                if now + pause < self.clock.deadline() {
                    self.retries.push_back(Step { tries: step.tries + 1, pause, ..step.clone() });
                    self.keep(step.part, error);
                    return Ok(());
                }
            }
            _ => {}
        }
        let is_full = matches!(error, SpeechError::Withheld { reason: Withheld::Full { .. }, .. });
        if is_full && !step.in_line && self.full.is_none() {
            self.full = Some(step.part);
        }
        // A retry that was not let in says less than the failure it was to make good.
        if called || step.tries == 0 {
            self.give_up(step.part, error, called);
        }
        Ok(())
    }

    fn give_up(&mut self, part: usize, error: SpeechError, called: bool) {
        // Whoever is on trial and the one behind it are told as one.
        let before = self.trial_before(part);
        self.skipped.retain(|(place, _)| *place != part && Some(*place) != before);
        let skipped = Skipped::because(self.provider(part), &error);
        if !called && self.skipped.iter().all(|(_, known)| *known != skipped) {
            self.skipped.push((part, skipped));
        }
        self.keep(part, error);
    }

    /// The last error of a candidate is the one that is told.
    fn keep(&mut self, part: usize, error: SpeechError) {
        self.errors.retain(|(place, _)| *place != part);
        self.errors.push((part, error));
    }

    /// The story of the walk, won by `candidate` at `step`.
    pub(crate) fn won(self, step: &Step, candidate: &Candidate, time: Duration) -> Story {
        self.overrule(candidate);
        // Whoever stands behind a candidate on trial is the one that was asked for.
        let before = self.trial_before(step.part);
        let Self { mut attempts, skipped, errors, plan, .. } = self;
        let provider = candidate.name().to_owned();
        let substituted = (step.part > 0 && before != Some(0)).then(|| Substitution {
            asked: plan.asked.public(),
            why: errors.iter().find(|(part, _)| *part == 0).map_or("slow", |(_, error)| error.code()),
            casting: candidate.casting.clone(),
        });
        attempts.push(Attempt { provider, outcome: "ok", time });
        let others = skipped.into_iter().filter(|(place, _)| *place != step.part && Some(*place) != before);
        Story { attempts, skipped: others.map(|(_, skipped)| skipped).collect(), substituted }
    }

    /// Whoever is on trial and refused what the one it would replace has played was wrong.
    fn overrule(&self, winner: &Candidate) {
        for (part, error) in &self.errors {
            if error.is_client_fault()
                && let Some(trial) = self.trial(*part)
                && trial.member.name == winner.name()
                && !winner.seat.on_trial
            {
                trial.member.score.overrule();
            }
        }
    }

    /// The candidate on trial at a place of the plan, if there is one.
    fn trial(&self, part: usize) -> Option<&Seat> {
        let seat = self.plan.parts.get(part)?.seat.as_deref().ok()?;
        seat.on_trial.then_some(seat)
    }

    /// The place of the candidate on trial that `part` stands behind, if there is one.
    fn trial_before(&self, part: usize) -> Option<usize> {
        part.checked_sub(1).filter(|before| self.trial(*before).is_some())
    }

    /// When the provider of `step` gets a rival, if it does.
    pub(crate) fn hedge_after(&self, step: &Step) -> Option<Duration> {
        let hedge = &self.engine.settings.hedge;
        if !hedge.enabled || self.others(step.part).next().is_none() {
            return None;
        }
        hedge.after.or_else(|| self.engine.gate.door(self.provider(step.part)).slow())
    }

    fn provider(&self, part: usize) -> &'a str {
        self.plan.parts.get(part).map_or("", |part| part.provider.as_str())
    }
}
