//! Text in pieces no longer than a limit.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{Piece, sentences};
use crate::{TextLimit, TextUnit};

/// Where a text may be cut, best first.
#[derive(Clone, Copy)]
enum Cut {
    Sentences,
    Clauses,
    Words,
    Graphemes,
    Characters,
}

/// What ends a clause when white space follows.
const CLAUSE_STOPS: &str = ",;:)]–—،؛";
/// What ends a clause of a script written without spaces.
const WIDE_CLAUSE_STOPS: &str = "、，；：";

/// Cuts a text into as few pieces as its own boundaries allow, none longer than `limit`, each cut at
/// the best boundary that is near enough: between sentences, else between clauses, else words, else
/// inside of a word.
///
/// Put together again the pieces are the text, so they keep the white space after them, and one of
/// nothing but white space is possible; [`Piece::is_speakable`] tells. A limit too small for a
/// character is taken as large enough for any: one character, or four bytes.
///
/// ```
/// use understudy_plugin::{TextLimit, text};
/// let pieces = text::split("One, two. Three four five.", TextLimit::characters(11));
/// assert_eq!(pieces.iter().map(|piece| piece.text).collect::<Vec<_>>(), ["One, two. ", "Three four ", "five."]);
/// ```
#[must_use]
pub fn split(text: &str, limit: TextLimit) -> Vec<Piece<'_>> {
    let least = match limit.unit {
        TextUnit::Characters => 1,
        TextUnit::Bytes => 4,
    };
    split_by(text, limit.maximum.max(least) as usize, |part| limit.unit.length_of(part))
}

/// The same for a limit of the service's own unit: bytes of escaped text, or characters that count
/// twice. `length_of` a whole must be the sum of its parts' lengths.
///
/// ```
/// use understudy_plugin::text;
/// let pieces = text::split_by("Tom & I. You & me.", 13, |part| text::escape_xml(part).len());
/// assert_eq!(pieces.iter().map(|piece| piece.text).collect::<Vec<_>>(), ["Tom & I. ", "You & me."]);
/// ```
#[must_use]
pub fn split_by(text: &str, maximum: usize, length_of: impl Fn(&str) -> usize) -> Vec<Piece<'_>> {
    let limit = Limit { maximum, length_of: &length_of };
    let mut pieces = Vec::new();
    pack(Piece { text, start: 0 }, Cut::Sentences, limit, &mut pieces);
    pieces
}

/// The longest piece, and how it is measured.
#[derive(Clone, Copy)]
struct Limit<'limit> {
    maximum: usize,
    length_of: &'limit dyn Fn(&str) -> usize,
}

/// Packs as many units of one kind as fit into each piece, and cuts a unit that is too long alone
/// by the next kind.
fn pack<'text>(whole: Piece<'text>, cut: Cut, limit: Limit<'_>, pieces: &mut Vec<Piece<'text>>) {
    let mut pending: Range<usize> = 0..0;
    let mut length = 0;
    for end in cut.ends(whole.text) {
        let Some(unit) = whole.part(pending.end..end) else { continue };
        let unit_length = (limit.length_of)(unit.text);
        if length + unit_length > limit.maximum {
            pieces.extend(whole.part(pending.clone()).filter(|piece| !piece.text.is_empty()));
            pending.start = pending.end;
            length = 0;
        }
        match cut.finer() {
            Some(finer) if unit_length > limit.maximum => {
                pack(unit, finer, limit, pieces);
                pending = end..end;
            }
            _ => {
                pending.end = end;
                length += unit_length;
            }
        }
    }
    pieces.extend(whole.part(pending).filter(|piece| !piece.text.is_empty()));
}

impl Cut {
    const fn finer(self) -> Option<Self> {
        match self {
            Self::Sentences => Some(Self::Clauses),
            Self::Clauses => Some(Self::Words),
            Self::Words => Some(Self::Graphemes),
            Self::Graphemes => Some(Self::Characters),
            Self::Characters => None,
        }
    }

    /// Where the units of this kind end, the end of the text included.
    fn ends(self, text: &str) -> Vec<usize> {
        match self {
            Self::Sentences => sentences(text).iter().map(|piece| piece.range().end).collect(),
            Self::Clauses => clause_ends(text),
            Self::Words => word_ends(text),
            Self::Graphemes => text.grapheme_indices(true).map(|(at, part)| at + part.len()).collect(),
            Self::Characters => text.char_indices().map(|(at, part)| at + part.len_utf8()).collect(),
        }
    }
}

fn clause_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut stopped = false;
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        let after_space = previous.is_whitespace() && !character.is_whitespace();
        if stopped && (after_space || WIDE_CLAUSE_STOPS.contains(previous)) {
            ends.push(at);
        }
        if CLAUSE_STOPS.contains(character) || WIDE_CLAUSE_STOPS.contains(character) {
            stopped = true;
        } else if !character.is_whitespace() {
            stopped = false;
        }
        previous = character;
    }
    ends.push(text.len());
    ends
}

/// Words with the punctuation and white space that follow them.
fn word_ends(text: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let (mut spaced, mut spoken) = (true, false);
    for (at, part) in text.split_word_bound_indices() {
        let space = part.chars().all(char::is_whitespace);
        // A word starts after a space, or right after another one, as in Chinese. Punctuation stays
        // with what it is attached to.
        let speakable = part.chars().any(char::is_alphanumeric);
        if at > 0 && !space && (spaced || (speakable && spoken)) {
            ends.push(at);
        }
        (spaced, spoken) = (space, speakable);
    }
    ends.push(text.len());
    ends
}
