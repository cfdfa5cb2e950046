//! Reads one table of the file, key by key.
//!
//! serde stops at the first error and loses the place of a value once it is a number, so the file
//! is read by hand: every getter takes the default, gives a value in any case, and writes down
//! what was wrong. What no getter asked for is an unknown key; the keys that were asked for are
//! the ones it is compared with. So the list of known keys cannot drift from what is read. The same
//! getters, asked of no file at all, say what every key is: `config schema` and `config explain`
//! are made of that.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, Kind, NAME};
use super::problem::{Place, Problem};

/// The file's text and what was found wrong with it.
pub(super) struct Findings<'text> {
    text: &'text str,
    problems: RefCell<Vec<(usize, Problem)>>,
    /// Every key that was asked for; none when a file is read.
    keys: Option<RefCell<Vec<Key>>>,
}

impl<'text> Findings<'text> {
    pub(super) const fn new(text: &'text str) -> Self {
        Self { text, problems: RefCell::new(Vec::new()), keys: None }
    }

    /// Findings of no file, which remember what was asked.
    pub(super) const fn of_keys() -> Self {
        Self { text: "", problems: RefCell::new(Vec::new()), keys: Some(RefCell::new(Vec::new())) }
    }

    pub(super) fn into_keys(self) -> Vec<Key> {
        self.keys.map(RefCell::into_inner).unwrap_or_default()
    }

    pub(super) fn report(&self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let problem = Problem { message: message.into(), hint, place: Place::of(self.text, span) };
        self.problems.borrow_mut().push((span.start, problem));
    }

    /// The problems in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(start, _)| *start);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// One table.
pub(super) struct Section<'file> {
    findings: &'file Findings<'file>,
    name: String,
    table: Option<&'file DeTable<'file>>,
    asked: RefCell<Vec<&'static str>>,
}

/// A value and where it stands.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'file> Section<'file> {
    /// `name` is the dotted path, empty for the file itself.
    pub(super) fn new(
        findings: &'file Findings<'file>,
        name: impl Into<String>,
        table: Option<&'file DeTable<'file>>,
    ) -> Self {
        Self { findings, name: name.into(), table, asked: RefCell::default() }
    }

    /// The value as it stands.
    pub(super) fn raw(&self, key: &'static str) -> Option<&'file Spanned<DeValue<'file>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table?.get(key)
    }

    /// True when no file is read and only the keys are asked for.
    pub(super) const fn describes(&self) -> bool {
        self.findings.keys.is_some()
    }

    /// Remembers what a key is, when that is what is asked.
    pub(super) fn describe(&self, key: &str, kind: Kind, default: impl Display) {
        if let Some(keys) = &self.findings.keys {
            let default = Some(default.to_string()).filter(|default| !default.is_empty());
            keys.borrow_mut().push(Key { path: self.path_of(key), kind, default });
        }
    }

    /// A table inside this one; an absent one reads as all defaults.
    pub(super) fn section(&self, key: &'static str) -> Section<'file> {
        let table = self.table_at(key).and_then(DeValue::as_table);
        Self::new(self.findings, self.path_of(key), table)
    }

    /// A table inside this one that is not read key by key.
    pub(super) fn table(&self, key: &'static str) -> Option<&'file DeValue<'file>> {
        self.describe(key, Kind::Table, "");
        self.table_at(key)
    }

    fn table_at(&self, key: &'static str) -> Option<&'file DeValue<'file>> {
        let value = self.raw(key)?;
        if !value.get_ref().is_table() {
            self.mismatch(key, "a table", value);
        }
        Some(value.get_ref())
    }

    /// Every table inside this one, in the order of the file.
    pub(super) fn sections(&self) -> Vec<(Found<String>, Section<'file>)> {
        if self.findings.keys.is_some() {
            let one = Section::new(self.findings, self.path_of(NAME), None);
            return vec![(Found { value: NAME.to_lowercase(), span: 0..0 }, one)];
        }
        let entries = self.table.into_iter().flatten();
        entries
            .map(|(key, value)| {
                let name = key.get_ref().to_string();
                if !value.get_ref().is_table() {
                    self.mismatch(&name, "a table", value);
                }
                let path = self.path_of(&name);
                let section = Section::new(self.findings, path, value.get_ref().as_table());
                (Found { value: name, span: key.span() }, section)
            })
            .collect()
    }

    pub(super) fn boolean(&self, key: &'static str, default: bool) -> bool {
        self.describe(key, Kind::Boolean, default);
        let Some(value) = self.raw(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.mismatch(key, "true or false", value);
            default
        })
    }

    pub(super) fn string(&self, key: &'static str) -> Option<Found<String>> {
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
    pub(super) fn strings(&self, key: &'static str) -> Option<Vec<Found<String>>> {
        self.describe(key, Kind::Texts, "");
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

    /// The items of a list.
    pub(super) fn items(&self, key: &'static str, wanted: &str) -> Vec<&'file Spanned<DeValue<'file>>> {
        self.describe(key, Kind::List(wanted.to_owned()), "");
        match self.raw(key).map(|value| (value, value.get_ref())) {
            None => Vec::new(),
            Some((_, DeValue::Array(items))) => items.iter().collect(),
            Some((value, _)) => {
                self.mismatch(key, wanted, value);
                Vec::new()
            }
        }
    }

    /// A table among the items of a list.
    pub(super) fn nested(&self, key: &str, table: &'file DeTable<'file>) -> Section<'file> {
        Section::new(self.findings, self.path_of(key), Some(table))
    }

    /// Every text of this table, whatever its key.
    pub(super) fn texts(&self) -> Vec<(String, Found<String>)> {
        let entries = self.table.into_iter().flatten();
        entries
            .filter_map(|(key, value)| {
                let text = value.get_ref().as_str();
                if text.is_none() {
                    self.mismatch(key.get_ref(), "a string", value);
                }
                let found = Found { value: text?.to_owned(), span: value.span() };
                Some((key.get_ref().to_string(), found))
            })
            .collect()
    }

    /// A whole number in a range.
    pub(super) fn integer<T>(&self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let (least, most) = (range.start().to_string(), range.end().to_string());
        self.describe(key, Kind::Integer { least, most }, &default);
        self.integer_in(key, &range).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(super) fn optional_integer<T>(&self, key: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let (least, most) = (range.start().to_string(), range.end().to_string());
        self.describe(key, Kind::Integer { least, most }, "");
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
        let fits = parsed.and_then(|number| T::try_from(number).ok()).filter(|number| range.contains(number));
        if fits.is_none() {
            self.out_of_range(key, range, value);
        }
        fits
    }

    /// A number in a range, whole or not.
    pub(super) fn number<T>(&self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display,
    {
        let (least, most) = (range.start().to_string(), range.end().to_string());
        self.describe(key, Kind::Number { least, most }, &default);
        self.number_in(key, &range).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(super) fn optional_number<T>(&self, key: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let (least, most) = (range.start().to_string(), range.end().to_string());
        self.describe(key, Kind::Number { least, most }, "");
        self.number_in(key, &range)
    }

    fn number_in<T>(&self, key: &'static str, range: &RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let value = self.raw(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse::<T>().ok(),
            DeValue::Float(number) => number.as_str().parse::<T>().ok(),
            _ => {
                self.mismatch(key, "a number", value);
                return None;
            }
        };
        let fits = number.filter(|number| range.contains(number));
        if fits.is_none() {
            self.out_of_range(key, range, value);
        }
        fits
    }

    /// A time in seconds, whole or not.
    pub(super) fn seconds(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let (least, most) = (range.start().as_secs_f64().to_string(), range.end().as_secs_f64().to_string());
        self.describe(key, Kind::Number { least, most }, default.as_secs_f64());
        self.seconds_in(key, &range).unwrap_or(default)
    }

    /// The same for a key that need not be there.
    pub(super) fn optional_seconds(
        &self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let (least, most) = (range.start().as_secs_f64().to_string(), range.end().as_secs_f64().to_string());
        self.describe(key, Kind::Number { least, most }, "");
        self.seconds_in(key, &range)
    }

    fn seconds_in(&self, key: &'static str, range: &RangeInclusive<Duration>) -> Option<Duration> {
        let value = self.raw(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse::<f64>().ok(),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.mismatch(key, "a number of seconds", value);
            return None;
        };
        let time = Duration::try_from_secs_f64(number).ok().filter(|time| range.contains(time));
        if time.is_none() {
            self.out_of_range(key, &(range.start().as_secs_f64()..=range.end().as_secs_f64()), value);
        }
        time
    }

    /// A time in whole milliseconds.
    pub(super) fn milliseconds(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let whole = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.integer(key, whole(&default), whole(range.start())..=whole(range.end())))
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy + PartialEq>(
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
    pub(super) fn optional_choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.describe(key, Kind::of_choices(choices), "");
        self.choice_in(key, choices)
    }

    fn choice_in<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let found = self.text(key)?;
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

    /// Reports every key that no getter asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            if asked.iter().any(|known| known == key.get_ref()) {
                continue;
            }
            let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let hint = suggestion(key.get_ref(), asked.iter().copied())
                .unwrap_or_else(|| format!("the keys here are {}", asked.join(", ")));
            self.report(&key.span(), format!("unknown key{place}: {}", key.get_ref()), hint);
        }
    }

    pub(super) fn report(&self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.report(span, message, Some(hint.into()));
    }

    /// The same without showing the value, which may be a key.
    pub(super) fn report_hidden(&self, span: &Range<usize>, message: String, hint: &str) {
        let place = Place::of(self.findings.text, span).hidden();
        let problem = Problem { message, hint: Some(hint.to_owned()), place };
        self.findings.problems.borrow_mut().push((span.start, problem));
    }

    /// The dotted path of a key of this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn mismatch(&self, key: &str, wanted: &str, value: &Spanned<DeValue<'_>>) {
        let message = format!("{} must be {wanted}, not {}", self.path_of(key), kind(value.get_ref()));
        self.findings.report(&value.span(), message, None);
    }

    fn out_of_range<T: Display>(&self, key: &str, range: &RangeInclusive<T>, value: &Spanned<DeValue<'_>>) {
        let path = self.path_of(key);
        let message =
            format!("{path} is out of range: {}", self.findings.text.get(value.span()).unwrap_or_default());
        self.report(&value.span(), message, format!("it goes from {} to {}", range.start(), range.end()));
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known word that was probably meant, as a question: one that goes on as this one begins, for a
/// unit is easily left out, or the one that is spelt most like it.
pub(super) fn suggestion<'known>(word: &str, known: impl IntoIterator<Item = &'known str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let longer =
        known.iter().find(|known| known.strip_prefix(word).is_some_and(|rest| rest.starts_with('_')));
    let meant = longer.copied().or_else(|| understudy_engine::nearest(word, known.iter().copied()));
    meant.map(|meant| format!("did you mean `{meant}`?"))
}
