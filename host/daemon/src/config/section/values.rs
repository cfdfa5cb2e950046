//! Typed values of a table: each getter says what its key is, takes the value when it fits, and
//! writes down what is wrong when it does not.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::{Found, Section, suggestion};
use crate::config::keys::{Items, Kind};

impl<'file> Section<'file> {
    pub(in crate::config) fn boolean(&self, key: &'static str, default: bool) -> bool {
        self.describe(key, Kind::Boolean, default);
        let Some(value) = self.raw(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.mismatch(key, "true or false", value);
            default
        })
    }

    pub(in crate::config) fn string(&self, key: &'static str) -> Option<Found<String>> {
        self.describe(key, Kind::Text, "");
        self.text(key)
    }

    fn text(&self, key: &'static str) -> Option<Found<String>> {
        let value = self.raw(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.mismatch(key, "a string", value);
        }
        text.map(|text| Found { value: text.to_owned(), span: value.span() })
    }

    /// One string, or a list of them.
    pub(in crate::config) fn strings(&self, key: &'static str) -> Option<Vec<Found<String>>> {
        self.describe(key, Kind::Texts, "");
        self.texts_in(key)
    }

    fn texts_in(&self, key: &'static str) -> Option<Vec<Found<String>>> {
        let value = self.raw(key)?;
        let items = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => found.push(Found { value: text.to_owned(), span: item.span() }),
                None => self.mismatch(key, "a string or a list of strings", item),
            }
        }
        Some(found)
    }

    /// The items of a list; none when the key is not there or is no list.
    pub(in crate::config) fn items(
        &self,
        key: &'static str,
        wanted: &str,
        items: Items,
    ) -> Option<Vec<&'file Spanned<DeValue<'file>>>> {
        self.describe(key, Kind::List { wanted: wanted.to_owned(), items }, "");
        let value = self.raw(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.mismatch(key, wanted, value);
            return None;
        };
        Some(items.iter().collect())
    }

    /// A whole number in a range.
    pub(in crate::config) fn integer<T>(&self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        self.describe(key, Kind::integer(&range), &default);
        self.integer_in(key, &range).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(in crate::config) fn optional_integer<T>(
        &self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        self.describe(key, Kind::integer(&range), "");
        self.integer_in(key, &range)
    }

    fn integer_in<T>(&self, key: &'static str, range: &RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let value = self.raw(key)?;
        let Some(number) = value.get_ref().as_integer() else {
            self.mismatch(key, "a whole number", value);
            return None;
        };
        let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
        self.within(key, range, parsed.and_then(|number| T::try_from(number).ok()), value)
    }

    /// A number in a range, whole or not.
    pub(in crate::config) fn number<T>(&self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display,
    {
        self.describe(key, Kind::number(&range), &default);
        self.number_in(key, "a number", &range).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(in crate::config) fn optional_number<T>(
        &self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.describe(key, Kind::number(&range), "");
        self.number_in(key, "a number", &range)
    }

    fn number_in<T>(&self, key: &'static str, wanted: &str, range: &RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let value = self.raw(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) if number.radix() != 10 => {
                let whole = i64::from_str_radix(number.as_str(), number.radix());
                whole.map(|number| number.to_string()).unwrap_or_default()
            }
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => {
                self.mismatch(key, wanted, value);
                return None;
            }
        };
        self.within(key, range, number.parse().ok(), value)
    }

    fn within<T: PartialOrd + Display>(
        &self,
        key: &str,
        range: &RangeInclusive<T>,
        number: Option<T>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<T> {
        let fits = number.filter(|number| range.contains(number));
        if fits.is_none() {
            let written = self.findings.text.get(value.span()).unwrap_or_default();
            let message = format!("{} is out of range: {written}", self.path_of(key));
            self.report(&value.span(), message, format!("it goes from {} to {}", range.start(), range.end()));
        }
        fits
    }

    /// A time in seconds, whole or not.
    pub(in crate::config) fn seconds(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let range = in_seconds(&range);
        self.describe(key, Kind::number(&range), default.as_secs_f64());
        self.seconds_in(key, &range).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(in crate::config) fn optional_seconds(
        &self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let range = in_seconds(&range);
        self.describe(key, Kind::number(&range), "");
        self.seconds_in(key, &range)
    }

    fn seconds_in(&self, key: &'static str, range: &RangeInclusive<f64>) -> Option<Duration> {
        // What is in the range is a time.
        self.number_in(key, "a number of seconds", range).map(Duration::from_secs_f64)
    }

    /// A time in whole milliseconds.
    pub(in crate::config) fn milliseconds(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let whole = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.integer(key, whole(&default), whole(range.start())..=whole(range.end())))
    }

    /// One of a few words.
    pub(in crate::config) fn choice<T: Copy + PartialEq>(
        &self,
        key: &'static str,
        default: T,
        choices: &[(&str, T)],
    ) -> T {
        let usual = choices.iter().find(|(_, choice)| *choice == default).map_or("", |(word, _)| *word);
        self.describe(key, Kind::of_choices(choices), usual);
        self.choice_in(key, choices).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(in crate::config) fn optional_choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        self.describe(key, Kind::of_choices(choices), "");
        self.choice_in(key, choices)
    }

    /// Some of a few words, in the order they stand; none when the key is not there.
    pub(in crate::config) fn optional_choices<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<Vec<T>> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let wanted = format!("a list of {}", words.join(", "));
        let items = Items::Words(words.into_iter().map(str::to_owned).collect());
        self.describe(key, Kind::List { wanted, items }, "");
        let found = self.texts_in(key)?;
        Some(found.iter().filter_map(|found| self.chosen(key, found, choices)).collect())
    }

    fn choice_in<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.chosen(key, &self.text(key)?, choices)
    }

    fn chosen<T: Copy>(&self, key: &str, found: &Found<String>, choices: &[(&str, T)]) -> Option<T> {
        let choice = choices.iter().find(|(word, _)| *word == found.value).map(|(_, choice)| *choice);
        if choice.is_none() {
            let known: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let hint = suggestion(&found.value, known.iter().copied())
                .unwrap_or_else(|| format!("expected one of {}", known.join(", ")));
            let message = format!("{} has no such value: {}", self.path_of(key), found.value);
            self.report(&found.span, message, hint);
        }
        choice
    }
}

fn in_seconds(range: &RangeInclusive<Duration>) -> RangeInclusive<f64> {
    range.start().as_secs_f64()..=range.end().as_secs_f64()
}
