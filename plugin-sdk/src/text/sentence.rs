//! Where sentences end.
//!
//! The rules of Unicode (UAX #29) break after "Dr." and know neither initials nor ellipses, and a
//! wrong break is heard: services drop their voice at the end of what they are given. A trained
//! model would be larger than the plugin. So: a terminator, its closing quotes, and then evidence
//! on both sides of it. When the evidence is weak the sentence goes on, because a sentence too long
//! is only later, and a sentence cut in two sounds wrong.

use super::Piece;
use super::abbreviation::continues;

/// Stops that need white space after them.
const TERMINATORS: &str = ".!?…‼⁇⁈⁉؟۔।॥։።";
/// Stops of scripts written without spaces.
const WIDE_TERMINATORS: &str = "。！？｡．";
/// What may close a sentence after its stop.
const CLOSERS: &str = "\"'*_”’»›)]}」』）】》〉〕］｝";
/// What may open a sentence before its first letter.
const OPENERS: &str = "\"'“‘«‹([{「『（【《〈〔［｛¿¡-–—*_#•";

/// Cuts a text into its sentences, white space after each included: put together again they are the
/// text. A blank line ends a sentence as well.
///
/// Knows abbreviations, initials, decimals, ellipses, list numbers, quotes, and the punctuation of
/// Chinese, Japanese, Arabic, Hindi, Armenian and Amharic. A full stop before a lower-case letter
/// ends nothing.
///
/// ```
/// use understudy_plugin::text;
/// let pieces = text::sentences("「行こう。」と言った。はい！");
/// assert_eq!(pieces.iter().map(|piece| piece.text).collect::<Vec<_>>(), ["「行こう。」と言った。", "はい！"]);
/// ```
#[must_use]
pub fn sentences(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut cursor = Cursor { text, at: 0 };
    while let Some(end) = cursor.next_end() {
        pieces.extend(Piece { text, start: 0 }.part(start..end));
        start = end;
    }
    pieces.extend(Piece { text, start: 0 }.part(start..text.len()).filter(|rest| !rest.text.is_empty()));
    join_leading_space(pieces, text)
}

/// White space before the first sentence belongs to it.
fn join_leading_space<'text>(mut pieces: Vec<Piece<'text>>, text: &'text str) -> Vec<Piece<'text>> {
    if let [first, second, ..] = pieces.as_slice()
        && first.text.trim().is_empty()
    {
        let end = second.range().end;
        pieces.remove(0);
        if let (Some(piece), Some(joined)) = (pieces.first_mut(), text.get(..end)) {
            *piece = Piece { text: joined, start: 0 };
        }
    }
    pieces
}

struct Cursor<'text> {
    text: &'text str,
    at: usize,
}

impl<'text> Cursor<'text> {
    fn rest(&self) -> &'text str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'text str {
        let rest = self.rest();
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The end of the sentence the cursor is in, white space included; none at the end of the text.
    fn next_end(&mut self) -> Option<usize> {
        loop {
            let stop = |character| TERMINATORS.contains(character) || WIDE_TERMINATORS.contains(character);
            self.skip(|character| !stop(character) && character != '\n');
            let stopped_at = self.at;
            let stops = self.skip(stop);
            if stops.is_empty() {
                let space = self.skip(char::is_whitespace);
                if self.rest().is_empty() {
                    return None;
                }
                if space.matches('\n').count() > 1 {
                    return Some(self.at);
                }
                continue;
            }
            let closers = self.skip(|character| CLOSERS.contains(character));
            let space = self.skip(char::is_whitespace);
            if self.rest().is_empty() {
                return None;
            }
            if space.matches('\n').count() > 1 || self.ends(stopped_at, stops, closers, space) {
                return Some(self.at);
            }
        }
    }

    /// True when the stops that begin at `stopped_at` end a sentence; the cursor is at what follows.
    fn ends(&self, stopped_at: usize, stops: &str, closers: &str, space: &str) -> bool {
        let next = self.rest().trim_start_matches(|character| OPENERS.contains(character));
        let lower = next.starts_with(char::is_lowercase);
        if stops.contains(|stop| WIDE_TERMINATORS.contains(stop)) {
            // A quotation that the sentence around it goes on to report.
            return closers.is_empty() || !next.starts_with(['と', 'っ']);
        }
        // Not inside of "3.14", nor between the stops of a spaced ellipsis.
        if space.is_empty() || next.starts_with('.') {
            return false;
        }
        match stops {
            "." => {
                let before = self.text.get(..stopped_at).unwrap_or_default();
                let (token, opens_line) = last_token(before);
                let goes_on = closers.is_empty() && continues(token, first_word(next), opens_line);
                !lower && !goes_on
            }
            // A shout or a question ends its sentence, unless it is quoted inside of one.
            stops if stops.contains(['!', '?', '‼', '⁇', '⁈', '⁉']) => !lower || closers.is_empty(),
            _ => !lower,
        }
    }
}

/// The token `before` ends with, and whether it is the first of its line.
fn last_token(before: &str) -> (&str, bool) {
    let in_token = |(_, character): &(usize, char)| character.is_alphanumeric() || *character == '.';
    let start = before.char_indices().rev().take_while(in_token).last().map_or(before.len(), |(at, _)| at);
    let (line, token) = before.split_at(start);
    let line = line.trim_end_matches([' ', '\t', '\r']);
    (token, line.is_empty() || line.ends_with('\n'))
}

fn first_word(text: &str) -> &str {
    let end = text.find(|character: char| !character.is_alphanumeric()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
