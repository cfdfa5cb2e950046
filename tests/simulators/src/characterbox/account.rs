//! The account: its credits, its minute, and how many requests it has in flight.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::trouble::Trouble;

/// Requests for speech at once.
const AT_ONCE: usize = 10;
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Account {
    credits: u64,
    spent: AtomicU64,
    minutely: usize,
    recent: Mutex<VecDeque<Instant>>,
    in_flight: AtomicUsize,
}

/// One request in flight, until it is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Account>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Account {
    pub(super) const fn new(credits: u64, minutely: usize) -> Self {
        let recent = Mutex::new(VecDeque::new());
        Self { credits, spent: AtomicU64::new(0), minutely, recent, in_flight: AtomicUsize::new(0) }
    }

    pub(super) const fn credits(&self) -> u64 {
        self.credits
    }

    pub(super) const fn minutely(&self) -> usize {
        self.minutely
    }

    pub(super) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Acquire)
    }

    /// Counts a request of this minute.
    pub(super) fn count(&self) -> Result<(), Trouble> {
        let now = Instant::now();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|at| now.duration_since(*at) < MINUTE);
        if recent.len() >= self.minutely {
            let oldest = recent.front().map_or(MINUTE, |at| MINUTE - now.duration_since(*at));
            return Err(Trouble::too_many("requests", Some(oldest)));
        }
        recent.push_back(now);
        Ok(())
    }

    /// The limit of a minute, what is left of it, and the seconds until more is.
    pub(super) fn minute(&self) -> (usize, usize, u64) {
        let now = Instant::now();
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = recent.iter().filter(|at| now.duration_since(**at) < MINUTE).count();
        let reset = recent.front().map_or(0, |at| MINUTE.saturating_sub(now.duration_since(*at)).as_secs());
        (self.minutely, self.minutely.saturating_sub(counted), reset)
    }

    /// Takes a place among the requests in flight.
    pub(super) fn enter(self: &Arc<Self>) -> Result<InFlight, Trouble> {
        let current = self.in_flight.fetch_add(1, Ordering::AcqRel) + 1;
        let place = InFlight(Arc::clone(self));
        if current > AT_ONCE { Err(Trouble::too_many("concurrency", None)) } else { Ok(place) }
    }

    /// Pays for a text.
    pub(super) fn pay(&self, characters: usize) -> Result<(), Trouble> {
        let cost = characters as u64;
        let paid = self.spent.fetch_update(Ordering::AcqRel, Ordering::Acquire, |spent| {
            (spent + cost <= self.credits).then_some(spent + cost)
        });
        paid.map(|_| ()).map_err(|_| Trouble::out_of_credits())
    }
}
