//! The places among the concurrent calls of one provider.
//!
//! There is one count, whatever the limit: an engine and the one that replaces it ask at the same time,
//! each with a limit of its own, and a call counts under both. Whoever asks brings the places to its own
//! limit. Of those that are in use there may then be too many; they are owed, and taken out of use as they
//! come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// A provider without a limit has as many places as can be counted.
const UNLIMITED: usize = Semaphore::MAX_PERMITS;

#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    free: Arc<Semaphore>,
    count: Mutex<Count>,
}

#[derive(Debug)]
struct Count {
    limit: usize,
    /// Places in use past the limit.
    owed: usize,
}

/// A place among them. Dropping it is leaving.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    places: Places,
}

impl Default for Places {
    fn default() -> Self {
        let (free, count) = (Arc::new(Semaphore::new(UNLIMITED)), Count { limit: UNLIMITED, owed: 0 });
        Self(Arc::new(Inner { free, count: Mutex::new(count) }))
    }
}

impl Places {
    /// The same places, of which there are `limit` from now on.
    pub(super) fn under(&self, limit: Option<u32>) -> &Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(UNLIMITED);
        let mut count = self.count();
        if limit > count.limit {
            let more = limit - count.limit;
            let settled = more.min(count.owed);
            count.owed -= settled;
            self.0.free.add_permits(more - settled);
        } else {
            let fewer = count.limit - limit;
            count.owed += fewer - self.0.free.forget_permits(fewer);
        }
        count.limit = limit;
        drop(count);
        self
    }

    /// True when all are taken.
    pub(super) fn is_full(&self) -> bool {
        self.0.free.available_permits() == 0
    }

    /// A place, if one is free.
    pub(super) fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0.free).try_acquire_owned().ok()?;
        Some(Place { permit: Some(permit), places: self.clone() })
    }

    /// Waits in line for a place, first come first served; none when `until` comes first.
    pub(super) async fn wait(&self, until: Instant) -> Option<Place> {
        let permit = timeout_at(until, Arc::clone(&self.0.free).acquire_owned()).await.ok()?.ok()?;
        Some(Place { permit: Some(permit), places: self.clone() })
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut count = self.places.count();
        if count.owed == 0 {
            drop(permit);
        } else {
            count.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nobody_enters_while_as_many_are_in_as_its_limit_allows(
            steps in prop::collection::vec((prop::option::of(0_u32..6), 0_usize..3), 0..80),
        ) {
            let (places, mut inside) = (Places::default(), Vec::new());
            for (limit, leaving) in steps {
                inside.truncate(inside.len().saturating_sub(leaving));
                let free = limit.is_none_or(|limit| inside.len() < limit as usize);
                prop_assert_eq!(places.under(limit).is_full(), !free);
                let place = places.enter();
                prop_assert_eq!(place.is_some(), free);
                inside.extend(place);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_gets_a_place_when_enough_of_a_greater_limit_have_left() {
        let places = Places::default();
        let mut inside: Vec<_> = (0..3).filter_map(|_| places.under(Some(3)).enter()).collect();
        let soon = || Instant::now() + std::time::Duration::from_secs(1);
        for left in [2, 1, 0] {
            assert_eq!(inside.len(), left + 1);
            assert!(places.under(Some(1)).wait(soon()).await.is_none());
            inside.pop();
        }
        assert!(places.under(Some(1)).wait(soon()).await.is_some());
    }
}
