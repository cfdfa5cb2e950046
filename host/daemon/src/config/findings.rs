//! What was found in a file: its problems, each at its place, or, when no file is read, its keys.

use std::cell::RefCell;
use std::ops::Range;

use super::keys::Key;
use super::problem::{Place, Problem};

/// The file's text and what was found wrong with it.
pub(super) struct Findings<'text> {
    pub(super) text: &'text str,
    problems: RefCell<Vec<(usize, Problem)>>,
    /// Every key that was asked for; none when a file is read.
    pub(super) keys: Option<RefCell<Vec<Key>>>,
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
        self.add(span, message.into(), hint, Place::of(self.text, span));
    }

    /// The same without showing the value, which may be a key.
    pub(super) fn report_hidden(&self, span: &Range<usize>, message: String, hint: &str) {
        self.add(span, message, Some(hint.to_owned()), Place::of(self.text, span).hidden());
    }

    fn add(&self, span: &Range<usize>, message: String, hint: Option<String>, place: Place) {
        self.problems.borrow_mut().push((span.start, Problem { message, hint, place }));
    }

    /// The problems in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(start, _)| *start);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}
