//! One sled database in a folder of its own, opened whatever state it is in.
//!
//! sled holds what is small and changes often. Five of its habits are dealt with here, once. It
//! may find a file of its own too damaged to read, and say so with an error or with a panic: the
//! damaged folder is put aside for whoever wants to look, and an empty one takes its place. A page
//! that has a file to itself and cannot be opened it takes for the end of its log, and cuts off what
//! follows: whether they can be is seen beforehand. Its `flush` starts writing on Linux without
//! waiting for the disk's own cache: [`Database::sync`] does wait. A snapshot that it was killed over
//! it takes for its newest the next time, and for damage: what is left of one is removed before it is
//! opened. And under churn its file only grows by what it fails to reclaim: a database is one
//! *generation* in a numbered folder, and [`Database::rewrite`] copies what is alive into the next
//! one. A generation counts when its `complete` mark is there, so a copy that was cut short is
//! swept away at the next start.
//!
//! A database that begins anew costs everything that it knew of, so only what its own files say counts
//! as damage. What the process may not do just now, open one more file say, is an error, and what is
//! there stays until it may.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::Duration;

use crate::cache::sync_folder;

/// sled's own cache of pages, in bytes. What we ask often is in memory already.
const PAGE_CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes copied at once while a generation is rewritten.
const COPIED_AT_ONCE: usize = 512 * 1024;
const COMPLETE: &str = "complete";
/// Files that have to be free before sled is let at a database. It opens three at once.
const FREE_FILES: usize = 8;
/// How often a database that is still closing is waited for, and how long each time.
const CLOSING_WAITS: u32 = 200;
const CLOSING_WAIT: Duration = Duration::from_millis(10);

pub(crate) struct Database {
    pub(crate) sled: sled::Db,
    root: PathBuf,
    generation: u64,
    file: File,
}

impl Database {
    /// Opens the newest complete generation below `root`. True beside it: there was one, and it
    /// could not be read.
    pub(crate) fn open(root: &Path) -> io::Result<(Self, bool)> {
        fs::create_dir_all(root)?;
        let newest = sweep(root)?;
        match newest.map(|generation| Self::read(root, generation)) {
            Some(Ok(database)) => Ok((database, false)),
            Some(Err(error)) if !is_damage(&error) => Err(error),
            Some(Err(error)) => {
                let generation = newest.unwrap_or_default();
                tracing::error!(root = %root.display(), %error, "database is damaged and put aside");
                put_aside(root, generation)?;
                Ok((Self::create(root, generation + 1)?, true))
            }
            None => Ok((Self::create(root, 1)?, false)),
        }
    }

    fn create(root: &Path, generation: u64) -> io::Result<Self> {
        let database = Self::begin(root, generation)?;
        database.complete()?;
        Ok(database)
    }

    fn begin(root: &Path, generation: u64) -> io::Result<Self> {
        let folder = folder_of(root, generation);
        remove_unfinished(&folder)?;
        see_all_opens(&folder)?;
        let open = || {
            sled::Config::new()
                .path(&folder)
                .cache_capacity(PAGE_CACHE_BYTES)
                .mode(sled::Mode::LowSpace)
                .flush_every_ms(None)
                .open()
                .map_err(into_io)
        };
        let sled = patiently(|| guarded(open))?;
        let file = File::open(folder.join("db"))?;
        Ok(Self { sled, root: root.to_path_buf(), generation, file })
    }

    /// Opens a generation and reads it through, because sled reports damage where it meets it.
    fn read(root: &Path, generation: u64) -> io::Result<Self> {
        let database = Self::begin(root, generation)?;
        guarded(|| {
            for name in database.sled.tree_names() {
                let tree = database.sled.open_tree(name).map_err(into_io)?;
                tree.iter().try_for_each(|item| item.map(drop).map_err(into_io))?;
            }
            Ok(())
        })?;
        Ok(database)
    }

    pub(crate) fn tree(&self, name: &str) -> io::Result<sled::Tree> {
        self.sled.open_tree(name).map_err(into_io)
    }

    /// Returns when everything written before is on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.sled.flush().map_err(into_io)?;
        self.file.sync_data()
    }

    /// Bytes of its files.
    pub(crate) fn bytes(&self) -> u64 {
        self.sled.size_on_disk().unwrap_or_default()
    }

    /// Copies what is alive into the next generation, which takes this one's place.
    pub(crate) fn rewrite(&self) -> io::Result<Self> {
        self.rewrite_and(Self::complete)
    }

    fn rewrite_and(&self, complete: impl FnOnce(&Self) -> io::Result<()>) -> io::Result<Self> {
        let generation = self.generation + 1;
        // What an earlier try left there is no longer what is alive.
        abandon(&folder_of(&self.root, generation))?;
        let written = guarded(|| {
            let next = Self::begin(&self.root, generation)?;
            for name in self.sled.tree_names() {
                let (from, to) = (self.sled.open_tree(&name).map_err(into_io)?, next.sled.open_tree(&name));
                copy(&from, &to.map_err(into_io)?)?;
            }
            complete(&next)?;
            Ok(next)
        });
        if written.is_err() {
            // This one is written on, so the next start must not find a newer one.
            abandon(&folder_of(&self.root, generation)).ok();
        }
        written
    }

    /// Removes its files; for a generation that has been replaced.
    pub(crate) fn remove(self) {
        let folder = folder_of(&self.root, self.generation);
        drop(self);
        if let Err(error) = fs::remove_dir_all(&folder) {
            tracing::warn!(folder = %folder.display(), %error, "old generation could not be removed");
        }
    }

    fn complete(&self) -> io::Result<()> {
        self.sync()?;
        let folder = folder_of(&self.root, self.generation);
        File::create(folder.join(COMPLETE))?.sync_all()?;
        sync_folder(&folder)?;
        sync_folder(&self.root)
    }
}

/// Removes the snapshot that sled was writing when it was killed. It gives one its name when it is whole.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::debug!(file = %entry.path().display(), "unfinished snapshot removed");
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Fails when a file of a database cannot be opened, or no more files at all.
fn see_all_opens(folder: &Path) -> io::Result<()> {
    let log = folder.join("db");
    if !log.try_exists()? {
        return Ok(());
    }
    let free: Vec<File> = (0..FREE_FILES).map(|_| File::open(&log)).collect::<io::Result<_>>()?;
    match fs::read_dir(folder.join("blobs")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        pages => pages?.try_for_each(|page| File::open(page?.path()).map(drop))?,
    }
    drop(free);
    Ok(())
}

/// Takes back a generation that is not to be. Its mark goes first: that alone decides, and to remove it
/// takes no open file.
fn abandon(folder: &Path) -> io::Result<()> {
    for removed in [fs::remove_file(folder.join(COMPLETE)), fs::remove_dir_all(folder)] {
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}

/// Runs sled where it may meet damage: a panic of its becomes an error like any other.
pub(crate) fn guarded<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::InvalidData, "database panicked")))
}

/// sled lets go of its file a moment after its database is dropped, on a thread of its own. The
/// folder is ours alone, so whoever still holds the file is one of ours that is closing.
fn patiently<T>(mut open: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut opened = open();
    for _ in 0..CLOSING_WAITS {
        match &opened {
            Err(error) if error.to_string().contains("could not acquire lock") => park_timeout(CLOSING_WAIT),
            _ => break,
        }
        opened = open();
    }
    opened
}

pub(crate) fn into_io(error: sled::Error) -> io::Error {
    match error {
        sled::Error::Io(error) => error,
        // Its threads are those of the whole process, and it refuses all databases when one of them has
        // died, of another's damage say.
        sled::Error::ReportableBug(what) if what.starts_with("IO thread") => io::Error::other(what),
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}

fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn copy(from: &sled::Tree, to: &sled::Tree) -> io::Result<()> {
    let (mut batch, mut waiting) = (sled::Batch::default(), 0);
    for item in from {
        let (key, value) = item.map_err(into_io)?;
        waiting += key.len() + value.len();
        batch.insert(key, value);
        if waiting >= COPIED_AT_ONCE {
            to.apply_batch(std::mem::take(&mut batch)).map_err(into_io)?;
            waiting = 0;
        }
    }
    to.apply_batch(batch).map_err(into_io)
}

fn folder_of(root: &Path, generation: u64) -> PathBuf {
    root.join(generation.to_string())
}

/// The newest complete generation. All others are removed.
fn sweep(root: &Path) -> io::Result<Option<u64>> {
    let mut generations = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if let Ok(generation) = entry.file_name().to_string_lossy().parse::<u64>() {
            // Not `exists`, which is also false when nobody can tell.
            generations.push((entry.path().join(COMPLETE).try_exists()?, generation));
        }
    }
    generations.sort_unstable();
    let newest = generations.last().filter(|(complete, _)| *complete).map(|(_, generation)| *generation);
    for (_, generation) in generations.iter().filter(|(_, generation)| Some(*generation) != newest) {
        fs::remove_dir_all(folder_of(root, *generation))?;
    }
    Ok(newest)
}

/// Keeps one damaged generation, the last, for whoever wants to know what happened.
fn put_aside(root: &Path, generation: u64) -> io::Result<()> {
    let aside = root.join("damaged");
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::rename(folder_of(root, generation), aside)
}

#[cfg(test)]
mod tests;
