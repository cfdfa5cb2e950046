//! When a word is heard.

use std::ops::Range;

/// One word mark.
///
/// `text[start_byte..end_byte]` is the word in the *request's own* spelling, never a normalised
/// one; in an SSML request the span points into the document. Marks are sent in order, and neither
/// spans nor times run backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// First byte of the word in the request's text.
    pub start_byte: u32,
    /// One past its last byte.
    pub end_byte: u32,
    /// When it begins, in milliseconds from the start of the take.
    pub start_ms: u32,
    /// When it ends, in milliseconds.
    pub end_ms: u32,
}

impl Word {
    /// A word at a byte span and a time in milliseconds. Values past `u32::MAX` are held there.
    ///
    /// ```
    /// use understudy_plugin::Word;
    /// let word = Word::new(0..5, 0..420);
    /// assert_eq!(word.in_text("Hello there"), Some("Hello"));
    /// ```
    #[must_use]
    pub fn new(span: Range<usize>, milliseconds: Range<u64>) -> Self {
        Self {
            start_byte: narrow(span.start as u64),
            end_byte: narrow(span.end as u64),
            start_ms: narrow(milliseconds.start),
            end_ms: narrow(milliseconds.end),
        }
    }

    /// The same mark further along: for the pieces of a text that was split.
    #[must_use]
    pub const fn shifted(self, bytes: u32, milliseconds: u32) -> Self {
        Self {
            start_byte: self.start_byte.saturating_add(bytes),
            end_byte: self.end_byte.saturating_add(bytes),
            start_ms: self.start_ms.saturating_add(milliseconds),
            end_ms: self.end_ms.saturating_add(milliseconds),
        }
    }

    /// The span as indices into the request's text.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        self.start_byte as usize..self.end_byte as usize
    }

    /// The word in `text`, or nothing when the span does not fit it.
    #[must_use]
    pub fn in_text<'text>(&self, text: &'text str) -> Option<&'text str> {
        text.get(self.span())
    }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// When one line of a conversation is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineMark {
    /// The line's place in the script, from 0.
    pub index: u32,
    /// When it begins, in milliseconds from the start of the take.
    pub start_ms: u32,
    /// When it ends, in milliseconds.
    pub end_ms: u32,
}

/// Where word times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordTimes {
    /// The service or synthesizer reported them.
    Native,
    /// The plugin computed them from something else. The caller is told.
    Estimated,
}
