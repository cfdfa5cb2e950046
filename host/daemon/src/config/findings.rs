//! What was found in a file: its problems, each at its place, or, when no file is read, its keys.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use super::keys::Key;
use super::problem::{Place, Problem};

/// The file's text and what was found wrong with it.
pub(super) struct Findings<'text> {
    pub(super) text: &'text str,
    /// The same without what may not be shown.
    shown: Cow<'text, str>,
    problems: RefCell<Vec<(usize, Problem)>>,
    /// Every key that was asked for; none when a file is read.
    pub(super) keys: Option<RefCell<Vec<Key>>>,
}

impl<'text> Findings<'text> {
    pub(super) const fn new(text: &'text str) -> Self {
        Self { text, shown: Cow::Borrowed(text), problems: RefCell::new(Vec::new()), keys: None }
    }

    /// Findings in a text that is shown like this.
    pub(super) fn shown_as(text: &'text str, shown: String) -> Self {
        Self { shown: Cow::Owned(shown), ..Self::new(text) }
    }

    /// Findings of no file, which remember what was asked.
    pub(super) fn of_keys() -> Self {
        Self { keys: Some(RefCell::new(Vec::new())), ..Self::new("") }
    }

    pub(super) fn into_keys(self) -> Vec<Key> {
        self.keys.map(RefCell::into_inner).unwrap_or_default()
    }

    pub(super) fn report(&self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let place = Place::of(&self.shown, span);
        let problem = Problem { message: message.into(), hint, place };
        self.problems.borrow_mut().push((span.start, problem));
    }

    /// The problems in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(start, _)| *start);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}
