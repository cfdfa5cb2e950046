//! How the calls to one provider ended, for whoever has to judge it.
//!
//! Kept by the engine and not by what speaks, because only the engine knows. A provider that sends
//! silence believes that it has spoken, and one that hangs is cut off and never learns that it was too
//! late: counted where the call is made, the first is a success and the second a cancelled call, and a
//! candidate on trial would be promoted with either. A score belongs to one plugin and not to its name,
//! so it begins anew with every replacement; the door's own counts go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;
use understudy_speech::Failure;

use crate::error::SpeechError;
use crate::verdict::{Blame, verdict};

/// What the calls to one provider came to. Shared by whoever calls it and whoever judges it.
#[derive(Debug, Default)]
pub struct Score {
    in_flight: AtomicUsize,
    calls: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
    declined: AtomicU64,
    cancelled: AtomicU64,
    microseconds: AtomicU64,
}

/// A [`Score`] at one moment. Only calls that speak are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scored {
    /// Calls under way.
    pub in_flight: usize,
    /// Calls made.
    pub calls: u64,
    /// Calls that gave a take.
    pub successes: u64,
    /// Calls that failed by the provider's fault.
    pub failures: u64,
    /// Calls that it refused for what was asked of it.
    pub declined: u64,
    /// Calls that nobody waited for any more.
    pub cancelled: u64,
    /// What all successes took together.
    pub success_time: Duration,
}

impl Score {
    /// How it stands.
    #[must_use]
    pub fn now(&self) -> Scored {
        let Self { in_flight, calls, successes, failures, declined, cancelled, microseconds } = self;
        Scored {
            in_flight: in_flight.load(Relaxed),
            calls: calls.load(Relaxed),
            successes: successes.load(Relaxed),
            failures: failures.load(Relaxed),
            declined: declined.load(Relaxed),
            cancelled: cancelled.load(Relaxed),
            success_time: Duration::from_micros(microseconds.load(Relaxed)),
        }
    }

    /// A call begins. `patient`: it has long enough to be blamed for a timeout.
    pub(crate) fn begin(self: &Arc<Self>, patient: bool) -> ScoredCall {
        self.in_flight.fetch_add(1, Relaxed);
        self.calls.fetch_add(1, Relaxed);
        ScoredCall { score: Arc::clone(self), began: Instant::now(), patient, settled: false }
    }

    /// What it refused for what was asked of it, another of its name has played: it was at fault.
    pub(crate) fn overrule(&self) {
        let fewer = |declined: u64| declined.checked_sub(1);
        if self.declined.fetch_update(Relaxed, Relaxed, fewer).is_ok() {
            self.failures.fetch_add(1, Relaxed);
        }
    }
}

/// A call under way; dropped before it is settled, it was cancelled.
#[derive(Debug)]
pub(crate) struct ScoredCall {
    score: Arc<Score>,
    began: Instant,
    patient: bool,
    settled: bool,
}

impl ScoredCall {
    /// How it ended.
    pub(crate) fn settle(mut self, error: Option<&SpeechError>) {
        self.settled = true;
        let Score { successes, failures, declined, microseconds, .. } = &*self.score;
        let count = match error {
            None => {
                let took = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
                microseconds.fetch_add(took, Relaxed);
                successes
            }
            Some(error) if is_its_fault(error, self.patient) => failures,
            Some(error) if error.is_client_fault() => declined,
            Some(_) => return,
        };
        count.fetch_add(1, Relaxed);
    }
}

impl Drop for ScoredCall {
    fn drop(&mut self) {
        if !self.settled {
            self.score.cancelled.fetch_add(1, Relaxed);
        }
        self.score.in_flight.fetch_sub(1, Relaxed);
    }
}

/// Whether a failure tells something about the plugin, and not about what was asked of it, about its
/// account or about this host. One is judged otherwise than by the breaker: a plugin that reaches for
/// what it never asked for is at fault, though its service is not.
fn is_its_fault(error: &SpeechError, patient: bool) -> bool {
    match verdict(error).blame {
        Blame::Provider => true,
        Blame::ProviderIfGivenTime => patient,
        Blame::Nobody => {
            matches!(error, SpeechError::Failed { failure: Failure::NotGranted { .. }, .. })
        }
    }
}
