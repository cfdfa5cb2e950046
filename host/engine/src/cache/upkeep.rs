//! What an operator asks of a cache: look, check, clear.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, TryLockError};

use serde::Serialize;
use understudy_speech::AudioFormat;

use super::disk::Disk;
use super::key::TakeKey;
use super::repair::Repair;
use super::shelf::{Entry, ProviderTally, Share};
use super::state::CacheError;
use super::take::AudioDigest;

/// What a cache holds and has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheStats {
    /// Takes.
    pub takes: usize,
    /// Distinct pieces of audio; fewer than takes when some sound alike.
    pub files: usize,
    /// Bytes of disk the audio takes, in whole blocks.
    pub bytes: u64,
    /// The cap on them.
    pub bytes_max: u64,
    /// Bytes of the index's files.
    pub index_bytes: u64,
    /// How often the index was rewritten since the start.
    pub index_rewrites: u64,
    /// Takes held in memory.
    pub memory_takes: usize,
    /// Bytes they take there.
    pub memory_bytes: usize,
    /// Pieces of audio that were not what they should be, and were removed, since the start.
    pub damaged: u64,
    /// By provider.
    pub providers: BTreeMap<String, ProviderStats>,
    /// What the start found.
    pub repair: Repair,
}

/// What a cache holds of one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProviderStats {
    /// Takes.
    pub takes: usize,
    /// Bytes of their audio. Takes that share audio count it each.
    pub bytes: u64,
    /// Since the cache was first opened.
    #[serde(flatten)]
    pub tally: ProviderTally,
}

/// One take in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TakeInfo {
    /// Its key.
    pub key: TakeKey,
    /// Who spoke.
    pub provider: String,
    /// The voice, when known.
    pub voice: Option<String>,
    /// What the audio is.
    pub format: AudioFormat,
    /// How long it plays, in milliseconds.
    pub duration_ms: u64,
    /// Bytes of audio.
    pub bytes: u64,
    /// Its audio's digest.
    pub digest: AudioDigest,
    /// When it was stored, in milliseconds since 1970.
    pub stored_at_ms: u64,
    /// When it was last asked for.
    pub used_at_ms: u64,
    /// When it is thrown away.
    pub expires_at_ms: u64,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TakePage {
    /// In the order of their keys.
    pub takes: Vec<TakeInfo>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<TakeKey>,
}

/// Which takes to clear. Of no conditions, all are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClearFilter {
    /// Only this provider's.
    pub provider: Option<String>,
    /// Only those stored before this, in milliseconds since 1970.
    pub stored_before_ms: Option<u64>,
}

/// What was cleared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// Takes.
    pub takes: usize,
    /// Bytes of disk, in whole blocks.
    pub bytes: u64,
}

/// How far a check has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Pieces of audio looked at.
    pub checked: usize,
    /// Pieces of audio there are.
    pub total: usize,
    /// Bytes of those that were read.
    pub bytes: u64,
    /// Pieces of audio that were not what they should be.
    pub damaged: usize,
    /// Takes that were removed with them.
    pub removed: usize,
    /// Pieces of audio that could not be read, for a reason that is not theirs. They are left as they are.
    pub unread: usize,
}

impl Disk {
    pub(super) fn stats(&self) -> CacheStats {
        let (index_bytes, index_rewrites) = self.index.size();
        let tiers = self.tiers();
        let mut providers: BTreeMap<Arc<str>, ProviderStats> = BTreeMap::new();
        for (provider, tally) in tiers.shelf.tallies() {
            providers.entry(Arc::clone(provider)).or_default().tally = *tally;
        }
        for (provider, Share { takes, bytes }) in tiers.shelf.shares() {
            let provider = providers.entry(Arc::clone(provider)).or_default();
            (provider.takes, provider.bytes) = (*takes, *bytes);
        }
        let ((takes, files), (memory_takes, memory_bytes)) = (tiers.shelf.counts(), tiers.memory.usage());
        CacheStats {
            takes,
            files,
            bytes: tiers.shelf.bytes(),
            bytes_max: tiers.shelf.bytes_max(),
            index_bytes,
            index_rewrites,
            memory_takes,
            memory_bytes,
            damaged: self.damaged.load(Ordering::Relaxed),
            providers: providers.into_iter().map(|(name, stats)| (name.to_string(), stats)).collect(),
            repair: self.repair,
        }
    }

    pub(super) fn list(&self, after: Option<TakeKey>, length: usize) -> io::Result<TakePage> {
        let keys = self.index.keys(after, length.saturating_add(1))?;
        let next = (keys.len() > length).then(|| keys.get(length.wrapping_sub(1)).copied()).flatten();
        let mut takes = Vec::with_capacity(keys.len());
        for key in keys.into_iter().take(length) {
            let Some(record) = self.index.read(&key)? else { continue };
            let used_at_ms = self.tiers().shelf.entry(&key).map(|entry| entry.used_at_ms);
            let (place, notes) = (record.place, record.notes);
            takes.push(TakeInfo {
                key,
                provider: place.provider,
                voice: notes.voice,
                format: notes.format,
                duration_ms: crate::wall_clock::milliseconds(notes.duration),
                bytes: place.length,
                digest: AudioDigest(place.digest),
                stored_at_ms: place.stored_at_ms,
                used_at_ms: used_at_ms.unwrap_or(place.stored_at_ms),
                expires_at_ms: place.expires_at_ms,
            });
        }
        Ok(TakePage { takes, next })
    }

    pub(super) fn clear(&self, filter: &ClearFilter) -> Cleared {
        let matches = |entry: &Entry| {
            filter.provider.as_deref().is_none_or(|provider| provider == &*entry.provider)
                && filter.stored_before_ms.is_none_or(|before| entry.stored_at_ms < before)
        };
        let (removed, before, after) = {
            let mut tiers = self.tiers();
            let before = tiers.shelf.bytes();
            let removed = tiers.shelf.remove_where(matches);
            removed.iter().for_each(|removed| self.drop_entry(&mut tiers, removed));
            (removed, before, tiers.shelf.bytes())
        };
        self.unlink(removed.iter().filter_map(|removed| removed.orphan));
        self.index.sync().recv().ok();
        Cleared { takes: removed.len(), bytes: before.saturating_sub(after) }
    }

    /// Reads every file and removes what is not what its name says. What cannot be read is left alone:
    /// it was paid for, and may be sound. Ends early when `progress` says so, and does nothing while another
    /// is at it: a disk is read once at a time.
    pub(super) fn verify(&self, progress: &dyn Fn(Verification) -> bool) -> Result<Verification, CacheError> {
        let _alone = match self.verifying.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(CacheError::Verifying),
            alone => alone,
        };
        let files: Vec<_> = self.tiers().shelf.audio().collect();
        let mut so_far = Verification { total: files.len(), ..Verification::default() };
        for (digest, length) in files {
            let looked = self.blobs.is_sound(digest);
            so_far.checked += 1;
            so_far.bytes += if looked.is_ok() { length } else { 0 };
            match looked {
                Ok(true) => self.tiers().shelf.set_verified(digest),
                Ok(false) if self.tiers().shelf.is_held(digest) => {
                    let removed = self.throw_away_damaged(digest);
                    so_far.damaged += usize::from(removed > 0);
                    so_far.removed += removed;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%digest, %error, "cached audio could not be read");
                    so_far.unread += 1;
                }
            }
            if !progress(so_far) {
                break;
            }
        }
        Ok(so_far)
    }
}
