//! Single flight: identical work under way is done once, and all who want it listen in.
//!
//! The work runs on a task of its own, so that it belongs to nobody: the first to ask may leave,
//! time out or be cancelled, and it goes on while anyone else listens, and for a grace period
//! after the last has left, because a client that hangs up and asks again at once is common and
//! the provider charges from the first character. Whoever comes late hears it from the beginning:
//! what was announced is replayed from a shared buffer, then followed.
//!
//! The buffer is bounded. Past its bound the beginning is forgotten; a listener that is behind is
//! told so ([`Overrun`]) and continues from the outcome, which is the whole take. Nobody's slowness
//! holds the provider back, because others and the cache wait for it as well.
//!
//! Work may land before it ends: its outcome is told at once, and what it still does (keeping the
//! take) goes on while newcomers are given the outcome. So between the landing and the cache there
//! is no gap in which the same take could be bought again. Failures are told to all who listen and
//! kept for nobody: the next to ask begins anew. A panic is told as [`FlightLost`].

mod board;
mod ticket;

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;
use understudy_speech::TakeEvent;

use self::board::Board;
pub use self::ticket::{Overrun, Ticket};

/// The settings of single flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlightSettings {
    /// How long work goes on when nobody listens any more. Default 2 s.
    pub grace: Duration,
    /// The most audio one flight holds for those who come late, in bytes. Default 16 MiB.
    pub replay_bytes_max: usize,
}

impl Default for FlightSettings {
    fn default() -> Self {
        Self { grace: Duration::from_secs(2), replay_bytes_max: 16 * 1024 * 1024 }
    }
}

/// How far work has come, as far as it tells. Those who listen give each phase its own time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It waits for its turn.
    #[default]
    Waiting,
    /// Somebody else does it.
    Called,
    /// They have; what is left is done here.
    Heard,
}

/// Why work under way came to no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightLost {
    /// It panicked.
    #[error("work panicked: {0}")]
    Panicked(String),
    /// It was ended, with the runtime it ran on.
    #[error("work was ended")]
    Ended,
}

/// Work under way by its key. Clones share it.
#[derive(Debug)]
pub struct Flights<K, O>(Arc<Inner<K, O>>);

#[derive(Debug)]
struct Inner<K, O> {
    settings: FlightSettings,
    under_way: Mutex<HashMap<K, Arc<Board<O>>>>,
    /// Woken whenever something ends.
    ended: Notify,
}

/// The work's end of a flight.
#[derive(Clone, Debug)]
pub struct Announcer<O>(Arc<Board<O>>);

impl<K, O> Clone for Flights<K, O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, O> Flights<K, O>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    O: Clone + Send + Sync + 'static,
{
    /// Nothing under way.
    #[must_use]
    pub fn new(settings: FlightSettings) -> Self {
        Self(Arc::new(Inner { settings, under_way: Mutex::default(), ended: Notify::new() }))
    }

    /// Joins the work of `key`, or begins it. `work` is only called when it begins; what its future
    /// returns is the outcome, unless it has landed with another before.
    ///
    /// Must be called within a tokio runtime.
    pub fn join<W, F>(&self, key: K, work: W) -> Ticket<O>
    where
        W: FnOnce(Announcer<O>) -> F + Send + 'static,
        F: Future<Output = O> + Send + 'static,
    {
        let mut under_way = self.0.under_way();
        if let Some(board) = under_way.get(&key) {
            return Ticket::new(board, false);
        }
        let board = Arc::new(Board::new(self.0.settings.replay_bytes_max));
        under_way.insert(key.clone(), Arc::clone(&board));
        let ticket = Ticket::new(&board, true);
        drop(under_way);
        let flight = Flight { key, board, flights: Arc::downgrade(&self.0), grace: self.0.settings.grace };
        tokio::spawn(flight.run(work));
        ticket
    }

    /// A ticket to the work of `key`, if it is under way.
    #[must_use]
    pub fn find(&self, key: &K) -> Option<Ticket<O>> {
        self.0.under_way().get(key).map(|board| Ticket::new(board, false))
    }

    /// How much is under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.under_way().len()
    }

    /// True when nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns when nothing is under way, landed work that is still being kept included.
    pub async fn until_empty(&self) {
        loop {
            let mut ended = std::pin::pin!(self.0.ended.notified());
            // Open before the look, so that an end in between is heard.
            ended.as_mut().enable();
            if self.is_empty() {
                return;
            }
            ended.await;
        }
    }
}

impl<O: Clone> Announcer<O> {
    /// Tells all who listen, now and later. Never waits.
    pub fn announce(&self, event: TakeEvent) {
        self.0.announce(event);
    }

    /// Tells that the work has come to `phase`.
    pub fn reach(&self, phase: Phase) {
        self.0.reach(phase);
    }

    /// Tells the outcome while the work goes on. Only the first landing counts. From here on the
    /// work is not given up, whoever leaves.
    pub fn land(&self, outcome: O) {
        self.0.land(Ok(outcome));
    }
}

impl<K, O> Inner<K, O> {
    fn under_way(&self) -> MutexGuard<'_, HashMap<K, Arc<Board<O>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One piece of work, and its place among the others. Dropped with the task, however that ends.
struct Flight<K: Eq + Hash, O: Clone> {
    key: K,
    board: Arc<Board<O>>,
    flights: Weak<Inner<K, O>>,
    grace: Duration,
}

impl<K: Eq + Hash, O: Clone> Flight<K, O> {
    async fn run<W, F>(self, work: W)
    where
        W: FnOnce(Announcer<O>) -> F,
        F: Future<Output = O>,
    {
        let announcer = Announcer(Arc::clone(&self.board));
        let work = AssertUnwindSafe(async move { work(announcer).await }).catch_unwind();
        tokio::select! {
            biased;
            done = work => self.board.land(done.map_err(|panic| lost(&*panic))),
            () = self.deserted() => {}
        }
    }

    /// Returns when nobody has listened for the grace period, and nobody can join any more.
    async fn deserted(&self) {
        loop {
            self.board.until_deserted().await;
            if tokio::time::timeout(self.grace, self.board.until_wanted()).await.is_ok() {
                continue;
            }
            let Some(flights) = self.flights.upgrade() else { return };
            // Whoever joins does so under this lock: now, or not to this work.
            let mut under_way = flights.under_way();
            if self.board.is_deserted() {
                under_way.remove(&self.key);
                return;
            }
        }
    }
}

impl<K: Eq + Hash, O: Clone> Drop for Flight<K, O> {
    fn drop(&mut self) {
        if let Some(flights) = self.flights.upgrade() {
            let mut under_way = flights.under_way();
            if under_way.get(&self.key).is_some_and(|board| Arc::ptr_eq(board, &self.board)) {
                under_way.remove(&self.key);
            }
            drop(under_way);
            flights.ended.notify_waiters();
        }
        self.board.land(Err(FlightLost::Ended));
    }
}

fn lost(panic: &(dyn std::any::Any + Send)) -> FlightLost {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    FlightLost::Panicked(text.unwrap_or("without a message").to_owned())
}

#[cfg(test)]
mod tests;
