//! What was asked and what became of it, and what it has spent.
//!
//! Every request leaves one [`RequestRecord`], whatever its end. Its text is not kept unless an
//! operator says so: a history of who spoke is an account, a history of what was said is a leak
//! waiting to happen; length and hash are enough to find a text one has. Records are forgotten by
//! age and by number.
//!
//! [`History::record`] never waits and never fails. A bounded queue leads to one thread that
//! writes in batches; what does not fit is dropped, counted, and shown in [`HistoryStats`].

mod calendar;
mod counters;
mod ledger;
mod query;
mod record;
mod writer;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use serde::Serialize;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

pub use self::counters::{Counters, Spoken};
use self::ledger::Ledger;
pub use self::query::{Cursor, CursorError, HistoryPage, HistoryQuery, PAGE_MAX};
pub use self::record::{AttemptRecord, RequestRecord, RequestStatus};
use self::writer::{Message, Shared, Writer};
use crate::cache::{Degradation, StoreState};
use crate::database::guarded;
use crate::store::FolderLock;
use crate::wall_clock::WallClock;

/// What is kept of an error's message, in characters.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// The history's settings; [`Default`] is what `understudy` ships with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySettings {
    /// False: nothing is recorded. Counters count all the same. Default true.
    pub enabled: bool,
    /// Keep the text of each request, readable for whoever can read the folder. Default false.
    pub store_text: bool,
    /// How long a record is kept. Default 30 days.
    pub max_age: Duration,
    /// The most records. Each takes about half a kilobyte. Default 100,000.
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
    queue: Option<SyncSender<Message>>,
    writer: Option<JoinHandle<()>>,
    counters: Counters,
    folder: PathBuf,
    _lock: Option<Arc<FolderLock>>,
}

impl History {
    /// Opens the history of a store, or one that records nothing and says why.
    pub(crate) fn open(lock: &Arc<FolderLock>, settings: HistorySettings, clock: &WallClock) -> Self {
        match Self::try_open(lock, &settings, clock) {
            Ok(history) => history,
            Err(error) => {
                let reason = Degradation::of(lock.folder(), error.kind(), &error.to_string());
                tracing::error!(code = reason.code(), %reason, "history is not written");
                Self::without_disk(StoreState::Degraded { reason }, settings, clock)
            }
        }
    }

    /// One that records nothing, for the reason that `state` tells. Counters count in memory.
    pub(crate) fn without_disk(state: StoreState, settings: HistorySettings, clock: &WallClock) -> Self {
        let counters = Counters::new(BTreeMap::new(), clock);
        let shared = Arc::new(shared(None, state, 0));
        Self(Arc::new(Inner {
            settings,
            shared,
            queue: None,
            writer: None,
            counters,
            folder: PathBuf::new(),
            _lock: None,
        }))
    }

    fn try_open(lock: &Arc<FolderLock>, settings: &HistorySettings, clock: &WallClock) -> io::Result<Self> {
        let folder = lock.folder().join("history");
        let ledger = Ledger::open(&folder)?;
        let ((records, next), totals) = guarded(|| Ok((ledger.count()?, ledger.counters()?)))?;
        let state = if settings.enabled { StoreState::Serving } else { StoreState::Off };
        let shared = Arc::new(shared(Some(ledger), state, records));
        let counters = Counters::new(totals, clock);
        let (queue, messages) = sync_channel(settings.queue_max.max(1));
        let writer = Writer {
            messages,
            shared: Arc::clone(&shared),
            counters: counters.clone(),
            settings: settings.clone(),
            clock: clock.clone(),
            folder,
            next,
            rewrite_past: settings.rewrite_bytes,
            synced: Instant::now(),
            unsynced: false,
        };
        let writer = Builder::new().name("history".to_owned()).spawn(move || writer.run())?;
        Ok(Self(Arc::new(Inner {
            settings: settings.clone(),
            shared,
            queue: Some(queue),
            writer: Some(writer),
            counters,
            folder: lock.folder().to_path_buf(),
            _lock: Some(Arc::clone(lock)),
        })))
    }

    /// Whether it serves.
    #[must_use]
    pub fn state(&self) -> StoreState {
        self.0.shared.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers a request, soon. Never waits: a record that finds the queue full is dropped.
    pub fn record(&self, mut record: RequestRecord) {
        let (Some(queue), true) = (&self.0.queue, self.0.settings.enabled) else { return };
        if !self.0.settings.store_text {
            record.text = None;
        }
        if let Some(message) = &mut record.message
            && let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX)
        {
            message.truncate(end);
        }
        if queue.try_send(Message::Record(Box::new(record))).is_err() {
            self.0.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The records that `query` describes, newest first, at most `length` and [`PAGE_MAX`]. What
    /// was recorded in the last moments may not be there yet, see [`History::flush`].
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
            let (done, is_done) = sync_channel(1);
            if let Some(queue) = &this.0.queue {
                queue.send(Message::Sync(done)).ok();
                is_done.recv().ok();
            }
        });
        flushed.await.ok();
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

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    async fn blocking<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Degradation> {
        let Some(ledger) = self.0.shared.ledger() else {
            return match self.state() {
                StoreState::Degraded { reason } => Err(reason),
                StoreState::Serving | StoreState::Off => Ok(T::default()),
            };
        };
        let done = spawn_blocking(move || guarded(|| work(&ledger))).await;
        done.unwrap_or_else(|panic| Err(io::Error::other(panic)))
            .map_err(|error| Degradation::of(&self.0.folder, error.kind(), &error.to_string()))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("History").field(&self.state()).finish()
    }
}

fn shared(ledger: Option<Ledger>, state: StoreState, records: usize) -> Shared {
    Shared {
        ledger: RwLock::new(ledger.map(Arc::new)),
        state: Mutex::new(state),
        records: AtomicUsize::new(records),
        written: AtomicU64::new(0),
        dropped: AtomicU64::new(0),
    }
}

#[cfg(test)]
mod tests;
