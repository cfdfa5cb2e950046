//! From a written text to words a voice can say, each with its place in the text.

use std::ops::Range;

/// One written word and how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it stands in the text, punctuation left out.
    pub span: Range<usize>,
    /// What the voice says for it: ASCII words parted by spaces, never empty.
    pub said: String,
    /// The text pauses after it (a comma or more).
    pub pause: bool,
    /// A sentence ends with it.
    pub ends_sentence: bool,
}

/// The longest run the voice is given as one token: past about two thousand characters its time
/// grows faster than the text.
const TOKEN_CHARACTERS_MAX: usize = 40;

const SYLLABLES: [&str; 16] = [
    "ma", "lee", "toe", "new", "shy", "bay", "show", "die", "key", "go", "may", "low", "tie", "new", "sea",
    "hay",
];

/// Signs that are read, each a word of its own where it stands alone.
const SIGNS: [(char, &str); 7] = [
    ('&', "and"),
    ('+', "plus"),
    ('=', "equals"),
    ('@', "at"),
    ('°', "degrees"),
    ('€', "euros"),
    ('£', "pounds"),
];

/// The words of `text` in order. Words are parted by white space; characters of scripts written
/// without spaces are a word each.
#[must_use]
pub fn words(text: &str) -> Vec<Written> {
    let mut words: Vec<Written> = Vec::new();
    let mut open: Option<usize> = None;
    for (at, character) in text.char_indices() {
        let joins = joins_words(character) || (open.is_some() && holds_a_word_together(text, at, character));
        if joins && !stands_alone(character) {
            open.get_or_insert(at);
            continue;
        }
        if let Some(start) = open.take() {
            words.extend(written(text, start..at));
        }
        if stands_alone(character) {
            words.extend(written(text, at..at + character.len_utf8()));
        }
        if let Some(last) = words.last_mut() {
            last.ends_sentence |= matches!(character, '.' | '!' | '?' | '。' | '！' | '？' | '…' | '\n');
            last.pause |=
                last.ends_sentence || matches!(character, ',' | ';' | ':' | '，' | '、' | '；' | '：' | '—');
        }
    }
    if let Some(start) = open {
        words.extend(written(text, start..text.len()));
    }
    words
}

fn joins_words(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '$' | '€' | '£' | '%' | '&' | '+' | '=' | '°')
}

/// An apostrophe, hyphen, or full stop inside a word: `don't`, `twenty-one`, `3.5`.
fn holds_a_word_together(text: &str, at: usize, character: char) -> bool {
    matches!(character, '\'' | '’' | '-' | '.' | ',' | ':' | '@' | '_' | '/')
        && text
            .get(at + character.len_utf8()..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|next| joins_words(next) && !stands_alone(next))
}

/// Han, kana, Hangul, Thai, Lao, Khmer, Burmese and emoji: one word a character here.
fn stands_alone(character: char) -> bool {
    matches!(u32::from(character),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3005..=0x3007 | 0x3041..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x1F300..=0x1FAFF
        | 0x20000..=0x323AF)
        && character.is_alphanumeric()
}

fn written(text: &str, span: Range<usize>) -> Option<Written> {
    let said = said(text.get(span.clone())?);
    (!said.is_empty()).then_some(Written { span, said, pause: false, ends_sentence: false })
}

/// A word in the voice's alphabet.
fn said(word: &str) -> String {
    let mut said = String::with_capacity(word.len());
    let mut run = 0;
    for character in word.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '\'' | '.' | ',' | ':' | '$' | '%') {
            said.push(character);
            run += 1;
        } else if character == '’' {
            said.push('\'');
        } else if let Some((_, name)) = SIGNS.iter().find(|(sign, _)| *sign == character) {
            said.extend([" ", name, " "]);
            run = 0;
        } else if character.is_ascii() {
            said.push(' ');
            run = 0;
        } else {
            said.push(' ');
            said.push_str(syllable(character));
            said.push(' ');
            run = 0;
        }
        if run == TOKEN_CHARACTERS_MAX {
            said.push(' ');
            run = 0;
        }
    }
    said.trim().to_owned()
}

fn syllable(character: char) -> &'static str {
    let index = u32::from(character) as usize % SYLLABLES.len();
    SYLLABLES.get(index).copied().unwrap_or("ma")
}
