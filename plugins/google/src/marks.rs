//! Marks before the words of a text.
//!
//! A mark ends what the service reads as one: inside of `$3.50` or `2026-11-23` it breaks the number
//! or the date apart. So marks stand between what white space separates, and inside of that only where
//! words meet that are written without spaces, never beside a digit. Words that share a mark share its
//! time, by their letters.
//!
//! Marks count towards the 5,000 bytes and are not billed; all else that is written around a text is,
//! so it is kept short.

use std::ops::Range;

use understudy_plugin::TextLimit;
use understudy_plugin::ssml::Plain;
use understudy_plugin::text::{Piece, escape_xml, split, words};

use crate::tags::{self, Tag};

/// What all texts and documents may have, tags included, in bytes.
pub(crate) const INPUT_BYTES_MAX: u32 = 5_000;
/// Pieces are not made smaller than this to make room for their marks; it is far more than enough.
const PIECE_BYTES_MIN: u32 = 128;
/// Punctuation at which a reader stops, in scripts without spaces.
const WIDE_STOPS: &str = "，。、！？；：…—「」『』（）";

/// A document with a mark before each token, and one after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) ssml: String,
    /// Where the tokens are in the text that is spoken.
    pub(crate) tokens: Vec<Range<usize>>,
    /// What the marks' names begin with; the token's index follows.
    prefix: String,
}

impl Marked {
    /// The token a mark stands before; one past the last for the mark at the end.
    pub(crate) fn token_of(&self, mark: &str) -> Option<usize> {
        let index = mark.strip_prefix(&self.prefix)?.parse().ok()?;
        (index <= self.tokens.len()).then_some(index)
    }
}

fn mark(prefix: &str, index: usize) -> String {
    format!("<mark name=\"{prefix}{index}\"/>")
}

/// Makes a document of a text.
pub(crate) fn of_text(text: &str) -> Marked {
    let tokens = tokens(text);
    let mut ssml = "<speak>".to_owned();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1).map_or(text.len(), |next| next.start);
        ssml.push_str(&mark("w", index));
        escape(text.get(token.start..next).unwrap_or_default(), &mut ssml);
    }
    ssml.push_str(&mark("w", tokens.len()));
    ssml.push_str("</speak>");
    Marked { ssml, tokens, prefix: "w".to_owned() }
}

/// Puts marks into a caller's document. None when there is no place for them, or no room.
pub(crate) fn of_document(document: &str, tags: &[Tag<'_>], plain: &Plain) -> Option<Marked> {
    let end = tags::end_of_root(tags)?;
    let mut prefix = "w".to_owned();
    while plain.marks().iter().any(|mark| mark.name.starts_with(&prefix)) {
        prefix.push('_');
    }
    let closed = tags::closed(tags);
    let tokens = tokens(plain.text());
    let (mut ssml, mut at) = (String::with_capacity(document.len() * 4), 0);
    let mut insert = |place: usize, index: usize| {
        ssml.push_str(document.get(at..place).unwrap_or_default());
        ssml.push_str(&mark(&prefix, index));
        at = place;
    };
    let mut last = None;
    for (index, token) in tokens.iter().enumerate() {
        let place = plain.document_span(token.clone())?.start;
        let place = closed.iter().find(|range| range.contains(&place)).map_or(place, |range| range.start);
        // The first token inside of a closed element has the mark before it, for all of them.
        if last < Some(place) {
            insert(place, index);
            last = Some(place);
        }
    }
    insert(end, tokens.len());
    ssml.push_str(document.get(end..)?);
    (ssml.len() <= INPUT_BYTES_MAX as usize).then_some(Marked { ssml, tokens, prefix })
}

/// The pieces of a text that fit with their marks, of `maximum` bytes without them.
pub(crate) fn pieces(text: &str, mut maximum: u32) -> Vec<Piece<'_>> {
    loop {
        let pieces = split(text, TextLimit::bytes(maximum));
        let fits = |piece: &Piece<'_>| of_text(piece.text).ssml.len() <= INPUT_BYTES_MAX as usize;
        if maximum <= PIECE_BYTES_MIN || pieces.iter().all(fits) {
            return pieces;
        }
        maximum = maximum * 4 / 5;
    }
}

/// Where a mark may stand before, and what it stands for.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    for token in apart(text) {
        let start = token.as_ptr() as usize - text.as_ptr() as usize;
        let mut from = start;
        for pair in words(token).windows(2) {
            let [before, after] = pair else { continue };
            let gap = token.get(before.range().end..after.start).unwrap_or_default();
            let digits = before.text.ends_with(char::is_numeric) || after.text.starts_with(char::is_numeric);
            let apart = gap.is_empty() || gap.contains(|character| WIDE_STOPS.contains(character));
            if apart && !digits {
                tokens.push(from..start + after.start);
                from = start + after.start;
            }
        }
        tokens.push(from..start + token.len());
    }
    tokens
}

/// What white space separates. A space that must not be broken separates nothing in a number
/// (`10 000`), and the narrow one nothing at all, because it is a part of words.
fn apart(text: &str) -> impl Iterator<Item = &str> {
    let separates = |&(at, space): &(usize, &str)| match space {
        "\u{202f}" => false,
        "\u{a0}" | "\u{2007}" => {
            let (before, after) = (text.get(..at), text.get(at + space.len()..));
            !before.is_some_and(|before| before.ends_with(char::is_numeric))
                || !after.is_some_and(|after| after.starts_with(char::is_numeric))
        }
        _ => true,
    };
    let gaps = text.match_indices(char::is_whitespace).filter(separates);
    let mut from = 0;
    gaps.chain([(text.len(), "")])
        .map(move |(at, space)| text.get(std::mem::replace(&mut from, at + space.len())..at))
        .filter_map(|token| token.map(str::trim).filter(|token| !token.is_empty()))
}

/// Text inside an element. Quotes need no escape there, and an escape is billed.
fn escape(text: &str, ssml: &mut String) {
    for part in text.split_inclusive(['"', '\'']) {
        let plain = part.trim_end_matches(['"', '\'']);
        ssml.push_str(&escape_xml(plain));
        ssml.push_str(part.get(plain.len()..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
