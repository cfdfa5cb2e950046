//! Moments as people write and read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// Milliseconds since 1970 of an RFC 3339 time, of the beginning of a day in UTC, or of such a number
/// itself. Nothing for what is none of these, or before 1970.
pub(crate) fn read(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let day = || Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok();
    let moment = moment.or_else(|| Some(day()?.midnight().assume_utc()))?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// RFC 3339 in UTC, to the millisecond.
pub(crate) fn write(ms: u64) -> String {
    const FORMAT: &[time::format_description::BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok();
    moment.and_then(|moment| moment.format(FORMAT).ok()).unwrap_or_default()
}

/// So long before now, in milliseconds since 1970.
pub(crate) fn ago(duration: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.saturating_sub(duration).as_millis()).unwrap_or(u64::MAX)
}

/// A time such as `90s`, `15m`, `36h` or `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("a time is a number and s, m, h or d, such as 36h: {text}");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u64>) {
        assert_eq!(read(text), expected, "{text}");
    }

    #[test]
    fn a_moment_is_read_as_people_write_it() {
        check("2026-11-23T08:00:00Z", Some(1_795_420_800_000));
        check("2026-11-23T09:00:00+01:00", Some(1_795_420_800_000));
        check("2026-11-23T08:00:00.250Z", Some(1_795_420_800_250));
        check("2026-11-23", Some(1_795_392_000_000));
        check("1795392000000", Some(1_795_392_000_000));
        for text in ["", "soon", "2026-13-01", "-5", "1969-12-31T23:59:59Z"] {
            check(text, None);
        }
    }

    #[test]
    fn a_moment_is_written_to_the_millisecond_and_reads_back() {
        assert_eq!(write(1_795_420_800_250), "2026-11-23T08:00:00.250Z");
        assert_eq!(write(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(read(&write(1_795_420_800_250)), Some(1_795_420_800_250));
    }

    #[test]
    fn a_duration_has_a_unit() {
        let seconds = |text: &str| duration(text).map(|duration| duration.as_secs());
        assert_eq!(["90s", "15m", "36h", "7d"].map(seconds), [90, 900, 129_600, 604_800].map(Ok));
        for text in ["", "7", "d", "7w", "-1d", "99999999999999999999d", "1.5h", "7é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
