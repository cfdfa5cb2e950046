//! A folded text cut into tokens, each with its place in the source.
//!
//! A token is what one mark covers: a word without the punctuation around it, or a figure, an
//! address, a symbol that is read aloud. White space separates tokens, and so does punctuation
//! that cannot be part of a word, for people write `yes,no` and `wait...what`. Punctuation is
//! kept beside the word it touches, because phrasing is built from it.

use std::ops::Range;

use super::fold::Folded;
use super::web;

/// The longest token in bytes. The synthesizer's time grows faster than a token's length (4,000
/// digits took 47 s), so longer ones are cut, each piece with a mark of its own.
pub(crate) const TOKEN_BYTES_MAX: usize = 40;

/// What lies between a token and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// Nothing, or punctuation alone.
    #[default]
    None,
    /// White space.
    Space,
    /// The end of a line.
    Line,
    /// An empty line, or the border of a block.
    Paragraph,
}

/// One thing to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it stands in the source, in bytes.
    pub(crate) span: Range<usize>,
    /// The token in folded letters, without the punctuation around it. Never empty.
    pub(crate) core: String,
    /// Quotes and brackets that open right before it.
    pub(crate) before: String,
    /// Punctuation right after it, a dash included.
    pub(crate) after: String,
    /// What separates it from the token before.
    pub(crate) gap: Gap,
    /// The place in the source where a full stop right after the core ends.
    pub(crate) stop_end: Option<usize>,
}

/// Cuts `folded` into tokens.
pub(crate) fn tokens(folded: &Folded) -> Vec<Token> {
    let mut cutter = Cutter { folded, tokens: Vec::new(), gap: Gap::None, before: String::new() };
    let text = folded.text.as_str();
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        cutter.blank(rest.get(..blank).unwrap_or_default());
        at += blank;
        let rest = rest.get(blank..).unwrap_or_default();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        cutter.chunk(at..at + length);
        at += length;
    }
    cutter.tokens
}

struct Cutter<'text> {
    folded: &'text Folded,
    tokens: Vec<Token>,
    gap: Gap,
    before: String,
}

impl Cutter<'_> {
    fn text(&self, range: Range<usize>) -> &str {
        self.folded.text.get(range).unwrap_or_default()
    }

    fn blank(&mut self, blank: &str) {
        let gap = match blank.bytes().filter(|&byte| byte == b'\n').count() {
            _ if blank.is_empty() => return,
            0 => Gap::Space,
            1 => Gap::Line,
            _ => Gap::Paragraph,
        };
        self.gap = self.gap.max(gap);
    }

    /// A run without white space: punctuation and tokens in turn.
    fn chunk(&mut self, chunk: Range<usize>) {
        let mut at = chunk.start;
        let mut is_start = true;
        while at < chunk.end {
            let rest = self.text(at..chunk.end);
            let opening = rest.char_indices().find(|&(place, _)| starts_here(rest, place));
            let opening = opening.map_or(rest.len(), |(place, _)| place);
            self.punctuation(at..at + opening);
            at += opening;
            let rest = self.text(at..chunk.end);
            if rest.is_empty() {
                return;
            }
            let length = web::address(rest, is_start).unwrap_or_else(|| core_length(rest));
            self.token(at..at + length);
            at += length;
            is_start = false;
        }
    }

    fn token(&mut self, range: Range<usize>) {
        let stop_end = (self.text(range.end..range.end + 1) == ".")
            .then(|| self.folded.source(range.end..range.end + 1).end);
        let token = Token {
            span: self.folded.source(range.clone()),
            core: self.text(range).to_owned(),
            before: std::mem::take(&mut self.before),
            after: String::new(),
            gap: std::mem::take(&mut self.gap),
            stop_end,
        };
        self.tokens.push(token);
    }

    /// Punctuation belongs to the token before it, unless it opens something.
    fn punctuation(&mut self, range: Range<usize>) {
        let text = self.folded.text.get(range).unwrap_or_default();
        for char in text.chars() {
            let opens = self.gap > Gap::None || self.tokens.is_empty();
            match (char, self.tokens.last_mut()) {
                ('(' | '[' | '{', _) => self.before.push(char),
                ('"' | '\'', _) if opens => self.before.push(char),
                ('\u{2014}' | '\u{2013}' | '-', Some(last)) => last.after.push_str(" -"),
                ('!'..='~', Some(last)) => last.after.push(char),
                _ => {}
            }
        }
    }
}

/// Whether a token starts at `place` of `rest`.
fn starts_here(rest: &str, place: usize) -> bool {
    let rest = rest.get(place..).unwrap_or_default();
    rest.chars().next().is_some_and(|char| begins_token(char, rest))
}

/// Whether `rest`, which begins with `char`, is the beginning of a token.
fn begins_token(char: char, rest: &str) -> bool {
    let next = rest.chars().nth(1);
    let digit_follows = next.is_some_and(|next| next.is_ascii_digit());
    let money_follows = next.is_some_and(is_currency);
    match char {
        _ if char.is_ascii_alphanumeric() || is_currency(char) => true,
        '.' => digit_follows,
        '+' if rest.len() == 1 => true,
        '-' | '+' | '~' => digit_follows || money_follows || rest.starts_with("-."),
        '#' | '@' => next.is_some_and(|next| next.is_ascii_alphanumeric()),
        '*' => rest.len() == 1,
        '&' | '%' | '=' | '<' | '>' | '\\' => rest.len() == 1 || digit_follows,
        '\'' => digit_follows && rest.get(1..).is_some_and(is_decade),
        _ => "\u{b0}\u{d7}\u{f7}\u{b1}\u{2248}\u{2264}\u{2265}\u{2260}\u{2192}\u{a7}\u{a9}\u{b5}\u{221e}\u{221a}".contains(char),
    }
}

/// Whether `text` begins with the `90s` of `'90s`.
fn is_decade(text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'9', b'0', b's', ..])
}

fn is_currency(char: char) -> bool {
    "$\u{20ac}\u{a3}\u{a5}\u{20b9}\u{a2}".contains(char)
}

/// The length of the token at the start of `rest`, which is not empty.
fn core_length(rest: &str) -> usize {
    let mut end = 0;
    let mut last = None;
    for (at, char) in rest.char_indices() {
        let after = rest.get(at + char.len_utf8()..).unwrap_or_default();
        if at + char.len_utf8() > TOKEN_BYTES_MAX || (at > 0 && !continues(last, char, after)) {
            break;
        }
        end = at + char.len_utf8();
        last = Some(char);
    }
    end.max(rest.chars().next().map_or(1, char::len_utf8))
}

/// Whether a token that ended in `last` goes on with `char`, given what comes after that.
fn continues(last: Option<char>, char: char, after: &str) -> bool {
    let is_word = |char: Option<char>| char.is_some_and(|char| char.is_ascii_alphanumeric());
    let is_digit = |char: Option<char>| char.is_some_and(|char| char.is_ascii_digit());
    let is_lower = |char: Option<char>| char.is_some_and(|char| char.is_ascii_lowercase());
    let is_upper = |char: Option<char>| char.is_some_and(|char| char.is_ascii_uppercase());
    let next = after.chars().next();
    match char {
        _ if char.is_ascii_alphanumeric() => true,
        // "ended.Then" is two words; "U.S", "3.5", "main.rs" and "Ph.D." are one.
        '.' => is_word(next) && (!(is_lower(last) && is_upper(next)) || after.chars().nth(1) == Some('.')),
        ',' => is_digit(last) && is_digit(next),
        ':' => is_digit(last) && is_digit(next),
        '\'' => is_word(last) && is_word(next),
        '-' | '_' | '/' | '&' | '@' | '=' => is_word(next) || is_currency(next.unwrap_or(' ')),
        '\u{2013}' => {
            (is_digit(last) || last.is_some_and(|last| "%\u{b0}".contains(last) || is_currency(last)))
                && (is_digit(next) || next.is_some_and(is_currency))
                || (is_word(last) && is_word(next))
        }
        '+' => is_word(last) || last == Some('+'),
        '#' | '%' | '\u{b0}' | '\u{b2}' | '\u{b3}' | '\u{b5}' => true,
        '\u{d7}' | '^' | '*' => is_digit(next) || is_word(last) && is_word(next),
        _ => is_currency(char),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    fn check(source: &str, expected: &[&str]) {
        let found = tokens(&fold(source, &[]));
        let cores: Vec<_> = found.iter().map(|token| token.core.as_str()).collect();
        assert_eq!(cores, expected, "{source:?}");
        let mut last = 0;
        for token in &found {
            assert!(token.span.start >= last && token.span.end > token.span.start, "{source:?} {token:?}");
            last = token.span.end;
        }
    }

    #[test]
    fn words_lose_the_punctuation_around_them() {
        check("Hello, (big) \"world\"!", &["Hello", "big", "world"]);
        check("yes,no wait...what what?yes", &["yes", "no", "wait", "what", "what", "yes"]);
        check("ended.Then U.S.A. e.g. main.rs", &["ended", "Then", "U.S.A", "e.g", "main.rs"]);
        check("it's James' rock'n'roll", &["it's", "James", "rock'n'roll"]);
        check("and/or well-known snake_case", &["and/or", "well-known", "snake_case"]);
        check("one \u{2014} two\u{2014}three - four", &["one", "two", "three", "four"]);
        check("-- ... !!", &[]);
    }

    #[test]
    fn figures_keep_the_marks_they_are_read_with() {
        check("$5.20, -3.5 +1 1,234.5 50% .5", &["$5.20", "-3.5", "+1", "1,234.5", "50%", ".5"]);
        check(
            "20\u{b0}C 10\u{2013}20 10:30pm C++ C# #1 R&B",
            &["20\u{b0}C", "10\u{2013}20", "10:30pm", "C++", "C#", "#1", "R&B"],
        );
        check("a & b = c '90s 5 %", &["a", "&", "b", "=", "c", "'90s", "5", "%"]);
    }

    #[test]
    fn addresses_are_one_token() {
        check("see https://a.io/b?c=d. Or me@x.org!", &["see", "https://a.io/b?c=d", "Or", "me@x.org"]);
    }

    #[test]
    fn punctuation_stays_beside_its_word() {
        let found = tokens(&fold("(He said: \"No.\") Then\n\nshe", &[]));
        let shown: Vec<_> =
            found.iter().map(|t| (t.before.as_str(), t.core.as_str(), t.after.as_str(), t.gap)).collect();
        assert_eq!(
            shown,
            [
                ("(", "He", "", Gap::None),
                ("", "said", ":", Gap::Space),
                ("\"", "No", ".\")", Gap::Space),
                ("", "Then", "", Gap::Space),
                ("", "she", "", Gap::Paragraph),
            ]
        );
    }

    #[test]
    fn a_token_without_end_is_cut() {
        let found = tokens(&fold(&"7".repeat(1000), &[]));
        assert_eq!(found.len(), 25);
        assert!(found.iter().all(|token| token.core.len() == TOKEN_BYTES_MAX));
    }
}
