//! Files, index and bookkeeping together: how a take is found, kept and thrown away.
//!
//! Everything here may block and runs on threads that may. One lock guards the bookkeeping, held
//! for memory operations only; what changes the index is queued under it, so that the index sees
//! changes in the order in which they happened.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::blobs::{Blobs, is_damage};
use super::index::{Index, Outcome};
use super::key::TakeKey;
use super::memory::{Held, Memory};
use super::record::{Place, Record};
use super::repair::{Repair, restore};
use super::settings::CacheSettings;
use super::shelf::{Entry, Look, Removed, Room, Shelf};
use super::state::{CacheError, Health, StoreState};
use super::take::{AudioDigest, AudioFile, Hit, HitAudio, Known, Replay, TakeNotes};
use crate::store::FolderLock;
use crate::wall_clock::{WallClock, milliseconds};

pub(super) struct Disk {
    pub(super) blobs: Blobs,
    pub(super) index: Index,
    tiers: Mutex<Tiers>,
    pub(super) damaged: AtomicU64,
    /// Held by whoever checks all files.
    pub(super) verifying: Mutex<()>,
    pub(super) repair: Repair,
    clock: WallClock,
    ttl: Duration,
    at_once_bytes_max: u64,
    // Last: whoever gets the folder next finds it closed.
    _lock: Arc<FolderLock>,
}

pub(super) struct Tiers {
    pub(super) shelf: Shelf,
    pub(super) memory: Memory,
    /// Files that nothing needs, waiting for a thread that may block.
    abandoned: Vec<AudioDigest>,
}

impl Tiers {
    /// Looks up what is known to have been there; nothing when it is too old, which is left to whoever
    /// may throw it away.
    fn look_again(&mut self, known: &Known, now_ms: u64) -> Option<(Entry, bool)> {
        let is_same = |entry: &&Entry| entry.digest == known.digest && entry.expires_at_ms > now_ms;
        self.shelf.entry(&known.key).filter(is_same)?;
        match self.shelf.look(&known.key, now_ms) {
            Look::Found { entry, verified } => Some((entry, verified)),
            Look::Expired(_) | Look::Absent => None,
        }
    }
}

/// What a look at memory comes to.
pub(super) enum Glance {
    Found(Hit),
    /// In a file.
    Deeper(Entry, bool),
    Nothing,
}

impl Disk {
    pub(super) fn open(
        lock: &Arc<FolderLock>,
        settings: &CacheSettings,
        clock: &WallClock,
    ) -> io::Result<Self> {
        let root = lock.folder().join("cache");
        let (blobs, left) = Blobs::open(&root)?;
        let (index, contents) = Index::open(&root.join("index"), settings.index_rewrite_bytes)?;
        let mut shelf = Shelf::new(settings.bytes_max, settings.entries_max);
        let mut repair = restore(&mut shelf, &blobs, &index, contents, clock.unix_ms())?;
        repair.unfinished_files = left;
        repair.log();
        let memory = Memory::new(settings.memory_bytes_max, settings.memory_take_bytes_max);
        Ok(Self {
            blobs,
            index,
            tiers: Mutex::new(Tiers { shelf, memory, abandoned: Vec::new() }),
            damaged: AtomicU64::new(0),
            verifying: Mutex::default(),
            repair,
            clock: clock.clone(),
            ttl: settings.ttl,
            at_once_bytes_max: settings.at_once_bytes_max,
            _lock: Arc::clone(lock),
        })
    }

    pub(super) fn tiers(&self) -> MutexGuard<'_, Tiers> {
        self.tiers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks in memory, without touching the disk; `counts` says whether finding it is a hit of its provider.
    pub(super) fn glance(&self, key: &TakeKey, counts: bool) -> Glance {
        let now = self.clock.unix_ms();
        let mut tiers = self.tiers();
        match tiers.shelf.look(key, now) {
            Look::Absent => Glance::Nothing,
            Look::Expired(removed) => {
                // The file goes with the next write or sweep that has a thread for it.
                self.drop_entry(&mut tiers, &removed);
                tiers.abandoned.extend(removed.orphan);
                Glance::Nothing
            }
            Look::Found { entry, verified } => match tiers.memory.get(key) {
                Some(Held { notes, audio }) => {
                    if counts {
                        tiers.shelf.count(&entry.provider, |tally| tally.hits += 1);
                    }
                    Glance::Found(hit(&entry, notes, HitAudio::Memory(audio)))
                }
                None => Glance::Deeper(entry, verified),
            },
        }
    }

    /// The audio of `take` or of its `form`, for whoever knows them already: while both are what they
    /// were, and only if it is had without waiting. Then it is a hit of `provider`.
    pub(super) fn replay(&self, take: &Known, form: Option<&Known>, provider: &str) -> Option<Replay> {
        let now = self.clock.unix_ms();
        let mut tiers = self.tiers();
        let (kept, verified) = tiers.look_again(take, now)?;
        let (entry, verified) =
            form.map_or(Some((kept.clone(), verified)), |form| tiers.look_again(form, now))?;
        let held = tiers.memory.get(form.map_or(&take.key, |form| &form.key));
        let audio = match held {
            Some(held) => HitAudio::Memory(held.audio),
            None if !verified || tiers.memory.admits(entry.length) => return None,
            None => {
                drop(tiers);
                let file = self.blobs.open_at_once(entry.digest, entry.length)?;
                tiers = self.tiers();
                HitAudio::File(AudioFile::new(file, entry.length))
            }
        };
        tiers.shelf.count(provider, |tally| tally.hits += 1);
        let age = Duration::from_millis(now.saturating_sub(kept.stored_at_ms));
        Some(Replay { audio, age, expires_at_ms: kept.expires_at_ms })
    }

    /// The notes of a take, if it is there and not too old. Counts as no use of it.
    pub(super) fn notes(&self, key: &TakeKey) -> Option<Arc<TakeNotes>> {
        let now = self.clock.unix_ms();
        let tiers = self.tiers();
        tiers.shelf.entry(key).filter(|entry| entry.expires_at_ms > now)?;
        let held = tiers.memory.notes(key);
        drop(tiers);
        held.or_else(|| Some(Arc::new(self.index.read(key).ok()??.notes)))
    }

    /// Reads a take from its file, and checks it when that was not done yet.
    pub(super) fn read(&self, key: &TakeKey, entry: &Entry, verified: bool) -> Option<Hit> {
        match self.try_read(key, entry, verified) {
            Ok(hit) => hit,
            Err(error) => {
                tracing::warn!(%key, %error, "cached take could not be read");
                if is_damage(&error) {
                    self.throw_away_damaged(entry.digest);
                }
                None
            }
        }
    }

    fn try_read(&self, key: &TakeKey, entry: &Entry, verified: bool) -> io::Result<Option<Hit>> {
        // Absent when it was stored a moment ago and is not on the disk yet: bought once more.
        let Some(record) = self.index.read(key)? else { return Ok(None) };
        // Replaced since it was looked up, or about to be: one take's notes say nothing of another's audio.
        if record.place.digest != entry.digest.0 {
            return Ok(None);
        }
        let notes = Arc::new(record.notes);
        let is_held = self.tiers().memory.admits(entry.length);
        if is_held || entry.length <= self.at_once_bytes_max {
            let audio = Bytes::from(self.blobs.read(entry.digest, entry.length)?);
            if !verified && AudioDigest::of(&audio) != entry.digest {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut tiers = self.tiers();
            tiers.shelf.set_verified(entry.digest);
            let is_there = tiers.shelf.entry(key).is_some_and(|now| now.digest == entry.digest);
            if is_held && is_there {
                tiers.memory.insert(*key, Held { notes: Arc::clone(&notes), audio: audio.clone() });
            }
            return Ok(Some(hit(entry, notes, HitAudio::Memory(audio))));
        }
        let file = self.blobs.open_file(entry.digest, entry.length)?;
        if !verified {
            if !self.blobs.is_sound(entry.digest)? {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.tiers().shelf.set_verified(entry.digest);
        }
        Ok(Some(hit(entry, notes, HitAudio::File(AudioFile::new(file, entry.length)))))
    }

    /// Removes audio that is not what its name says, with every take that has it; how many.
    pub(super) fn throw_away_damaged(&self, digest: AudioDigest) -> usize {
        // It may have been thrown away and stored anew since it was read.
        if !matches!(self.blobs.is_sound(digest), Ok(false)) {
            return 0;
        }
        let removed = {
            let mut tiers = self.tiers();
            let removed = tiers.shelf.remove_audio(digest);
            removed.iter().for_each(|removed| self.drop_entry(&mut tiers, removed));
            removed
        };
        if !removed.is_empty() {
            self.damaged.fetch_add(1, Ordering::Relaxed);
        }
        self.unlink(removed.iter().filter_map(|removed| removed.orphan));
        removed.len()
    }

    /// Keeps a take. When this returns it is on the disk.
    pub(super) fn put(
        &self,
        health: &Health,
        key: TakeKey,
        provider: &str,
        notes: &Arc<TakeNotes>,
        (digest, audio): (AudioDigest, &Bytes),
    ) -> Result<(), CacheError> {
        health.may_write()?;
        let now = self.clock.unix_ms();
        let place = Place {
            provider: provider.to_owned(),
            digest: digest.0,
            length: audio.len() as u64,
            stored_at_ms: now,
            expires_at_ms: now.saturating_add(milliseconds(self.ttl)),
        };
        let entry = Entry::of(&place, now);
        let record = Record { place, notes: TakeNotes::clone(notes) };
        let record = record.encode().map_err(CacheError::Internal)?;
        if self.make_room(digest, entry.length)? == Room::Write
            && let Err(error) = self.blobs.write(digest, audio)
        {
            let orphan = self.tiers().shelf.cancel(digest);
            self.unlink(orphan);
            return Err(health.fail(error.kind(), &error.to_string()));
        }
        let held = Held { notes: Arc::clone(notes), audio: audio.clone() };
        self.settle(key, entry, held, record).map_err(|(kind, reason)| health.fail(kind, &reason))?;
        health.succeed();
        Ok(())
    }

    fn make_room(&self, digest: AudioDigest, length: u64) -> Result<Room, CacheError> {
        let mut removed = Vec::new();
        let (room, limit, abandoned) = {
            let mut tiers = self.tiers();
            let room = tiers.shelf.reserve(digest, length, &mut removed);
            removed.iter().for_each(|removed| self.drop_entry(&mut tiers, removed));
            (room, tiers.shelf.bytes_max(), std::mem::take(&mut tiers.abandoned))
        };
        self.unlink(removed.iter().filter_map(|removed| removed.orphan).chain(abandoned));
        if room == Room::None { Err(CacheError::NoRoom { bytes: length, limit }) } else { Ok(room) }
    }

    fn settle(&self, key: TakeKey, entry: Entry, held: Held, record: Vec<u8>) -> Outcome {
        let digest = entry.digest;
        let (replaced, done) = {
            let mut tiers = self.tiers();
            let replaced = tiers.shelf.settle(key, entry);
            tiers.memory.insert(key, held);
            (replaced, self.index.put(key, record))
        };
        self.unlink(replaced.and_then(|replaced| replaced.orphan));
        let outcome = done.recv().unwrap_or_else(|lost| Err((io::ErrorKind::BrokenPipe, lost.to_string())));
        if outcome.is_err() {
            // What is not in the index would be an orphan after the next start: it goes now.
            let mut tiers = self.tiers();
            let removed = tiers.shelf.remove_if(&key, digest);
            removed.iter().for_each(|removed| self.drop_entry(&mut tiers, removed));
            drop(tiers);
            self.unlink(removed.and_then(|removed| removed.orphan));
        }
        outcome
    }

    /// Removes from memory and index what is off the shelf.
    pub(super) fn drop_entry(&self, tiers: &mut Tiers, removed: &Removed) {
        tiers.memory.remove(&removed.key);
        self.index.remove(removed.key);
    }

    /// Removes files that nothing needs.
    pub(super) fn unlink(&self, digests: impl IntoIterator<Item = AudioDigest>) {
        for digest in digests {
            self.blobs.remove(digest, || self.tiers().shelf.is_held(digest));
        }
    }

    /// Throws away what is too old, and writes down what was used since the last time.
    pub(super) fn tidy(&self) {
        let now = self.clock.unix_ms();
        let (removed, abandoned) = {
            let mut tiers = self.tiers();
            let removed = tiers.shelf.sweep(now);
            removed.iter().for_each(|removed| self.drop_entry(&mut tiers, removed));
            (removed, std::mem::take(&mut tiers.abandoned))
        };
        self.unlink(removed.iter().filter_map(|removed| removed.orphan).chain(abandoned));
        self.write_down();
    }

    /// Sees whether the trouble is over that kept takes from being kept. Otherwise only a take would show
    /// it, and where all is found nobody brings one.
    pub(super) fn try_again(&self, health: &Health) {
        if !matches!(health.state(), StoreState::Degraded { .. }) || health.may_write().is_err() {
            return;
        }
        let lost = |lost: std::sync::mpsc::RecvError| Err((io::ErrorKind::BrokenPipe, lost.to_string()));
        let tried = self.blobs.try_out().map_err(|error| (error.kind(), error.to_string()));
        match tried.and_then(|()| self.index.sync().recv().unwrap_or_else(lost)) {
            Ok(()) => health.succeed(),
            Err((kind, reason)) => {
                health.fail(kind, &reason);
            }
        }
    }

    /// Queues uses and tallies for the index. A hit alone never writes.
    pub(super) fn write_down(&self) {
        let mut tiers = self.tiers();
        let uses = tiers.shelf.take_touched();
        if !uses.is_empty() {
            self.index.uses(uses);
        }
        let tallies = tiers.shelf.take_counted();
        if !tallies.is_empty() {
            self.index.tallies(tallies);
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.write_down();
    }
}

impl Entry {
    pub(super) fn of(place: &Place, used_at_ms: u64) -> Self {
        Self {
            provider: place.provider.as_str().into(),
            digest: AudioDigest(place.digest),
            length: place.length,
            stored_at_ms: place.stored_at_ms,
            expires_at_ms: place.expires_at_ms,
            used_at_ms,
        }
    }
}

fn hit(entry: &Entry, notes: Arc<TakeNotes>, audio: HitAudio) -> Hit {
    Hit {
        notes,
        audio,
        digest: entry.digest,
        stored_at_ms: entry.stored_at_ms,
        expires_at_ms: entry.expires_at_ms,
    }
}
