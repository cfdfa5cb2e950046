//! Markdown and HTML that decorate a text, found so that nobody has to hear them.
//!
//! Scripts come from language models and README files: `**bold**`, `# Heading`, `[text](url)`.
//! A CommonMark parser would be the obvious tool and is the wrong one. It decides *structure*,
//! and structure swallows words: "1986. A great year" is a list item without its number to it,
//! a line that starts with `[note]:` a definition, a stray `<word>` an HTML tag. Here nothing but
//! decoration is taken away; whatever is in doubt stays and is spoken.
//!
//! The result is a list of [`Edit`]s, in order and disjoint, that [`super::fold`] applies while
//! it walks the text. The text itself is never copied, so every byte keeps its place.

use std::ops::Range;

/// Something that is read differently from how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Bytes of the source. May be empty: then `seen` is inserted.
    pub(crate) range: Range<usize>,
    /// What stands there instead.
    pub(crate) seen: &'static str,
}

/// Taken away without a trace: the neighbours touch.
const NOTHING: &str = "";
/// Taken away; the neighbours stay apart.
const SPACE: &str = " ";
/// The end of a paragraph.
const BREAK: &str = "\n\n";

/// The longest tag that is taken for HTML, in bytes. Past it a `<` is just a `<`.
const TAG_BYTES_MAX: usize = 200;
/// The longest link target, in bytes. Past it a `](` is just that.
const TARGET_BYTES_MAX: usize = 2_000;

/// Entities that survive in text copied from web pages.
const ENTITIES: [(&str, &str); 14] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&nbsp;", " "),
    ("&mdash;", "\u{2014}"),
    ("&ndash;", "\u{2013}"),
    ("&hellip;", "..."),
    ("&lsquo;", "'"),
    ("&rsquo;", "'"),
    ("&ldquo;", "\""),
    ("&rdquo;", "\""),
];

/// Finds the decoration of `source`.
pub(crate) fn edits(source: &str) -> Vec<Edit> {
    let mut finder = Finder { source, edits: Vec::new() };
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        finder.line(start, line);
        start += line.len();
    }
    finder.edits
}

struct Finder<'text> {
    source: &'text str,
    edits: Vec<Edit>,
}

impl Finder<'_> {
    fn edit(&mut self, range: Range<usize>, seen: &'static str) {
        self.edits.push(Edit { range, seen });
    }

    fn line(&mut self, start: usize, line: &str) {
        let content = line.trim_end();
        let indent = content.len() - content.trim_start().len();
        let body = content.trim_start();
        let at = start + indent;
        let end = start + content.len();
        if is_rule(body) {
            self.edit(at..end, BREAK);
            return;
        }
        if let Some(hashes) = heading(body) {
            self.edit(at..at + hashes, BREAK);
            let closing = end - (body.len() - body.trim_end_matches('#').trim_end().len());
            let closing = closing.max(at + hashes);
            self.inline(at + hashes, closing);
            self.edit(closing..end, BREAK);
            return;
        }
        let mut at = at;
        while self.source.get(at..end).is_some_and(|rest| rest.starts_with("> ") || rest == ">") {
            self.edit(at..at + 1, NOTHING);
            at = (at + 2).min(end);
        }
        let body = self.source.get(at..end).unwrap_or_default();
        if let Some(bullet) = bullet(body) {
            self.edit(at..at + bullet, BREAK);
            at += bullet;
        } else if is_numbered(body) {
            self.edit(at..at, BREAK);
        }
        self.inline(at, end);
    }

    /// Finds the decoration inside `start..end`, which lies within one line.
    fn inline(&mut self, start: usize, end: usize) {
        let Some(text) = self.source.get(..end) else { return };
        let bytes = text.as_bytes();
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            let rest = text.get(at..).unwrap_or_default();
            let skip = match byte {
                b'*' | b'_' | b'~' | b'`' => self.delimiters(text, start, at, byte),
                b'[' | b'!' => self.link(rest, at),
                b']' => self.link_end(rest, at),
                b'<' => self.tag(rest, at),
                b'&' => self.entity(rest, at),
                b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => {
                    self.edit(at..at + 1, NOTHING);
                    2
                }
                // A link must not lose its underscores.
                b'h' | b'w'
                    if rest.starts_with("http://")
                        || rest.starts_with("https://")
                        || rest.starts_with("www.") =>
                {
                    rest.find([' ', '\t', ')', '>', ']']).unwrap_or(rest.len())
                }
                _ => 1,
            };
            at += skip.max(1);
        }
    }

    /// A run of emphasis marks or code ticks. Pairs are not matched: an unmatched asterisk said
    /// aloud helps nobody.
    fn delimiters(&mut self, text: &str, start: usize, at: usize, byte: u8) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        let run = rest.bytes().take_while(|&other| other == byte).count();
        let before = text.get(start..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + run..).and_then(|text| text.chars().next());
        let is_word = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
        let is_space = |neighbour: Option<char>| neighbour.is_none_or(char::is_whitespace);
        let is_digit = |neighbour: Option<char>| neighbour.is_some_and(|char| char.is_ascii_digit());
        let decorates = match byte {
            b'`' => true,
            b'~' => run >= 2,
            // `2*3` and `2 * 3` are arithmetic.
            b'*' => !(is_space(before) && is_space(after) || is_digit(before) && is_digit(after)),
            // `snake_case` is a name.
            _ => !(is_word(before) && is_word(after) || is_space(before) && is_space(after)),
        };
        if decorates {
            self.edit(at..at + run, NOTHING);
        }
        run
    }

    /// The `[` of `[text](target)`, or the whole of `[^note]`.
    fn link(&mut self, rest: &str, at: usize) -> usize {
        let image = usize::from(rest.starts_with("!["));
        let Some(inside) = rest.get(image..).and_then(|rest| rest.strip_prefix('[')) else { return 1 };
        let Some(length) = inside.find(['[', ']']) else { return 1 };
        let after = inside.get(length..).unwrap_or_default();
        if inside.starts_with('^') && after.starts_with(']') {
            let whole = image + length + 2;
            self.edit(at..at + whole, NOTHING);
            return whole;
        }
        if target(after).is_some() {
            self.edit(at..at + image + 1, NOTHING);
            return image + 1;
        }
        1
    }

    /// The `](target)` of a link.
    fn link_end(&mut self, rest: &str, at: usize) -> usize {
        let Some(length) = target(rest) else { return 1 };
        self.edit(at..at + length, NOTHING);
        length
    }

    fn tag(&mut self, rest: &str, at: usize) -> usize {
        let name = rest.get(1..).unwrap_or_default();
        let name = name.strip_prefix('/').unwrap_or(name);
        let looks_like_tag =
            name.starts_with(|char: char| char.is_ascii_alphabetic()) || rest.starts_with("<!--");
        let Some(length) = rest.bytes().take(TAG_BYTES_MAX).position(|byte| byte == b'>') else { return 1 };
        let whole = rest.get(..=length).unwrap_or_default();
        let is_address = whole.contains("://") && !whole.contains('=') || whole.contains('@');
        if !looks_like_tag || is_address || whole.get(1..).is_some_and(|rest| rest.contains('<')) {
            return 1;
        }
        self.edit(at..at + whole.len(), SPACE);
        whole.len()
    }

    fn entity(&mut self, rest: &str, at: usize) -> usize {
        match ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) {
            Some((entity, seen)) => {
                self.edit(at..at + entity.len(), seen);
                entity.len()
            }
            None => 1,
        }
    }
}

/// The length of `](target)` at the start of `rest`.
fn target(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix("](")?;
    let mut depth = 0_usize;
    for (at, byte) in inside.bytes().enumerate().take(TARGET_BYTES_MAX) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at + 3),
            b')' => depth -= 1,
            b'[' => return None,
            _ => {}
        }
    }
    None
}

/// A thematic break, the underline of a heading, a code fence, a table's delimiter row.
fn is_rule(body: &str) -> bool {
    let marks = |set: &str| {
        body.bytes().filter(|byte| !byte.is_ascii_whitespace()).count() >= 3
            && body.chars().all(|char| set.contains(char) || char.is_ascii_whitespace())
    };
    let is_fence = body.starts_with("```") && !body.trim_start_matches('`').contains([' ', '`'])
        || body.starts_with("~~~") && !body.trim_start_matches('~').contains(' ');
    marks("-") || marks("=") || marks("*") || marks("_") || is_fence || (body.contains("--") && marks("|-: "))
}

/// The length of the `## ` of a heading.
fn heading(body: &str) -> Option<usize> {
    let hashes = body.bytes().take_while(|&byte| byte == b'#').count();
    ((1..=6).contains(&hashes) && body.as_bytes().get(hashes) == Some(&b' ')).then_some(hashes)
}

/// The length of a list item's bullet and task box.
fn bullet(body: &str) -> Option<usize> {
    let mark =
        body.chars().next().filter(|&char| "-*+\u{2022}\u{2023}\u{25e6}\u{25aa}\u{b7}".contains(char))?;
    let length = mark.len_utf8();
    let rest = body.get(length..)?;
    // "- 5 degrees" is a bullet; "-5 degrees" is a number.
    rest.starts_with([' ', '\t']).then_some(())?;
    let boxed = ["[ ] ", "[x] ", "[X] "].iter().any(|task| rest.trim_start().starts_with(task));
    Some(if boxed { length + rest.len() - rest.trim_start().len() + 3 } else { length })
}

/// `1. ` or `2) ` at the start of a line: the number stays, the line stands by itself.
fn is_numbered(body: &str) -> bool {
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let rest = body.get(digits..).unwrap_or_default();
    (1..=3).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let mut seen = String::new();
        let mut at = 0;
        for edit in edits(source) {
            assert!(edit.range.start >= at, "{source:?}: {edit:?} overlaps");
            seen.push_str(&source[at..edit.range.start]);
            seen.push_str(edit.seen);
            at = edit.range.end;
        }
        seen.push_str(&source[at..]);
        assert_eq!(seen, expected, "{source:?}");
    }

    #[test]
    fn decoration_goes_and_words_stay() {
        check("plain text, nothing else.", "plain text, nothing else.");
        check("**bold** and *italic* and ~~gone~~", "bold and italic and gone");
        check("__init__ _so_ snake_case_name", "init so snake_case_name");
        check("use `cargo run` now", "use cargo run now");
        check("2 * 3 and 2*3", "2 * 3 and 2*3");
        check("un*frigging*believable", "unfriggingbelievable");
        check("see [the docs](https://example.com/a_b) now", "see the docs now");
        check("![a cat](cat.png) sleeps", "a cat sleeps");
        check("a claim[^1] here", "a claim here");
        check("an [aside] stays", "an [aside] stays");
        check("[a](b(c)d) e", "a e");
        check("line<br/>break and <b>bold</b>", "line break and  bold ");
        check("I <3 you and 2 < 3", "I <3 you and 2 < 3");
        check("Tom &amp; Jerry&#39;s", "Tom & Jerry's");
        check("a literal \\* star", "a literal * star");
        check("https://a.b/_c_ stays", "https://a.b/_c_ stays");
    }

    #[test]
    fn blocks_stand_by_themselves() {
        check("# Title\ntext", "\n\n Title\n\n\ntext");
        check("## Title ##\ntext", "\n\n Title\n\n\ntext");
        check("#hashtag", "#hashtag");
        check("- one\n- two", "\n\n one\n\n\n two");
        check("- [x] done", "\n\n done");
        check("-5 degrees", "-5 degrees");
        check("1. First\n2. Second", "\n\n1. First\n\n\n2. Second");
        check("1986. A great year", "1986. A great year");
        check("> quoted", " quoted");
        check("a\n---\nb", "a\n\n\n\nb");
        check("```rust\nlet x;\n```", "\n\n\nlet x;\n\n\n");
        check("| a | b |\n|---|---|", "| a | b |\n\n\n");
    }
}
