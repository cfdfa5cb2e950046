//! Which day and month a moment belongs to, in UTC.
//!
//! The day number to civil date conversion is Howard Hinnant's `civil_from_days`
//! (<https://howardhinnant.github.io/date_algorithms.html>), for dates from 1970 on.

use std::fmt;
use std::str::FromStr;

const DAY_MS: u64 = 86_400_000;
/// Days of 400 years, after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;

/// A day or a month. Its text is `day 2026-11-23` or `month 2026-11`, and stands in the order of time among
/// its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Period {
    /// Year, month and day.
    Day(u64, u64, u64),
    /// Year and month.
    Month(u64, u64),
}

impl Period {
    /// The day and the month of `at_ms`, milliseconds since 1970.
    pub(super) const fn both(at_ms: u64) -> (Self, Self) {
        let days = at_ms / DAY_MS + EPOCH_DAYS;
        let (era, day) = (days / ERA_DAYS, days % ERA_DAYS);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // Months count from March, so that the leap day ends the year.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
        (Self::Day(year, month, day), Self::Month(year, month))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(year, month, day) => write!(f, "day {year:04}-{month:02}-{day:02}"),
            Self::Month(year, month) => write!(f, "month {year:04}-{month:02}"),
        }
    }
}

/// The text is none that a period has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoPeriod;

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let (kind, date) = text.split_once(' ').ok_or(NoPeriod)?;
        let numbers: Result<Vec<u64>, _> = date.split('-').map(str::parse).collect();
        match (kind, numbers.as_deref()) {
            ("day", Ok([year, month, day])) => Ok(Self::Day(*year, *month, *day)),
            ("month", Ok([year, month])) => Ok(Self::Month(*year, *month)),
            _ => Err(NoPeriod),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: u64, expected: &str) {
        let (day, month) = Period::both(seconds * 1000 + 999);
        let (day_text, month_text) = (day.to_string(), month.to_string());
        assert_eq!(
            (day_text.as_str(), month_text.as_str()),
            (&*format!("day {expected}"), &*format!("month {}", &expected[..7]))
        );
        assert_eq!((day_text.parse(), month_text.parse()), (Ok(day), Ok(month)));
    }

    #[test]
    fn days_and_months_are_those_of_utc() {
        check(0, "1970-01-01");
        check(86_399, "1970-01-01");
        check(86_400, "1970-01-02");
        check(951_782_400, "2000-02-29");
        check(951_868_800, "2000-03-01");
        check(1_709_164_799, "2024-02-28");
        check(1_709_164_800, "2024-02-29");
        check(1_735_689_599, "2024-12-31");
        check(1_795_392_000, "2026-11-23");
        check(4_107_542_400, "2100-03-01");
    }

    #[test]
    fn a_calendar_of_two_centuries_counts_each_day_once() {
        let days: std::collections::BTreeSet<_> =
            (0..73_049).map(|day| Period::both(day * DAY_MS).0).collect();
        assert_eq!((days.len(), days.last()), (73_049, Some(&Period::Day(2169, 12, 31))));
    }

    #[test]
    fn other_texts_are_no_periods() {
        for text in ["", "day", "day 2026-11", "month 2026-11-23", "week 2026-11", "month 2026-x"] {
            assert_eq!(text.parse::<Period>(), Err(NoPeriod), "{text}");
        }
    }
}
