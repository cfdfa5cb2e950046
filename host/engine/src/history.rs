//! What was asked and what became of it, and what it has spent.
//!
//! Every request leaves one [`RequestRecord`], whatever its end. Its text is not kept unless an
//! operator says so: a history of who spoke is an account, a history of what was said is a leak
//! waiting to happen; length and hash are enough to find a text one has. Records are forgotten by
//! age and by number.
//!
//! In the same database, written by the same thread: what budgets have spent ([`Counters`]), every
//! character that was ever listed, with how often each was spoken as, which voices each provider told,
//! and how loud each voice is.
//!
//! [`History::record`] never waits and never fails. A bounded queue leads to one thread that
//! writes in batches; what does not fit is dropped, counted, and shown in [`HistoryStats`].

mod block;
mod calendar;
mod counters;
mod ledger;
mod query;
mod queue;
mod record;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use serde::Serialize;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

pub use self::counters::{Counters, Spoken};
use self::ledger::Ledger;
pub use self::query::{Cursor, CursorError, HistoryPage, HistoryQuery, PAGE_MAX};
use self::queue::{Entry, Order, Queue};
pub use self::record::{AttemptRecord, RequestRecord, RequestStatus};
use self::record::{Own, Repeat};
use self::writer::{Shared, Writer};
use crate::books::Books;
use crate::cache::{Degradation, StoreState};
use crate::database::guarded;
use crate::request::NAME_BYTES_MAX;
use crate::store::FolderLock;
use crate::wall_clock::{WallClock, milliseconds};

/// What is kept of an error's message, in characters.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// How long a reader waits for what was just recorded to be written.
const READ_PATIENCE: Duration = Duration::from_secs(1);

/// The history's settings; [`Default`] is what `understudy` ships with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySettings {
    /// False: nothing is recorded. Counters count all the same. Default true.
    pub enabled: bool,
    /// Keep the text of each request, readable for whoever can read the folder. Default false.
    pub store_text: bool,
    /// How long a record is kept; one that is older goes within a minute. Default 30 days.
    pub max_age: Duration,
    /// The most records. Each takes some hundred bytes. Default 100,000.
    pub records_max: usize,
    /// Records that may wait to be written; more are dropped. Default 10,000, some megabytes.
    pub queue_max: usize,
    /// The size past which the database is rewritten, in bytes, if it is also twice what is alive
    /// in it. Default 64 MiB.
    pub rewrite_bytes: u64,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            store_text: false,
            max_age: Duration::from_secs(30 * 24 * 60 * 60),
            records_max: 100_000,
            queue_max: 10_000,
            rewrite_bytes: 64 * 1024 * 1024,
        }
    }
}

/// What a history holds and has done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HistoryStats {
    /// Records there are.
    pub records: usize,
    /// Records written.
    pub written: u64,
    /// Records lost, because the queue was full or the disk failed.
    pub dropped: u64,
    /// Bytes of its files.
    pub bytes: u64,
}

/// The history of requests. Clones share it; the last one to go writes what waits.
#[derive(Clone)]
pub struct History(Arc<Inner>);

struct Inner {
    settings: HistorySettings,
    shared: Arc<Shared>,
    counters: Counters,
    books: Arc<Books>,
    clock: WallClock,
    folder: PathBuf,
    /// Absent until the folder could be opened.
    writing: OnceLock<Writing>,
}

/// A thread that writes, and the way to it.
struct Writing {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    _lock: Arc<FolderLock>,
}

impl History {
    /// A history for `folder` that is not open yet, see [`History::attach`].
    pub(crate) fn new(folder: &Path, settings: HistorySettings, clock: &WallClock) -> Self {
        let (counters, writing) = (Counters::new(clock), OnceLock::new());
        let (shared, folder, clock) = (Arc::default(), folder.to_path_buf(), clock.clone());
        let books = Arc::default();
        Self(Arc::new(Inner { settings, shared, counters, books, clock, folder, writing }))
    }

    /// Opens the folder, unless it is open; true when it is. Blocks.
    pub(crate) fn attach(&self, lock: &Arc<FolderLock>) -> bool {
        if self.0.writing.get().is_some() {
            return true;
        }
        match self.open(lock) {
            Ok(writing) => {
                self.0.writing.set(writing).ok();
                let state = if self.0.settings.enabled { StoreState::Serving } else { StoreState::Off };
                self.0.shared.set_state(state);
                true
            }
            Err(error) => {
                self.refuse(&Degradation::of(&self.0.folder, error.kind(), &error.to_string()));
                false
            }
        }
    }

    /// Says why the folder cannot be opened.
    pub(crate) fn refuse(&self, reason: &Degradation) {
        let state = StoreState::Degraded { reason: reason.clone() };
        // Told once, and not each time that it is tried again.
        if self.state() != state {
            tracing::warn!(code = reason.code(), %reason, "requests are not recorded");
        }
        self.0.shared.set_state(state);
    }

    fn open(&self, lock: &Arc<FolderLock>) -> io::Result<Writing> {
        let Inner { settings, shared, counters, books, clock, .. } = &*self.0;
        let folder = lock.folder().join("history");
        let ledger = Ledger::open(&folder)?;
        let ((records, next), totals, learnt) =
            guarded(|| Ok((ledger.count()?, ledger.counters()?, ledger.entries()?)))?;
        let queue = Arc::new(Queue::new(settings.queue_max));
        let writer = Writer {
            queue: Arc::clone(&queue),
            shared: Arc::clone(shared),
            counters: counters.clone(),
            books: Arc::clone(books),
            settings: settings.clone(),
            clock: clock.clone(),
            folder,
            next,
            rewrite_past: settings.rewrite_bytes,
            synced: Instant::now(),
            unsynced: false,
            aged: None,
            failed: None,
        };
        let thread = Builder::new().name("history".to_owned()).spawn(move || writer.run())?;
        counters.restore(totals);
        books.restore(learnt);
        shared.records.store(records, Ordering::Relaxed);
        shared.set_ledger(Some(ledger));
        Ok(Writing { queue, thread: Some(thread), _lock: Arc::clone(lock) })
    }

    /// Whether it serves.
    #[must_use]
    pub fn state(&self) -> StoreState {
        self.0.shared.state()
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &HistorySettings {
        &self.0.settings
    }

    /// False when nothing is recorded, whatever the state of the disk.
    pub(crate) fn is_on(&self) -> bool {
        self.0.settings.enabled && self.state() != StoreState::Off
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.clock.unix_ms()
    }

    /// Remembers a request, soon. Never waits: a record that finds the queue full is dropped.
    pub fn record(&self, record: RequestRecord) {
        if self.0.settings.enabled {
            self.push(Entry::New(Box::new(self.kept(record))));
        }
    }

    /// Remembers the request `id`, which ends now, took `latency` and came to the same as the one of
    /// `record`, as [`History::kept`] gave it.
    pub(crate) fn record_again(
        &self,
        record: &Arc<RequestRecord>,
        id: &Arc<str>,
        latency: Duration,
        expires_at_ms: u64,
    ) {
        let latency_ms = milliseconds(latency);
        let at_ms = self.now_ms().saturating_sub(latency_ms);
        let own = Own { at_ms, latency_ms, expires_at_ms };
        self.push(Entry::Repeat(Repeat { of: Arc::clone(record), id: Arc::clone(id), own }));
    }

    /// What is kept of a record.
    pub(crate) fn kept(&self, mut record: RequestRecord) -> RequestRecord {
        if !self.0.settings.store_text {
            record.text = None;
        }
        if let Some(message) = &mut record.message
            && let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX)
        {
            message.truncate(end);
        }
        // A request whose names are too long is refused, and is remembered all the same.
        record.names().for_each(|name| name.truncate(name.floor_char_boundary(NAME_BYTES_MAX)));
        record
    }

    fn push(&self, entry: Entry) {
        let sent = self.queue().is_some_and(|queue| queue.push(entry));
        if !sent && self.state() != StoreState::Off {
            self.0.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The records that `query` describes, newest first, at most `length` and [`PAGE_MAX`]; with all that
    /// was recorded before, unless the disk is slow.
    ///
    /// # Errors
    /// The history cannot be read.
    pub async fn query(&self, query: HistoryQuery, length: usize) -> Result<HistoryPage, Degradation> {
        let length = length.clamp(1, PAGE_MAX);
        self.blocking(move |ledger| ledger.query(&query, length)).await
    }

    /// The newest record of the request `id`.
    ///
    /// # Errors
    /// The history cannot be read.
    pub async fn find(&self, id: &str) -> Result<Option<RequestRecord>, Degradation> {
        let id = id.to_owned();
        self.blocking(move |ledger| ledger.find(&id)).await
    }

    /// Returns when everything recorded and counted before is on the disk, or was dropped.
    pub async fn flush(&self) {
        let this = self.clone();
        let flushed = spawn_blocking(move || {
            if let Some(is_done) = this.order(true) {
                is_done.recv().ok();
            }
        });
        flushed.await.ok();
    }

    /// Says when everything recorded before was written, and, when it is to be `synced`, is on the disk.
    fn order(&self, synced: bool) -> Option<Receiver<()>> {
        let (done, is_done) = sync_channel(1);
        self.queue()?.order(Order { done, synced });
        Some(is_done)
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> HistoryStats {
        let shared = &self.0.shared;
        HistoryStats {
            records: shared.records.load(Ordering::Relaxed),
            written: shared.written.load(Ordering::Relaxed),
            dropped: shared.dropped.load(Ordering::Relaxed),
            bytes: shared.ledger().map_or(0, |ledger| ledger.database.bytes()),
        }
    }

    fn queue(&self) -> Option<&Queue> {
        Some(&self.0.writing.get()?.queue)
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    pub(crate) fn books(&self) -> &Arc<Books> {
        &self.0.books
    }

    async fn blocking<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Degradation> {
        let (this, written) = (self.clone(), self.order(false));
        let done = spawn_blocking(move || {
            if let Some(written) = written {
                written.recv_timeout(READ_PATIENCE).ok();
            }
            let ledger = this.0.shared.ledger();
            ledger.map(|ledger| guarded(|| work(&ledger))).transpose()
        });
        match done.await.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => match self.state() {
                StoreState::Degraded { reason } => Err(reason),
                StoreState::Serving | StoreState::Off => Ok(T::default()),
            },
            Err(error) => Err(Degradation::of(&self.0.folder, error.kind(), &error.to_string())),
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("History").field(&self.state()).finish()
    }
}

#[cfg(test)]
mod tests;
