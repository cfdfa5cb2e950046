//! The store under a process that is killed, and under more takes than it may keep.
//!
//! Both need a process that can be killed, so this test binary starts itself again: the test
//! [`a_child_keeps_takes_until_it_is_killed`] does nothing unless the environment says what to do.
//! A child writes one line for each take that was acknowledged.
//!
//! `UNDERSTUDY_KILL_ROUNDS=200` runs the long suite, half of it with evictions, half without;
//! `UNDERSTUDY_CHURN=50000` the full size of the churn test, which prints what it measures
//! (`-- --nocapture`); `UNDERSTUDY_SMALL_DISK=<folder>` the test of a disk that is really full.

mod churn;
mod full;
mod killing;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use understudy_engine::cache::{AudioDigest, CacheSettings, TakeKey, TakeNotes};
use understudy_engine::{Store, StoreSettings, WallClock};
use understudy_speech::{AudioFormat, Encoding, Word};

const CHILD: &str = "UNDERSTUDY_STORE_CHILD";

/// Takes stored at the same time by a child.
const WRITERS: usize = 8;

/// What a child does.
#[derive(Clone, Copy)]
struct Orders<'a> {
    folder: &'a Path,
    /// The cap.
    bytes_max: u64,
    /// The first take's number.
    first: u64,
    /// The size past which the index is rewritten.
    index_rewrite_bytes: u64,
    /// After how many acknowledgements the child aborts, at once: no outside kill comes as close
    /// behind one. 0: never.
    aborts_after: u64,
}

impl Orders<'_> {
    fn open(&self) -> Store {
        let cache = CacheSettings {
            bytes_max: self.bytes_max,
            index_rewrite_bytes: self.index_rewrite_bytes,
            ..CacheSettings::default()
        };
        let settings = StoreSettings { cache, ..StoreSettings::default() };
        Store::open(self.folder, settings, &WallClock::new(SystemTime::now))
    }

    /// Starts a child with these orders.
    fn start(&self) -> (Child, BufReader<ChildStdout>) {
        let Self { folder, bytes_max, first, index_rewrite_bytes, aborts_after } = self;
        let orders = format!("{bytes_max} {first} {index_rewrite_bytes} {aborts_after} {}", folder.display());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::a_child_keeps_takes_until_it_is_killed", "--nocapture"])
            .env(CHILD, orders)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        (child, told)
    }
}

/// The number of an acknowledged take; none for what the test harness says.
fn acknowledged(line: &str) -> Option<u64> {
    line.strip_prefix("kept ")?.parse().ok()
}

/// Reads up to the next acknowledgement; none at the end.
fn next_acknowledged(told: &mut impl BufRead) -> Option<u64> {
    loop {
        let mut line = String::new();
        if told.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        // A line that the kill cut short was not heard by anyone.
        if let Some(number) = line.strip_suffix('\n').and_then(acknowledged) {
            return Some(number);
        }
    }
}

fn key(number: u64) -> TakeKey {
    AudioDigest::of(&number.to_le_bytes()).to_string().parse().unwrap()
}

/// Numbers that look random and are the same every time (SplitMix64).
fn scatter(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// 1 to 39 kB that follow from the number; each tenth is the same as one before.
fn audio(number: u64) -> Bytes {
    let number = if number % 10 == 9 { number - 3 } else { number };
    let length = 1_000 + scatter(number) % 38_000;
    let pieces = (0..length / 8).flat_map(|place| scatter(number ^ (place << 32)).to_le_bytes());
    pieces.collect::<Vec<_>>().into()
}

fn notes(number: u64) -> TakeNotes {
    let mut notes = TakeNotes::new(AudioFormat::mono(Encoding::Mp3, 24_000), Duration::from_millis(number));
    let word = |index: u32| Word {
        start_byte: index * 6,
        end_byte: index * 6 + 5,
        start_ms: index * 300,
        end_ms: index * 300 + 250,
    };
    notes.words = (0..u32::try_from(scatter(number) % 60).unwrap()).map(word).collect();
    notes.request_id = format!("r-{number}");
    notes
}

/// Panics when a take is served that is not what was stored.
async fn is_served(store: &Store, number: u64) -> bool {
    let Some(hit) = store.cache().get(&key(number), "azure").await else { return false };
    assert_eq!(hit.audio.bytes().await.unwrap(), audio(number), "take {number} is corrupt");
    assert_eq!(*hit.notes, notes(number), "take {number} has other notes");
    true
}

#[test]
fn a_child_keeps_takes_until_it_is_killed() {
    let Ok(orders) = std::env::var(CHILD) else { return };
    let parts: Vec<_> = orders.splitn(5, ' ').collect();
    let number = |index: usize| parts[index].parse::<u64>().unwrap();
    let orders = Orders {
        bytes_max: number(0),
        first: number(1),
        index_rewrite_bytes: number(2),
        aborts_after: number(3),
        folder: Path::new(parts[4]),
    };
    let store = orders.open();
    let (next, kept) = (Arc::new(AtomicU64::new(orders.first)), Arc::new(AtomicU64::new(0)));
    let aborts_after = orders.aborts_after;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let writer = || {
            let (store, next, kept) = (store.clone(), Arc::clone(&next), Arc::clone(&kept));
            tokio::spawn(async move {
                for number in std::iter::repeat_with(|| next.fetch_add(1, Ordering::SeqCst)) {
                    let stored = store.cache().put(key(number), "azure", notes(number).into(), audio(number));
                    stored.await.unwrap();
                    // One write a line, so that a kill never mixes two. Past the test harness,
                    // which would keep it.
                    std::io::stdout().write_all(format!("kept {number}\n").as_bytes()).unwrap();
                    std::io::stdout().flush().unwrap();
                    if kept.fetch_add(1, Ordering::SeqCst) + 1 == aborts_after {
                        std::process::abort();
                    }
                }
            })
        };
        let writers: Vec<_> = (0..WRITERS).map(|_| writer()).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}
