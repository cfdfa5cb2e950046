//! The one thread that writes the history.
//!
//! A request hands its record over and goes on; it never waits for a disk. What waits is written
//! together and synced once a second, so a kill loses little more than a second of history. The queue is
//! bounded: when the disk cannot keep up, records are dropped and counted.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::HistorySettings;
use super::block::RECORDS_MAX;
use super::counters::{Changed, Counters};
use super::ledger::{Ledger, Page};
use super::queue::{Batch, Entry, Queue};
use crate::books::{Books, Entries};
use crate::cache::{Degradation, StoreState};
use crate::database::guarded;
use crate::wall_clock::{WallClock, milliseconds};

/// How long what was written may wait for the disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// How long after a failure the database is opened anew: that reads all of it.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How often records are looked for that are too old.
const AGE_EVERY: Duration = Duration::from_secs(60);

/// What the writer and those who read share.
pub(super) struct Shared {
    ledger: RwLock<Option<Arc<Ledger>>>,
    state: Mutex<StoreState>,
    pub(super) records: AtomicUsize,
    pub(super) written: AtomicU64,
    pub(super) dropped: AtomicU64,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            ledger: RwLock::default(),
            state: Mutex::new(StoreState::Off),
            records: AtomicUsize::new(0),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }
}

impl Shared {
    pub(super) fn ledger(&self) -> Option<Arc<Ledger>> {
        self.ledger.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_ledger(&self, ledger: Option<Ledger>) {
        *self.ledger.write().unwrap_or_else(PoisonError::into_inner) = ledger.map(Arc::new);
    }

    pub(super) fn state(&self) -> StoreState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_state(&self, state: StoreState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

pub(super) struct Writer {
    pub(super) queue: Arc<Queue>,
    pub(super) shared: Arc<Shared>,
    pub(super) counters: Counters,
    pub(super) books: Arc<Books>,
    pub(super) settings: HistorySettings,
    pub(super) clock: WallClock,
    pub(super) folder: PathBuf,
    pub(super) next: u64,
    pub(super) rewrite_past: u64,
    pub(super) synced: Instant,
    pub(super) unsynced: bool,
    /// When all records that were too old were last forgotten; none when some may be left.
    pub(super) aged: Option<Instant>,
    /// When it last failed; none while it works.
    pub(super) failed: Option<Instant>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl Writer {
    pub(super) fn run(mut self) {
        loop {
            let batch = self.queue.next(SYNC_EVERY);
            let over = batch.over;
            self.write(batch);
            if over {
                break;
            }
        }
        self.sync();
        self.shared.set_ledger(None);
    }

    fn write(&mut self, batch: Batch) {
        let Batch { records, orders, .. } = batch;
        let (counted, learnt) = (self.counters.take_changed(), self.books.take_changed());
        let is_work = !records.is_empty() || !counted.is_empty() || !learnt.is_empty();
        let outcome = match self.failed {
            Some(failed) if failed.elapsed() < RETRY_AFTER => Err(None),
            // Whether the trouble is over is of interest when there is nothing to write, too.
            _ if is_work || self.failed.is_some() => {
                self.try_write(&records, &counted, &learnt).map_err(Some)
            }
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            error.iter().for_each(|error| self.fail(error));
            self.shared.dropped.fetch_add(records.len() as u64, Ordering::Relaxed);
            self.counters.put_back(counted);
            self.books.put_back(learnt);
        }
        let at_once = orders.iter().any(|order| order.synced);
        self.forget(at_once);
        if at_once || self.synced.elapsed() >= SYNC_EVERY {
            self.sync();
        }
        for order in orders {
            order.done.send(()).ok();
        }
    }

    fn try_write(&mut self, records: &[Entry], counted: &[Changed], learnt: &Entries) -> io::Result<()> {
        let ledger = self.ledger()?;
        let mut page = Page::default();
        for entry in records {
            page.insert(self.next, entry)?;
            self.next += 1;
        }
        for counter in counted {
            page.count(&counter.name(), counter.total);
        }
        page.note(learnt)?;
        guarded(|| ledger.write(page))?;
        self.unsynced = true;
        self.shared.records.fetch_add(records.len(), Ordering::Relaxed);
        self.shared.written.fetch_add(records.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// The ledger; opened anew after a failure, because a database that failed stays failed.
    fn ledger(&mut self) -> io::Result<Arc<Ledger>> {
        if let Some(ledger) = self.shared.ledger() {
            return Ok(ledger);
        }
        let ledger = Ledger::open(&self.folder)?;
        self.shared.records.store(ledger.count()?.0, Ordering::Relaxed);
        self.shared.set_ledger(Some(ledger));
        self.shared.set_state(StoreState::Serving);
        self.failed = None;
        tracing::info!("history is written again");
        self.shared.ledger().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Forgets what is too much, and what is too old when it was not looked for of late.
    fn forget(&mut self, at_once: bool) {
        let Some(ledger) = self.shared.ledger() else { return };
        let surplus = self.shared.records.load(Ordering::Relaxed).saturating_sub(self.settings.records_max);
        let ages = at_once || self.aged.is_none_or(|aged| aged.elapsed() >= AGE_EVERY);
        if surplus == 0 && !ages {
            return;
        }
        let now = self.clock.unix_ms();
        let oldest = now.saturating_sub(milliseconds(self.settings.max_age));
        let (oldest, now) = if ages { (oldest, now) } else { (0, u64::MAX) };
        match guarded(|| ledger.forget(surplus, oldest, now)) {
            Ok(forgotten) => {
                // Only so many go at once, so whoever was long away is not caught up with yet.
                if ages {
                    self.aged = (forgotten <= RECORDS_MAX).then(Instant::now);
                }
                self.unsynced |= forgotten > 0;
                self.shared.records.fetch_sub(forgotten, Ordering::Relaxed);
            }
            Err(error) => self.fail(&error),
        }
    }

    fn sync(&mut self) {
        self.synced = Instant::now();
        if !std::mem::take(&mut self.unsynced) {
            return;
        }
        let Some(ledger) = self.shared.ledger() else { return };
        if let Err(error) = guarded(|| ledger.database.sync()) {
            self.fail(&error);
            return;
        }
        self.keep_small(ledger);
    }

    /// Rewrites the database when it has grown to twice what is alive in it.
    fn keep_small(&mut self, ledger: Arc<Ledger>) {
        let bytes = ledger.database.bytes();
        if bytes <= self.rewrite_past {
            return;
        }
        match guarded(|| ledger.database.rewrite().and_then(Ledger::of)) {
            Ok(rewritten) => {
                let now = rewritten.database.bytes();
                self.rewrite_past = self.settings.rewrite_bytes.max(now.saturating_mul(2));
                self.shared.set_ledger(Some(rewritten));
                tracing::debug!(before = bytes, after = now, "history rewritten");
                if let Some(old) = Arc::into_inner(ledger) {
                    old.into_database().remove();
                }
            }
            Err(error) => {
                tracing::warn!(%error, bytes, "history could not be rewritten");
                self.rewrite_past = bytes.saturating_mul(2);
            }
        }
    }

    fn fail(&mut self, error: &io::Error) {
        tracing::error!(%error, "history could not be written");
        self.failed = Some(Instant::now());
        self.shared.set_ledger(None);
        let reason = Degradation::of(&self.folder, error.kind(), &error.to_string());
        self.shared.set_state(StoreState::Degraded { reason });
    }
}
