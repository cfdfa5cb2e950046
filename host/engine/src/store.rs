//! What outlives a request: the cache of takes, the history of requests, the counters of budgets, the
//! characters that were ever listed and the loudness of voices.
//!
//! A [`Store`] is one folder that one process has for itself. It always opens: what keeps it from
//! working becomes a state that health can tell ([`Store::state`]), because speech does not depend
//! on it. Cache and history are databases of their own, so that damage to one leaves the other.

mod lock;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

pub(crate) use self::lock::FolderLock;
use crate::books::Books;
use crate::cache::{Cache, CacheSettings, Degradation, StoreState};
use crate::history::{Counters, History, HistorySettings};
use crate::wall_clock::WallClock;

/// How often a store is tended.
const TEND_EVERY: Duration = Duration::from_secs(30);

/// The settings of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSettings {
    /// The cache's.
    pub cache: CacheSettings,
    /// The history's.
    pub history: HistorySettings,
}

/// One folder, and all that is kept in it. Clones share it; the last one to go writes what is
/// left and closes it, which blocks for some milliseconds.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    _housekeeper: Option<Housekeeper>,
    parts: Parts,
}

#[derive(Clone, Debug)]
struct Parts {
    folder: PathBuf,
    /// Absent while another process has the folder.
    lock: Arc<Mutex<Option<Arc<FolderLock>>>>,
    cache: Cache,
    history: History,
}

impl Store {
    /// Opens the store in `folder`, which is made if need be, and repairs what a kill left behind.
    /// What cannot be opened now is tried again every half minute. Reads the disk: call it where
    /// blocking is allowed.
    #[must_use]
    pub fn open(folder: &Path, settings: StoreSettings, clock: &WallClock) -> Self {
        Self::on(folder, settings, clock, None)
    }

    /// The same for whoever would rather do without than wait: a command that answers once.
    ///
    /// # Errors
    /// Another process has the folder, or it cannot be used.
    pub fn open_if_free(
        folder: &Path,
        settings: StoreSettings,
        clock: &WallClock,
    ) -> Result<Self, Degradation> {
        let lock = Arc::new(FolderLock::take(folder)?);
        Ok(Self::on(folder, settings, clock, Some(lock)))
    }

    fn on(folder: &Path, settings: StoreSettings, clock: &WallClock, lock: Option<Arc<FolderLock>>) -> Self {
        let parts = Parts {
            folder: folder.to_path_buf(),
            lock: Arc::new(Mutex::new(lock)),
            cache: Cache::new(folder, settings.cache, clock),
            history: History::new(folder, settings.history, clock),
        };
        parts.attach();
        Self(Arc::new(Inner { _housekeeper: Housekeeper::start(&parts), parts }))
    }

    /// A store that keeps nothing. Its counters count in memory.
    #[must_use]
    pub fn off(clock: &WallClock) -> Self {
        let parts = Parts {
            folder: PathBuf::new(),
            lock: Arc::default(),
            cache: Cache::off(),
            history: History::new("".as_ref(), HistorySettings::default(), clock),
        };
        Self(Arc::new(Inner { _housekeeper: None, parts }))
    }

    /// Opens what could not be opened, throws away what is too old, and writes down what was used.
    /// Happens by itself every half minute; blocks.
    pub fn tend(&self) {
        self.0.parts.tend();
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.parts.folder
    }

    /// The cache of takes.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.0.parts.cache
    }

    /// The history of requests.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.0.parts.history
    }

    /// The counters of budgets.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        self.0.parts.history.counters()
    }

    pub(crate) fn books(&self) -> &Arc<Books> {
        self.0.parts.history.books()
    }

    /// Whether it works: the trouble of the cache, or else of the history.
    #[must_use]
    pub fn state(&self) -> StoreState {
        match (self.0.parts.cache.state(), self.0.parts.history.state()) {
            (degraded @ StoreState::Degraded { .. }, _) | (_, degraded @ StoreState::Degraded { .. }) => {
                degraded
            }
            (StoreState::Off, StoreState::Off) => StoreState::Off,
            _ => StoreState::Serving,
        }
    }

    /// Writes down what is written lazily, and waits for the disk. What cannot be written shows in
    /// [`Store::state`].
    pub async fn flush(&self) {
        self.0.parts.cache.flush().await.ok();
        self.0.parts.history.flush().await;
    }
}

impl Parts {
    fn attach(&self) {
        // Held for the whole: of two who try at once, the second must not find the first's lock.
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = match &*lock {
            Some(lock) => lock,
            None => match FolderLock::take(&self.folder) {
                Ok(taken) => lock.insert(Arc::new(taken)),
                Err(reason) => {
                    self.cache.refuse(&reason);
                    self.history.refuse(&reason);
                    return;
                }
            },
        };
        self.cache.attach(lock);
        self.history.attach(lock);
    }

    fn tend(&self) {
        self.attach();
        self.cache.tidy();
    }
}

/// A thread that tends the store now and then.
#[derive(Debug)]
struct Housekeeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Housekeeper {
    fn start(parts: &Parts) -> Option<Self> {
        let (stop, stopped) = channel::<()>();
        let parts = parts.clone();
        let tend = move || {
            while stopped.recv_timeout(TEND_EVERY) == Err(RecvTimeoutError::Timeout) {
                parts.tend();
            }
        };
        let thread = Builder::new().name("store".to_owned()).spawn(tend);
        let thread = thread.inspect_err(|error| tracing::warn!(%error, "store is not tended")).ok()?;
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Housekeeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
