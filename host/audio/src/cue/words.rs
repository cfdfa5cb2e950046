//! Word marks to pieces of text: every byte of the source between the first mark and the end
//! belongs to exactly one piece.

use understudy_speech::Word;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::ssml::FILLER;

/// Titles and abbreviations whose full stop ends no sentence.
const ABBREVIATED: [&str; 13] =
    ["mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "m", "mme"];

/// Abbreviated before a number, an answer before anything else.
const NUMBER: &str = "no";

/// Marks that belong to what stands behind them.
const OPENING: [char; 16] =
    ['(', '[', '{', '“', '‘', '«', '‹', '„', '‚', '¿', '¡', '「', '『', '（', '【', '《'];

/// Quotes and brackets that may stand behind the end of a sentence. German closes with the marks that
/// English and French open with.
const CLOSING: [char; 18] =
    ['"', '\'', ')', ']', '}', '”', '’', '»', '›', '“', '‘', '«', '‹', '」', '』', '）', '】', '》'];

/// What a line may end with inside of a word.
const HYPHENS: [char; 6] = ['-', '\u{2010}', '–', '—', '…', '\u{200b}'];

/// What no line may be broken in: a word with what is written around it, and when it is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The word, opening punctuation before it and closing punctuation behind it; white space
    /// folded, none at the ends.
    pub(super) text: String,
    /// White space stands before it in the source.
    pub(super) spaced: bool,
    /// A blank line stands before it.
    pub(super) paragraph: bool,
    /// A number stands behind it.
    before_number: bool,
    /// Columns of a speaker's label before it.
    pub(super) label: usize,
    pub(super) start_ms: u32,
    pub(super) end_ms: u32,
}

impl Piece {
    /// Columns on the screen, a label before it included.
    pub(super) fn columns(&self) -> usize {
        self.label + columns(&self.text)
    }

    /// A sentence ends with this piece.
    pub(super) fn ends_sentence(&self) -> bool {
        match self.closing() {
            Some('.') => !self.is_abbreviated(),
            Some(last) => matches!(last, '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟' | '۔'),
            None => false,
        }
    }

    /// The full stop belongs to the word: a title, or a single capital of a name.
    fn is_abbreviated(&self) -> bool {
        let word = self.text.trim_matches(|edge: char| !edge.is_alphanumeric());
        let mut letters = word.chars();
        let initial =
            letters.next().is_some_and(char::is_uppercase) && letters.next().is_none() && word != "I";
        let is_number = self.before_number && word.eq_ignore_ascii_case(NUMBER);
        initial || is_number || ABBREVIATED.iter().any(|known| word.eq_ignore_ascii_case(known))
    }

    /// A clause ends with this piece.
    pub(super) fn ends_clause(&self) -> bool {
        self.closing().is_some_and(|last| {
            matches!(last, ',' | ';' | ':' | '–' | '—' | '，' | '、' | '；' | '：' | '،' | '؛')
        })
    }

    /// The last character that is neither a quote nor a bracket.
    fn closing(&self) -> Option<char> {
        self.text.chars().rev().find(|last| !CLOSING.contains(last) && !last.is_whitespace())
    }

    /// Words without white space between, such as `john@example.com`, are one piece, unless they are of a
    /// script that has none.
    fn is_one_with(&self, next: &Self) -> bool {
        let (Some(last), Some(first)) = (self.text.chars().next_back(), next.text.chars().next()) else {
            return true;
        };
        !(next.spaced || HYPHENS.contains(&last) || is_unspaced(last) || is_unspaced(first))
    }

    fn join(&mut self, next: &Self) {
        self.text.push_str(&next.text);
        self.before_number = next.before_number;
        self.end_ms = self.end_ms.max(next.end_ms);
    }
}

/// One piece a mark, unless it [is one with](Piece::is_one_with) the last. Text before the first mark goes
/// with it, text behind a mark with that mark up to the white space (or, without any, up to the next
/// word's opening punctuation).
pub(super) fn pieces(text: &str, words: &[Word], audio_ms: u32) -> Vec<Piece> {
    let mut marks: Vec<&Word> =
        words.iter().filter(|word| word.in_text(text).is_some_and(|word| !word.trim().is_empty())).collect();
    marks.sort_by_key(|word| (word.start_byte, word.end_byte));
    let mut pieces: Vec<Piece> = Vec::with_capacity(marks.len());
    let (mut begun, mut latest) = (0, 0);
    for (index, word) in marks.iter().enumerate() {
        let word_end = word.span().end;
        let next = marks.get(index + 1).map_or(text.len(), |next| next.span().start.max(word_end));
        let end = word_end + text.get(word_end..next).map_or(0, |between| split(between, next == text.len()));
        let source = text.get(begun..end).unwrap_or_default();
        let folded = fold(source);
        if folded.is_empty() {
            continue;
        }
        // Times never run backwards, whatever the marks say.
        let start_ms = word.start_ms.clamp(latest, audio_ms.max(latest)).min(audio_ms);
        let end_ms = word.end_ms.clamp(start_ms, audio_ms);
        latest = start_ms;
        let spoken = source.trim_start_matches(|before: char| before.is_whitespace() || before == FILLER);
        let before = source.get(..source.len() - spoken.len()).unwrap_or_default();
        let number = |next: &&Word| next.in_text(text).is_some_and(|next| next.starts_with(char::is_numeric));
        let piece = Piece {
            text: folded,
            spaced: before.contains(char::is_whitespace),
            paragraph: before.matches('\n').count() > 1,
            before_number: marks.get(index + 1).is_some_and(number),
            label: 0,
            start_ms,
            end_ms,
        };
        match pieces.last_mut() {
            Some(before) if before.is_one_with(&piece) => before.join(&piece),
            _ => pieces.push(piece),
        }
        begun = end;
    }
    pieces
}

/// How much of the text between two words belongs to the first of them.
fn split(between: &str, last: bool) -> usize {
    if last {
        return between.len();
    }
    // `word, "next`: the first white space divides.
    if let Some(white) = between.find(char::is_whitespace) {
        return white + asides(between.get(white..).unwrap_or_default());
    }
    // No white space: opening punctuation begins the next word.
    between.find(OPENING).unwrap_or(between.len())
}

/// How much of white space, and of marks of their own in it, goes with the word before: a dash, what
/// French puts a space before, and what closes. What opens goes with the next word, and so does what
/// begins a line.
fn asides(rest: &str) -> usize {
    let (mut taken, mut is_first) = (0, true);
    loop {
        let behind = rest.get(taken..).unwrap_or_default();
        let aside = behind.trim_start();
        let alone = aside.split(char::is_whitespace).next().unwrap_or_default();
        let white = behind.len() - aside.len();
        let begins_line = behind.get(..white).is_some_and(|white| white.contains('\n'));
        let marks = alone.trim_matches(FILLER);
        let goes = !marks.starts_with(OPENING) && (is_first || marks.chars().all(closes));
        if alone.len() == aside.len() || begins_line || !goes {
            return taken;
        }
        taken += white + alone.len();
        is_first &= marks.is_empty();
    }
}

fn closes(mark: char) -> bool {
    CLOSING.contains(&mark) || matches!(mark, '.' | ',' | ';' | ':' | '!' | '?' | '…')
}

fn fold(source: &str) -> String {
    let mut folded = String::with_capacity(source.len());
    for part in source.split_whitespace().filter(|part| !part.trim_matches(FILLER).is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(part.chars().filter(|character| *character != FILLER));
    }
    folded
}

/// Columns of `text`: two for a wide character, none for one that joins the last (UAX #11 and #29).
pub(super) fn columns(text: &str) -> usize {
    text.graphemes(true).map(width).sum()
}

/// However many characters stand over, under and beside one, they take no more than the widest do.
fn width(cluster: &str) -> usize {
    if cluster.starts_with(char::is_control) { 0 } else { cluster.width().min(2) }
}

/// Characters of scripts that write words without white space between: Thai, Lao, Tibetan,
/// Burmese, Khmer, Chinese and Japanese.
fn is_unspaced(character: char) -> bool {
    matches!(u32::from(character),
        0x0e00..=0x0fff
        | 0x1000..=0x109f
        | 0x1780..=0x17ff
        | 0x2e80..=0xa4cf
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff9f
        | 0x20000..=0x3fffd)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of `text` with a stroke between, two where a sentence ends; words are as UAX #29 has them.
    fn cut(text: &str) -> String {
        let words = text.unicode_word_indices().map(|(start, word)| {
            let byte = |at: usize| u32::try_from(at).unwrap();
            Word { start_byte: byte(start), end_byte: byte(start + word.len()), start_ms: 0, end_ms: 0 }
        });
        let pieces = pieces(text, &words.collect::<Vec<_>>(), 1000);
        let told = pieces.iter().map(|piece| {
            let end = if piece.ends_sentence() { "||" } else { "|" };
            format!("{}{end}", piece.text)
        });
        told.collect()
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(cut(text), expected, "{text}");
    }

    #[test]
    fn marks_of_their_own_go_where_they_belong() {
        check("Il arriva. « Bonjour ! » dit-il.", "Il|arriva.||« Bonjour ! »||dit-|il.||");
        check("Il entra.\n— Bonjour", "Il|entra.||— Bonjour|");
        check("Buy these:\n\n- Apples.\n- Pears.", "Buy|these:|- Apples.||- Pears.||");
        check("„Komm her.“ Sie ging.", "„Komm|her.“||Sie|ging.||");
        check("»Halt!« Er hielt.", "»Halt!«||Er|hielt.||");
        check("well-known — and", "well-|known —|and|");
        check("It is ( so to say ) over.", "It|is|( so|to|say )|over.||");
    }

    #[test]
    fn no_is_an_answer_and_before_a_number_an_abbreviation() {
        check("No. Never.", "No.||Never.||");
        check("See no. 5. Done.", "See|no.|5.||Done.||");
        check("وہ آیا۔ وہ گیا۔", "وہ|آیا۔||وہ|گیا۔||");
    }

    #[test]
    fn a_line_is_not_broken_inside_of_a_word() {
        check("AC/DC and he/she", "AC/DC|and|he/she|");
        check("Ask john@example.com at 7:45.", "Ask|john@example.com|at|7:45.||");
        check("part-time, wait…what", "part-|time,|wait…||what|");
        check("我用Rust。好", "我|用|Rust。||好|");
    }

    #[test]
    fn marks_that_join_the_last_character_take_no_column() {
        for (text, expected) in [
            ("plain", 5),
            ("你好，", 6),
            ("e\u{301}", 1),
            ("ที่นี่", 2),
            ("مُحَمَّد", 4),
            ("नमस्ते", 4),
            ("शक्ति", 3),
            ("한국", 4),
            ("👩‍👩‍👧‍👦👍🏽🇩🇪❤️", 8),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }
}
