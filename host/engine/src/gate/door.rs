//! One provider's door: everything that can keep a call out, and the record of those let in.
//!
//! All of it stands behind one lock that is held for a few comparisons and never across an await.
//! A call that is let in holds a [`Pass`]; how it ended is said with [`Pass::settle`], and a pass
//! that is dropped unsaid is a call that was cancelled, which counts against nobody.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::{Answer, Breaker, BreakerState, Ticket};
use super::budget::Spending;
use super::calendar::Today;
use super::pace::Pace;
use super::places::{Place, Places};
use super::withheld::Withheld;
use crate::history::{Counters, Spoken};
use crate::settings::{BreakerSettings, EngineSettings, ProviderPolicy, RetrySettings};
use crate::status::{ProviderStatus, Tally};
use crate::verdict::{Blame, Decision, Verdict};

#[derive(Debug)]
pub(crate) struct Door {
    /// The provider's name.
    name: String,
    /// Where characters are counted for good, and by others who share the store.
    counters: Option<Counters>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    hold: Option<Hold>,
    pace: Pace,
    spending: Spending,
    places: Places,
    tally: Tally,
}

/// The provider's own word that it wants to be left alone.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    quota: bool,
}

/// What a call is, to the door.
pub(crate) struct Asking<'a> {
    pub(crate) policy: &'a ProviderPolicy,
    pub(crate) breaker: &'a BreakerSettings,
    pub(crate) retry: &'a RetrySettings,
    pub(crate) characters: u64,
    /// Nobody else could play it.
    pub(crate) sole: bool,
    pub(crate) is_retry: bool,
    /// Long enough to be blamed for a timeout.
    pub(crate) patient: bool,
    /// A place it has waited for.
    pub(crate) place: Option<Place>,
    /// Its failures are no sign of how the provider does.
    pub(crate) on_trial: bool,
    pub(crate) today: Today,
}

impl<'a> Asking<'a> {
    /// A call of so many characters to `provider`, that is nothing special.
    pub(crate) fn new(settings: &'a EngineSettings, provider: &str, characters: u64, today: Today) -> Self {
        Self {
            policy: settings.policy(provider),
            breaker: &settings.breaker,
            retry: &settings.retry,
            characters,
            sole: false,
            is_retry: false,
            patient: false,
            place: None,
            on_trial: false,
            today,
        }
    }
}

/// What the door says.
pub(crate) enum Entry {
    Pass(Pass),
    /// Not let in; and its check is due.
    Check(CheckPass, Withheld),
    Refused(Withheld),
}

impl Door {
    pub(crate) fn new(name: &str, counters: Option<Counters>) -> Self {
        Self { name: name.to_owned(), counters, state: Mutex::default() }
    }

    /// Asks to be let in.
    pub(crate) fn admit(self: &Arc<Self>, mut asking: Asking<'_>) -> Entry {
        let now = Instant::now();
        let mut state = self.lock();
        self.recall(&mut state, asking.today);
        let entry = state.consider(&mut asking, now);
        let ticket = match entry {
            Ok(Answer::Pass(ticket)) => ticket,
            Ok(Answer::Check(ticket)) => {
                state.tally.withheld("breaker_open");
                let settings = asking.breaker.clone();
                let check = CheckPass { door: Arc::clone(self), ticket: Some(ticket), settings };
                return Entry::Check(check, Withheld::BreakerOpen { retry_after: Duration::from_secs(1) });
            }
            Ok(Answer::Refuse { retry_after }) => {
                state.tally.withheld("breaker_open");
                return Entry::Refused(Withheld::BreakerOpen { retry_after });
            }
            Err(withheld) => {
                state.tally.withheld(withheld.code());
                return Entry::Refused(withheld);
            }
        };
        if asking.policy.requests_per_minute.is_some() {
            state.pace.note(now);
        }
        state.spending.spend(asking.characters, asking.today);
        let spent_at_ms = self.counters.as_ref().map(|counters| {
            counters.add(&self.name, asking.characters);
            counters.now_ms()
        });
        state.tally.begin(asking.is_retry);
        Entry::Pass(Pass {
            door: Arc::clone(self),
            ticket,
            _place: asking.place.take(),
            characters: asking.characters,
            today: asking.today,
            spent_at_ms,
            began: now,
            patient: asking.patient,
            on_trial: asking.on_trial,
            breaker: asking.breaker.clone(),
            retry: asking.retry.clone(),
            settled: false,
        })
    }

    /// What a call would be told now, if anything would keep it out. Nobody is let in by this, and nothing
    /// is begun.
    pub(crate) fn withholds(&self, asking: &Asking<'_>) -> Option<Withheld> {
        let &Asking { policy, breaker, characters, sole, today, .. } = asking;
        let now = Instant::now();
        let mut state = self.lock();
        self.recall(&mut state, today);
        if let Some(retry_after) = state.breaker.refuses_for(now) {
            return Some(Withheld::BreakerOpen { retry_after });
        }
        if let Err(withheld) = state.limits(policy, characters, today, now) {
            return Some(withheld);
        }
        if state.places(policy).is_full() {
            return Some(full(policy));
        }
        let proving = state.breaker.would_refuse(breaker, now, sole);
        proving.map(|retry_after| Withheld::BreakerOpen { retry_after })
    }

    /// Waits in line for a place, first come first served; none when `until` comes first.
    pub(crate) async fn wait(&self, policy: &ProviderPolicy, until: Instant) -> Option<Place> {
        let places = self.lock().places(policy).clone();
        places.wait(until).await
    }

    /// How it stands.
    pub(crate) fn status(&self, today: Today) -> ProviderStatus {
        let now = Instant::now();
        let mut state = self.lock();
        self.recall(&mut state, today);
        let held = state.hold.and_then(|hold| hold.until.checked_duration_since(now));
        let retry_after = state.breaker.refuses_for(now).max(held.filter(|left| !left.is_zero()));
        state.tally.status(&self.name, state.breaker.state(), retry_after, state.spending.on(today))
    }

    /// What nineteen of twenty of its calls took at most; none before there are twenty.
    pub(crate) fn slow(&self) -> Option<Duration> {
        self.lock().tally.slow()
    }

    pub(crate) fn spending(&self) -> Spending {
        self.lock().spending
    }

    pub(crate) fn restore(&self, spending: Spending) {
        self.lock().spending = spending;
    }

    /// What was counted before this door stood, and before its store could be read.
    fn recall(&self, state: &mut State, today: Today) {
        let Some(counters) = &self.counters else { return };
        let Spoken { today: day_characters, this_month: month_characters } = counters.spoken(&self.name);
        let Today { day, month, .. } = today;
        state.spending = Spending { day, day_characters, month, month_characters };
    }

    /// Changes the breaker, and tells the log when that opens or closes it.
    fn turn(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        let before = state.breaker.state();
        change(&mut state);
        let after = state.breaker.state();
        drop(state);
        let provider = self.name.as_str();
        match (before, after) {
            (BreakerState::Closed, BreakerState::Open) => {
                tracing::warn!(provider, "provider fails and is left alone");
            }
            (BreakerState::HalfOpen, BreakerState::Open) => {
                tracing::info!(provider, "provider still fails");
            }
            (BreakerState::HalfOpen, BreakerState::Closed) => tracing::info!(provider, "provider is back"),
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Everything that can keep a call out; the breaker last, because asking it may begin a probe.
    fn consider(&mut self, asking: &mut Asking<'_>, now: Instant) -> Result<Answer, Withheld> {
        let refusal = self.breaker.refuses_for(now);
        if let Some(retry_after) = refusal {
            return Ok(Answer::Refuse { retry_after });
        }
        self.limits(asking.policy, asking.characters, asking.today, now)?;
        if asking.place.is_none() {
            let place = self.places(asking.policy).enter();
            asking.place = Some(place.ok_or_else(|| full(asking.policy))?);
        }
        Ok(self.breaker.ask(asking.breaker, now, asking.sole))
    }

    fn limits(
        &self,
        policy: &ProviderPolicy,
        characters: u64,
        today: Today,
        now: Instant,
    ) -> Result<(), Withheld> {
        if let Some(Hold { until, quota }) = self.hold.filter(|hold| hold.until > now) {
            return Err(Withheld::Held { quota, retry_after: until - now });
        }
        if let Err(over) = self.spending.allows(characters, policy, today) {
            let super::budget::Overdrawn { period, limit, retry_after } = over;
            return Err(Withheld::Overdrawn { period, limit, retry_after });
        }
        match policy.requests_per_minute {
            Some(limit) => self
                .pace
                .wait(limit, now)
                .map_or(Ok(()), |retry_after| Err(Withheld::Paced { limit: limit.get(), retry_after })),
            None => Ok(()),
        }
    }

    /// The longer word holds: two answers to calls made together may differ.
    fn hold(&mut self, until: Instant, quota: bool) {
        if self.hold.is_none_or(|hold| hold.until < until) {
            self.hold = Some(Hold { until, quota });
        }
    }

    /// The places as the policy has them.
    fn places(&self, policy: &ProviderPolicy) -> &Places {
        self.places.under(policy.concurrent_requests.map(NonZeroU32::get))
    }
}

fn full(policy: &ProviderPolicy) -> Withheld {
    Withheld::Full { limit: policy.concurrent_requests.map_or(u32::MAX, NonZeroU32::get) }
}

/// The right to make one call.
#[must_use = "a pass that is dropped is a call that was cancelled"]
pub(crate) struct Pass {
    door: Arc<Door>,
    ticket: Ticket,
    /// Among the provider's concurrent calls.
    _place: Option<Place>,
    characters: u64,
    today: Today,
    /// When the characters were counted for good, in milliseconds since 1970.
    spent_at_ms: Option<u64>,
    began: Instant,
    patient: bool,
    on_trial: bool,
    breaker: BreakerSettings,
    retry: RetrySettings,
    settled: bool,
}

impl Pass {
    /// The call gave a take.
    pub(crate) fn succeed(mut self) {
        self.settled = true;
        let now = Instant::now();
        self.door.turn(|state| {
            state.breaker.succeeded(self.ticket, &self.breaker, now);
            state.tally.succeeded(now - self.began);
        });
    }

    /// The call failed with `code`.
    pub(crate) fn fail(mut self, verdict: Verdict, code: &'static str) {
        self.settled = true;
        let now = Instant::now();
        let blamed = match verdict.blame {
            _ if self.on_trial => false,
            Blame::Nobody => false,
            Blame::Provider => true,
            Blame::ProviderIfGivenTime => self.patient,
        };
        let at_once = verdict.decision == Decision::NextAndOpen;
        self.door.turn(|state| {
            if blamed {
                state.breaker.failed(self.ticket, &self.breaker, now, at_once);
            } else {
                state.breaker.released(self.ticket, now);
            }
            if let Decision::NextAndHold { quota, time } = verdict.decision {
                let usual = if quota { self.retry.quota_hold } else { self.retry.rate_limit_hold };
                state.hold(now + time.unwrap_or(usual).min(self.retry.hold_max), quota);
            }
            if !verdict.billed {
                state.spending.give_back(self.characters, self.today);
                if let Some((counters, at_ms)) = self.door.counters.as_ref().zip(self.spent_at_ms) {
                    counters.take_back(&self.door.name, self.characters, at_ms);
                }
            }
            state.tally.failed(code);
        });
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.door.lock();
        if !self.settled {
            state.breaker.released(self.ticket, Instant::now());
            state.tally.cancelled();
        }
        state.tally.end();
    }
}

/// The duty to run a provider's check.
pub(crate) struct CheckPass {
    door: Arc<Door>,
    ticket: Option<Ticket>,
    settings: BreakerSettings,
}

impl CheckPass {
    pub(crate) fn settle(mut self, passed: bool) {
        let Some(ticket) = self.ticket.take() else { return };
        self.door.turn(|state| {
            if passed {
                state.breaker.check_passed(ticket);
            } else {
                state.breaker.failed(ticket, &self.settings, Instant::now(), true);
            }
        });
    }
}

impl Drop for CheckPass {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.door.lock().breaker.released(ticket, Instant::now());
        }
    }
}
