//! How the engine stands: what metrics and status pages show.

mod histogram;
mod latency;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::gate::{BreakerState, Spending};
pub use histogram::Durations;
use latency::Latencies;

/// The share of calls that are not slow.
const SLOW_SHARE: f64 = 0.95;
/// Calls from which it can be told which ones are slow: fewer have no twentieth.
const SLOW_NOTES_MIN: u32 = 20;

/// The engine at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EngineStatus {
    /// Requests being spoken.
    pub speaking: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
    /// How many may be spoken at once.
    pub speaking_max: usize,
    /// How many may wait.
    pub waiting_max: usize,
    /// Every provider of the cast, in its order.
    pub providers: Vec<ProviderStatus>,
}

/// One provider at one moment. Counts are from the engine's start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProviderStatus {
    /// The name requests use.
    pub name: String,
    /// Whether it is asked.
    pub breaker: BreakerState,
    /// How long it is left alone.
    #[serde(rename = "retry_after_ms", serialize_with = "crate::provenance::optional_milliseconds")]
    pub retry_after: Option<Duration>,
    /// Calls under way.
    pub in_flight: usize,
    /// Calls made.
    pub calls: u64,
    /// Calls that gave a take.
    pub successes: u64,
    /// Calls that nobody waited for any more.
    pub cancelled: u64,
    /// Calls that were made because an earlier one of the same request had failed here.
    pub retries: u64,
    /// Calls that failed, by the error's code.
    pub failures: BTreeMap<&'static str, u64>,
    /// Times it was passed over, by the reason's code.
    pub withheld: BTreeMap<&'static str, u64>,
    /// What half of the last thousand successes took at most, within a tenth.
    #[serde(rename = "latency_p50_ms", serialize_with = "crate::provenance::optional_milliseconds")]
    pub latency_p50: Option<Duration>,
    /// What nineteen of twenty took at most.
    #[serde(rename = "latency_p95_ms", serialize_with = "crate::provenance::optional_milliseconds")]
    pub latency_p95: Option<Duration>,
    /// How long all successes since the start took, for whoever adds up several engines.
    pub durations: Durations,
    /// Characters today and this month.
    pub spending: Spending,
}

/// What is counted of one provider.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    in_flight: usize,
    calls: u64,
    successes: u64,
    cancelled: u64,
    retries: u64,
    failures: BTreeMap<&'static str, u64>,
    withheld: BTreeMap<&'static str, u64>,
    latencies: Latencies,
    durations: Durations,
}

impl Tally {
    pub(crate) fn begin(&mut self, is_retry: bool) {
        self.in_flight += 1;
        self.calls += 1;
        self.retries += u64::from(is_retry);
    }

    pub(crate) const fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(crate) fn succeeded(&mut self, time: Duration) {
        self.successes += 1;
        self.latencies.note(time);
        self.durations.note(time);
    }

    pub(crate) fn failed(&mut self, code: &'static str) {
        *self.failures.entry(code).or_default() += 1;
    }

    pub(crate) const fn cancelled(&mut self) {
        self.cancelled += 1;
    }

    pub(crate) fn withheld(&mut self, code: &'static str) {
        *self.withheld.entry(code).or_default() += 1;
    }

    /// What nineteen of twenty of its calls took at most; none before there are twenty.
    pub(crate) fn slow(&self) -> Option<Duration> {
        self.latencies.at_most(SLOW_SHARE, SLOW_NOTES_MIN)
    }

    pub(crate) fn status(
        &self,
        name: &str,
        breaker: BreakerState,
        retry_after: Option<Duration>,
        spending: Spending,
    ) -> ProviderStatus {
        ProviderStatus {
            name: name.to_owned(),
            breaker,
            retry_after,
            in_flight: self.in_flight,
            calls: self.calls,
            successes: self.successes,
            cancelled: self.cancelled,
            retries: self.retries,
            failures: self.failures.clone(),
            withheld: self.withheld.clone(),
            latency_p50: self.latencies.at(0.5),
            latency_p95: self.latencies.at(SLOW_SHARE),
            durations: self.durations.clone(),
            spending,
        }
    }
}
