//! Records that are read and written as one.
//!
//! What a tree asks for every key is more than a hit from memory costs, so records are kept by the
//! block: a *head* with a [`Row`] for each, by which it is found without being read, and a *body* with
//! what was recorded, one after another.
//!
//! Records are written with postcard, which is smaller than JSON and less work. It has no field names, so
//! each begins with its version; one of a version that is not known is as good as gone.
//!
//! A take that is played again leaves a record that differs from an earlier one in a few numbers. When that
//! one stands before it in the same block, those are all that is written: some 50 bytes in the place of 200.

use std::hash::Hasher as _;
use std::io;

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};

use super::query::Cursor;
use super::record::{Own, RequestRecord};

/// A block of so many records is full.
pub(super) const RECORDS_MAX: usize = 64;
/// And so is one of so many bytes: a history may keep its texts.
const BYTES_MAX: usize = 64 * 1024;
const ROW_BYTES: usize = 16 + 8 + 8 + 4;
/// What most records take at most, without a text.
const RECORD_BYTES: usize = 512;
const VERSION: u8 = 1;
/// The version of what is like another record of its block.
const LIKENESS: u8 = 2;

/// Where one record is, and what it is most often looked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) place: Cursor,
    pub(super) id: Name,
    pub(super) task: Option<Name>,
    /// Bytes of its record.
    length: u32,
}

/// A record that is like one before it in its block, which is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Likeness<'a> {
    /// The number of that one.
    pub(super) base: u64,
    pub(super) id: &'a str,
    pub(super) own: Own,
}

/// The FNV-1a hash of a text, never zero: two of the same may be of different texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(u64);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    head: Head,
    body: Vec<u8>,
}

/// A block's rows, in the order in which its records were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head(Vec<Row>);

impl Name {
    pub(super) fn of(text: &str) -> Self {
        let mut hasher = FnvHasher::default();
        hasher.write(text.as_bytes());
        Self(hasher.finish().max(1))
    }
}

impl Head {
    pub(super) fn rows(&self) -> &[Row] {
        &self.0
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_full(&self) -> bool {
        is_full(self.len(), self.0.iter().map(|row| row.length as usize).sum())
    }

    /// The number of its first record: no two blocks have the same.
    pub(super) fn number(&self) -> Option<u64> {
        self.0.first().map(|row| row.place.number())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() * ROW_BYTES);
        for Row { place, id, task, length } in &self.0 {
            bytes.extend(place.key());
            bytes.extend(id.0.to_be_bytes());
            bytes.extend(task.map_or(0, |task| task.0).to_be_bytes());
            bytes.extend(length.to_be_bytes());
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Self {
        Self(bytes.chunks_exact(ROW_BYTES).filter_map(Row::decode).collect())
    }
}

impl Row {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (place, rest) = bytes.split_first_chunk::<16>()?;
        let (id, rest) = rest.split_first_chunk::<8>()?;
        let (task, rest) = rest.split_first_chunk::<8>()?;
        let task = u64::from_be_bytes(*task);
        Some(Self {
            place: Cursor::of_key(place)?,
            id: Name(u64::from_be_bytes(*id)),
            task: (task != 0).then_some(Name(task)),
            length: u32::from_be_bytes(rest.try_into().ok()?),
        })
    }
}

impl Block {
    pub(super) const fn new(head: Head, body: Vec<u8>) -> Self {
        Self { head, body }
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(super) fn is_full(&self) -> bool {
        is_full(self.head.len(), self.body.len())
    }

    pub(super) fn push(&mut self, place: Cursor, record: &RequestRecord) -> io::Result<()> {
        self.write(place, (&record.id, record.task_id.as_deref()), &encode(VERSION, record)?)
    }

    /// Adds what is like another one for the same `task`.
    pub(super) fn repeat(
        &mut self,
        place: Cursor,
        like: &Likeness<'_>,
        task: Option<&str>,
    ) -> io::Result<()> {
        self.write(place, (like.id, task), &encode(LIKENESS, like)?)
    }

    fn write(&mut self, place: Cursor, (id, task): (&str, Option<&str>), bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.take(Row { place, id: Name::of(id), task: task.map(Name::of), length }, bytes);
        Ok(())
    }

    /// Puts `other` behind this one.
    pub(super) fn append(&mut self, other: &Self) {
        self.head.0.extend_from_slice(&other.head.0);
        self.body.extend_from_slice(&other.body);
    }

    /// Its records with their rows; one whose bytes are not there is left out.
    pub(super) fn records(&self) -> impl Iterator<Item = (Row, &[u8])> {
        let mut rest = self.body.as_slice();
        self.head.0.iter().filter_map(move |row| {
            let (bytes, after) = rest.split_at_checked(row.length as usize)?;
            rest = after;
            Some((*row, bytes))
        })
    }

    /// The record at `place`, if it can be read.
    pub(super) fn read(&self, place: Cursor) -> Option<RequestRecord> {
        let (_, bytes) = self.records().find(|(row, _)| row.place == place)?;
        let Some(Likeness { base, id, own }) = likeness(bytes) else { return decode(bytes) };
        let (_, bytes) = self.records().find(|(row, _)| row.place.number() == base)?;
        Some(decode(bytes)?.repeated(id, own))
    }

    /// The same records in blocks of which all but the last are full.
    pub(super) fn split(&self) -> Vec<Self> {
        let mut blocks = Vec::new();
        let mut transfer = Transfer::of(self);
        for (row, bytes) in self.records() {
            if transfer.block.is_full() {
                blocks.push(std::mem::replace(&mut transfer, Transfer::of(self)).block);
            }
            transfer.take(row, bytes);
        }
        blocks.extend(Some(transfer.block).filter(|block| block.head.len() > 0));
        blocks
    }

    /// Those of its records that `keep` wants.
    pub(super) fn filter(&self, keep: impl Fn(&Row) -> bool) -> Self {
        let mut transfer = Transfer::of(self);
        self.records().filter(|(row, _)| keep(row)).for_each(|(row, bytes)| transfer.take(row, bytes));
        transfer.block
    }

    fn take(&mut self, row: Row, bytes: &[u8]) {
        self.head.0.push(row);
        self.body.extend_from_slice(bytes);
    }
}

/// Some records of a block on their way into another one. Whoever was like a record that is left behind is
/// written out there, and is from then on what the others are like.
struct Transfer<'a> {
    from: &'a Block,
    block: Block,
    /// Numbers of those left behind, and of those who stand in for them.
    stand_ins: Vec<(u64, u64)>,
}

impl<'a> Transfer<'a> {
    fn of(from: &'a Block) -> Self {
        Self { from, block: Block::default(), stand_ins: Vec::new() }
    }

    /// Takes a record over; one that cannot be read is left out.
    fn take(&mut self, row: Row, bytes: &[u8]) {
        let number = |row: &Row| row.place.number();
        let Some(like) = likeness(bytes) else { return self.block.take(row, bytes) };
        if self.block.head.rows().iter().any(|known| number(known) == like.base) {
            return self.block.take(row, bytes);
        }
        let stand_in = self.stand_ins.iter().find(|(left, _)| *left == like.base);
        let bytes = match stand_in {
            Some((_, base)) => encode(LIKENESS, &Likeness { base: *base, ..like }).ok(),
            None => {
                self.stand_ins.push((like.base, number(&row)));
                self.from.read(row.place).and_then(|record| encode(VERSION, &record).ok())
            }
        };
        let length = bytes.as_ref().and_then(|bytes| u32::try_from(bytes.len()).ok());
        if let (Some(bytes), Some(length)) = (bytes, length) {
            self.block.take(Row { length, ..row }, &bytes);
        }
    }
}

const fn is_full(records: usize, bytes: usize) -> bool {
    records >= RECORDS_MAX || bytes >= BYTES_MAX
}

fn encode(version: u8, what: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(RECORD_BYTES);
    bytes.push(version);
    postcard::to_extend(what, bytes).map_err(io::Error::other)
}

fn decode(bytes: &[u8]) -> Option<RequestRecord> {
    postcard::from_bytes(bytes.strip_prefix(&[VERSION])?).ok()
}

fn likeness(bytes: &[u8]) -> Option<Likeness<'_>> {
    postcard::from_bytes(bytes.strip_prefix(&[LIKENESS])?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::record::RequestStatus;
    use super::*;

    fn block(numbers: std::ops::Range<u64>, text: &str) -> Block {
        let mut block = Block::default();
        for number in numbers {
            let mut record =
                RequestRecord::new(format!("r-{number}"), number, text, RequestStatus::Completed);
            record.task_id = number.is_multiple_of(2).then(|| "even".to_owned());
            block.push(Cursor::new(number, number), &record).unwrap();
        }
        block
    }

    fn numbers(block: &Block) -> Vec<u64> {
        block.head().rows().iter().map(|row| row.place.number()).collect()
    }

    #[test]
    fn a_block_reads_back_record_by_record() {
        let whole = block(3..9, "Hello.");
        let back = Block::new(Head::decode(&whole.head().encode()), whole.body().to_vec());
        assert_eq!(back, whole);
        assert_eq!(back.read(Cursor::new(5, 5)).unwrap().id, "r-5");
        assert_eq!(back.read(Cursor::new(9, 9)), None);
        let even = |row: &&Row| row.task == Some(Name::of("even"));
        assert_eq!(back.head().rows().iter().filter(even).count(), 3);
    }

    #[test]
    fn what_is_cut_off_is_left_out() {
        let whole = block(0..4, "Hello.");
        let cut = Block::new(whole.head().clone(), whole.body()[..whole.body().len() - 1].to_vec());
        assert_eq!(cut.records().count(), 3);
        assert_eq!(cut.read(Cursor::new(3, 3)), None);
        assert_eq!(cut.read(Cursor::new(2, 2)).unwrap().id, "r-2");
    }

    #[test]
    fn blocks_are_full_by_number_or_by_bytes_and_lose_nothing_when_split() {
        let mut whole = block(0..100, "Hello.");
        whole.append(&block(100..130, "Hello."));
        let parts = whole.split();
        assert_eq!(parts.iter().map(|part| part.head().len()).collect::<Vec<_>>(), [64, 64, 2]);
        assert_eq!(parts.iter().flat_map(numbers).collect::<Vec<_>>(), (0..130).collect::<Vec<_>>());
        let parts = block(0..4, &"long ".repeat(8_000)).split();
        assert_eq!(parts.iter().map(|part| part.head().len()).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_block_can_be_thinned_out() {
        let thin = block(0..10, "Hello.").filter(|row| row.place.number() % 3 == 0);
        assert_eq!(numbers(&thin), [0, 3, 6, 9]);
        assert_eq!(thin.read(Cursor::new(6, 6)).unwrap().id, "r-6");
    }

    /// Records of which each is like the first of its eight.
    fn likenesses(count: u64) -> (Block, Vec<RequestRecord>) {
        let (mut block, mut records) = (Block::default(), Vec::new());
        for number in 1..=count {
            let place = Cursor::new(number, number);
            let id = format!("r-{number}");
            let own = Own { at_ms: number, latency_ms: number % 3, expires_at_ms: 9_000 + number };
            let base = number - 1 - (number - 1) % 8;
            let first = RequestRecord::new("r", 0, &format!("text {base}"), RequestStatus::Cached);
            records.push(first.repeated(&id, own));
            if number == base + 1 {
                block.push(place, &first.repeated(&id, own)).unwrap();
            } else {
                block.repeat(place, &Likeness { base: base + 1, id: &id, own }, None).unwrap();
            }
        }
        (block, records)
    }

    fn read(blocks: &[Block]) -> Vec<RequestRecord> {
        let places = |block: &Block| block.head().rows().iter().map(|row| row.place).collect::<Vec<_>>();
        let all = |block: &Block| {
            places(block).into_iter().map(|place| block.read(place).unwrap()).collect::<Vec<_>>()
        };
        blocks.iter().flat_map(all).collect()
    }

    #[test]
    fn a_likeness_is_much_shorter_than_a_record_and_reads_as_a_whole_one() {
        let (block, records) = likenesses(9);
        assert_eq!(read(std::slice::from_ref(&block)), records);
        let lengths: Vec<u32> = block.head().rows().iter().map(|row| row.length).collect();
        assert!(lengths[1] * 3 < lengths[0], "{lengths:?}");
    }

    #[test]
    fn likenesses_are_found_again_wherever_their_block_is_cut() {
        for length in [9, 64, 70, 127, 200] {
            let (block, records) = likenesses(length);
            assert_eq!(read(&block.split()), records, "{length}");
            let again = block.split().iter().fold(Block::default(), |mut whole, part| {
                whole.append(part);
                whole
            });
            assert_eq!(read(&again.split()), records, "{length}");
            for kept_from in [2, 5, 9, 12] {
                let kept = block.filter(|row| row.place.number() >= kept_from);
                let expected: Vec<_> =
                    records.iter().filter(|record| record.at_ms >= kept_from).cloned().collect();
                assert_eq!(read(&[kept]), expected, "{length} from {kept_from}");
            }
        }
    }
}
