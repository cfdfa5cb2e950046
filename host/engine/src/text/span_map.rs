//! The way back from the text a provider was sent to the text the caller wrote.
//!
//! Word marks point into the text that was sent. A subtitle is cut from the caller's own spelling,
//! so every mark goes back through this map. It holds only the places that were changed; an
//! unchanged text has none and costs nothing.

use std::ops::Range;

use understudy_speech::Word;

/// One place that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    sent: Range<usize>,
    original: Range<usize>,
}

/// Byte spans of the sent text as byte spans of the original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanMap {
    /// In order, and never overlapping.
    changes: Vec<Change>,
}

impl SpanMap {
    /// True when both texts are the same.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.changes.is_empty()
    }

    /// The original bytes of `sent`. What begins or ends within a changed place takes all of that
    /// place along: there is no telling which half of an `é` was which.
    #[must_use]
    pub fn original(&self, sent: Range<usize>) -> Range<usize> {
        self.start(sent.start)..self.end(sent.end)
    }

    /// Moves the marks of a sent text back onto the original.
    pub fn restore(&self, words: &mut [Word]) {
        if self.is_identity() {
            return;
        }
        for word in words {
            let Range { start, end } = self.original(word.span());
            word.start_byte = u32::try_from(start).unwrap_or(u32::MAX);
            word.end_byte = u32::try_from(end).unwrap_or(u32::MAX);
        }
    }

    fn start(&self, at: usize) -> usize {
        match self.before(|change| change.sent.start <= at) {
            Some(change) if at < change.sent.end => change.original.start,
            Some(change) => change.original.end + (at - change.sent.end),
            None => at,
        }
    }

    /// A place that was taken out at the very end of a span is not part of it.
    fn end(&self, at: usize) -> usize {
        match self.before(|change| change.sent.start < at) {
            Some(change) if at <= change.sent.end => change.original.end,
            Some(change) => change.original.end + (at - change.sent.end),
            None => at,
        }
    }

    fn before(&self, is_before: impl Fn(&Change) -> bool) -> Option<&Change> {
        let count = self.changes.partition_point(is_before);
        self.changes.get(count.checked_sub(1)?)
    }

    /// Adds the next changed place.
    pub(super) fn push(&mut self, sent: Range<usize>, original: Range<usize>) {
        self.changes.push(Change { sent, original });
    }
}
