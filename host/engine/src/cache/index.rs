//! The index on the disk, and the one thread that writes it.
//!
//! Everything that changes the index goes through one queue to one thread, the keeper. It takes
//! whatever is waiting, applies it in order, and makes it last with one sync: a hundred takes that
//! finish together pay for one. An entry is acknowledged after that sync and not before. One
//! writer is also what lets the keeper replace the whole database by a smaller copy of it while
//! others read.
//!
//! A database that failed to write stays failed until it is opened anew, so the keeper opens it
//! anew before the next write. What was not written meanwhile was never acknowledged.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};

use super::key::TakeKey;
use super::record::{Place, Record};
use super::shelf::ProviderTally;
use crate::database::{Database, guarded, into_io};

/// Writes applied with one sync at most. It bounds how long the first of them waits.
const BATCH_MAX: usize = 512;

pub(super) struct Index {
    queue: Option<Sender<Write>>,
    shared: Arc<Shared>,
    keeper: Option<JoinHandle<()>>,
}

struct Shared {
    tables: RwLock<Option<Arc<Tables>>>,
    bytes: AtomicU64,
    rewrites: AtomicU64,
}

struct Tables {
    database: Database,
    takes: sled::Tree,
    uses: sled::Tree,
    tallies: sled::Tree,
}

/// What a write came to: an [`io::Error`] in parts, because it is told to many.
pub(super) type Outcome = Result<(), (io::ErrorKind, String)>;

enum Write {
    Put { key: TakeKey, record: Vec<u8>, done: SyncSender<Outcome> },
    Remove(TakeKey),
    Uses(Vec<(TakeKey, u64)>),
    Tallies(Vec<(Arc<str>, ProviderTally)>),
    Sync(SyncSender<Outcome>),
}

/// What an index held when it was opened.
pub(super) struct Contents {
    /// By key; the second is when it was last used, in milliseconds since 1970.
    pub(super) takes: Vec<(TakeKey, u64, Place)>,
    pub(super) tallies: BTreeMap<String, ProviderTally>,
    pub(super) damaged_records: usize,
    /// The index itself could not be read and is a new one.
    pub(super) is_new: bool,
}

impl Index {
    pub(super) fn open(folder: &Path, rewrite_bytes: u64) -> io::Result<(Self, Contents)> {
        let (tables, damaged) = Tables::open(folder)?;
        let contents = guarded(|| tables.contents(damaged))?;
        let shared = Arc::new(Shared {
            bytes: AtomicU64::new(tables.database.bytes()),
            tables: RwLock::new(Some(Arc::new(tables))),
            rewrites: AtomicU64::new(0),
        });
        let (queue, writes) = channel();
        let keeper = Keeper {
            writes,
            shared: Arc::clone(&shared),
            folder: folder.to_path_buf(),
            rewrite_bytes,
            rewrite_past: rewrite_bytes,
            healthy: true,
        };
        let keeper = Builder::new().name("cache-index".to_owned()).spawn(move || keeper.run())?;
        Ok((Self { queue: Some(queue), shared, keeper: Some(keeper) }, contents))
    }

    /// The record of a take, or nothing when it is not there or is damaged.
    pub(super) fn read(&self, key: &TakeKey) -> io::Result<Option<Record>> {
        let tables = self.shared.tables.read().unwrap_or_else(PoisonError::into_inner).clone();
        let tables = tables.ok_or(io::ErrorKind::NotConnected)?;
        let bytes = guarded(|| tables.takes.get(key.0).map_err(into_io))?;
        Ok(bytes.and_then(|bytes| Record::decode(&bytes)))
    }

    /// At most `length` keys after `after`, in their order.
    pub(super) fn keys(&self, after: Option<TakeKey>, length: usize) -> io::Result<Vec<TakeKey>> {
        let tables = self.shared.tables.read().unwrap_or_else(PoisonError::into_inner).clone();
        let tables = tables.ok_or(io::ErrorKind::NotConnected)?;
        let from = after.map_or(std::ops::Bound::Unbounded, |key| std::ops::Bound::Excluded(key.0));
        let keys = tables.takes.range((from, std::ops::Bound::Unbounded)).keys();
        guarded(|| {
            keys.take(length)
                .map(|key| key.map_err(into_io))
                .filter_map(|key| key.map(|key| key_of(&key)).transpose())
                .collect()
        })
    }

    /// Queues a take; the answer comes when it is on the disk.
    pub(super) fn put(&self, key: TakeKey, record: Vec<u8>) -> Receiver<Outcome> {
        let (done, outcome) = sync_channel(1);
        self.send(Write::Put { key, record, done });
        outcome
    }

    pub(super) fn remove(&self, key: TakeKey) {
        self.send(Write::Remove(key));
    }

    pub(super) fn uses(&self, uses: Vec<(TakeKey, u64)>) {
        self.send(Write::Uses(uses));
    }

    pub(super) fn tallies(&self, tallies: Vec<(Arc<str>, ProviderTally)>) {
        self.send(Write::Tallies(tallies));
    }

    /// The answer comes when everything queued before is on the disk.
    pub(super) fn sync(&self) -> Receiver<Outcome> {
        let (done, outcome) = sync_channel(1);
        self.send(Write::Sync(done));
        outcome
    }

    /// Bytes of its files, and how often they were rewritten since it was opened.
    pub(super) fn size(&self) -> (u64, u64) {
        (self.shared.bytes.load(Ordering::Relaxed), self.shared.rewrites.load(Ordering::Relaxed))
    }

    fn send(&self, write: Write) {
        // The keeper ends only when this queue does. Were it gone, the dropped sender inside
        // `write` tells whoever waits.
        if let Some(queue) = &self.queue {
            queue.send(write).ok();
        }
    }
}

impl Drop for Index {
    /// Waits until what is queued is written and the files are closed.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(keeper) = self.keeper.take() {
            keeper.join().ok();
        }
    }
}

impl Tables {
    fn open(folder: &Path) -> io::Result<(Self, bool)> {
        let (database, damaged) = Database::open(folder)?;
        Ok((Self::of(database)?, damaged))
    }

    fn of(database: Database) -> io::Result<Self> {
        let tables = (database.tree("takes")?, database.tree("uses")?, database.tree("tallies")?);
        Ok(Self { database, takes: tables.0, uses: tables.1, tallies: tables.2 })
    }

    fn contents(&self, is_new: bool) -> io::Result<Contents> {
        let mut contents =
            Contents { takes: Vec::new(), tallies: BTreeMap::new(), damaged_records: 0, is_new };
        for item in &self.takes {
            let (key, bytes) = item.map_err(into_io)?;
            let (Some(take), Some(record)) = (key_of(&key), Record::decode(&bytes)) else {
                self.takes.remove(&key).map_err(into_io)?;
                contents.damaged_records += 1;
                continue;
            };
            let used = self.uses.get(&key).map_err(into_io)?;
            let used = used.and_then(|used| used.as_ref().try_into().ok()).map(u64::from_be_bytes);
            let used = used.unwrap_or(record.place.stored_at_ms);
            contents.takes.push((take, used, record.place));
        }
        for item in &self.tallies {
            let (name, tally) = item.map_err(into_io)?;
            let name = String::from_utf8_lossy(&name).into_owned();
            contents.tallies.insert(name, serde_json::from_slice(&tally).unwrap_or_default());
        }
        Ok(contents)
    }

    fn apply(&self, writes: &[Write]) -> io::Result<()> {
        let mut takes = sled::Batch::default();
        let mut uses = sled::Batch::default();
        for write in writes {
            match write {
                Write::Put { key, record, .. } => takes.insert(&key.0, record.as_slice()),
                Write::Remove(key) => {
                    takes.remove(&key.0);
                    uses.remove(&key.0);
                }
                Write::Uses(used) => {
                    for (key, used_at_ms) in used {
                        uses.insert(&key.0, &used_at_ms.to_be_bytes());
                    }
                }
                Write::Tallies(tallies) => {
                    for (provider, tally) in tallies {
                        let tally = serde_json::to_vec(tally)?;
                        self.tallies.insert(provider.as_bytes(), tally).map_err(into_io)?;
                    }
                }
                Write::Sync(_) => {}
            }
        }
        self.takes.apply_batch(takes).map_err(into_io)?;
        self.uses.apply_batch(uses).map_err(into_io)?;
        self.database.sync()
    }
}

fn key_of(bytes: &[u8]) -> Option<TakeKey> {
    bytes.try_into().ok().map(TakeKey)
}

struct Keeper {
    writes: Receiver<Write>,
    shared: Arc<Shared>,
    folder: std::path::PathBuf,
    rewrite_bytes: u64,
    rewrite_past: u64,
    healthy: bool,
}

impl Keeper {
    fn run(mut self) {
        while let Ok(first) = self.writes.recv() {
            let mut batch = vec![first];
            batch.extend(self.writes.try_iter().take(BATCH_MAX - 1));
            let result = self.commit(&batch);
            self.healthy = result.is_ok();
            if let Err(error) = &result {
                tracing::error!(%error, "cache index could not be written");
            }
            for write in batch {
                if let Write::Put { done, .. } | Write::Sync(done) = write {
                    let told = result.as_ref().copied().map_err(|error| (error.kind(), error.to_string()));
                    done.send(told).ok();
                }
            }
            if self.healthy {
                self.keep_small();
            }
        }
        self.set(None);
    }

    fn commit(&self, batch: &[Write]) -> io::Result<()> {
        if !self.healthy {
            self.set(None);
            let (tables, _) = Tables::open(&self.folder)?;
            self.set(Some(tables));
        }
        let tables = self.tables().ok_or(io::ErrorKind::NotConnected)?;
        guarded(|| tables.apply(batch))
    }

    /// Rewrites the database when it has grown to several times what is alive in it.
    fn keep_small(&mut self) {
        let Some(tables) = self.tables() else { return };
        let bytes = tables.database.bytes();
        self.shared.bytes.store(bytes, Ordering::Relaxed);
        if bytes <= self.rewrite_past {
            return;
        }
        match guarded(|| tables.database.rewrite().and_then(Tables::of)) {
            Ok(rewritten) => {
                let now = rewritten.database.bytes();
                self.set(Some(rewritten));
                self.shared.bytes.store(now, Ordering::Relaxed);
                self.shared.rewrites.fetch_add(1, Ordering::Relaxed);
                // Twice what is alive, so that a large index is not rewritten again and again.
                self.rewrite_past = self.rewrite_bytes.max(now.saturating_mul(2));
                tracing::debug!(before = bytes, after = now, "cache index rewritten");
                retire(tables);
            }
            Err(error) => {
                tracing::warn!(%error, bytes, "cache index could not be rewritten");
                self.rewrite_past = bytes.saturating_mul(2);
            }
        }
    }

    fn tables(&self) -> Option<Arc<Tables>> {
        self.shared.tables.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, tables: Option<Tables>) {
        *self.shared.tables.write().unwrap_or_else(PoisonError::into_inner) = tables.map(Arc::new);
    }
}

/// Removes a replaced generation. A reader that still holds it keeps the open files, and the next
/// start sweeps the folder.
fn retire(tables: Arc<Tables>) {
    if let Some(Tables { database, takes, uses, tallies }) = Arc::into_inner(tables) {
        drop((takes, uses, tallies));
        database.remove();
    }
}
