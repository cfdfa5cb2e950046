//! Word marks to pieces of text: every byte of the source between the first mark and the end
//! belongs to exactly one piece.

use understudy_speech::Word;

use super::ssml::FILLER;

/// Titles and abbreviations whose full stop ends no sentence.
const ABBREVIATED: [&str; 14] =
    ["mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "no", "e.g", "i.e", "m", "mme"];

/// A word with what is written around it, and when it is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The word, opening punctuation before it and closing punctuation behind it; white space
    /// folded, none at the ends.
    pub(super) text: String,
    /// White space stands before it in the source.
    pub(super) spaced: bool,
    /// A blank line stands before it.
    pub(super) paragraph: bool,
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
            Some(last) => matches!(last, '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟'),
            None => false,
        }
    }

    /// The full stop belongs to the word: a title, or a single capital of a name.
    fn is_abbreviated(&self) -> bool {
        let word = self.text.trim_matches(|edge: char| !edge.is_alphanumeric());
        let mut letters = word.chars();
        let initial =
            letters.next().is_some_and(char::is_uppercase) && letters.next().is_none() && word != "I";
        initial || ABBREVIATED.iter().any(|known| word.eq_ignore_ascii_case(known))
    }

    /// A clause ends with this piece.
    pub(super) fn ends_clause(&self) -> bool {
        self.closing().is_some_and(|last| {
            matches!(last, ',' | ';' | ':' | '–' | '—' | '，' | '、' | '；' | '：' | '،' | '؛')
        })
    }

    /// The last character that is neither a quote nor a bracket.
    fn closing(&self) -> Option<char> {
        self.text.chars().rev().find(|last| {
            !matches!(last, '"' | '\'' | ')' | ']' | '}' | '”' | '’' | '»' | '」' | '』' | '）' | '】' | '》')
        })
    }
}

/// One piece a mark. Text before the first mark goes with it, text behind a mark with that mark up
/// to the white space (or, without any, up to the next word's opening punctuation).
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
        pieces.push(Piece {
            text: folded,
            spaced: before.contains(char::is_whitespace),
            paragraph: before.matches('\n').count() > 1,
            label: 0,
            start_ms,
            end_ms,
        });
        begun = end;
    }
    pieces
}

/// How much of the text between two words belongs to the first of them.
fn split(between: &str, last: bool) -> usize {
    if last {
        return between.len();
    }
    // `word, "next`: the first white space divides. A dash of its own goes with the first word.
    if let Some(white) = between.find(char::is_whitespace) {
        let rest = between.get(white..).unwrap_or_default();
        let aside = rest.trim_start();
        let alone = aside.split(char::is_whitespace).next().unwrap_or_default();
        let is_aside = alone.len() < aside.len() && !alone.is_empty();
        return if is_aside { white + (rest.len() - aside.len()) + alone.len() } else { white };
    }
    // No white space: opening punctuation begins the next word.
    between
        .find(['(', '[', '{', '“', '‘', '«', '¿', '¡', '「', '『', '（', '【', '《'])
        .unwrap_or(between.len())
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

/// Columns of `text`: two for a wide character, none for one that joins the last.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// East Asian wide and full-width blocks, and emoji (UAX #11, in the coarse blocks a screen needs).
fn width(character: char) -> usize {
    match u32::from(character) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
