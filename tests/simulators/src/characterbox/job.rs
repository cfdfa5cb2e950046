//! Conversations and what has become of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::performance::Performance;

/// One conversation.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) performance: Arc<Performance>,
    pub(super) state: State,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// So many more polls, of so many in all.
    Processing {
        left: u32,
        polls: u32,
        poll_after: Duration,
        dies_at: Option<usize>,
    },
    Completed,
    /// It died at a line.
    Failed(usize),
    Canceled,
}

/// All of them, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    jobs: Mutex<Vec<Job>>,
    texts: AtomicU64,
}

impl Jobs {
    /// Counts a text that is spoken by itself, this one included.
    pub(super) fn count_text(&self) -> u64 {
        self.texts.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Takes one up; its number.
    pub(super) fn begin(&self, job: Job) -> u64 {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.push(job);
        jobs.len() as u64
    }

    /// The conversation of a number.
    pub(super) fn find(&self, number: u64) -> Option<Job> {
        self.with(number, |job| job.clone())
    }

    /// One that is asked about: a poll nearer to its end.
    pub(super) fn poll(&self, number: u64) -> Option<Job> {
        self.with(number, |job| {
            if let State::Processing { left, dies_at, .. } = &mut job.state {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    job.state = dies_at.map_or(State::Completed, State::Failed);
                }
            }
            job.clone()
        })
    }

    /// Takes one back. False: there is no such.
    pub(super) fn cancel(&self, number: u64) -> bool {
        let canceled = self.with(number, |job| {
            if matches!(job.state, State::Processing { .. }) {
                job.state = State::Canceled;
            }
        });
        canceled.is_some()
    }

    pub(super) fn states(&self) -> Vec<&'static str> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().map(|job| job.state.name()).collect()
    }

    fn with<T>(&self, number: u64, act: impl FnOnce(&mut Job) -> T) -> Option<T> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        jobs.get_mut(index).map(act)
    }
}

impl State {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Processing { .. } => "processing",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Canceled => "canceled",
        }
    }
}
