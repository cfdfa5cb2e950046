//! The circuit breaker of one provider.
//!
//! A provider that is down costs every request its timeout. So after a few failures it is left
//! alone for a while, and then has to prove itself before it is believed. Two rules open a breaker:
//! `failures` in a row, which notices within seconds that a provider has died after an hour of good
//! service; and a share of the last minute's calls, which notices one that fails every other call
//! and never five times in a row.
//!
//! After the recovery time the provider's own check is asked first, in the background, because it
//! costs nothing; only when that passes does one request go there, and it falls through to the
//! next candidate when it fails. No text is ever sent somewhere only to see what happens.
//!
//! The machine is pure: time is an argument. Every pass carries the epoch it was given in, and a
//! call that ends in a later epoch says nothing about the present one: a request that was sent
//! before the breaker opened and times out a minute later must not close, open or probe anything.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::window::Window;
use crate::settings::{BreakerSettings, Probe};

/// How soon to come back to a breaker that is being probed.
const PROBE_RETRY: Duration = Duration::from_secs(1);

/// What a breaker shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// The provider is asked.
    Closed,
    /// It is left alone.
    Open,
    /// It is proving itself.
    HalfOpen,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    epoch: u64,
    window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen(Proof),
}

/// Where a half-open breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// Its check is under way.
    Checking,
    /// The next request is the probe.
    Ready,
    /// The probe is under way.
    Probing,
}

/// The right to make one call, or one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    epoch: u64,
}

/// What a breaker says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Go.
    Pass(Ticket),
    /// Not you; but somebody should now run the provider's check.
    Check(Ticket),
    /// Not now.
    Refuse {
        /// When it may be otherwise.
        retry_after: Duration,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed, epoch: 0, window: Window::default() }
    }
}

impl Breaker {
    /// Asks for a pass. A request that has nowhere else to go is `sole` and is the probe itself.
    pub(crate) fn ask(&mut self, settings: &BreakerSettings, now: Instant, sole: bool) -> Answer {
        let is_due = matches!(self.state, State::Open { until } if now >= until);
        match self.would_refuse(settings, now, sole) {
            Some(_) if is_due => {
                self.enter(State::HalfOpen(Proof::Checking));
                Answer::Check(self.ticket())
            }
            Some(retry_after) => Answer::Refuse { retry_after },
            None if self.state == State::Closed => Answer::Pass(self.ticket()),
            None => {
                self.enter(State::HalfOpen(Proof::Probing));
                Answer::Pass(self.ticket())
            }
        }
    }

    /// What [`Breaker::ask`] would say, which it is not by this: how long it would refuse; none when it
    /// would let this one through.
    pub(crate) fn would_refuse(
        &self,
        settings: &BreakerSettings,
        now: Instant,
        sole: bool,
    ) -> Option<Duration> {
        match self.state {
            State::Open { until } if now < until => Some(until - now),
            // Its check comes first.
            State::Open { .. } if settings.probe == Probe::Check && !sole => Some(PROBE_RETRY),
            State::HalfOpen(Proof::Checking) if !sole => Some(PROBE_RETRY),
            State::HalfOpen(Proof::Probing) => Some(PROBE_RETRY),
            State::Closed | State::Open { .. } | State::HalfOpen(Proof::Checking | Proof::Ready) => None,
        }
    }

    /// How long it will refuse everybody; none when it may let somebody through.
    pub(crate) fn refuses_for(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Open { until } if now < until => Some(until - now),
            _ => None,
        }
    }

    /// A call went well.
    pub(crate) fn succeeded(&mut self, ticket: Ticket, settings: &BreakerSettings, now: Instant) {
        if ticket.epoch != self.epoch {
            return;
        }
        match self.state {
            State::HalfOpen(Proof::Probing) => {
                self.window = Window::default();
                self.enter(State::Closed);
            }
            _ => self.window.succeeded(settings.window, now),
        }
    }

    /// A call failed by the provider's fault; `at_once` when one such failure is enough.
    pub(crate) fn failed(&mut self, ticket: Ticket, settings: &BreakerSettings, now: Instant, at_once: bool) {
        if ticket.epoch != self.epoch {
            return;
        }
        if self.state == State::Closed {
            self.window.failed(settings.window, now);
            if !at_once && !self.window.is_too_bad(settings, now) {
                return;
            }
        }
        self.enter(State::Open { until: now + settings.recovery });
    }

    /// A check or a call ended and says nothing about the provider: it was cancelled, or the
    /// client was wrong.
    pub(crate) fn released(&mut self, ticket: Ticket, now: Instant) {
        if ticket.epoch != self.epoch {
            return;
        }
        match self.state {
            State::HalfOpen(Proof::Probing) => self.enter(State::HalfOpen(Proof::Ready)),
            State::HalfOpen(Proof::Checking) => self.enter(State::Open { until: now }),
            _ => {}
        }
    }

    /// The check passed; the next request is the probe.
    pub(crate) fn check_passed(&mut self, ticket: Ticket) {
        if ticket.epoch == self.epoch && self.state == State::HalfOpen(Proof::Checking) {
            self.enter(State::HalfOpen(Proof::Ready));
        }
    }

    pub(crate) const fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen(_) => BreakerState::HalfOpen,
        }
    }

    const fn ticket(&self) -> Ticket {
        Ticket { epoch: self.epoch }
    }

    const fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }
}

#[cfg(test)]
mod tests;
