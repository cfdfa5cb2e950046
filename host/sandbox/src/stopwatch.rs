//! The processor time of one call.
//!
//! Whenever the call's future is polled a thread is at work for it, be it in the guest or in the host on
//! its behalf; in between nobody is. So the ticks that pass during polls are its time, whatever one
//! step of the host takes: a step in which the guest is not interrupted once may be a long one. Ticks are
//! read where a clock would be, because a call may be polled a hundred thousand times a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Counts for one call; it is read and written by whoever polls that call.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    /// Ticks of the whole process so far.
    beats: Arc<AtomicU64>,
    /// What `beats` was when the poll that goes on began.
    begun: AtomicU64,
    /// Ticks in the polls that are over.
    worked: AtomicU64,
    polls: AtomicU32,
}

impl Stopwatch {
    pub(crate) fn new(beats: Arc<AtomicU64>) -> Self {
        Self { beats, begun: AtomicU64::new(0), worked: AtomicU64::new(0), polls: AtomicU32::new(0) }
    }

    /// A poll begins.
    pub(crate) fn begin(&self) {
        self.polls.fetch_add(1, Relaxed);
        self.begun.store(self.beats.load(Relaxed), Relaxed);
    }

    /// The poll is over.
    pub(crate) fn end(&self) {
        let now = self.beats.load(Relaxed);
        self.worked.store(self.worked.load(Relaxed) + now - self.begun.load(Relaxed), Relaxed);
        self.begun.store(now, Relaxed);
    }

    /// Polls so far.
    pub(crate) fn polls(&self) -> u32 {
        self.polls.load(Relaxed)
    }

    /// Ticks so far, for whoever asks during a poll or right after one.
    pub(crate) fn ticks(&self) -> u64 {
        self.worked.load(Relaxed) + self.beats.load(Relaxed) - self.begun.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_during_polls_count_and_those_in_between_do_not() {
        let beats = Arc::new(AtomicU64::new(100));
        let stopwatch = Stopwatch::new(Arc::clone(&beats));
        stopwatch.begin();
        beats.fetch_add(50, Relaxed);
        assert_eq!((stopwatch.ticks(), stopwatch.polls()), (50, 1));
        stopwatch.end();
        assert_eq!(stopwatch.ticks(), 50);
        beats.fetch_add(1_000, Relaxed);
        stopwatch.begin();
        assert_eq!((stopwatch.ticks(), stopwatch.polls()), (50, 2));
        beats.fetch_add(3, Relaxed);
        stopwatch.end();
        assert_eq!(stopwatch.ticks(), 53);
    }
}
