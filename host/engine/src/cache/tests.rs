//! The cache in a folder of its own: finding, keeping, and what a start puts right.

mod damage;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use understudy_speech::{AudioFormat, Encoding, Word, WordTimes};

use super::*;
use crate::store::{Store, StoreSettings};

const SECOND: u64 = 1000;

/// A folder and a clock that outlive each opening.
struct Place {
    folder: TempDir,
    now_ms: Arc<AtomicU64>,
    settings: CacheSettings,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now_ms = Arc::new(AtomicU64::new(1_000_000 * SECOND));
        Self { folder, now_ms, settings: CacheSettings::default() }
    }

    fn clock(&self) -> WallClock {
        let now_ms = Arc::clone(&self.now_ms);
        WallClock::new(move || UNIX_EPOCH + Duration::from_millis(now_ms.load(Ordering::SeqCst)))
    }

    fn open(&self) -> Store {
        let settings = StoreSettings { cache: self.settings.clone(), ..StoreSettings::default() };
        Store::open(self.folder.path(), settings, &self.clock())
    }

    fn turn(&self, seconds: u64) {
        self.now_ms.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    /// Every file of audio.
    fn files(&self) -> Vec<PathBuf> {
        fn below(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { below(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        below(&self.folder.path().join("cache/audio"), &mut found);
        found.sort();
        found
    }
}

fn key(number: u8) -> TakeKey {
    TakeKey([number; 32])
}

fn audio(number: u8) -> Bytes {
    vec![number; 10_000 + usize::from(number)].into()
}

fn notes() -> Arc<TakeNotes> {
    let mut notes = TakeNotes::new(AudioFormat::mono(Encoding::Mp3, 24_000), Duration::from_millis(1_500));
    notes.words = vec![Word { start_byte: 0, end_byte: 5, start_ms: 0, end_ms: 700 }];
    notes.word_times = Some(WordTimes::Native);
    notes.quality = Some(0.9);
    Arc::new(notes)
}

async fn keep(cache: &Cache, number: u8) {
    cache.put(key(number), "azure", notes(), audio(number)).await.unwrap();
}

async fn is_found(cache: &Cache, number: u8) -> bool {
    let Some(hit) = cache.get(&key(number), "azure").await else { return false };
    assert_eq!(hit.audio.bytes().await.unwrap(), audio(number));
    assert_eq!(hit.digest, AudioDigest::of(&audio(number)));
    assert_eq!(hit.notes, notes());
    true
}

#[tokio::test]
async fn a_take_is_found_again_from_memory_and_after_a_restart_from_its_file() {
    let place = Place::new();
    let store = place.open();
    keep(store.cache(), 1).await;
    assert!(store.cache().get_hot(&key(1)).is_some());
    assert!(is_found(store.cache(), 1).await);
    assert!(!is_found(store.cache(), 2).await);
    drop(store);
    let store = place.open();
    assert!(store.cache().get_hot(&key(1)).is_none());
    assert!(is_found(store.cache(), 1).await);
    assert!(store.cache().get_hot(&key(1)).is_some());
    let tally = store.cache().stats().providers["azure"].tally;
    assert_eq!((tally.hits, tally.misses, tally.stored), (4, 1, 1));
}

#[tokio::test]
async fn a_take_too_large_for_memory_is_read_from_its_file_in_pieces() {
    let mut place = Place::new();
    place.settings.memory_take_bytes_max = 100;
    place.settings.at_once_bytes_max = 100;
    keep(place.open().cache(), 1).await;
    let store = place.open();
    for _ in 0..2 {
        let hit = store.cache().get(&key(1), "azure").await.unwrap();
        let HitAudio::File(file) = &hit.audio else { panic!("not a file: {hit:?}") };
        assert_eq!(file.read(9_999, 500).await.unwrap(), audio(1).slice(9_999..));
        assert!(file.read(20_000, 5).await.unwrap().is_empty());
        assert!(is_found(store.cache(), 1).await);
    }
    let hit = store.cache().get(&key(1), "azure").await.unwrap();
    store.cache().clear(ClearFilter::default()).await.unwrap();
    assert!(place.files().is_empty());
    assert_eq!(hit.audio.bytes().await.unwrap(), audio(1));
}

#[tokio::test]
async fn a_take_too_large_for_memory_is_read_in_one_piece_when_that_is_small() {
    let mut place = Place::new();
    place.settings.memory_take_bytes_max = 100;
    keep(place.open().cache(), 1).await;
    let store = place.open();
    let hit = store.cache().get(&key(1), "azure").await.unwrap();
    assert!(matches!(&hit.audio, HitAudio::Memory(bytes) if *bytes == audio(1)));
    assert_eq!(store.cache().stats().memory_takes, 0);
}

#[tokio::test]
async fn a_take_is_found_by_its_audio_while_any_key_has_it() {
    let place = Place::new();
    let store = place.open();
    let digest = AudioDigest::of(&audio(1));
    assert!(!store.cache().has_audio(digest));
    for number in [1, 2] {
        store.cache().put(key(number), "azure", notes(), audio(1)).await.unwrap();
    }
    keep(store.cache(), 2).await;
    assert!(store.cache().has_audio(digest));
    assert_eq!(store.cache().get_audio(digest).await.unwrap().digest, digest);
    assert_eq!(store.cache().stats().providers["azure"].tally.hits, 0);
    store.cache().clear(ClearFilter::default()).await.unwrap();
    assert!(store.cache().get_audio(digest).await.is_none());
}

#[tokio::test]
async fn a_take_is_gone_when_its_time_is_over_and_its_file_with_it() {
    let mut place = Place::new();
    place.settings.ttl = Duration::from_secs(60);
    let store = place.open();
    keep(store.cache(), 1).await;
    keep(store.cache(), 2).await;
    place.turn(59);
    assert!(is_found(store.cache(), 1).await);
    place.turn(1);
    assert!(!is_found(store.cache(), 1).await);
    store.cache().tidy();
    assert_eq!(place.files().len(), 0);
    assert_eq!(store.cache().stats().providers["azure"].tally.expired, 2);
    drop(store);
    assert_eq!(place.open().cache().stats().repair, Repair::default());
}

#[tokio::test]
async fn the_least_recently_used_makes_room_also_after_a_restart() {
    let mut place = Place::new();
    place.settings.bytes_max = 3 * 12_288;
    let store = place.open();
    for number in 1..=3 {
        keep(store.cache(), number).await;
        place.turn(1);
    }
    assert!(is_found(store.cache(), 1).await);
    drop(store);
    let store = place.open();
    keep(store.cache(), 4).await;
    let mut found = Vec::new();
    for number in 1..=4 {
        found.push(is_found(store.cache(), number).await);
    }
    assert_eq!(found, [true, false, true, true]);
    assert_eq!((place.files().len(), store.cache().stats().providers["azure"].tally.evicted), (3, 1));
    let large: Bytes = vec![0; 3 * 12_288 + 1].into();
    let refused = store.cache().put(key(5), "azure", notes(), large).await;
    assert_eq!(refused.map_err(|error| error.code()), Err("cache_no_room"));
    assert_eq!(store.state(), StoreState::Serving);
}

#[tokio::test]
async fn the_same_audio_under_two_keys_is_one_file_until_both_are_gone() {
    let place = Place::new();
    let store = place.open();
    for number in [1, 2] {
        store.cache().put(key(number), "azure", notes(), audio(9)).await.unwrap();
    }
    assert_eq!(place.files().len(), 1);
    store.cache().put(key(1), "azure", notes(), audio(1)).await.unwrap();
    assert_eq!(place.files().len(), 2);
    drop(store);
    let store = place.open();
    assert_eq!(store.cache().stats().takes, 2);
    store.cache().put(key(2), "azure", notes(), audio(1)).await.unwrap();
    assert_eq!(place.files().len(), 1);
}

#[tokio::test]
async fn a_take_that_is_replaced_while_it_is_read_never_has_the_notes_of_the_other() {
    let mut place = Place::new();
    place.settings.memory_bytes_max = 0;
    let store = place.open();
    keep(store.cache(), 1).await;
    // The audio stays where it is, because another take has it too.
    store.cache().put(key(2), "azure", notes(), audio(1)).await.unwrap();
    let disk = store.cache().disk().unwrap();
    let before = disk.tiers().shelf.entry(&key(1)).cloned().unwrap();
    assert!(disk.read(&key(1), &before, true).is_some());
    store.cache().put(key(1), "azure", notes(), audio(3)).await.unwrap();
    assert!(disk.read(&key(1), &before, true).is_none());
    let hit = store.cache().get(&key(1), "azure").await.unwrap();
    assert_eq!(hit.audio.bytes().await.unwrap(), audio(3));
}

#[tokio::test]
async fn what_a_kill_leaves_behind_is_put_right_at_the_next_start() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=3 {
        keep(store.cache(), number).await;
    }
    drop(store);
    let files = place.files();
    fs::remove_file(&files[0]).unwrap();
    fs::write(&files[1], b"short").unwrap();
    fs::write(files[2].with_file_name("0".repeat(62)), b"orphan").unwrap();
    fs::write(files[2].with_file_name("not ours"), b"").unwrap();
    fs::write(place.folder.path().join("cache/under-way/17"), b"half").unwrap();
    let store = place.open();
    let expected =
        Repair { kept: 1, unfinished_files: 1, orphan_files: 2, missing_files: 2, ..Repair::default() };
    assert_eq!(store.cache().stats().repair, expected);
    assert_eq!(place.files(), files[2..]);
    drop(store);
    assert_eq!(place.open().cache().stats().repair, Repair { kept: 1, ..Repair::default() });
}

#[tokio::test]
async fn takes_are_listed_page_by_page_and_cleared_by_provider_and_age() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=5 {
        let provider = if number == 3 { "edge" } else { "azure" };
        store.cache().put(key(number), provider, notes(), audio(number)).await.unwrap();
        place.turn(10);
    }
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = store.cache().list(after, 2).await.unwrap();
        pages.push(page.takes.iter().map(|take| take.key.0[0]).collect::<Vec<_>>());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec![1, 2], vec![3, 4], vec![5]]);
    let cleared = |filter: ClearFilter| async { store.cache().clear(filter).await.unwrap() };
    let edge = ClearFilter { provider: Some("edge".to_owned()), stored_before_ms: None };
    assert_eq!(cleared(edge).await, Cleared { takes: 1, bytes: 12_288 });
    let old = ClearFilter { stored_before_ms: Some(1_000_020 * SECOND), provider: None };
    assert_eq!(cleared(old).await.takes, 2);
    assert_eq!(cleared(ClearFilter::default()).await.takes, 2);
    assert!(place.files().is_empty());
}

#[tokio::test]
async fn a_locked_folder_says_who_has_it_and_the_second_store_keeps_nothing() {
    let place = Place::new();
    let first = place.open();
    let second = place.open();
    let StoreState::Degraded { reason } = second.state() else { panic!("it serves") };
    let expected =
        Degradation::Locked { folder: place.folder.path().into(), process: Some(std::process::id()) };
    assert_eq!(reason, expected);
    let refused = second.cache().put(key(1), "azure", notes(), audio(1)).await;
    assert_eq!(refused.map_err(|error| error.code()), Err("store_locked"));
    assert!(!is_found(second.cache(), 1).await);
    drop(first);
    second.tend();
    assert_eq!(second.state(), StoreState::Serving);
    keep(second.cache(), 1).await;
}

#[tokio::test]
async fn a_full_disk_stops_keeping_but_not_finding() {
    let place = Place::new();
    let store = place.open();
    keep(store.cache(), 1).await;
    let disk = store.cache().disk().unwrap();
    *disk.blobs.fault.lock().unwrap() = Some(io::ErrorKind::StorageFull);
    for _ in 0..2 {
        let refused = store.cache().put(key(2), "azure", notes(), audio(2)).await;
        assert_eq!(refused.map_err(|error| error.code()), Err("store_disk_full"));
    }
    assert!(matches!(store.state(), StoreState::Degraded { reason: Degradation::DiskFull { .. } }));
    assert!(is_found(store.cache(), 1).await);
    assert!(!is_found(store.cache(), 2).await);
    assert_eq!(store.cache().stats().bytes, 12_288);
    let half_a_minute = async || {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(30)).await;
        tokio::time::resume();
    };
    half_a_minute().await;
    store.tend();
    assert!(matches!(store.state(), StoreState::Degraded { .. }), "it is as full as before");
    *disk.blobs.fault.lock().unwrap() = None;
    store.tend();
    assert!(matches!(store.state(), StoreState::Degraded { .. }), "it was tried a moment ago");
    half_a_minute().await;
    store.tend();
    assert_eq!(store.state(), StoreState::Serving, "though nobody brought a take");
    keep(store.cache(), 2).await;
    assert_eq!(store.state(), StoreState::Serving);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_a_state_and_not_a_panic() {
    let place = Place::new();
    fs::write(place.folder.path().join("cache"), b"a file in the way").unwrap();
    let store = place.open();
    let StoreState::Degraded { reason } = store.state() else { panic!("it serves") };
    assert_eq!(reason.code(), "store_failed");
    assert_eq!(Store::off(&place.clock()).state(), StoreState::Off);
}

#[tokio::test]
async fn an_index_of_noise_begins_anew_and_serves() {
    let place = Place::new();
    keep(place.open().cache(), 1).await;
    let file = place.folder.path().join("cache/index/1/db");
    fs::write(&file, vec![0x5A; 600_000]).unwrap();
    let store = place.open();
    assert!(!is_found(store.cache(), 1).await);
    assert!(place.files().is_empty());
    keep(store.cache(), 2).await;
    drop(store);
    assert!(is_found(place.open().cache(), 2).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn takes_that_come_and_go_at_once_never_lose_a_file_that_is_needed() {
    let mut place = Place::new();
    // Room for three of six pieces of audio, each stored under many keys.
    place.settings.bytes_max = 3 * 12_288;
    place.settings.memory_bytes_max = 0;
    let store = place.open();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8_u8 {
        let cache = store.cache().clone();
        tasks.spawn(async move {
            for step in 0..60_u8 {
                let (audio_number, key_number) =
                    ((task ^ step) % 6, task.wrapping_mul(31).wrapping_add(step) % 40);
                match cache.put(key(key_number), "azure", notes(), audio(audio_number)).await {
                    Ok(()) | Err(CacheError::NoRoom { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
                if let Some(hit) = cache.get(&key(step % 40), "azure").await {
                    assert_eq!(AudioDigest::of(&hit.audio.bytes().await.unwrap()), hit.digest);
                }
            }
        });
    }
    tasks.join_all().await;
    let stats = store.cache().stats();
    assert_eq!((stats.damaged, stats.files), (0, place.files().len()));
    assert_eq!(store.cache().verify(|_| true).await.unwrap().damaged, 0);
    drop(store);
    let expected = Repair { kept: stats.takes, ..Repair::default() };
    assert_eq!(place.open().cache().stats().repair, expected);
}
