//! Reads one table of the file, key by key.
//!
//! serde stops at the first error and loses the place of a value once it is a number, so the file
//! is read by hand: every getter takes the default, gives a value in any case, and writes down
//! what was wrong. What no getter asked for is an unknown key; the keys that were asked for are
//! the ones it is compared with. So the list of known keys cannot drift from what is read. The same
//! getters, asked of no file at all, say what every key is: `config schema` and `config explain`
//! are made of that.

mod values;

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::elsewhere::elsewhere;
use super::findings::Findings;
use super::keys::{ITEM, Key, Kind, NAME};

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

    /// The same table for a look ahead: what is wrong with it is told by whoever reads it for good.
    pub(super) fn ahead<'ahead>(&self, findings: &'ahead Findings<'ahead>) -> Section<'ahead>
    where
        'file: 'ahead,
    {
        Section::new(findings, self.name.clone(), self.table)
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

    /// A table among the items of a list.
    pub(super) fn nested(&self, key: &str, table: &'file DeTable<'file>) -> Section<'file> {
        Section::new(self.findings, self.path_of(key), Some(table))
    }

    /// The same when no file is read and only the keys of such a table are asked for.
    pub(super) fn described_item(&self, key: &str) -> Option<Section<'file>> {
        self.describes().then(|| Section::new(self.findings, self.path_of(key) + ITEM, None))
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

    /// Reports every key that no getter asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            if asked.iter().any(|known| known == key.get_ref()) {
                continue;
            }
            let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let hint = suggestion(key.get_ref(), asked.iter().copied())
                .or_else(|| elsewhere(&self.name, key.get_ref()))
                .unwrap_or_else(|| format!("the keys here are {}", asked.join(", ")));
            self.report(&key.span(), format!("unknown key{place}: {}", key.get_ref()), hint);
        }
    }

    pub(super) fn report(&self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.report(span, message, Some(hint.into()));
    }

    /// The dotted path of a key of this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn mismatch(&self, key: &str, wanted: &str, value: &Spanned<DeValue<'_>>) {
        let message = format!("{} must be {wanted}, not {}", self.path_of(key), kind(value.get_ref()));
        self.findings.report(&value.span(), message, None);
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
