//! Which day and month a moment belongs to, in UTC.
//!
//! The day number to civil date conversion is Howard Hinnant's `civil_from_days`
//! (<https://howardhinnant.github.io/date_algorithms.html>), for dates from 1970 on.

const DAY_MS: u64 = 86_400_000;
/// Days of 400 years, after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;

/// The day of `at_ms` as `2026-11-23`, the month as `2026-11`.
pub(super) fn day_and_month(at_ms: u64) -> (String, String) {
    let days = at_ms / DAY_MS + EPOCH_DAYS;
    let (era, day) = (days / ERA_DAYS, days % ERA_DAYS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months count from March, so that the leap day ends the year.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    (format!("{year:04}-{month:02}-{day:02}"), format!("{year:04}-{month:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: u64, expected: &str) {
        let (day, month) = day_and_month(seconds * 1000 + 999);
        assert_eq!((day.as_str(), month.as_str()), (expected, &expected[..7]));
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
            (0..73_049).map(|day| day_and_month(day * DAY_MS).0).collect();
        assert_eq!((days.len(), days.last().map(String::as_str)), (73_049, Some("2169-12-31")));
        assert!(days.iter().all(|day| day.len() == 10));
    }
}
