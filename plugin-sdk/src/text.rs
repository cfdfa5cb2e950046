//! Text, cut and measured.
//!
//! | for | use |
//! |---|---|
//! | streaming sentence by sentence | [`sentences`] |
//! | a service with a text limit | [`split`], [`split_by`] |
//! | marks for words the service does not mark | [`words`] |
//! | a service that marks words as it said them | [`Aligner`] |
//! | a service that counts characters or UTF-16 units | [`Positions`] |
//! | holding a tag of a language against BCP-47 | [`is_language_tag`] |
//! | refusing text in which nothing can be spoken | [`is_speakable`] |
//! | putting text into XML by hand | [`escape_xml`]; better, [`ssml`](crate::ssml) |
//!
//! Everything that cuts hands out [`Piece`]s: the text *and* where it lies in the whole, so that
//! marks of a piece are shifted back by one addition.
//!
//! ```
//! use understudy_plugin::{TextLimit, text};
//!
//! let script = "Dr. Smith paid $3.50. \"Really?\" she asked. Yes!";
//! let sentences: Vec<&str> = text::sentences(script).iter().map(|piece| piece.trimmed().text).collect();
//! assert_eq!(sentences, ["Dr. Smith paid $3.50.", "\"Really?\" she asked.", "Yes!"]);
//!
//! for piece in text::split(script, TextLimit::bytes(30)) {
//!     assert!(piece.text.len() <= 30);
//!     assert_eq!(&script[piece.range()], piece.text);
//! }
//! ```

mod abbreviation;
mod align;
mod escape;
mod language;
mod position;
mod sentence;
mod split;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

pub use align::Aligner;
pub use escape::escape_xml;
pub(crate) use escape::in_xml;
pub use language::is_language_tag;
pub use position::Positions;
pub use sentence::sentences;
pub use split::{split, split_by};

/// A part of a text, and where it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'text> {
    /// The part itself.
    pub text: &'text str,
    /// Its first byte in the whole.
    pub start: usize,
}

impl<'text> Piece<'text> {
    /// Where it lies in the whole, in bytes.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The same without white space at its ends.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let front = self.text.trim_start();
        Self { text: front.trim_end(), start: self.start + self.text.len() - front.len() }
    }

    /// See [`is_speakable`].
    #[must_use]
    pub fn is_speakable(&self) -> bool {
        is_speakable(self.text)
    }

    /// The part of this piece at `range`, placed in the whole.
    fn part(&self, range: Range<usize>) -> Option<Self> {
        let start = self.start + range.start;
        self.text.get(range).map(|text| Self { text, start })
    }
}

/// The words of a text by the boundaries of Unicode (UAX #29), without the spaces and punctuation
/// between them. Scripts that are written without spaces give short pieces, often one character.
///
/// ```
/// use understudy_plugin::text;
/// let words: Vec<_> = text::words("Don't panic: 3.5 m!").iter().map(|word| word.text).collect();
/// assert_eq!(words, ["Don't", "panic", "3.5", "m"]);
/// ```
#[must_use]
pub fn words(text: &str) -> Vec<Piece<'_>> {
    text.unicode_word_indices().map(|(start, text)| Piece { text, start }).collect()
}

/// True when there is anything to say: a letter or a digit of any script.
///
/// Text without any is answered with [`Error::Unsupported`](crate::Error::Unsupported), never with
/// silence.
#[must_use]
pub fn is_speakable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
