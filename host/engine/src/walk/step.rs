//! One step of a walk, carried out.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Errand, Lost, Step, Walk};
use crate::audition::AuditionSettings;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::gate::Place;
use crate::plan::{Candidate, Plan};

/// One candidate, about to be called.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) candidate: Arc<Candidate>,
    pub(crate) errand: Arc<Errand>,
    /// The request's.
    pub(crate) request_clock: Clock,
    /// The most this attempt may take.
    pub(crate) limit: Duration,
    /// Of a stream: what bounds the take once its first audio is there.
    pub(crate) reach: Option<Clock>,
    /// How its take is listened to.
    pub(crate) audition: AuditionSettings,
    pub(crate) sole: bool,
    pub(crate) is_retry: bool,
    /// The place it has waited for.
    pub(crate) place: Option<Place>,
}

impl Turn {
    /// The attempt's deadline, from now on.
    pub(crate) fn clock(&self) -> Clock {
        self.request_clock.within(self.limit)
    }

    /// The same turn for a call of its own. A place that was waited for goes along the first time.
    pub(crate) fn again(&mut self) -> Self {
        Self {
            candidate: Arc::clone(&self.candidate),
            errand: Arc::clone(&self.errand),
            place: self.place.take(),
            ..*self
        }
    }
}

/// A step that is over.
pub(super) struct Done<T> {
    pub(super) step: Step,
    pub(super) time: Duration,
    pub(super) result: Result<(Arc<Candidate>, T), Lost>,
}

/// Carries out `step`; `play` makes the call.
pub(super) async fn perform<T, F>(
    (engine, plan, clock): (&Engine, &Plan, Clock),
    errand: Arc<Errand>,
    step: Step,
    play: impl FnOnce(Turn) -> F,
) -> Done<T>
where
    F: Future<Output = Result<T, SpeechError>>,
{
    if !step.pause.is_zero() {
        sleep(step.pause).await;
    }
    let began = Instant::now();
    let prepared = prepare((engine, plan, clock), errand, &step).await;
    let (candidate, turn) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            let time = began.elapsed();
            return Done { step, time, result: Err(Lost { error, called: false, time, take: None }) };
        }
    };
    let began = Instant::now();
    let result = play(turn).await;
    let time = began.elapsed();
    let result = match result {
        Ok(won) => Ok((candidate, won)),
        Err(error) => {
            let called = !matches!(error, SpeechError::Withheld { .. } | SpeechError::Busy { .. });
            let take = engine.stock_for(plan.cache).map(|_| candidate.key());
            Err(Lost { error, called, time, take })
        }
    };
    Done { step, time, result }
}

async fn prepare(
    (engine, plan, clock): (&Engine, &Plan, Clock),
    errand: Arc<Errand>,
    step: &Step,
) -> Result<(Arc<Candidate>, Turn), SpeechError> {
    let nobody = || SpeechError::Internal("the walk left its plan".to_owned());
    let part = plan.parts.get(step.part).ok_or_else(nobody)?;
    // Whoever has to wait for a voice list waits on the request's time.
    let candidate = clock.hold(&part.provider, part.cast(engine, plan)).await??;
    let place = if step.in_line { Some(wait_in_line(engine, &candidate, clock).await?) } else { None };
    let turn = Turn {
        candidate: Arc::clone(&candidate),
        errand,
        request_clock: clock,
        limit: step.limit,
        reach: None,
        audition: plan.terms.rules.audition(),
        sole: step.sole,
        is_retry: step.tries > 0,
        place,
    };
    Ok((candidate, turn))
}

async fn wait_in_line(engine: &Engine, candidate: &Candidate, clock: Clock) -> Result<Place, SpeechError> {
    let queue_deadline = engine.settings.limits.queue_deadline;
    let until = clock.deadline().min(Instant::now() + queue_deadline);
    let policy = engine.settings.policy(candidate.name());
    let place = engine.gate.door(candidate.name()).wait(policy, until).await;
    place.ok_or(SpeechError::Busy { retry_after: queue_deadline.max(Duration::from_secs(1)) })
}

impl<'a> Walk<'a> {
    /// What a step needs of the walk.
    pub(super) fn ground(&self) -> (&'a Engine, &'a Plan, Clock) {
        (self.engine, self.plan, self.clock)
    }
}
