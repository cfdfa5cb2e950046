//! Which day and which month it is, UTC.
//!
//! The engine does not read the wall clock: whoever builds it hands one in, and tests hand in their
//! own. Without one a day is twenty-four hours and a month thirty-one days from the engine's start,
//! so that a budget still holds.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use tokio::time::Instant;

#[derive(Clone)]
pub(crate) struct Calendar {
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// A day in its month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Today {
    /// Days, counted from some day.
    pub(crate) day: i32,
    /// Months, counted from some month.
    pub(crate) month: i32,
    pub(crate) until_tomorrow: Duration,
    pub(crate) until_next_month: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Calendar {
    pub(crate) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now) }
    }

    /// One that begins now, on the first of a month of thirty-one days.
    pub(crate) fn from_here() -> Self {
        let started = Instant::now();
        Self::new(move || UNIX_EPOCH + started.elapsed())
    }

    /// Milliseconds since 1970 UTC.
    pub(crate) fn now_ms(&self) -> u64 {
        let since = (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn today(&self) -> Today {
        Today::of((self.now)())
    }
}

impl Today {
    pub(crate) fn of(time: SystemTime) -> Self {
        let time = OffsetDateTime::from(time);
        let since_midnight = Duration::try_from(time.time().duration_since(time::Time::MIDNIGHT));
        let until_tomorrow = DAY.saturating_sub(since_midnight.unwrap_or_default());
        let days_left = u32::from(time.month().length(time.year()).saturating_sub(time.day()));
        Self {
            day: time.to_julian_day(),
            month: time.year() * 12 + i32::from(u8::from(time.month())),
            until_tomorrow,
            until_next_month: until_tomorrow + DAY * days_left,
        }
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Calendar").field(&self.today()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: u64, later: u64, (days, months): (i32, i32)) {
        let today = |seconds| Today::of(UNIX_EPOCH + Duration::from_secs(seconds));
        let (from, to) = (today(seconds), today(seconds + later));
        assert_eq!((to.day - from.day, to.month - from.month), (days, months), "{seconds} + {later}");
    }

    #[test]
    fn days_and_months_turn_at_midnight_utc() {
        // 2024-02-28 23:59:59, of a leap year.
        let leap = 1_709_164_799;
        check(leap, 1, (1, 0));
        check(leap, 86_400, (1, 0));
        check(leap, 86_401, (2, 1));
        // 2026-12-31 00:00:00.
        check(1_798_675_200, 86_399, (0, 0));
        check(1_798_675_200, 86_400, (1, 1));
    }

    #[test]
    fn the_time_left_ends_the_day_and_the_month() {
        let today = Today::of(UNIX_EPOCH + Duration::from_secs(1_709_164_799));
        assert_eq!(today.until_tomorrow, Duration::from_secs(1));
        assert_eq!(today.until_next_month, Duration::from_secs(86_401));
    }
}
