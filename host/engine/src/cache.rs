//! The cache of takes: what was bought once is not bought again.
//!
//! A take is kept as its provider sent it, under a [`TakeKey`] that covers everything that shaped
//! it, with its word marks and all else a later listener is told. Other encodings are derived from
//! it, and one that is asked for often can be kept too, under [`TakeKey::derived`].
//!
//! Three layers. The hottest takes are in memory, bounded. All audio is in files named by their
//! content, where the same audio under two keys is one file: under churn, files took 1.05 × the
//! data on disk where a database took 2.2 to 4.2 ×. What is known of each take is in sled, and a
//! small part of that (who, where, how old, when last used) in memory as well, so that looking
//! for a take costs no I/O and a hit never writes: when it was used is written down in batches,
//! every half minute, and a kill loses no more than that of the order.
//!
//! Order of a store: room is made, the file is written and synced, renamed into place, its folder
//! synced, and then the index entry written and synced. Only then is it acknowledged. A kill at
//! any point leaves at most remains that the next start removes ([`Repair`]).
//!
//! Trust: a file written by this process is believed. One from before its start is read through
//! and compared with its name when it is first asked for, and from then on believed by its length.
//! What fails is removed and bought again, and what is bought again before that is written over it.
//!
//! Nothing here can keep anyone from speaking: [`Cache::get`] finds nothing and [`Cache::put`]
//! says why, and [`Cache::state`] is for health and metrics.

mod at_once;
mod blobs;
mod canonical;
mod demand;
mod disk;
mod index;
mod key;
mod memory;
mod record;
mod repair;
mod settings;
mod shelf;
mod state;
mod take;
mod upkeep;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use tokio::task::spawn_blocking;

pub(crate) use self::blobs::sync_folder;
use self::demand::Demand;
use self::disk::{Disk, Glance};
pub(crate) use self::key::trial_digest;
pub use self::key::{Performer, TakeKey, TakeKeyError, settings_digest};
pub use self::repair::Repair;
pub use self::settings::CacheSettings;
use self::shelf::Entry;
pub use self::shelf::ProviderTally;
use self::state::Health;
pub use self::state::{CacheError, Degradation, StoreState};
pub use self::take::{AudioDigest, AudioFile, Hit, HitAudio, TakeNotes};
pub(crate) use self::take::{Known, Replay};
pub use self::upkeep::{CacheStats, ClearFilter, Cleared, ProviderStats, TakeInfo, TakePage, Verification};
use crate::store::FolderLock;
use crate::wall_clock::WallClock;

/// A cache of takes. Clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    health: Health,
    /// Absent until the folder could be opened.
    disk: OnceLock<Disk>,
    demand: Mutex<Demand>,
    settings: CacheSettings,
    clock: WallClock,
}

impl Cache {
    /// A cache for `folder` that is not open yet, see [`Cache::attach`].
    pub(crate) fn new(folder: &Path, settings: CacheSettings, clock: &WallClock) -> Self {
        let health = Health::new(folder, StoreState::Off);
        let (disk, demand) = (OnceLock::new(), Mutex::default());
        Self(Arc::new(Inner { health, disk, demand, settings, clock: clock.clone() }))
    }

    /// A cache that finds nothing and keeps nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::new("".as_ref(), CacheSettings::default(), &WallClock::new(|| UNIX_EPOCH))
    }

    /// Opens the folder, unless it is open; true when it is. Blocks.
    pub(crate) fn attach(&self, lock: &Arc<FolderLock>) -> bool {
        let Inner { health, disk, settings, clock, .. } = &*self.0;
        if !settings.enabled || disk.get().is_some() {
            return true;
        }
        match Disk::open(lock, settings, clock) {
            Ok(opened) => {
                disk.set(opened).ok();
                health.succeed();
                true
            }
            Err(error) => {
                health.fail(error.kind(), &error.to_string());
                false
            }
        }
    }

    /// Says why the folder cannot be opened.
    pub(crate) fn refuse(&self, reason: &Degradation) {
        if self.0.settings.enabled {
            self.0.health.degrade(reason);
        }
    }

    /// Whether it serves.
    #[must_use]
    pub fn state(&self) -> StoreState {
        self.0.health.state()
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &CacheSettings {
        &self.0.settings
    }

    /// Finds a take, and counts a hit or a miss for `provider`. From memory without I/O, else from
    /// its file on a blocking thread. Nothing when it is not there, is too old, or cannot be read.
    pub async fn get(&self, key: &TakeKey, provider: &str) -> Option<Hit> {
        let disk = self.0.disk.get()?;
        let found = match disk.glance(key, true) {
            Glance::Found(hit) => return Some(hit),
            Glance::Nothing => None,
            Glance::Deeper(entry, verified) => self.read(*key, entry, verified).await,
        };
        disk.tiers().shelf.count(provider, |tally| match &found {
            Some(_) => tally.hits += 1,
            None => tally.misses += 1,
        });
        found
    }

    /// As [`Cache::get`], for a derived form: its take has been counted already.
    pub(crate) async fn get_form(&self, form: &TakeKey) -> Option<Hit> {
        match self.0.disk.get()?.glance(form, false) {
            Glance::Found(hit) => Some(hit),
            Glance::Nothing => None,
            Glance::Deeper(entry, verified) => self.read(*form, entry, verified).await,
        }
    }

    /// Finds what was found before, while take and form are what they were, and counts a hit for `provider`.
    /// Nothing when it would have to be waited for, and then nothing is counted.
    pub(crate) fn replay(&self, take: &Known, form: Option<&Known>, provider: &str) -> Option<Replay> {
        self.0.disk.get()?.replay(take, form, provider)
    }

    /// A take by its audio. It counts as used, and neither as a hit nor as a miss: nobody wished for
    /// speech.
    pub async fn get_audio(&self, digest: AudioDigest) -> Option<Hit> {
        let key = self.0.disk.get()?.tiers().shelf.key_of(digest)?;
        self.get_form(&key).await.filter(|hit| hit.digest == digest)
    }

    /// True when [`Cache::get_audio`] would look for it. No I/O.
    #[must_use]
    pub fn has_audio(&self, digest: AudioDigest) -> bool {
        self.0.disk.get().is_some_and(|disk| disk.tiers().shelf.key_of(digest).is_some())
    }

    /// What is known of a take, if it is there. No use of it: for whoever only wants to know.
    pub async fn notes(&self, key: &TakeKey) -> Option<Arc<TakeNotes>> {
        let (this, key) = (self.clone(), *key);
        spawn_blocking(move || this.0.disk.get()?.notes(&key)).await.ok().flatten()
    }

    /// The time since `at_ms` of the wall clock.
    pub(crate) fn since(&self, at_ms: u64) -> Duration {
        Duration::from_millis(self.0.clock.unix_ms().saturating_sub(at_ms))
    }

    async fn read(&self, key: TakeKey, entry: Entry, verified: bool) -> Option<Hit> {
        let this = self.clone();
        let read = spawn_blocking(move || this.0.disk.get()?.read(&key, &entry, verified));
        read.await.ok().flatten()
    }

    /// Finds a take if it is in memory. Counts a hit, never a miss.
    #[must_use]
    pub fn get_hot(&self, key: &TakeKey) -> Option<Hit> {
        match self.0.disk.get()?.glance(key, true) {
            Glance::Found(hit) => Some(hit),
            Glance::Deeper(..) | Glance::Nothing => None,
        }
    }

    /// Keeps a take of `provider` under `key`, in place of what was there. It can be found at once
    /// when its file is written; when this returns, it survives a kill.
    ///
    /// # Errors
    /// It was not kept, which is no reason not to speak: the take is larger than the cap, the cache
    /// is off, or the disk is full, read-only or broken. After such a failure writes are refused
    /// for half a minute.
    pub async fn put(
        &self,
        key: TakeKey,
        provider: &str,
        notes: Arc<TakeNotes>,
        audio: Bytes,
    ) -> Result<(), CacheError> {
        let digest = spawn_blocking({
            let audio = audio.clone();
            move || AudioDigest::of(&audio)
        });
        let digest = digest.await.map_err(|panic| CacheError::Internal(panic.to_string()))?;
        self.put_digested(key, provider, notes, audio, digest).await
    }

    /// As [`Cache::put`], for audio whose digest is known.
    pub(crate) async fn put_digested(
        &self,
        key: TakeKey,
        provider: &str,
        notes: Arc<TakeNotes>,
        audio: Bytes,
        digest: AudioDigest,
    ) -> Result<(), CacheError> {
        // Without a disk nothing is waited for: what is not kept must not look kept even for a moment.
        self.disk()?;
        let (this, provider) = (self.clone(), provider.to_owned());
        let stored = spawn_blocking(move || {
            let disk = this.disk()?;
            disk.put(&this.0.health, key, &provider, &notes, (digest, &audio))
        });
        stored.await.unwrap_or_else(|panic| Err(CacheError::Internal(panic.to_string())))
    }

    /// Counts a wish for a derived form; true when it has been asked for often enough to be kept.
    #[must_use]
    pub fn is_worth_keeping(&self, form: &TakeKey) -> bool {
        let mut demand = self.0.demand.lock().unwrap_or_else(PoisonError::into_inner);
        demand.ask(*form, self.0.settings.derived_after)
    }

    /// What it holds and has done. Empty without a cache.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.0.disk.get().map(Disk::stats).unwrap_or_default()
    }

    /// At most `length` takes after `after`, in the order of their keys.
    ///
    /// # Errors
    /// The cache does not serve, or its index cannot be read.
    pub async fn list(&self, after: Option<TakeKey>, length: usize) -> Result<TakePage, CacheError> {
        let listed = self.blocking(move |disk| disk.list(after, length)).await?;
        listed.map_err(|error| self.0.health.name(error.kind(), &error.to_string()).into())
    }

    /// Removes the takes that `filter` describes. Audio that is being read stays readable.
    ///
    /// # Errors
    /// The cache does not serve.
    pub async fn clear(&self, filter: ClearFilter) -> Result<Cleared, CacheError> {
        self.blocking(move |disk| disk.clear(&filter)).await
    }

    /// Reads all audio and removes what is damaged, and nothing that cannot be read. `progress` is called
    /// after each file, on a blocking thread, and says whether to go on; takes are served and stored meanwhile.
    ///
    /// # Errors
    /// The cache does not serve, or is being checked already.
    pub async fn verify(
        &self,
        progress: impl Fn(Verification) -> bool + Send + 'static,
    ) -> Result<Verification, CacheError> {
        self.blocking(move |disk| disk.verify(&progress)).await?
    }

    /// Writes down what is written lazily, and waits until all of it is on the disk.
    ///
    /// # Errors
    /// The cache does not serve, or its index cannot be written.
    pub async fn flush(&self) -> Result<(), CacheError> {
        let written = self.blocking(|disk| {
            disk.write_down();
            disk.index.sync().recv()
        });
        match written.await? {
            Ok(Ok(())) => Ok(()),
            Ok(Err((kind, reason))) => Err(self.0.health.name(kind, &reason).into()),
            Err(lost) => Err(CacheError::Internal(lost.to_string())),
        }
    }

    /// Throws away what is too old, writes down uses, and sees whether trouble is over. Blocks.
    pub(crate) fn tidy(&self) {
        if let Some(disk) = self.0.disk.get() {
            disk.tidy();
            disk.try_again(&self.0.health);
        }
    }

    fn disk(&self) -> Result<&Disk, CacheError> {
        self.0.disk.get().ok_or_else(|| match self.state() {
            StoreState::Degraded { reason } => reason.into(),
            StoreState::Serving | StoreState::Off => CacheError::Off,
        })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> T + Send + 'static,
    ) -> Result<T, CacheError> {
        let this = self.clone();
        let done = spawn_blocking(move || this.disk().map(work));
        done.await.unwrap_or_else(|panic| Err(CacheError::Internal(panic.to_string())))
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cache").field(&self.state()).finish()
    }
}

#[cfg(test)]
mod tests;
