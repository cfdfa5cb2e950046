//! What time it is in the world, as the store is told.
//!
//! Only the daemon reads the wall clock; whoever opens a store hands one in. A test hands in one
//! that it can turn.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Gives the time of day. Clones share it.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl WallClock {
    /// A clock that asks `now`, for example `SystemTime::now`.
    #[must_use]
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time of day.
    pub(crate) fn now(&self) -> SystemTime {
        (self.0)()
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; 0 for a clock that is set before it.
    #[must_use]
    pub fn unix_ms(&self) -> u64 {
        milliseconds(self.now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallClock")
    }
}

/// Whole milliseconds, for records.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
