//! What outlives a request: the cache of takes, the history of requests, the counters of budgets.
//!
//! A [`Store`] is one folder that one process has for itself. It always opens: what keeps it from
//! working becomes a state that health can tell ([`Store::state`]), because speech does not depend
//! on it. Cache and history are databases of their own, so that damage to one leaves the other.

mod lock;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

pub(crate) use self::lock::FolderLock;
use crate::cache::{Cache, CacheSettings, StoreState};
use crate::history::{Counters, History, HistorySettings};
use crate::wall_clock::WallClock;

/// How often what is too old is thrown away and what was used is written down.
const TIDY_EVERY: Duration = Duration::from_secs(30);

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
    cache: Cache,
    history: History,
}

impl Store {
    /// Opens the store in `folder`, which is made if need be, and repairs what a kill left behind.
    /// Reads the disk: call it where blocking is allowed.
    #[must_use]
    pub fn open(folder: &Path, settings: StoreSettings, clock: &WallClock) -> Self {
        let StoreSettings { cache, history } = settings;
        let inner = match FolderLock::take(folder).map(Arc::new) {
            Ok(lock) => {
                let cache = Cache::open(&lock, cache, clock);
                let history = History::open(&lock, history, clock);
                Inner { _housekeeper: Housekeeper::start(&cache), cache, history }
            }
            Err(reason) => {
                tracing::error!(code = reason.code(), %reason, hint = reason.hint(), "store is not used");
                let state = StoreState::Degraded { reason: reason.clone() };
                Inner {
                    _housekeeper: None,
                    cache: Cache::degraded(reason, cache),
                    history: History::without_disk(state, history, clock),
                }
            }
        };
        Self(Arc::new(inner))
    }

    /// A store that keeps nothing. Its counters count in memory.
    #[must_use]
    pub fn off(clock: &WallClock) -> Self {
        let history = History::without_disk(StoreState::Off, HistorySettings::default(), clock);
        Self(Arc::new(Inner { _housekeeper: None, cache: Cache::off(), history }))
    }

    /// The cache of takes.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// The history of requests.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.0.history
    }

    /// The counters of budgets.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        self.0.history.counters()
    }

    /// Whether it works: the trouble of the cache, or else of the history.
    #[must_use]
    pub fn state(&self) -> StoreState {
        match (self.0.cache.state(), self.0.history.state()) {
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
        self.0.cache.flush().await.ok();
        self.0.history.flush().await;
    }
}

/// A thread that tidies the cache now and then.
#[derive(Debug)]
struct Housekeeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Housekeeper {
    fn start(cache: &Cache) -> Option<Self> {
        let (stop, stopped) = channel::<()>();
        let cache = cache.clone();
        let tidy = move || {
            while stopped.recv_timeout(TIDY_EVERY) == Err(RecvTimeoutError::Timeout) {
                cache.tidy();
            }
        };
        let thread = Builder::new().name("store-tidy".to_owned()).spawn(tidy);
        let thread = thread.inspect_err(|error| tracing::warn!(%error, "store is not tidied")).ok()?;
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
