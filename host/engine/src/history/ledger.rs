//! The history's tables.
//!
//! Records stand in the order of time, so that a range of time is one walk, newest first, and
//! retention takes from the other end. Two small tables lead to single records: by request, and by
//! task. Provider, status and route have none: few records of a range fail to match those, and a
//! walk through all of a hundred thousand takes a fraction of a second on a thread that may.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::query::{Cursor, HistoryPage, HistoryQuery};
use super::record::RequestRecord;
use crate::books::Entries;
use crate::database::{Database, into_io};

/// A request or a task in a table's key: half a SHA-256, so that all are equally long.
const NAME_BYTES: usize = 16;

pub(super) struct Ledger {
    pub(super) database: Database,
    requests: sled::Tree,
    ids: sled::Tree,
    tasks: sled::Tree,
    counters: sled::Tree,
    characters: sled::Tree,
    loudness: sled::Tree,
}

/// What is written at once.
#[derive(Default)]
pub(super) struct Page {
    requests: sled::Batch,
    ids: sled::Batch,
    tasks: sled::Batch,
    counters: sled::Batch,
    characters: sled::Batch,
    loudness: sled::Batch,
}

impl Page {
    pub(super) fn insert(&mut self, place: Cursor, record: &RequestRecord) -> io::Result<()> {
        self.requests.insert(&place.key(), serde_json::to_vec(record)?);
        self.ids.insert(&name(&record.id), &place.key());
        if let Some(task) = &record.task_id {
            self.tasks.insert(named(task, place).as_slice(), &[]);
        }
        Ok(())
    }

    pub(super) fn count(&mut self, counter: &str, total: Option<u64>) {
        match total {
            Some(total) => self.counters.insert(counter, &total.to_be_bytes()),
            None => self.counters.remove(counter),
        }
    }

    pub(super) fn note(&mut self, entries: &Entries) -> io::Result<()> {
        for (id, profile) in &entries.characters {
            self.characters.insert(id.as_str(), serde_json::to_vec(profile)?);
        }
        for (voice, meter) in &entries.loudness {
            self.loudness.insert(voice.as_str(), serde_json::to_vec(meter)?);
        }
        Ok(())
    }
}

impl Ledger {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        Self::of(Database::open(folder)?.0)
    }

    pub(super) fn of(database: Database) -> io::Result<Self> {
        Ok(Self {
            requests: database.tree("requests")?,
            ids: database.tree("ids")?,
            tasks: database.tree("tasks")?,
            counters: database.tree("counters")?,
            characters: database.tree("characters")?,
            loudness: database.tree("loudness")?,
            database,
        })
    }

    /// Its database, with every table of it closed.
    pub(super) fn into_database(self) -> Database {
        self.database
    }

    /// How many records there are, and the first number none of them has.
    pub(super) fn count(&self) -> io::Result<(usize, u64)> {
        let (mut records, mut free) = (0, 0);
        for key in self.requests.iter().keys() {
            let number = Cursor::of_key(&key.map_err(into_io)?).map_or(0, Cursor::number);
            (records, free) = (records + 1, free.max(number.saturating_add(1)));
        }
        Ok((records, free))
    }

    pub(super) fn counters(&self) -> io::Result<BTreeMap<String, u64>> {
        let mut counters = BTreeMap::new();
        for item in &self.counters {
            let (counter, total) = item.map_err(into_io)?;
            if let Ok(total) = total.as_ref().try_into() {
                counters.insert(String::from_utf8_lossy(&counter).into_owned(), u64::from_be_bytes(total));
            }
        }
        Ok(counters)
    }

    pub(super) fn entries(&self) -> io::Result<Entries> {
        Ok(Entries { characters: read_all(&self.characters)?, loudness: read_all(&self.loudness)? })
    }

    pub(super) fn write(&self, page: Page) -> io::Result<()> {
        let Page { requests, ids, tasks, counters, characters, loudness } = page;
        self.characters.apply_batch(characters).map_err(into_io)?;
        self.loudness.apply_batch(loudness).map_err(into_io)?;
        self.requests.apply_batch(requests).map_err(into_io)?;
        self.ids.apply_batch(ids).map_err(into_io)?;
        self.tasks.apply_batch(tasks).map_err(into_io)?;
        self.counters.apply_batch(counters).map_err(into_io)
    }

    /// Removes the oldest record if it came before `before_ms`; true when it did.
    pub(super) fn forget_oldest(&self, before_ms: u64) -> io::Result<bool> {
        let Some((key, value)) = self.requests.first().map_err(into_io)? else { return Ok(false) };
        let place = Cursor::of_key(&key);
        if place.is_some_and(|place| place >= Cursor::new(before_ms, 0)) {
            return Ok(false);
        }
        if let (Some(place), Ok(record)) = (place, serde_json::from_slice::<RequestRecord>(&value)) {
            let id = name(&record.id);
            // A later request of the same id keeps its way.
            if self.ids.get(id).map_err(into_io)?.as_deref() == Some(&key) {
                self.ids.remove(id).map_err(into_io)?;
            }
            if let Some(task) = &record.task_id {
                self.tasks.remove(named(task, place)).map_err(into_io)?;
            }
        }
        self.requests.remove(key).map_err(into_io)?;
        Ok(true)
    }

    pub(super) fn find(&self, id: &str) -> io::Result<Option<RequestRecord>> {
        let Some(key) = self.ids.get(name(id)).map_err(into_io)? else { return Ok(None) };
        Ok(self.read(&key)?.filter(|record| record.id == id))
    }

    /// At most `length` records, newest first.
    pub(super) fn query(&self, query: &HistoryQuery, length: usize) -> io::Result<HistoryPage> {
        let mut page = HistoryPage::default();
        let mut last = None;
        for place in self.places(query) {
            let place = place?;
            let Some(record) = self.read(&place.key())? else { continue };
            if !query.matches(&record) {
                continue;
            }
            if page.records.len() == length {
                page.next = last;
                break;
            }
            page.records.push(record);
            last = Some(place);
        }
        Ok(page)
    }

    /// Where to look, newest first.
    fn places(&self, query: &HistoryQuery) -> Box<dyn Iterator<Item = io::Result<Cursor>>> {
        let (first, end) = query.places();
        if first >= end {
            return Box::new(std::iter::empty());
        }
        let place = |key: sled::Result<sled::IVec>| match key {
            Ok(key) => key.get(key.len().saturating_sub(16)..).and_then(Cursor::of_key).map(Ok),
            Err(error) => Some(Err(into_io(error))),
        };
        match &query.task_id {
            Some(task) => {
                let range = named(task, first)..named(task, end);
                Box::new(self.tasks.range(range).keys().rev().filter_map(place))
            }
            None => Box::new(self.requests.range(first.key()..end.key()).keys().rev().filter_map(place)),
        }
    }

    fn read(&self, key: &[u8]) -> io::Result<Option<RequestRecord>> {
        let value = self.requests.get(key).map_err(into_io)?;
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
    }
}

/// All rows of a table; one that cannot be read is learnt anew.
fn read_all<T: DeserializeOwned>(tree: &sled::Tree) -> io::Result<Vec<(String, T)>> {
    let mut rows = Vec::new();
    for item in tree {
        let (name, row) = item.map_err(into_io)?;
        let name = String::from_utf8_lossy(&name).into_owned();
        rows.extend(serde_json::from_slice(&row).ok().map(|row| (name, row)));
    }
    Ok(rows)
}

fn name(text: &str) -> [u8; NAME_BYTES] {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let (name, _) = digest.split_first_chunk().unwrap_or((&[0; NAME_BYTES], &[]));
    *name
}

fn named(text: &str, place: Cursor) -> Vec<u8> {
    [name(text), place.key()].concat()
}

#[cfg(test)]
impl Ledger {
    /// Rows of the tables of records, requests and tasks.
    pub(super) fn lengths(&self) -> [usize; 3] {
        [self.requests.len(), self.ids.len(), self.tasks.len()]
    }
}
