//! What a text says of its own timing: its words, how long each takes compared with the others, and
//! how likely a speaker pauses behind it.
//!
//! The weights are seconds at an ordinary pace, but only their ratios count. A letter's is measured
//! with the offline voice; the syllables of other scripts are those of the readers in Pellegrino,
//! Coupé and Marsico, "A cross-language perspective on speech information rate", Language 87 (2011).

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// A word to be heard.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    /// Bytes of the text.
    pub(super) span: Range<usize>,
    /// Seconds, at an ordinary pace.
    pub(super) weight: f32,
    /// What stands behind it.
    pub(super) behind: Behind,
}

/// What stands between two words, as far as it makes a speaker pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Behind {
    /// Nothing, or a space.
    Nothing,
    /// A bracket, a quotation mark, a dash.
    Mark,
    /// A comma, a colon: the end of a clause.
    Clause,
    /// The end of a sentence, a line or a paragraph.
    Sentence,
}

/// What every word takes, however short.
const WORD: f32 = 0.015;
/// A letter of an alphabet.
const LETTER: f32 = 0.055;
/// A vowel, drawn longer than a consonant.
const VOWEL: f32 = 0.075;
/// What the last word of a clause or a sentence is drawn out by.
const LAST: f32 = 0.06;
/// A letter that is named rather than read.
const SPELLED: f32 = 0.26;
/// A digit is a word of its own, more or less.
const DIGIT: f32 = 0.27;
/// A Chinese character, a syllable of Korean.
const SYLLABLE: f32 = 0.19;
/// A Japanese mora.
const MORA: f32 = 0.13;
/// `%`, `&`, `€`.
const SYMBOL: f32 = 0.3;

/// The words of `text`, each with what is written behind it up to the next.
pub(super) fn spoken(text: &str) -> Vec<Spoken> {
    let mut words: Vec<Spoken> = Vec::new();
    let mut opening = 0.0;
    for (start, piece) in text.split_word_bound_indices() {
        if piece.chars().any(char::is_alphanumeric) {
            let weight = WORD + opening + weight(piece);
            words.push(Spoken { span: start..start + piece.len(), weight, behind: Behind::Nothing });
            opening = 0.0;
            continue;
        }
        let symbols: f32 = piece.chars().map(symbol).sum();
        match words.last_mut() {
            Some(word) => {
                word.behind = word.behind.max(behind(piece));
                word.weight += symbols;
            }
            None => opening += symbols,
        }
    }
    for word in &mut words {
        if word.behind >= Behind::Clause {
            word.weight += LAST;
        }
    }
    words
}

fn weight(word: &str) -> f32 {
    let letters = word.chars().filter(|character| character.is_alphabetic()).count();
    let named = letters > 1 && letters <= 5 && is_spelled(word);
    word.chars()
        .map(|character| if named && character.is_alphabetic() { SPELLED } else { sound(character) })
        .sum()
}

/// `FBI`, `html`: no vowel, or nothing but capitals.
fn is_spelled(word: &str) -> bool {
    let mut letters = word.chars().filter(|character| character.is_alphabetic());
    word.is_ascii() && (letters.clone().all(char::is_uppercase) || !letters.any(is_vowel))
}

const fn is_vowel(character: char) -> bool {
    matches!(character, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'A' | 'E' | 'I' | 'O' | 'U' | 'Y')
}

fn sound(character: char) -> f32 {
    match character {
        _ if is_vowel(character) => VOWEL,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{3134f}' => SYLLABLE,
        '\u{ac00}'..='\u{d7a3}' => SYLLABLE,
        '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30ff}' => MORA,
        _ if character.is_numeric() => DIGIT,
        _ if character.is_alphabetic() => LETTER,
        _ => 0.0,
    }
}

fn symbol(character: char) -> f32 {
    match character {
        '%' | '&' | '+' | '=' | '@' | '#' | '€' | '$' | '£' | '¥' | '°' | '§' => SYMBOL,
        _ => 0.0,
    }
}

fn behind(piece: &str) -> Behind {
    let of = |character: char| match character {
        '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟' | '۔' | '\n' => Behind::Sentence,
        ',' | ';' | ':' | '，' | '；' | '：' | '、' | '،' | '؛' | '–' | '—' => Behind::Clause,
        '(' | ')' | '"' | '“' | '”' | '«' | '»' | '「' | '」' | '[' | ']' => Behind::Mark,
        _ => Behind::Nothing,
    };
    piece.chars().map(of).max().unwrap_or(Behind::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Behind)]) {
        let words = spoken(text);
        let read: Vec<_> = words.iter().map(|word| (&text[word.span.clone()], word.behind)).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn words_carry_what_is_written_behind_them() {
        use Behind::{Clause, Mark, Nothing, Sentence};
        check("\"Don't\" panic, please.", &[("Don't", Mark), ("panic", Clause), ("please", Sentence)]);
        check("Over 3.5 %", &[("Over", Nothing), ("3.5", Nothing)]);
        check("你好，世界", &[("你", Nothing), ("好", Clause), ("世", Nothing), ("界", Nothing)]);
        check(" … ", &[]);
    }

    #[test]
    fn what_takes_longer_weighs_more() {
        let weight = |text: &str| spoken(text).iter().map(|word| word.weight).sum::<f32>();
        assert!(weight("strength") > weight("to"));
        assert!(weight("FBI") > weight("fib"));
        assert!(weight("1997") > weight("year"));
        assert!(weight("$5") > weight("5"));
        assert!(weight("5 %") > weight("5"));
    }
}
