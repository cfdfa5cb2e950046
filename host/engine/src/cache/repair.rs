//! What a start finds, and puts right.
//!
//! A process can be killed between any two steps. The order of the steps leaves three kinds of
//! remains, none of which can be served: a file under way, a file that no entry names, an entry
//! whose file is gone. All are removed here. Bytes are not read: a thousand megabytes would delay
//! every start; each file is checked when it is first asked for.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use serde::Serialize;

use super::blobs::Blobs;
use super::index::{Contents, Index};
use super::shelf::{Entry, Shelf};
use super::take::AudioDigest;

/// What the last start found and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// Takes that are kept.
    pub kept: usize,
    /// Files that were being written.
    pub unfinished_files: usize,
    /// Files that no entry names.
    pub orphan_files: usize,
    /// Entries whose file is gone or has another length.
    pub missing_files: usize,
    /// Entries that could not be read.
    pub damaged_records: usize,
    /// Entries whose time was over.
    pub expired: usize,
    /// Entries past a cap that was lowered.
    pub past_cap: usize,
    /// The index could not be read, and the cache began anew.
    pub index_replaced: bool,
}

impl Repair {
    pub(super) fn log(&self) {
        let Self { kept, unfinished_files, orphan_files, missing_files, damaged_records, .. } = *self;
        if unfinished_files + orphan_files + missing_files + damaged_records > 0 || self.index_replaced {
            let index_replaced = self.index_replaced;
            tracing::warn!(
                kept,
                unfinished_files,
                orphan_files,
                missing_files,
                damaged_records,
                index_replaced,
                "cache was repaired"
            );
        }
    }
}

/// Fills the shelf with what the index says and the folders have.
pub(super) fn restore(
    shelf: &mut Shelf,
    blobs: &Blobs,
    index: &Index,
    contents: Contents,
    now_ms: u64,
) -> io::Result<Repair> {
    let files: HashMap<_, _> = blobs.list()?.into_iter().map(|file| (file.digest, file.length)).collect();
    let mut repair = Repair {
        damaged_records: contents.damaged_records,
        index_replaced: contents.is_new,
        ..Repair::default()
    };
    let mut takes = contents.takes;
    takes.sort_unstable_by_key(|(_, used_at_ms, _)| *used_at_ms);
    for (key, used_at_ms, place) in takes {
        let is_there = files.get(&AudioDigest(place.digest)) == Some(&place.length);
        if place.expires_at_ms > now_ms && is_there {
            shelf.restore(key, Entry::of(&place, used_at_ms));
            continue;
        }
        if is_there {
            repair.expired += 1;
        } else {
            repair.missing_files += 1;
        }
        index.remove(key);
    }
    let mut past_cap = Vec::new();
    shelf.trim(&mut past_cap);
    past_cap.iter().for_each(|removed| index.remove(removed.key));
    for digest in files.keys().filter(|digest| !shelf.is_held(**digest)) {
        blobs.remove(*digest, || false);
        repair.orphan_files += 1;
    }
    for (provider, tally) in contents.tallies {
        shelf.restore_tally(Arc::from(provider), tally);
    }
    (repair.kept, repair.past_cap) = (shelf.counts().0, past_cap.len());
    // A file that went with its expired entry, or with one past the cap, was no orphan.
    repair.orphan_files = repair.orphan_files.saturating_sub(repair.expired + repair.past_cap);
    Ok(repair)
}
