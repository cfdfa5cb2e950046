//! What was found in a file: its problems, each at its place, or, when no file is read, its keys.

use std::cell::RefCell;
use std::ops::Range;

use super::keys::Key;
use super::problem::{Place, Problem};

/// The file's text and what was found wrong with it.
pub(super) struct Findings<'text> {
    pub(super) text: &'text str,
    found: RefCell<Vec<Found>>,
    /// Every key that was asked for; none when a file is read.
    pub(super) keys: Option<RefCell<Vec<Key>>>,
}

struct Found {
    span: Range<usize>,
    message: String,
    hint: Option<String>,
}

impl<'text> Findings<'text> {
    pub(super) const fn new(text: &'text str) -> Self {
        Self { text, found: RefCell::new(Vec::new()), keys: None }
    }

    /// Findings of no file, which remember what was asked.
    pub(super) fn of_keys() -> Self {
        Self { keys: Some(RefCell::new(Vec::new())), ..Self::new("") }
    }

    pub(super) fn into_keys(self) -> Vec<Key> {
        self.keys.map(RefCell::into_inner).unwrap_or_default()
    }

    pub(super) fn report(&self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        self.found.borrow_mut().push(Found { span: span.clone(), message: message.into(), hint });
    }

    /// The problems in the order of the file, with their lines of `shown`: the text without what may not be
    /// shown. Most files have none, and need no such text.
    pub(super) fn into_problems(self, shown: impl FnOnce() -> String) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        if found.is_empty() {
            return Vec::new();
        }
        found.sort_by_key(|found| found.span.start);
        let shown = shown();
        let problem =
            |Found { span, message, hint }| Problem { message, hint, place: Place::of(&shown, &span) };
        found.into_iter().map(problem).collect()
    }
}
