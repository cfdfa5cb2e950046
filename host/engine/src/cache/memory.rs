//! The takes asked for most recently, in memory.
//!
//! Bounded in bytes; a take larger than its share would push a hundred others out and is read from
//! its file each time instead.

use std::sync::Arc;

use bytes::Bytes;
use hashlink::LinkedHashMap;
use understudy_speech::Word;

use super::key::TakeKey;
use super::take::TakeNotes;

/// What a take costs besides its audio and its words: names, and the map's own.
const TAKE_BYTES: usize = 1024;

#[derive(Clone)]
pub(super) struct Held {
    pub(super) notes: Arc<TakeNotes>,
    pub(super) audio: Bytes,
}

pub(super) struct Memory {
    takes: LinkedHashMap<TakeKey, Held>,
    bytes: usize,
    bytes_max: usize,
    take_bytes_max: usize,
}

impl Memory {
    pub(super) fn new(bytes_max: usize, take_bytes_max: usize) -> Self {
        Self { takes: LinkedHashMap::new(), bytes: 0, bytes_max, take_bytes_max }
    }

    /// True when audio of this many bytes may be held.
    pub(super) fn admits(&self, length: u64) -> bool {
        usize::try_from(length).is_ok_and(|length| length <= self.take_bytes_max && length < self.bytes_max)
    }

    pub(super) fn get(&mut self, key: &TakeKey) -> Option<Held> {
        self.takes.to_back(key).cloned()
    }

    /// No use of it.
    pub(super) fn notes(&self, key: &TakeKey) -> Option<Arc<TakeNotes>> {
        self.takes.get(key).map(|held| Arc::clone(&held.notes))
    }

    pub(super) fn insert(&mut self, key: TakeKey, held: Held) {
        self.remove(&key);
        let size = weight(&held);
        if held.audio.len() > self.take_bytes_max || size > self.bytes_max {
            return;
        }
        while self.bytes + size > self.bytes_max {
            let Some((_, oldest)) = self.takes.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
        self.bytes += size;
        self.takes.insert(key, held);
    }

    pub(super) fn remove(&mut self, key: &TakeKey) {
        if let Some(held) = self.takes.remove(key) {
            self.bytes -= weight(&held);
        }
    }

    pub(super) fn usage(&self) -> (usize, usize) {
        (self.takes.len(), self.bytes)
    }
}

fn weight(held: &Held) -> usize {
    TAKE_BYTES + held.audio.len() + held.notes.words.len() * size_of::<Word>()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use understudy_speech::{AudioFormat, Encoding};

    use super::*;

    fn held(length: usize) -> Held {
        let notes = TakeNotes::new(AudioFormat::mono(Encoding::Wav, 8_000), Duration::ZERO);
        Held { notes: Arc::new(notes), audio: vec![0; length].into() }
    }

    proptest! {
        #[test]
        fn the_tier_never_weighs_more_than_it_may(steps in prop::collection::vec((0..9_u8, 0..6_000_usize, any::<bool>()), 0..60)) {
            let mut memory = Memory::new(20_000, 5_000);
            for (key, length, remove) in steps {
                let key = TakeKey([key; 32]);
                if remove {
                    memory.remove(&key);
                } else {
                    memory.insert(key, held(length));
                    prop_assert_eq!(memory.get(&key).is_some(), memory.admits(length as u64));
                }
                prop_assert!(memory.usage().1 <= 20_000);
                prop_assert_eq!(memory.usage().1, memory.takes.values().map(weight).sum::<usize>());
            }
        }
    }

    #[test]
    fn the_take_asked_for_longest_ago_makes_room() {
        let mut memory = Memory::new(3 * (TAKE_BYTES + 100), 100);
        let key = |key: u8| TakeKey([key; 32]);
        for each in 1..=3 {
            memory.insert(key(each), held(100));
        }
        memory.get(&key(1));
        memory.insert(key(4), held(100));
        assert_eq!([1, 2, 3, 4].map(|each| memory.get(&key(each)).is_some()), [true, false, true, true]);
    }
}
