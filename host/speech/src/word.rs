//! When a word is heard.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One word mark.
///
/// `text[start_byte..end_byte]` is the word in the request's own spelling. Times are milliseconds
/// from the start of the take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// First byte of the word in the request's text.
    pub start_byte: u32,
    /// One past its last byte.
    pub end_byte: u32,
    /// When it begins, in milliseconds.
    pub start_ms: u32,
    /// When it ends, in milliseconds.
    pub end_ms: u32,
}

impl Word {
    /// The span as indices into the request's text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.start_byte as usize..self.end_byte as usize
    }

    /// The word in `text`, or nothing when the span does not fit it.
    #[must_use]
    pub fn in_text<'text>(&self, text: &'text str) -> Option<&'text str> {
        text.get(self.span())
    }
}

/// When one line of a conversation is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineMark {
    /// The line's place in the script, from 0.
    pub index: u32,
    /// When it begins, in milliseconds.
    pub start_ms: u32,
    /// When it ends, in milliseconds.
    pub end_ms: u32,
}

/// Where word times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordTimes {
    /// The synthesizer reported them.
    Native,
    /// They were computed from something else.
    Estimated,
}
