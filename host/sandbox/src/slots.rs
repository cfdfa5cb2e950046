//! How many calls run at once.
//!
//! The limit is not memory but the kernel's `vm.max_map_count`: a pooled call in flight needs six
//! mappings, and a process that reaches the count does not fail politely: an allocation somewhere
//! else returns nothing and the process aborts. So the number of places is lowered to what the
//! kernel allows before the pool is built, and a semaphore in front of the pool keeps every call
//! that has no place waiting outside, until its deadline. A place is one linear memory; the rare
//! guest that has two takes two, and so does one with many tables.

use std::fs;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// Mappings of one slot that was ever used: two for a stack, four for a copy-on-write memory.
const MAPPINGS_PER_CALL: u64 = 6;

/// Mappings left for the rest of the process: libraries, threads, arenas, compiled code.
const MAPPINGS_RESERVED: u64 = 5_000;

/// Where the kernel says how many mappings a process may have.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";

/// The places for calls.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Semaphore,
    count: u32,
}

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        Self { free: Semaphore::new(count as usize), count }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Waits for so many places, or for all there are; nothing when they are not free by the
    /// deadline.
    pub(crate) async fn take(&self, places: u32, deadline: Instant) -> Option<SemaphorePermit<'_>> {
        let places = places.clamp(1, self.count);
        match self.free.try_acquire_many(places) {
            Ok(permit) => Some(permit),
            Err(_) => timeout_at(deadline, self.free.acquire_many(places)).await.ok()?.ok(),
        }
    }
}

/// Lowers `wanted` to what the kernel's map count bears, and says so in the log.
pub(crate) fn affordable(wanted: u32) -> u32 {
    let Some(mappings) = fs::read_to_string(MAX_MAP_COUNT).ok().and_then(|text| text.trim().parse().ok())
    else {
        return wanted.max(1);
    };
    let slots = lowered(wanted, mappings);
    if slots < wanted {
        tracing::warn!(
            wanted,
            slots,
            max_map_count = mappings,
            hint = "sysctl -w vm.max_map_count=262144",
            "fewer concurrent calls than configured"
        );
    }
    slots
}

fn lowered(wanted: u32, mappings: u64) -> u32 {
    let affordable = mappings.saturating_sub(MAPPINGS_RESERVED) / MAPPINGS_PER_CALL;
    wanted.min(u32::try_from(affordable).unwrap_or(u32::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_map_count_lowers_the_slots_and_never_below_one() {
        assert_eq!(lowered(1_000, 65_530), 1_000);
        assert_eq!(lowered(20_000, 65_530), 10_088);
        assert_eq!(lowered(20_000, 262_144), 20_000);
        assert_eq!(lowered(1_000, 5_000), 1);
        assert_eq!(lowered(0, 65_530), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_a_place_until_its_deadline() {
        let slots = Slots::new(1);
        let deadline = Instant::now() + Duration::from_secs(5);
        let first = slots.take(1, deadline).await.unwrap();
        assert!(slots.take(1, deadline).await.is_none());
        assert_eq!(Instant::now(), deadline);
        drop(first);
        assert!(slots.take(1, deadline).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_guest_with_two_memories_takes_two_places_and_never_more_than_there_are() {
        let slots = Slots::new(3);
        let deadline = Instant::now() + Duration::from_secs(5);
        let two = slots.take(2, deadline).await.unwrap();
        let one = slots.take(1, deadline).await.unwrap();
        drop(two);
        assert!(slots.take(3, deadline).await.is_none());
        drop(one);
        assert!(slots.take(7, deadline).await.is_some());
    }
}
