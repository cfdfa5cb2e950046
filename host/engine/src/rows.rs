//! A small table in memory, of which whoever writes the history writes down what has changed.

use std::collections::{BTreeMap, BTreeSet};

/// At most `ROWS_MAX` rows; what is new past them is not taken.
#[derive(Debug)]
pub(crate) struct Rows<T, const ROWS_MAX: usize> {
    rows: BTreeMap<String, T>,
    /// Those that were not written down since they changed.
    changed: BTreeSet<String>,
}

impl<T, const ROWS_MAX: usize> Default for Rows<T, ROWS_MAX> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<T: Clone, const ROWS_MAX: usize> Rows<T, ROWS_MAX> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.rows.get(name)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    /// Puts a row in its place, to be written down.
    pub(crate) fn set(&mut self, name: &str, row: T) {
        if self.rows.len() < ROWS_MAX || self.rows.contains_key(name) {
            self.rows.insert(name.to_owned(), row);
            self.changed.insert(name.to_owned());
        }
    }

    /// Adds a row that is written down already, if nothing else has its place.
    pub(crate) fn restore(&mut self, name: &str, row: T) {
        if self.rows.len() < ROWS_MAX && !self.rows.contains_key(name) {
            self.rows.insert(name.to_owned(), row);
        }
    }

    /// What has changed since the last call.
    pub(crate) fn take_changed(&mut self) -> Vec<(String, T)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|name| self.rows.get(&name).cloned().map(|row| (name, row))).collect()
    }

    /// Says that what was taken has not been written.
    pub(crate) fn put_back(&mut self, changed: Vec<(String, T)>) {
        self.changed.extend(changed.into_iter().map(|(name, _)| name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_taken_once_and_comes_back_when_it_was_not_written() {
        let mut rows = Rows::<_, 2>::default();
        rows.restore("a", 1);
        assert_eq!(rows.take_changed(), []);
        rows.set("a", 2);
        rows.set("b", 3);
        rows.set("c", 4);
        let taken = rows.take_changed();
        assert_eq!(taken, [("a".to_owned(), 2), ("b".to_owned(), 3)], "there is no place for a third");
        assert_eq!(rows.take_changed(), []);
        rows.set("a", 5);
        rows.put_back(taken);
        assert_eq!(rows.take_changed(), [("a".to_owned(), 5), ("b".to_owned(), 3)]);
    }
}
