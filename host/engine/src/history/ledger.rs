//! The history's tables.
//!
//! Records are kept by the block, in the order in which they were written. Blocks are few, and their
//! heads are small: whoever looks for a record reads all heads, 36 bytes a record, on a thread that
//! may block, and then the blocks that have what is wanted.
//!
//! When little is asked, records come one by one. Then blocks grow as the digits of a binary
//! counter do: a new one takes the last along when that is no longer than itself, so that a record
//! is written some six times until its block is full. When much is asked, they come by the hundred, and
//! most blocks are full when they are written.

use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::mem::take;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use serde::de::DeserializeOwned;

use super::block::{Block, Head, Likeness, Name, Row};
use super::query::{Cursor, HistoryPage, HistoryQuery};
use super::queue::Entry;
use super::record::{Repeat, RequestRecord};
use crate::books::Entries;
use crate::database::{Database, into_io};

/// Blocks forgotten in one go at most, so that a lowered limit does not hold up new records.
const FORGOTTEN_AT_ONCE: usize = 32;
/// What a key of the table of blocks begins with; its block's number follows.
const HEAD: u8 = 0;
const BODY: u8 = 1;

/// Tables of earlier shapes of the history, which would be copied along for ever.
const FORMER: [&str; 4] = ["requests", "ids", "tasks", "blocks"];

pub(super) struct Ledger {
    pub(super) database: Database,
    /// A block's head and body go in and out together.
    blocks: sled::Tree,
    counters: sled::Tree,
    characters: sled::Tree,
    loudness: sled::Tree,
    voices: sled::Tree,
    /// Whoever reads sees all blocks as they stood between two writes.
    turn: RwLock<()>,
}

/// What is written at once.
#[derive(Default)]
pub(super) struct Page {
    full: Vec<Block>,
    /// The one that is being filled.
    block: Block,
    /// Records in it that others repeat, and their numbers.
    repeated: Vec<(Arc<RequestRecord>, u64)>,
    counters: Changes,
    characters: Changes,
    loudness: Changes,
    voices: Changes,
}

/// Changes of a table, made at once. For none of them sled would write to its log all the same.
#[derive(Default)]
struct Changes {
    batch: sled::Batch,
    any: bool,
}

impl Page {
    pub(super) fn insert(&mut self, number: u64, entry: &Entry) -> io::Result<()> {
        if self.block.is_full() {
            self.full.push(take(&mut self.block));
            self.repeated.clear();
        }
        match entry {
            Entry::New(record) => self.block.push(Cursor::new(record.at_ms, number), record),
            Entry::Repeat(Repeat { of, id, own }) => {
                let place = Cursor::new(own.at_ms, number);
                let base = self.repeated.iter().rev().find(|(known, _)| Arc::ptr_eq(known, of));
                if let Some((_, base)) = base {
                    let task = of.task_id.as_deref();
                    return self.block.repeat(place, &Likeness { base: *base, id, own: *own }, task);
                }
                self.repeated.push((Arc::clone(of), number));
                self.block.push(place, &of.repeated(id, *own))
            }
        }
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
        for (provider, told) in &entries.voices {
            self.voices.insert(provider.as_str(), serde_json::to_vec(told)?);
        }
        Ok(())
    }
}

impl Ledger {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        Self::of(Database::open(folder)?.0)
    }

    pub(super) fn of(database: Database) -> io::Result<Self> {
        for table in FORMER {
            database.sled.drop_tree(table).map_err(into_io)?;
        }
        Ok(Self {
            blocks: database.tree("records")?,
            counters: database.tree("counters")?,
            characters: database.tree("characters")?,
            loudness: database.tree("loudness")?,
            voices: database.tree("voices")?,
            database,
            turn: RwLock::default(),
        })
    }

    /// Its database, with every table of it closed.
    pub(super) fn into_database(self) -> Database {
        self.database
    }

    /// How many records there are, and the first number none of them has.
    pub(super) fn count(&self) -> io::Result<(usize, u64)> {
        let (mut records, mut free) = (0, 0);
        for head in self.heads() {
            let head = head?;
            records += head.len();
            free = head.rows().iter().map(|row| row.place.number().saturating_add(1)).fold(free, u64::max);
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
        Ok(Entries {
            characters: read_all(&self.characters)?,
            loudness: read_all(&self.loudness)?,
            voices: read_all(&self.voices)?,
        })
    }

    pub(super) fn write(&self, page: Page) -> io::Result<()> {
        let Page { full, block, repeated: _, counters, characters, loudness, voices } = page;
        characters.apply(&self.characters)?;
        loudness.apply(&self.loudness)?;
        voices.apply(&self.voices)?;
        self.append(&full, block)?;
        counters.apply(&self.counters)
    }

    fn append(&self, full: &[Block], mut block: Block) -> io::Result<()> {
        let mut batch = Changes::default();
        full.iter().for_each(|block| insert(&mut batch, block));
        // Whatever comes behind a full block begins one of its own.
        let grown = full.is_empty().then(|| self.heads().rev());
        for last in grown.into_iter().flatten() {
            let last = last?;
            if last.is_full() || last.len() > block.head().len() {
                break;
            }
            remove(&mut batch, &last);
            let Some(mut last) = self.block(last)? else { continue };
            last.append(&block);
            block = last;
        }
        block.split().iter().for_each(|block| insert(&mut batch, block));
        self.change(batch)
    }

    /// Forgets the `surplus` records that were written first, and what came before `before_ms`, as far as
    /// it stands at the beginning. What is dated past `now_ms`, by a clock that ran ahead, is kept and holds
    /// up nothing behind it. Says how many were forgotten.
    pub(super) fn forget(&self, surplus: usize, before_ms: u64, now_ms: u64) -> io::Result<usize> {
        let (mut forgotten, mut blocks) = (0, 0);
        let mut batch = Changes::default();
        let (oldest, newest) = (Cursor::new(before_ms, 0), Cursor::new(now_ms, u64::MAX));
        for head in self.heads() {
            let head = head?;
            let length = head.len();
            let kept_from = head.rows().get(surplus.saturating_sub(forgotten)).map(|row| row.place.number());
            let is_kept = |row: &Row| {
                row.place >= oldest && kept_from.is_some_and(|kept_from| row.place.number() >= kept_from)
            };
            let kept = head.rows().iter().filter(|row| is_kept(row)).count();
            if kept == length {
                if head.rows().iter().any(|row| row.place > newest) {
                    continue;
                }
                break;
            }
            if blocks == FORGOTTEN_AT_ONCE {
                break;
            }
            blocks += 1;
            remove(&mut batch, &head);
            let block = if kept > 0 { self.block(head)?.unwrap_or_default() } else { Block::default() };
            let kept = block.filter(is_kept);
            insert(&mut batch, &kept);
            forgotten += length - kept.head().len();
        }
        if forgotten > 0 {
            self.change(batch)?;
        }
        Ok(forgotten)
    }

    pub(super) fn find(&self, id: &str) -> io::Result<Option<RequestRecord>> {
        let _turn = self.reading();
        let name = Name::of(id);
        for head in self.heads().rev() {
            let head = head?;
            let places = head.rows().iter().rev().filter(|row| row.id == name).map(|row| row.place);
            let places: Vec<Cursor> = places.collect();
            if places.is_empty() {
                continue;
            }
            let block = self.block(head)?.unwrap_or_default();
            let mut records = places.into_iter().filter_map(|place| block.read(place));
            if let Some(record) = records.find(|record| record.id == id) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// At most `length` records, newest first.
    pub(super) fn query(&self, query: &HistoryQuery, length: usize) -> io::Result<HistoryPage> {
        let _turn = self.reading();
        let mut page = HistoryPage::default();
        let mut last = None;
        let mut open: Option<(u64, Block)> = None;
        let mut places = self.places(query)?;
        while let Some((place, number)) = places.pop() {
            if open.as_ref().is_none_or(|(is_open, _)| *is_open != number) {
                let head = self.blocks.get(key(HEAD, number)).map_err(into_io)?;
                let block = self.block(Head::decode(&head.unwrap_or_default()))?;
                open = Some((number, block.unwrap_or_default()));
            }
            let record = open.as_ref().and_then(|(_, block)| block.read(place));
            let Some(record) = record.filter(|record| query.matches(record)) else { continue };
            if page.records.len() == length {
                page.next = last;
                break;
            }
            page.records.push(record);
            last = Some(place);
        }
        Ok(page)
    }

    /// Where to look, the newest on top: a place, and the number of its block.
    fn places(&self, query: &HistoryQuery) -> io::Result<BinaryHeap<(Cursor, u64)>> {
        let (first, end) = query.places();
        let task = query.task_id.as_deref().map(Name::of);
        let is_wanted =
            |row: &&Row| row.place >= first && row.place < end && (task.is_none() || row.task == task);
        let mut places = Vec::new();
        for head in self.heads() {
            let head = head?;
            let number = head.number().unwrap_or_default();
            places.extend(head.rows().iter().filter(is_wanted).map(|row| (row.place, number)));
        }
        Ok(places.into())
    }

    fn heads(&self) -> impl DoubleEndedIterator<Item = io::Result<Head>> {
        let heads = self.blocks.range([HEAD]..[BODY]).values();
        heads.map(|head| head.map(|head| Head::decode(&head)).map_err(into_io))
    }

    fn block(&self, head: Head) -> io::Result<Option<Block>> {
        let Some(number) = head.number() else { return Ok(None) };
        let body = self.blocks.get(key(BODY, number)).map_err(into_io)?;
        Ok(body.map(|body| Block::new(head, body.to_vec())))
    }

    fn change(&self, batch: Changes) -> io::Result<()> {
        let _turn = self.turn.write().unwrap_or_else(PoisonError::into_inner);
        batch.apply(&self.blocks)
    }

    fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
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

impl Changes {
    fn insert(&mut self, key: impl Into<sled::IVec>, value: impl Into<sled::IVec>) {
        self.batch.insert(key, value);
        self.any = true;
    }

    fn remove(&mut self, key: impl Into<sled::IVec>) {
        self.batch.remove(key);
        self.any = true;
    }

    fn apply(self, tree: &sled::Tree) -> io::Result<()> {
        if self.any { tree.apply_batch(self.batch).map_err(into_io) } else { Ok(()) }
    }
}

fn insert(batch: &mut Changes, block: &Block) {
    if let Some(number) = block.head().number() {
        batch.insert(&key(HEAD, number), block.head().encode());
        batch.insert(&key(BODY, number), block.body());
    }
}

fn remove(batch: &mut Changes, head: &Head) {
    if let Some(number) = head.number() {
        batch.remove(&key(HEAD, number));
        batch.remove(&key(BODY, number));
    }
}

fn key(kind: u8, number: u64) -> [u8; 9] {
    let mut key = [kind; 9];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

#[cfg(test)]
impl Ledger {
    /// Records of every block, in order.
    pub(super) fn lengths(&self) -> Vec<usize> {
        self.heads().map(|head| head.unwrap().len()).collect()
    }
}
