//! The wall clock, and the dates of HTTP and of browsers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by this machine's clock.
#[must_use]
pub fn unix_seconds() -> i64 {
    i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX)
}

/// Nanoseconds since 1970.
pub(crate) fn nanoseconds() -> u128 {
    since_epoch().as_nanos()
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Seconds since 1970 of a `Date` header (RFC 9110 §5.6.7).
#[must_use]
pub fn of_http(date: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(date.trim()).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// A time as JavaScript's `Date` writes it in a browser set to UTC:
/// `Sun Nov 22 2026 11:00:00 GMT+0000 (Coordinated Universal Time)`.
#[must_use]
pub fn for_browser(unix_seconds: i64) -> String {
    let http = http(unix_seconds);
    let mut parts = http.split([',', ' ']).filter(|part| !part.is_empty());
    let mut next = || parts.next().unwrap_or_default();
    let (weekday, day, month, year, time) = (next(), next(), next(), next(), next());
    format!("{weekday} {month} {day} {year} {time} GMT+0000 (Coordinated Universal Time)")
}

/// A time by ISO 8601 with milliseconds: `2026-11-22T11:00:00.000Z`.
#[must_use]
pub fn iso(unix_seconds: i64) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let http = http(unix_seconds);
    let mut parts = http.split([',', ' ']).filter(|part| !part.is_empty()).skip(1);
    let mut next = || parts.next().unwrap_or_default();
    let (day, month, year, time) = (next(), next(), next(), next());
    let month = MONTHS.find(month).unwrap_or_default() / 3 + 1;
    format!("{year}-{month:02}-{day}T{time}.000Z")
}

/// `Sun, 22 Nov 2026 11:00:00 GMT`.
fn http(unix_seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(unix_seconds).unwrap_or_default());
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eleven o'clock on the sheet's own day.
    const ELEVEN: i64 = 1_795_345_200;

    #[test]
    fn a_date_of_http_is_read_and_nonsense_is_not() {
        assert_eq!(of_http("Sun, 22 Nov 2026 11:00:00 GMT"), Some(ELEVEN));
        assert_eq!(of_http("yesterday"), None);
        assert_eq!(of_http(""), None);
    }

    #[test]
    fn times_are_written_as_each_door_wants_them() {
        let browser = "Sun Nov 22 2026 11:00:00 GMT+0000 (Coordinated Universal Time)";
        assert_eq!(for_browser(ELEVEN), browser);
        assert_eq!(iso(ELEVEN), "2026-11-22T11:00:00.000Z");
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(-1), iso(0));
    }
}
