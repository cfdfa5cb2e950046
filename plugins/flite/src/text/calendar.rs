//! Dates, years and times of day.
//!
//! `12/25/2026` is month first, as in the United States, whose English this voice speaks, unless
//! only the other order is a date. A bare four-digit number is a year when its neighbours make it
//! one; the synthesizer's own guess read "in 1984" well and "1984" alone digit by digit.

use flite_rs::numbers;

use super::neighbours::Neighbours;
use super::quantity::{cardinal, is_digits};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Short names, each with its month's number. `Mar` and `May` are read only beside a number.
const SHORT_MONTHS: [(&str, usize); 12] = [
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("sept", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

const WEEKDAYS: [(&str, &str); 9] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("tues", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("thur", "Thursday"),
    ("thurs", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
];

/// Words after which four digits are a year.
const YEAR_CUES: [&str; 26] = [
    "in",
    "since",
    "until",
    "till",
    "by",
    "from",
    "of",
    "year",
    "circa",
    "c",
    "early",
    "late",
    "mid",
    "before",
    "after",
    "during",
    "around",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "copyright",
    "\u{a9}",
    "and",
    "to",
];

/// Reads a date, part of one, a year or a time.
pub(crate) fn read(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if !core.starts_with(|char: char| char.is_ascii_alphanumeric()) {
        return None;
    }
    whole_date(core)
        .or_else(|| timestamp(core))
        .or_else(|| clock(here))
        .or_else(|| ratio(core))
        .or_else(|| month(here))
        .or_else(|| weekday(here))
        .or_else(|| day(here))
        .or_else(|| bare_year(here))
}

/// `2026-11-22`, `11/22/2026`, `22.11.2026`, `12/25/26`.
fn whole_date(core: &str) -> Option<Vec<String>> {
    let mark = core.chars().find(|char| "-/.".contains(*char))?;
    let parts: Vec<_> = core.split(mark).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    if !parts.iter().all(|part| is_digits(part)) {
        return None;
    }
    let (month, day, year) = match (first.len(), second.len(), third.len()) {
        (4, 1..=2, 1..=2) => (second, third, first),
        // Dots are the European order, and `1.2.26` is more likely a version.
        (1..=2, 1..=2, 4) if mark == '.' => (second, first, third),
        (1..=2, 1..=2, 4 | 2) if mark != '.' && (third.len() == 4 || mark == '/') => (first, second, third),
        _ => return None,
    };
    in_words(month, day, year).or_else(|| in_words(day, month, year))
}

/// `2026-11-22T10:30`, seconds and zone left out.
fn timestamp(core: &str) -> Option<Vec<String>> {
    let (date, time) = core.split_once('T')?;
    let mut words = whole_date(date)?;
    let (hour, minute) = (time.get(..2)?, time.get(3..5)?);
    words.extend(time_words(hour, minute, false)?);
    Some(words)
}

fn in_words(month: &str, day: &str, year: &str) -> Option<Vec<String>> {
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?))?;
    let mut words = vec![(*month).to_owned()];
    words.extend(day_words(day)?);
    words.extend(year_words(year));
    Some(words)
}

fn day_words(day: &str) -> Option<Vec<String>> {
    let number: u8 = day.parse().ok()?;
    (1..=31).contains(&number).then(|| numbers::ordinal(&number.to_string()))
}

/// A year as it is said: nineteen eighty four, two thousand five, twenty twenty six.
fn year_words(year: &str) -> Vec<String> {
    match year.as_bytes() {
        [b'1'..=b'9', _, b'0', b'1'..=b'9'] if !year.starts_with("200") => {
            let (century, rest) = year.split_at(2);
            let mut words = numbers::cardinal(century);
            words.push("oh".to_owned());
            words.extend(numbers::digits(rest.trim_start_matches('0')));
            words
        }
        _ => numbers::year(year),
    }
}

fn looks_like_year(core: &str) -> bool {
    core.len() == 4 && is_digits(core) && core.parse().is_ok_and(|year: u16| (1010..2100).contains(&year))
}

/// `10:30`, `10:30:15`, `2:00`, `14:00`, `9am`, `9:30 pm`, and the `pm` of the last.
fn clock(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if let Some(letters) = meridiem(core) {
        let follows_number = here.close_before()?.ends_with(|char: char| char.is_ascii_digit());
        return follows_number.then(|| vec![letters.to_owned()]);
    }
    let suffix = core.len().checked_sub(2).and_then(|at| core.get(at..)).and_then(meridiem);
    let time = if suffix.is_some() { core.get(..core.len() - 2)? } else { core };
    let parts: Vec<_> = time.split([':', '.']).collect();
    let is_half_day = suffix.is_some() || here.close_after().is_some_and(|after| meridiem(after).is_some());
    let mut words = match parts.as_slice() {
        [hour] if suffix.is_some() => time_words(hour, "00", true)?,
        [hour, minute] if suffix.is_some() || !time.contains('.') => time_words(hour, minute, is_half_day)?,
        [hour, minute, second] if !time.contains('.') => {
            let mut words = time_words(hour, minute, true)?;
            let number: u8 = second.parse().ok().filter(|second| *second < 60)?;
            words.push("and".to_owned());
            words.extend(numbers::cardinal(&number.to_string()));
            words.push(if number == 1 { "second" } else { "seconds" }.to_owned());
            words
        }
        _ => return None,
    };
    words.extend(suffix.map(str::to_owned));
    Some(words)
}

/// Half of the day, in a form the synthesizer spells.
fn meridiem(core: &str) -> Option<&'static str> {
    match core {
        "am" | "AM" | "a.m" | "A.M" => Some("a.m"),
        "pm" | "PM" | "p.m" | "P.M" => Some("p.m"),
        _ => None,
    }
}

/// A time of day, or nothing when it is none. The full hour is named unless `am` or `pm`, or the
/// seconds, follow.
fn time_words(hour: &str, minute: &str, is_half_day: bool) -> Option<Vec<String>> {
    let fits = (1..=2).contains(&hour.len()) && minute.len() == 2 && is_digits(hour) && is_digits(minute);
    let number: u8 = hour.parse().ok().filter(|hour| fits && *hour < 25)?;
    minute.parse().ok().filter(|minute: &u8| *minute < 60)?;
    let mut words = numbers::cardinal(&number.to_string());
    match minute {
        "00" if is_half_day => {}
        "00" if number == 0 || number > 12 => words.push("hundred".to_owned()),
        "00" => words.push("o'clock".to_owned()),
        _ => words.extend(numbers::year(minute)),
    }
    Some(words)
}

/// `16:9`, where a time would have two digits.
fn ratio(core: &str) -> Option<Vec<String>> {
    let (left, right) = core.split_once(':').filter(|(left, right)| is_digits(left) && is_digits(right))?;
    let mut words = cardinal(left);
    words.push("to".to_owned());
    words.extend(cardinal(right));
    Some(words)
}

/// `Nov` beside a day or a year.
fn month(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let month = short_month(here.core())?;
    let is_number = |core: &str| day_number(core).is_some() || looks_like_year(core);
    // "Nov. 22" has its full stop between.
    let before = here.close_before().is_some_and(is_number);
    let after = here.next().is_some_and(|next| is_number(&next.core));
    let is_short = here.token().is_some_and(|token| token.after.starts_with('.')) && here.next().is_some();
    (before || after || is_short)
        .then(|| MONTHS.get(month - 1).map(|month| (*month).to_owned()))
        .flatten()
        .map(|month| vec![month])
}

fn short_month(core: &str) -> Option<usize> {
    let starts_upper = core.starts_with(|char: char| char.is_ascii_uppercase());
    let lower = core.to_ascii_lowercase();
    SHORT_MONTHS.iter().find(|(name, _)| starts_upper && *name == lower).map(|(_, month)| *month)
}

pub(crate) fn is_month(core: &str) -> bool {
    MONTHS.contains(&core) || short_month(core).is_some()
}

/// `Mon` before a date, a time, a comma or a range.
fn weekday(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let name = long_weekday(here.core())?;
    let token = here.token()?;
    let follows = here.next().is_some_and(|next| {
        is_month(&next.core)
            || next.core.starts_with(|char: char| char.is_ascii_digit())
            || long_weekday(&next.core).is_some()
    });
    let precedes = here.before(1).is_some_and(|before| long_weekday(before).is_some());
    (follows || precedes || token.after.starts_with('.') && here.core() != "Sat")
        .then(|| vec![name.to_owned()])
}

pub(crate) fn long_weekday(core: &str) -> Option<&'static str> {
    let starts_upper = core.starts_with(|char: char| char.is_ascii_uppercase());
    let lower = core.to_ascii_lowercase();
    WEEKDAYS.iter().find(|(short, _)| starts_upper && *short == lower).map(|(_, long)| *long)
}

fn day_number(core: &str) -> Option<&str> {
    let digits = core
        .strip_suffix("st")
        .or(core.strip_suffix("nd"))
        .or(core.strip_suffix("rd"))
        .or(core.strip_suffix("th"));
    let digits = digits.unwrap_or(core);
    (digits.len() <= 2 && is_digits(digits)).then_some(digits).filter(|day| day_words(day).is_some())
}

/// The `22` of `22 Nov`, `November 22` and `Nov. 22, 2026`.
fn day(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let day = day_number(here.core())?;
    let after_month = here.before(1).is_some_and(is_month) && here.before(1) != Some("May");
    let after_may = here.close_before() == Some("May");
    let before_month = here.close_after().is_some_and(is_month);
    (after_month || after_may || before_month).then(|| day_words(day)).flatten()
}

fn bare_year(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if !looks_like_year(core) {
        return None;
    }
    let before = here.before(1).map(str::to_ascii_lowercase);
    let cued = before.as_deref().is_some_and(|before| YEAR_CUES.contains(&before));
    let dated = here.before(1).is_some_and(|before| is_month(before) || day_number(before).is_some());
    let likely = (1900..2100).contains(&core.parse::<u16>().ok()?);
    (cued || dated || likely).then(|| year_words(core))
}
