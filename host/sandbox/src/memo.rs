//! What a plugin remembers between calls.
//!
//! Instances live for one call, so an access token or a slow voice list would be fetched again
//! each time. This is a cache and no store: entries expire, and when the plugin's share is full
//! the oldest go. It belongs to one loaded plugin; a reload begins empty, because a token bought
//! with yesterday's credentials must not outlive them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// Counted for every entry on top of its key and value, so that a million empty values are not
/// free.
const ENTRY_BYTES: usize = 64;

/// The longest time an entry is kept, whatever the guest asks for.
const TTL_MAX: Duration = Duration::from_hours(30 * 24);

/// Why an entry was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoError {
    /// The entry alone is past this many bytes.
    TooLarge(u64),
    /// The key is empty or too long.
    InvalidKey,
}

/// One plugin's memory.
#[derive(Debug)]
pub(crate) struct Memo {
    bytes_max: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<String, Entry>,
    /// Keys with the number of the write they stem from, oldest first. A key that was written
    /// again or removed leaves a stale pair behind, which its number tells apart.
    order: VecDeque<(String, u64)>,
    bytes: usize,
    writes: u64,
}

#[derive(Debug)]
struct Entry {
    value: Bytes,
    expires: Instant,
    write: u64,
}

impl Memo {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, entries: Mutex::default() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Bytes> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.by_key.get(key)?;
        if entry.expires > Instant::now() {
            return Some(entry.value.clone());
        }
        entries.remove(key);
        None
    }

    pub(crate) fn set(&self, key: String, value: Bytes, ttl: Duration) -> Result<(), MemoError> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(MemoError::InvalidKey);
        }
        let size = size_of_entry(&key, &value);
        if size > self.bytes_max {
            return Err(MemoError::TooLarge(self.bytes_max as u64));
        }
        let expires = Instant::now() + ttl.min(TTL_MAX);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&key);
        while entries.bytes + size > self.bytes_max && entries.remove_oldest() {}
        entries.insert(key, value, expires);
        Ok(())
    }

    pub(crate) fn remove(&self, key: &str) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Entries {
    fn insert(&mut self, key: String, value: Bytes, expires: Instant) {
        self.writes += 1;
        self.bytes += size_of_entry(&key, &value);
        self.order.push_back((key.clone(), self.writes));
        self.by_key.insert(key, Entry { value, expires, write: self.writes });
        self.forget_stale_order();
    }

    fn remove(&mut self, key: &str) {
        if let Some((key, entry)) = self.by_key.remove_entry(key) {
            self.bytes -= size_of_entry(&key, &entry.value);
        }
    }

    /// Removes the oldest entry; false when there is none.
    fn remove_oldest(&mut self) -> bool {
        while let Some((key, write)) = self.order.pop_front() {
            if self.by_key.get(&key).is_some_and(|entry| entry.write == write) {
                self.remove(&key);
                return true;
            }
        }
        false
    }

    /// One key written a million times must not leave a million pairs.
    fn forget_stale_order(&mut self) {
        if self.order.len() > 2 * self.by_key.len() + 16 {
            let by_key = &self.by_key;
            self.order.retain(|(key, write)| by_key.get(key).is_some_and(|entry| entry.write == *write));
        }
    }
}

fn size_of_entry(key: &str, value: &Bytes) -> usize {
    key.len() + value.len() + ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn set(memo: &Memo, key: &str, length: usize) -> Result<(), MemoError> {
        memo.set(key.to_owned(), vec![7; length].into(), HOUR)
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_lives_for_its_time_and_no_longer() {
        let memo = Memo::new(10_000);
        memo.set("token".to_owned(), Bytes::from_static(b"abc"), Duration::from_secs(60)).unwrap();
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(memo.get("token").unwrap(), "abc");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(memo.get("token"), None);
        memo.set("long".to_owned(), Bytes::new(), Duration::from_millis(u64::MAX)).unwrap();
        assert!(memo.get("long").is_some());
    }

    #[tokio::test]
    async fn the_oldest_entries_make_room_and_rewriting_renews() {
        let memo = Memo::new(3 * (ENTRY_BYTES + 101));
        for key in ["a", "b", "c"] {
            set(&memo, key, 100).unwrap();
        }
        set(&memo, "a", 100).unwrap();
        set(&memo, "d", 100).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|key| memo.get(key).is_some()), [true, false, true, true]);
    }

    #[tokio::test]
    async fn what_cannot_fit_is_refused_and_evicts_nothing() {
        let memo = Memo::new(1_000);
        set(&memo, "kept", 10).unwrap();
        assert_eq!(set(&memo, "big", 1_000), Err(MemoError::TooLarge(1_000)));
        assert_eq!(set(&memo, "", 1), Err(MemoError::InvalidKey));
        assert_eq!(set(&memo, &"k".repeat(257), 1), Err(MemoError::InvalidKey));
        assert!(memo.get("kept").is_some());
    }

    proptest::proptest! {
        #[test]
        fn the_memo_never_holds_more_than_its_share(writes in proptest::collection::vec((0_u8..6, 0_usize..400), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _guard = runtime.enter();
            let memo = Memo::new(1_000);
            for (key, length) in writes {
                let outcome = set(&memo, &format!("key-{key}"), length);
                let entries = memo.entries.lock().unwrap();
                let counted: usize = entries.by_key.iter().map(|(key, entry)| size_of_entry(key, &entry.value)).sum();
                assert_eq!(entries.bytes, counted);
                assert!(entries.bytes <= 1_000);
                assert!(entries.order.len() <= 2 * entries.by_key.len() + 16);
                drop(entries);
                assert!(outcome.is_err() || memo.get(&format!("key-{key}")).is_some());
            }
        }
    }
}
