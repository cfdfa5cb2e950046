//! What is kept, in the order it was last used, and how much room it takes.
//!
//! This is bookkeeping without files, so that its rules can be tested by themselves. The cap
//! counts whole blocks, as the disk does, and counts a take from the moment room is made for it:
//! what has to go goes before the new take is written, not after. Audio that several takes share
//! counts once and stays until the last of them goes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use hashlink::LinkedHashMap;
use serde::{Deserialize, Serialize};

use super::key::TakeKey;
use super::take::AudioDigest;

/// What a file's length is rounded up to: the block of nearly every file system.
const BLOCK_BYTES: u64 = 4096;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) provider: Arc<str>,
    pub(super) digest: AudioDigest,
    pub(super) length: u64,
    pub(super) stored_at_ms: u64,
    pub(super) expires_at_ms: u64,
    pub(super) used_at_ms: u64,
}

#[derive(Debug)]
struct Blob {
    length: u64,
    /// Entries that point here, and writers that are about to.
    holders: usize,
    /// The file is in place.
    present: bool,
    /// The file's bytes were seen to be right since this process began.
    verified: bool,
    /// A take that has this audio; perhaps not any more, see [`Shelf::key_of`].
    key: Option<TakeKey>,
}

/// What a provider's takes did for the cache since it was first opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderTally {
    /// Requests answered from the cache.
    pub hits: u64,
    /// Requests that were not.
    pub misses: u64,
    /// Takes stored.
    pub stored: u64,
    /// Takes removed to make room.
    pub evicted: u64,
    /// Takes removed because their time was over.
    pub expired: u64,
}

/// What is kept of one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) takes: usize,
    /// Of their audio. Takes that share audio count it each.
    pub(super) bytes: u64,
}

/// An entry that is gone, and its audio if nothing else needs it.
#[derive(Debug, PartialEq)]
pub(super) struct Removed {
    pub(super) key: TakeKey,
    pub(super) orphan: Option<AudioDigest>,
}

/// What became of a wish for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Made; the file has to be written.
    Write,
    /// The same audio is in place already, and was seen to be right.
    Present,
    /// There is none: the take is larger than the cap, or others are being written.
    None,
}

#[derive(Debug, PartialEq)]
pub(super) enum Look {
    Found { entry: Entry, verified: bool },
    Expired(Removed),
    Absent,
}

pub(super) struct Shelf {
    entries: LinkedHashMap<TakeKey, Entry>,
    blobs: HashMap<AudioDigest, Blob>,
    bytes: u64,
    bytes_max: u64,
    entries_max: usize,
    shares: BTreeMap<Arc<str>, Share>,
    tallies: BTreeMap<Arc<str>, ProviderTally>,
    counted: bool,
    touched: HashSet<TakeKey>,
}

impl Shelf {
    pub(super) fn new(bytes_max: u64, entries_max: usize) -> Self {
        Self {
            entries: LinkedHashMap::new(),
            blobs: HashMap::new(),
            bytes: 0,
            bytes_max,
            entries_max: entries_max.max(1),
            shares: BTreeMap::new(),
            tallies: BTreeMap::new(),
            counted: false,
            touched: HashSet::new(),
        }
    }

    /// Makes room for a take and holds it. What is removed for it is added to `removed`.
    pub(super) fn reserve(&mut self, digest: AudioDigest, length: u64, removed: &mut Vec<Removed>) -> Room {
        let size = on_disk(length);
        if size > self.bytes_max && !self.blobs.contains_key(&digest) {
            return Room::None;
        }
        // Held before anything is removed, so that making room does not remove this very audio.
        // A file that nobody has read since the start may be anything: the new one takes its place.
        let known = self.blobs.get_mut(&digest).map(|blob| {
            blob.holders += 1;
            blob.present && blob.verified
        });
        while self.entries.len() >= self.entries_max {
            self.evict(removed);
        }
        if let Some(is_right) = known {
            return if is_right { Room::Present } else { Room::Write };
        }
        while self.bytes.saturating_add(size) > self.bytes_max {
            if !self.evict(removed) {
                return Room::None;
            }
        }
        self.bytes += size;
        self.blobs.insert(digest, Blob { length, holders: 1, present: false, verified: false, key: None });
        Room::Write
    }

    /// Gives back what [`Shelf::reserve`] held; the audio's digest when nothing needs it any more.
    pub(super) fn cancel(&mut self, digest: AudioDigest) -> Option<AudioDigest> {
        self.release(digest)
    }

    /// Puts a take in the place that was reserved for it. Its file is there and right.
    pub(super) fn settle(&mut self, key: TakeKey, entry: Entry) -> Option<Removed> {
        if let Some(blob) = self.blobs.get_mut(&entry.digest) {
            (blob.present, blob.verified, blob.key) = (true, true, Some(key));
        }
        let replaced = self.remove(&key);
        self.count(&entry.provider, |tally| tally.stored += 1);
        self.insert(key, entry);
        replaced
    }

    /// Puts in a take that was found on the disk; later ones count as used later.
    pub(super) fn restore(&mut self, key: TakeKey, entry: Entry) {
        let blob = self.blobs.entry(entry.digest).or_insert_with(|| {
            self.bytes += on_disk(entry.length);
            Blob { length: entry.length, holders: 0, present: true, verified: false, key: Some(key) }
        });
        blob.holders += 1;
        self.insert(key, entry);
    }

    fn insert(&mut self, key: TakeKey, entry: Entry) {
        let share = self.shares.entry(Arc::clone(&entry.provider)).or_default();
        share.takes += 1;
        share.bytes += entry.length;
        self.entries.insert(key, entry);
    }

    /// Removes the least recently used until the caps hold.
    pub(super) fn trim(&mut self, removed: &mut Vec<Removed>) {
        while (self.bytes > self.bytes_max || self.entries.len() > self.entries_max) && self.evict(removed) {}
    }

    /// Looks a take up, and counts it as used now.
    pub(super) fn look(&mut self, key: &TakeKey, now_ms: u64) -> Look {
        let Some(entry) = self.entries.get_mut(key) else { return Look::Absent };
        if entry.expires_at_ms <= now_ms {
            let provider = Arc::clone(&entry.provider);
            self.count(&provider, |tally| tally.expired += 1);
            return self.remove(key).map_or(Look::Absent, Look::Expired);
        }
        entry.used_at_ms = now_ms;
        let entry = entry.clone();
        self.entries.to_back(key);
        self.touched.insert(*key);
        let verified = self.blobs.get(&entry.digest).is_some_and(|blob| blob.verified);
        Look::Found { entry, verified }
    }

    pub(super) fn remove(&mut self, key: &TakeKey) -> Option<Removed> {
        let entry = self.entries.remove(key)?;
        self.touched.remove(key);
        if let Some(share) = self.shares.get_mut(&entry.provider) {
            share.takes = share.takes.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(entry.length);
        }
        Some(Removed { key: *key, orphan: self.release(entry.digest) })
    }

    /// Removes a take that still has this audio.
    pub(super) fn remove_if(&mut self, key: &TakeKey, digest: AudioDigest) -> Option<Removed> {
        self.entry(key).filter(|entry| entry.digest == digest)?;
        self.remove(key)
    }

    /// Removes every take with this audio.
    pub(super) fn remove_audio(&mut self, digest: AudioDigest) -> Vec<Removed> {
        self.remove_where(|entry| entry.digest == digest)
    }

    pub(super) fn remove_where(&mut self, matches: impl Fn(&Entry) -> bool) -> Vec<Removed> {
        let keys: Vec<_> =
            self.entries.iter().filter(|(_, entry)| matches(entry)).map(|(key, _)| *key).collect();
        keys.iter().filter_map(|key| self.remove(key)).collect()
    }

    /// Removes every take whose time is over.
    pub(super) fn sweep(&mut self, now_ms: u64) -> Vec<Removed> {
        let expired: Vec<_> =
            self.entries.values().filter(|entry| entry.expires_at_ms <= now_ms).cloned().collect();
        for entry in &expired {
            self.count(&entry.provider, |tally| tally.expired += 1);
        }
        if expired.is_empty() { Vec::new() } else { self.remove_where(|entry| entry.expires_at_ms <= now_ms) }
    }

    pub(super) fn is_held(&self, digest: AudioDigest) -> bool {
        self.blobs.contains_key(&digest)
    }

    pub(super) fn set_verified(&mut self, digest: AudioDigest) {
        if let Some(blob) = self.blobs.get_mut(&digest) {
            blob.verified = true;
        }
    }

    pub(super) fn entry(&self, key: &TakeKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// A take that has this audio.
    pub(super) fn key_of(&mut self, digest: AudioDigest) -> Option<TakeKey> {
        let blob = self.blobs.get(&digest).filter(|blob| blob.present)?;
        let has = |key: &TakeKey| self.entries.get(key).is_some_and(|entry| entry.digest == digest);
        if let Some(key) = blob.key.filter(has) {
            return Some(key);
        }
        // The one that is remembered is gone and others share its audio: rare, so they are looked
        // through, once.
        let (key, _) = self.entries.iter().find(|(_, entry)| entry.digest == digest)?;
        let key = *key;
        if let Some(blob) = self.blobs.get_mut(&digest) {
            blob.key = Some(key);
        }
        Some(key)
    }

    /// What each provider has here. Counted as it changes: whoever asks holds up those who look for takes.
    pub(super) const fn shares(&self) -> &BTreeMap<Arc<str>, Share> {
        &self.shares
    }

    /// Least recently used first.
    #[cfg(test)]
    pub(super) fn entries(&self) -> impl Iterator<Item = (&TakeKey, &Entry)> {
        self.entries.iter()
    }

    pub(super) fn audio(&self) -> impl Iterator<Item = (AudioDigest, u64)> + '_ {
        self.blobs.iter().filter(|(_, blob)| blob.present).map(|(digest, blob)| (*digest, blob.length))
    }

    /// Counts something of a provider. Finds the name first, so that a hit allocates nothing.
    pub(super) fn count(&mut self, provider: &str, count: impl FnOnce(&mut ProviderTally)) {
        self.counted = true;
        match self.tallies.get_mut(provider) {
            Some(tally) => count(tally),
            None => count(self.tallies.entry(provider.into()).or_default()),
        }
    }

    pub(super) fn restore_tally(&mut self, provider: Arc<str>, tally: ProviderTally) {
        self.tallies.insert(provider, tally);
    }

    /// The tallies, if any has changed since the last call.
    pub(super) fn take_counted(&mut self) -> Vec<(Arc<str>, ProviderTally)> {
        let tallies =
            || self.tallies.iter().map(|(provider, tally)| (Arc::clone(provider), *tally)).collect();
        if std::mem::take(&mut self.counted) { tallies() } else { Vec::new() }
    }

    pub(super) const fn tallies(&self) -> &BTreeMap<Arc<str>, ProviderTally> {
        &self.tallies
    }

    /// The takes used since the last call, with the time of it.
    pub(super) fn take_touched(&mut self) -> Vec<(TakeKey, u64)> {
        let touched = std::mem::take(&mut self.touched);
        let used = |key: TakeKey| self.entries.get(&key).map(|entry| (key, entry.used_at_ms));
        touched.into_iter().filter_map(used).collect()
    }

    pub(super) const fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        (self.entries.len(), self.blobs.len())
    }

    fn evict(&mut self, removed: &mut Vec<Removed>) -> bool {
        let Some((key, entry)) = self.entries.front() else { return false };
        let (key, provider) = (*key, Arc::clone(&entry.provider));
        self.count(&provider, |tally| tally.evicted += 1);
        removed.extend(self.remove(&key));
        true
    }

    fn release(&mut self, digest: AudioDigest) -> Option<AudioDigest> {
        let blob = self.blobs.get_mut(&digest)?;
        blob.holders = blob.holders.saturating_sub(1);
        if blob.holders > 0 {
            return None;
        }
        self.bytes = self.bytes.saturating_sub(on_disk(blob.length));
        self.blobs.remove(&digest);
        Some(digest)
    }
}

fn on_disk(length: u64) -> u64 {
    length.max(1).div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES)
}

#[cfg(test)]
mod tests;
