//! Every character reduced to the few that the rules and the synthesizer know.
//!
//! The synthesizer reads ASCII and drops the rest, letters and all: `café` came out as "caf", a
//! curly apostrophe split a word. Folding keeps what can be kept (accents off, curly quotes
//! straight, `½` as `1/2`, full-width and mathematical letters as letters), hides what is not
//! speech (emoji, invisible characters), and leaves a small set of symbols (`€ ° × – ²` …) to the
//! rules that can read them. Decomposition is Unicode's NFKD, from the crate that carries
//! its tables; the handful of Latin letters that Unicode does not decompose is listed here.
//!
//! Each byte of the folded text remembers the bytes of the source it came from, so that a mark
//! found in the folded text is always a span of the caller's own. Invisible characters and
//! combining marks lengthen the span before them: a span never ends inside a grapheme.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::markup::Edit;

/// A text in the rules' own alphabet.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// ASCII and [`KEPT`], no control characters but `\n`.
    pub(crate) text: String,
    /// For each byte of `text`, the source bytes it stands for.
    spans: Vec<(u32, u32)>,
    /// Letters and digits that are in `text`.
    pub(crate) kept: usize,
    /// Letters that had to be left out, weighed by how much speech one of them is.
    pub(crate) lost: usize,
}

impl Folded {
    /// The bytes of the source that `range` of the folded text came from.
    pub(crate) fn source(&self, range: Range<usize>) -> Range<usize> {
        let first = self.spans.get(range.start);
        let last = range.end.checked_sub(1).and_then(|last| self.spans.get(last));
        match (first, last) {
            (Some(&(start, _)), Some(&(_, end))) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    fn push(&mut self, char: char, span: (u32, u32)) {
        self.text.push(char);
        self.spans.extend(std::iter::repeat_n(span, char.len_utf8()));
    }

    fn push_str(&mut self, text: &str, span: (u32, u32)) {
        text.chars().for_each(|char| self.push(char, span));
    }

    /// Lets the last character's span reach to `end`.
    fn extend(&mut self, end: u32) {
        let Some(last) = self.text.chars().next_back() else { return };
        if last.is_ascii_whitespace() {
            return;
        }
        let length = self.spans.len();
        for span in self.spans.iter_mut().skip(length - last.len_utf8()) {
            span.1 = end;
        }
    }
}

/// Symbols beyond ASCII that some rule reads.
pub(crate) const KEPT: &str = "\u{20ac}\u{a3}\u{a5}\u{20b9}\u{a2}\u{b0}\u{d7}\u{f7}\u{b1}\u{2248}\u{2264}\u{2265}\u{2260}\u{2192}\u{a7}\u{a9}\u{2013}\u{2014}\u{b2}\u{b3}\u{b5}\u{221e}\u{221a}";

/// Latin letters without a decomposition, and marks with a plain twin.
const TWINS: &[(char, &str)] = &[
    ('ß', "ss"),
    ('ẞ', "SS"),
    ('æ', "ae"),
    ('Æ', "Ae"),
    ('œ', "oe"),
    ('Œ', "Oe"),
    ('ø', "o"),
    ('Ø', "O"),
    ('ł', "l"),
    ('Ł', "L"),
    ('đ', "d"),
    ('Đ', "D"),
    ('ð', "th"),
    ('Ð', "Th"),
    ('þ', "th"),
    ('Þ', "Th"),
    ('ħ', "h"),
    ('Ħ', "H"),
    ('ı', "i"),
    ('ŋ', "ng"),
    ('Ŋ', "Ng"),
    ('ŧ', "t"),
    ('Ŧ', "T"),
    ('ƒ', "f"),
    ('ə', "a"),
    ('Ə', "A"),
    ('ĸ', "k"),
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201a}', "'"),
    ('\u{201b}', "'"),
    ('\u{2032}', "'"),
    ('´', "'"),
    ('\u{2bc}', "'"),
    ('\u{ff07}', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{201e}', "\""),
    ('\u{201f}', "\""),
    ('\u{2033}', "\""),
    ('«', "\""),
    ('»', "\""),
    ('‹', "\""),
    ('›', "\""),
    ('「', "\""),
    ('」', "\""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2212}', "-"),
    ('\u{2012}', "\u{2013}"),
    ('\u{2015}', "\u{2014}"),
    ('\u{2e3a}', "\u{2014}"),
    ('\u{2e3b}', "\u{2014}"),
    ('\u{2026}', "..."),
    ('\u{2044}', "/"),
    ('\u{2215}', "/"),
    ('。', ". "),
    ('、', ", "),
    ('¿', ""),
    ('¡', ""),
    ('№', "No. "),
    ('℃', "°C"),
    ('℉', "°F"),
    ('™', ""),
    ('®', ""),
    ('\u{b7}', " "),
    ('\u{2022}', " "),
    ('\u{2028}', "\n"),
    ('\u{2029}', "\n\n"),
    ('\u{85}', "\n"),
    ('\u{b}', "\n"),
    ('\u{c}', "\n\n"),
];

/// The names of Greek letters, alpha to omega, final sigma among them.
const GREEK: [&str; 25] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
];

/// Folds `source`, reading each of `edits` as it is seen rather than written.
pub(crate) fn fold(source: &str, edits: &[Edit]) -> Folded {
    let mut folded = Folded::default();
    folded.text.reserve(source.len());
    folded.spans.reserve(source.len());
    let mut at = 0;
    for edit in edits {
        run(&mut folded, source, at..edit.range.start);
        let span = (offset(edit.range.start), offset(edit.range.end));
        folded.push_str(edit.seen, span);
        at = edit.range.end;
    }
    run(&mut folded, source, at..source.len());
    folded
}

/// The contract measures text in `u32`; the host sends no more than that holds.
fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

fn run(folded: &mut Folded, source: &str, range: Range<usize>) {
    let start = range.start;
    let text = source.get(range).unwrap_or_default();
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let after = chars.peek().map(|&(_, char)| char);
        let span = (offset(start + at), offset(start + at + char.len_utf8()));
        character(folded, before, char, after, span);
        before = Some(char);
    }
}

fn character(folded: &mut Folded, before: Option<char>, char: char, after: Option<char>, span: (u32, u32)) {
    match char {
        '\r' if after == Some('\n') => {}
        '\n' | '\r' => folded.push('\n', span),
        ' '..='~' => {
            folded.kept += usize::from(char.is_ascii_alphanumeric());
            folded.push(char, span);
        }
        _ if is_invisible(char) || is_combining_mark(char) => folded.extend(span.1),
        _ => beyond_ascii(folded, before, char, after, span),
    }
}

fn beyond_ascii(
    folded: &mut Folded,
    before: Option<char>,
    char: char,
    after: Option<char>,
    span: (u32, u32),
) {
    if let Some(name) = lone_greek(before, char, after) {
        folded.kept += 1;
        folded.push(' ', span);
        folded.push_str(name, span);
        folded.push(' ', span);
    } else if let Some((_, twin)) = TWINS.iter().find(|(twin, _)| *twin == char) {
        folded.kept += usize::from(char.is_alphabetic());
        folded.push_str(twin, span);
    } else if KEPT.contains(char) {
        folded.push(char, span);
    } else if char == '\u{3bc}' && after.is_some_and(|after| after.is_ascii_alphabetic()) {
        folded.push('\u{b5}', span);
    } else if let Some(digit) = superscript(char) {
        folded.push('^', span);
        folded.push(digit, span);
    } else {
        decomposed(folded, char, span);
    }
}

/// The letters of a character's compatibility decomposition; a space when there are none.
fn decomposed(folded: &mut Folded, char: char, span: (u32, u32)) {
    let is_fraction = std::iter::once(char).nfkd().any(|part| part == '\u{2044}');
    let mut pushed = false;
    for part in std::iter::once(char).nfkd() {
        let part = if part == '\u{2044}' { '/' } else { part };
        if !(' '..='~').contains(&part) {
            continue;
        }
        // "2½" is "2 1/2".
        if is_fraction && !pushed && folded.text.ends_with(|last: char| last.is_ascii_digit()) {
            folded.push(' ', span);
        }
        folded.push(part, span);
        pushed = true;
    }
    if pushed {
        folded.kept += usize::from(char.is_alphanumeric());
        return;
    }
    folded.push(' ', span);
    if char.is_alphabetic() {
        folded.lost += weight(char);
    }
}

/// A Greek letter by itself is a symbol and has an English name; Greek words are Greek.
fn lone_greek(before: Option<char>, char: char, after: Option<char>) -> Option<&'static str> {
    let place = match char {
        '\u{391}'..='\u{3a9}' => char as usize - 0x391,
        '\u{3b1}'..='\u{3c9}' => char as usize - 0x3b1,
        _ => return None,
    };
    let touches = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphabetic);
    if touches(before) || touches(after) {
        return None;
    }
    GREEK.get(place).copied()
}

fn superscript(char: char) -> Option<char> {
    match char {
        '\u{2070}' => Some('0'),
        '\u{b9}' => Some('1'),
        '\u{2074}'..='\u{2079}' => char::from_digit(char as u32 - 0x2070, 10),
        _ => None,
    }
}

/// Characters that shape or hide and are never heard: joiners, direction marks, soft hyphens,
/// variation selectors, tags.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e01ef}')
}

/// How much speech one lost letter is, in Latin letters. A Chinese character, a kana or a Hangul
/// syllable is about one spoken syllable, which English spells with three letters.
fn weight(char: char) -> usize {
    let is_syllable = matches!(char, '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    if is_syllable { 3 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let folded = fold(source, &[]);
        assert_eq!(folded.text, expected, "{source:?}");
        assert_eq!(folded.spans.len(), folded.text.len());
        let mut last = 0;
        for &(start, end) in &folded.spans {
            assert!(start as usize >= last && end > start, "{source:?}");
            assert!(source.is_char_boundary(start as usize) && source.is_char_boundary(end as usize));
            last = start as usize;
        }
    }

    #[test]
    fn letters_survive_without_their_accents() {
        check("caf\u{e9} na\u{ef}ve \u{c5}ngstr\u{f6}m", "cafe naive Angstrom");
        check("cafe\u{301}s", "cafes");
        check("stra\u{df}e \u{142}\u{f3}d\u{17a} \u{c6}sir", "strasse lodz Aesir");
        check("\u{1d4d7}\u{1d4ee}\u{1d4ee} \u{ff21}\u{ff22}\u{ff13} \u{fb01}t", "Hee AB3 fit");
    }

    #[test]
    fn punctuation_becomes_plain_and_symbols_stay() {
        check("\u{201c}It\u{2019}s\u{201d} \u{2026} \u{2212}5", "\"It's\" ... -5");
        check("10\u{2013}20 \u{20ac}5 20\u{b0}C", "10\u{2013}20 \u{20ac}5 20\u{b0}C");
        check("\u{bd} 2\u{bd} \u{be}", "1/2 2 1/2 3/4");
        check("10\u{2076} m\u{b2} H\u{2082}O", "10^6 m\u{b2} H2O");
        check("a\u{a0}b\tc\r\nd\u{200b}e", "a b c\nde");
        check("\u{3c0} and \u{391}\u{3b8}", " pi  and   ");
        check("5\u{3bc}m 5\u{b5}m", "5\u{b5}m 5\u{b5}m");
    }

    #[test]
    fn emoji_are_hidden_and_their_joiners_with_them() {
        check("hi \u{1f468}\u{200d}\u{1f469}\u{1f3fd} there", "hi    there");
        check("1\u{fe0f}\u{20e3}", "1");
    }

    #[test]
    fn a_span_never_ends_inside_a_grapheme() {
        let folded = fold("cafe\u{301}!", &[]);
        assert_eq!(folded.source(0..4), 0..6);
        let folded = fold("a\u{bd}", &[]);
        assert_eq!(folded.source(1..4), 1..3);
    }

    #[test]
    fn lost_letters_are_weighed_by_how_much_speech_they_are() {
        let folded = fold("iPhone \u{6211}\u{559c} \u{41f}\u{440}", &[]);
        assert_eq!((folded.kept, folded.lost), (6, 8));
    }
}
