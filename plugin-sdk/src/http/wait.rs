//! How long a service asks to wait before it is asked again.
//!
//! It says so in one of three forms: OpenAI's `retry-after-ms`, `Retry-After` in seconds (RFC 9110
//! §10.2.3), or as a date. A date is held against the answer's own `Date`, because the clock it was made
//! by is the service's; without one it says nothing.

use std::time::Duration;

/// The wait named by the headers of an answer.
pub(crate) fn named(header: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    let number = |name: &str, scale: f64| {
        let number: f64 = header(name)?.trim().parse().ok()?;
        Duration::try_from_secs_f64(number / scale).ok()
    };
    let date = |name: &str| httpdate::parse_http_date(header(name)?.trim()).ok();
    // A date that has passed is no wait.
    let until = || Some(date("retry-after")?.duration_since(date("date")?).unwrap_or_default());
    number("retry-after-ms", 1_000.0).or_else(|| number("retry-after", 1.0)).or_else(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], millis: Option<u64>) {
        let header = |name: &str| {
            headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(named(header), millis.map(Duration::from_millis), "{headers:?}");
    }

    #[test]
    fn each_form_of_a_wait_is_read() {
        let now = ("date", "Sun, 22 Nov 2026 11:00:00 GMT");
        check(&[("retry-after", "7")], Some(7_000));
        check(&[("retry-after", " 1.5 ")], Some(1_500));
        check(&[("retry-after-ms", "250"), ("retry-after", "1")], Some(250));
        check(&[("retry-after", "Sun, 22 Nov 2026 11:01:30 GMT"), now], Some(90_000));
        check(&[("retry-after", "Sun, 22 Nov 2026 10:00:00 GMT"), now], Some(0));
        check(&[("retry-after", "Sun, 22 Nov 2026 11:01:30 GMT")], None);
        check(&[("retry-after", "soon"), now], None);
        check(&[("retry-after", "-1")], None);
        check(&[], None);
    }
}
