//! Events of the file system, which only say that it is time to look.
//!
//! Nothing is concluded from an event but that: they are lost when a queue overflows, doubled by
//! some systems, never sent by others, and they say nothing of what was done a moment later. The
//! watcher's thread sets a mark and rings; the owner looks for itself. Of one kind the path is kept:
//! what was renamed into place is whole.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Renamed files that are remembered until the next look; further ones have to settle.
const ARRIVED_MAX: usize = 1_000;

/// Rings when something may have changed.
#[derive(Debug, Default)]
struct Mark {
    arrived: Mutex<HashSet<PathBuf>>,
    bell: Notify,
}

/// Watches folders for as long as it lives.
pub(super) struct Watch {
    mark: Arc<Mark>,
    /// None when the system gives no events.
    watcher: Option<RecommendedWatcher>,
    folders: Vec<PathBuf>,
    /// Folders that could not be watched; told once each.
    unwatched: HashSet<PathBuf>,
}

impl Watch {
    /// A watch over nothing yet. Without `events` it never rings.
    pub(super) fn new(events: bool) -> Self {
        let mark = Arc::new(Mark::default());
        let marked = Arc::clone(&mark);
        let watcher = events.then(|| notify::recommended_watcher(move |event| marked.note(event)));
        let watcher = watcher.and_then(|made| {
            made.inspect_err(|error| tracing::warn!(%error, "files are not watched but looked at")).ok()
        });
        Self { mark, watcher, folders: Vec::new(), unwatched: HashSet::new() }
    }

    /// Watches these folders and no others.
    pub(super) fn over(&mut self, folders: Vec<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.folders.iter().filter(|folder| !folders.contains(folder)) {
            let _ = watcher.unwatch(gone);
        }
        for folder in &folders {
            // A folder that was removed and made again is another one: watching twice costs nothing.
            if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive)
                && self.unwatched.insert(folder.clone())
            {
                tracing::warn!(folder = %folder.display(), %error, "folder is not watched but looked at");
            }
        }
        self.folders = folders;
    }

    /// Rings when something may have changed since the last ring. Safe to cancel.
    pub(super) async fn changed(&self) {
        self.mark.bell.notified().await;
    }

    /// What was renamed into place since it was last asked.
    pub(super) fn arrived(&self) -> HashSet<PathBuf> {
        std::mem::take(&mut self.mark.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mark {
    fn note(&self, event: notify::Result<Event>) {
        match event {
            Ok(event) if !concerns(event.kind) => return,
            Ok(event) => {
                if let EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) = event.kind {
                    let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
                    if arrived.len() < ARRIVED_MAX {
                        arrived.extend(event.paths.into_iter().next_back());
                    }
                }
            }
            // Events were lost, or cannot be read: all the more reason to look.
            Err(_) => {}
        }
        self.bell.notify_one();
    }
}

/// Reading a file is an event as well, and looking would then never end.
const fn concerns(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_rename_into_a_watched_folder_rings_and_is_remembered() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("plugins");
        std::fs::create_dir(&folder).unwrap();
        let mut watch = Watch::new(true);
        watch.over(vec![folder.clone()]);
        std::fs::write(root.path().join("a"), "whole").unwrap();
        std::fs::rename(root.path().join("a"), folder.join("a.wasm")).unwrap();
        timeout(Duration::from_secs(30), watch.changed()).await.unwrap();
        assert_eq!(watch.arrived(), HashSet::from([folder.join("a.wasm")]));
        assert!(watch.arrived().is_empty());
    }

    #[test]
    fn to_read_is_no_change() {
        for kind in
            [AccessKind::Read, AccessKind::Open(AccessMode::Read), AccessKind::Close(AccessMode::Read)]
        {
            assert!(!concerns(EventKind::Access(kind)));
        }
        assert!(concerns(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(concerns(EventKind::Any));
    }
}
