//! Requests a minute, exactly.
//!
//! A token bucket lets twice its rate through in the minute after a pause: a full bucket at once,
//! and what flows in behind it. Services count what they see in a minute, and answer that with 429.
//! So the times of the last calls are kept, as many as a minute allows, and a call may go when the
//! one that many calls ago is a minute old. That costs sixteen bytes for each call a minute allows,
//! and knows to the millisecond when the next one may go.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// The calls of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    calls: VecDeque<Instant>,
}

impl Pace {
    /// How long until the next call may go; none when it may go now.
    pub(crate) fn wait(&self, per_minute: NonZeroU32, now: Instant) -> Option<Duration> {
        let allowed = usize::try_from(per_minute.get()).unwrap_or(usize::MAX);
        // The limit may have been lowered since: what counts is the call that many ago.
        let oldest = self.calls.len().checked_sub(allowed).and_then(|index| self.calls.get(index))?;
        (*oldest + MINUTE).checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Notes a call.
    pub(crate) fn note(&mut self, now: Instant) {
        while self.calls.front().is_some_and(|call| *call + MINUTE <= now) {
            self.calls.pop_front();
        }
        self.calls.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_minute_ever_holds_more_than_it_allows_and_no_wait_is_longer_than_needed(
            per_minute in 1_u32..8,
            pauses in prop::collection::vec(0_u64..40_000, 1..80),
        ) {
            let per_minute = NonZeroU32::new(per_minute).unwrap();
            let (mut pace, mut now) = (Pace::default(), Instant::now());
            let mut calls = Vec::new();
            for pause in pauses {
                now += Duration::from_millis(pause);
                if let Some(wait) = pace.wait(per_minute, now) {
                    let almost = now + wait - Duration::from_nanos(1);
                    prop_assert!(pace.wait(per_minute, almost).is_some(), "it may go sooner than it says");
                    prop_assert_eq!(pace.wait(per_minute, now + wait), None);
                    continue;
                }
                pace.note(now);
                calls.push(now);
            }
            for (index, call) in calls.iter().enumerate() {
                let minute = calls[index..].iter().take_while(|other| **other < *call + MINUTE).count();
                prop_assert!(minute <= per_minute.get() as usize, "{minute} calls in a minute");
            }
        }
    }

    #[test]
    fn a_lowered_limit_holds_at_once() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for _ in 0..10 {
            pace.note(now);
        }
        let limit = |limit| NonZeroU32::new(limit).unwrap();
        assert_eq!(pace.wait(limit(11), now), None);
        assert_eq!(pace.wait(limit(2), now), Some(MINUTE));
    }
}
