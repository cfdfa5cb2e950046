//! The clock that lets no guest hold a thread.
//!
//! Compiled guest code compares an epoch counter at every loop and function entry; this thread
//! raises the counter once a millisecond. It is an operating system thread because a tokio task
//! could not run exactly when it is needed, that is when guests hold every worker.
//!
//! A tick a millisecond rather than ten: with two spinning guests on two cores a neighbour's p99
//! was measured at 3 ms against 20. Most calls only wait for a service, and an idle daemon must not
//! pay at all. So ticks are far between while none finds a guest at work, and the thread parks when
//! no call is in flight. `parked` and `calls` are each written before the other is read, in one
//! total order: either the ticker sees the new call, or the call sees the parked ticker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::EngineWeak;

/// The length of a tick. A guest's processor time is counted in these.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// The time between two ticks after so many that found no guest at work. One that begins then has the
/// thread for so long at first.
const QUIET_TICK: Duration = Duration::from_millis(5);
const QUIET_AFTER: u32 = 10;

/// Ticks without a call before the thread parks, so that a steady stream of short calls does not
/// wake it again and again.
const LINGER: u32 = 20;

#[derive(Debug, Default)]
struct Shared {
    calls: AtomicUsize,
    /// Calls whose guests a thread is at work for.
    working: AtomicUsize,
    parked: AtomicBool,
    closed: AtomicBool,
    beats: Arc<AtomicU64>,
}

/// The ticking thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// A call in flight: while one exists, time is counted.
#[derive(Debug)]
pub(crate) struct Ticking<'ticker>(&'ticker Ticker);

/// A thread at work for a call.
#[derive(Debug)]
pub(crate) struct Working<'ticker>(&'ticker AtomicUsize);

impl Ticker {
    pub(crate) fn start(engine: EngineWeak) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("sandbox-ticker".to_owned())
            .spawn(move || for_thread.run(&engine))?;
        Ok(Self { shared, thread })
    }

    /// Registers a call, waking the thread when it is parked.
    pub(crate) fn enter(&self) -> Ticking<'_> {
        self.shared.calls.fetch_add(1, SeqCst);
        if self.shared.parked.swap(false, SeqCst) {
            self.thread.thread().unpark();
        }
        Ticking(self)
    }

    /// What counts the ticks.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.beats)
    }

    /// Ticks so far. It rises while a call is in flight; a watchdog that sees it stand still then
    /// knows that guests are no longer preempted.
    pub(crate) fn beats(&self) -> u64 {
        self.shared.beats.load(SeqCst)
    }
}

impl Ticking<'_> {
    /// To be held while the call is polled.
    pub(crate) fn work(&self) -> Working<'_> {
        let working = &self.0.shared.working;
        working.fetch_add(1, Relaxed);
        Working(working)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.shared.calls.fetch_sub(1, SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.closed.store(true, SeqCst);
        self.thread.thread().unpark();
    }
}

impl Shared {
    fn run(&self, engine: &EngineWeak) {
        let (mut idle_ticks, mut quiet_ticks) = (0, 0);
        while !self.closed.load(SeqCst) {
            if idle_ticks > LINGER {
                self.park_until_a_call();
                (idle_ticks, quiet_ticks) = (0, 0);
            }
            thread::park_timeout(if quiet_ticks > QUIET_AFTER { QUIET_TICK } else { TICK });
            let Some(engine) = engine.upgrade() else { return };
            engine.increment_epoch();
            self.beats.fetch_add(1, SeqCst);
            idle_ticks = if self.calls.load(SeqCst) == 0 { idle_ticks + 1 } else { 0 };
            quiet_ticks = if self.working.load(Relaxed) == 0 { quiet_ticks + 1 } else { 0 };
        }
    }

    fn park_until_a_call(&self) {
        self.parked.store(true, SeqCst);
        while self.calls.load(SeqCst) == 0 && self.parked.load(SeqCst) && !self.closed.load(SeqCst) {
            thread::park();
        }
        self.parked.store(false, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::Engine;

    use super::*;

    /// Waits for a condition that another thread brings about, in a time no machine exceeds.
    fn eventually(what: &str, condition: impl Fn() -> bool) {
        for _ in 0..20_000 {
            if condition() {
                return;
            }
            thread::park_timeout(TICK);
        }
        panic!("{what}");
    }

    #[test]
    fn it_ticks_for_calls_parks_without_and_ends_with_its_owner() {
        let engine = Engine::default();
        let ticker = Ticker::start(engine.weak()).unwrap();
        for _ in 0..3 {
            let calls = [ticker.enter(), ticker.enter()];
            let before = ticker.beats();
            eventually("a call does not wake it", || ticker.beats() > before + 2);
            drop(calls);
            eventually("it never parks", || ticker.shared.parked.load(SeqCst));
        }
        let shared = Arc::clone(&ticker.shared);
        drop(ticker);
        eventually("its thread never ends", || Arc::strong_count(&shared) == 1);
    }
}
