//! Marks of the words that are spoken, as marks of the document they stand in.

use super::Plain;
use crate::Word;

/// Puts words where they lie in a document.
///
/// The words of an alias all have its place, so they become one mark. It is held back until the next
/// word has another place, or until the [`last`](Placing::last) is asked for.
#[derive(Debug)]
pub struct Placing<'document> {
    plain: &'document Plain,
    pending: Option<Word>,
}

impl Plain {
    /// For words whose spans are those of [`Plain::text`], in order.
    #[must_use]
    pub const fn placing(&self) -> Placing<'_> {
        Placing { plain: self, pending: None }
    }
}

impl Placing<'_> {
    /// The marks that have become certain by these words.
    pub fn put(&mut self, words: impl IntoIterator<Item = Word>) -> Vec<Word> {
        let mut certain = Vec::new();
        for word in words {
            let Some(span) = self.plain.document_span(word.span()) else { continue };
            let word = Word::new(span, word.start_ms.into()..word.end_ms.into());
            match &mut self.pending {
                Some(before) if word.start_byte < before.end_byte => {
                    before.end_byte = before.end_byte.max(word.end_byte);
                    before.end_ms = before.end_ms.max(word.end_ms);
                }
                pending => certain.extend(pending.replace(word)),
            }
        }
        certain
    }

    /// The mark that is held back.
    pub const fn last(&mut self) -> Option<Word> {
        self.pending.take()
    }
}
