//! Walks until somebody has played it.
//!
//! There is one step at a time, unless a hedge is on: then a candidate that takes its time gets the
//! next one as a rival, and whoever is first wins. Dropping the race, or winning it, drops every
//! call that is still under way.
//!
//! A refusal that ends the request does so once nobody is left who was asked before: a rival says
//! nothing about whom it was to spare the waiting for.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::step::{Done, Turn, perform};
use super::{Step, Walk};
use crate::error::SpeechError;
use crate::plan::Candidate;
use crate::provenance::Story;

/// Who won, what it gave, and how it came about.
pub(crate) struct Won<T> {
    pub(crate) candidate: Arc<Candidate>,
    pub(crate) value: T,
    pub(crate) story: Story,
}

/// Walks `walk`; `play` makes one call.
pub(crate) async fn race<T, F>(mut walk: Walk<'_>, play: impl Fn(Turn) -> F) -> Result<Won<T>, SpeechError>
where
    F: Future<Output = Result<T, SpeechError>>,
{
    let mut playing = FuturesUnordered::new();
    // The places in the plan of those who play.
    let mut places = Vec::new();
    let mut refusal: Option<(usize, SpeechError)> = None;
    let mut rival_due = None;
    loop {
        if let Some((_, error)) = refusal.take_if(|(place, _)| places.iter().all(|other| *other > *place)) {
            return Err(error);
        }
        let is_due = rival_due.is_some_and(|due| Instant::now() >= due);
        if refusal.is_none() && (playing.is_empty() || is_due) {
            rival_due = None;
            let step = walk.next(Instant::now());
            if step.is_none() && playing.is_empty() {
                return Err(walk.end().await);
            }
            if let Some(step) = step {
                rival_due = rival(&walk, &step);
                places.push(step.part);
                playing.push(perform(walk.ground(), Arc::clone(&walk.errand), step, &play));
            }
        }
        let due = rival_due.unwrap_or_else(Instant::now);
        tokio::select! {
            biased;
            Some(Done { step, time, result }) = playing.next() => {
                places.retain(|place| *place != step.part);
                match result {
                    Ok((candidate, value)) => {
                        let story = walk.won(&step, &candidate, time);
                        return Ok(Won { candidate, value, story });
                    }
                    Err(lost) => {
                        let ended = walk.lost(&step, lost, Instant::now()).err();
                        let sooner = refusal.as_ref().is_none_or(|(place, _)| step.part < *place);
                        refusal = ended.filter(|_| sooner).map(|error| (step.part, error)).or(refusal);
                    }
                }
            }
            () = sleep_until(due), if rival_due.is_some() && refusal.is_none() => {}
        }
    }
}

fn rival(walk: &Walk<'_>, step: &Step) -> Option<Instant> {
    walk.hedge_after(step).map(|after| Instant::now() + step.pause + after)
}
