//! How long a text can take to say.
//!
//! A take a third as long as its text was cut by somebody who closed the file properly, and no
//! container shows that; only the text does. The length of speech is bounded here from both sides,
//! character by character, and the bounds are wide on purpose: numbers and abbreviations are read
//! out (`1,234,567` takes five seconds), symbols are read or not, voices differ. A wrong alarm costs a
//! good take, so everything that may be silent counts nothing towards the least.
//!
//! Where the figures come from:
//!
//! - English: measured with the offline voice, 75 ms a letter on ten Harvard sentences and 83 ms on
//!   prose, pauses included. Bounds at 0.48 and 1.6 times the former, about 350 and 105 words a minute.
//! - Spanish, Italian, French, German, Vietnamese, Mandarin, Japanese: syllables a second of readers,
//!   pauses taken out, of F. Pellegrino, C. Coupé, E. Marsico: "A cross-language perspective on speech
//!   information rate", Language 87 (2011). Letters a syllable counted on the first article of the
//!   Universal Declaration of Human Rights. Bounds at half and 2.4 times the product, because voices
//!   were not measured and pauses come on top (a third of the time, in the English above).
//! - Any other language: 4 to 9 syllables a second, the range of the 17 languages of C. Coupé and
//!   others: "Different languages, similar encoding efficiency", Science Advances 5 (2019), at one to
//!   four letters a syllable, and half as much again to either side.

use std::ops::Range;
use std::time::Duration;

use understudy_speech::Language;

/// Seconds, the least and the most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seconds {
    pub(super) least: f32,
    pub(super) most: f32,
}

const fn seconds(least: f32, most: f32) -> Seconds {
    Seconds { least, most }
}

/// A letter by readers' syllables a second and letters a syllable.
const fn letter(syllables: f32, letters: f32) -> Seconds {
    let typical = 1.0 / (syllables * letters);
    seconds(0.5 * typical, 2.4 * typical)
}

/// A letter of an alphabet, by language.
const LETTERS: [(&str, Seconds); 6] = [
    ("en", seconds(0.036, 0.12)),
    ("es", letter(7.82, 2.5)),
    ("it", letter(6.99, 2.2)),
    ("fr", letter(7.18, 2.9)),
    ("de", letter(5.97, 3.1)),
    ("vi", letter(5.22, 3.2)),
];
/// A Latin letter when nobody says which language: all of the above.
const LETTER_LATIN: Seconds = seconds(0.023, 0.161);
/// A letter of any other language.
const LETTER_ANY: Seconds = seconds(0.018, 0.375);
/// A Chinese character is a syllable, 5.18 a second.
const HAN_CHINESE: Seconds = seconds(0.09, 0.46);
/// In Japanese one to four morae, 7.84 a second.
const HAN_ANY: Seconds = seconds(0.06, 0.9);
/// One mora.
const KANA: Seconds = seconds(0.055, 0.31);
/// One syllable, at 4 to 9 a second.
const HANGUL: Seconds = seconds(0.07, 0.38);

/// `1997` is five syllables, `1,000,000` three.
const DIGIT: Seconds = seconds(0.04, 1.0);
/// What a letter takes more when a token is spelled out.
const SPELLED: f32 = 0.45;
/// `%`, `&`, `€`: read in a word or two, or not at all.
const SYMBOL: Seconds = seconds(0.0, 0.9);
/// An emoji is read as its name, or not at all.
const PICTURE: Seconds = seconds(0.0, 2.5);
const SENTENCE_END: f32 = 0.6;
const CLAUSE_END: f32 = 0.5;
const LINE_END: f32 = 1.0;
const OTHER_MARK: f32 = 0.3;
/// Silence that services put around a take.
const EDGES: f32 = 1.5;
/// What a very short text may lack: "a" is said in less than any count of letters.
const SHORTEST: f32 = 0.1;
/// A letter more often in a row than this ("nooooo") is drawn out and not said so many times.
const REPEATS_MAX: u32 = 2;

/// How a request wants its text said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) rate: f32,
    /// Room for what a service makes of rate, style and its own options, as a factor: 1 for none.
    pub(super) room: f32,
    /// The text is SSML: its breaks and rates may do anything to the length but shorten it to a
    /// quarter.
    pub(super) markup: bool,
}

/// The least and the greatest plausible length of `text`; none where there is no limit.
pub(super) fn plausible(
    text: &str,
    language: Option<&Language>,
    manner: Manner,
) -> (Duration, Option<Duration>) {
    let mut tally = Tally::new(language.map(Language::primary));
    if manner.markup {
        outside_of_tags(text, |piece| tally.read(piece));
    } else {
        tally.read(text);
    }
    let quarter = if manner.markup { 4.0 } else { 1.0 };
    let least = tally.speech.least / manner.rate / manner.room / quarter - SHORTEST;
    // Slow speech has longer pauses; fast speech may keep them.
    let pauses = (tally.pauses + EDGES) / manner.rate.min(1.0);
    let most = (tally.speech.most / manner.rate + pauses) * manner.room;
    let duration = |seconds: f32| Duration::try_from_secs_f32(seconds.max(0.0)).unwrap_or(Duration::MAX);
    (duration(least), (!manner.markup).then(|| duration(most)))
}

/// The text between tags. The document is well-formed by now, and entities count as symbols do.
fn outside_of_tags(document: &str, mut each: impl FnMut(&str)) {
    for piece in document.split('<').skip(1) {
        if let Some((_, text)) = piece.split_once('>') {
            each(text);
        }
    }
}

struct Tally {
    latin: Seconds,
    other: Seconds,
    han: Seconds,
    speech: Seconds,
    pauses: f32,
}

impl Tally {
    fn new(language: Option<&str>) -> Self {
        let listed = LETTERS.iter().find(|(name, _)| Some(*name) == language).map(|(_, seconds)| *seconds);
        let (latin, han) = match language {
            None => (LETTER_LATIN, HAN_ANY),
            Some("zh" | "cmn" | "yue") => (LETTER_ANY, HAN_CHINESE),
            Some(_) => (listed.unwrap_or(LETTER_ANY), HAN_ANY),
        };
        let other = listed.unwrap_or(LETTER_ANY);
        Self { latin, other, han, speech: Seconds::default(), pauses: 0.0 }
    }

    fn read(&mut self, text: &str) {
        let mut token = Token::default();
        for character in text.chars() {
            if !character.is_whitespace() {
                self.character(character, &mut token);
                continue;
            }
            self.spell(&token);
            token = Token::default();
            if character == '\n' {
                self.pauses += LINE_END;
            }
        }
        self.spell(&token);
    }

    fn character(&mut self, character: char, token: &mut Token) {
        let is_said = token.push(character);
        // Nearly every character of most texts: not worth being asked what else it could be.
        if character.is_ascii_alphabetic() {
            self.speech.least += if is_said { self.latin.least } else { 0.0 };
            self.speech.most += self.latin.most;
            return;
        }
        let Seconds { least, most } = self.of(character);
        self.speech.least += if is_said { least } else { 0.0 };
        self.speech.most += most;
        self.pauses += pause(character);
    }

    /// Adds what a token takes longer that may be read letter by letter.
    fn spell(&mut self, token: &Token) {
        if token.is_spelled() {
            self.speech.most += token.spelled;
        }
    }

    fn of(&self, character: char) -> Seconds {
        match character {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => self.latin,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{3134f}' => self.han,
            '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30ff}' => KANA,
            '\u{ac00}'..='\u{d7a3}' => HANGUL,
            _ if character.is_numeric() => DIGIT,
            _ if character.is_alphabetic() => self.other,
            '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' => PICTURE,
            // A full stop within a token is read ("dot"), and a pause is as long.
            _ if pause(character) > 0.0 => Seconds::default(),
            _ => SYMBOL,
        }
    }
}

fn pause(character: char) -> f32 {
    const CLAUSE: Range<char> = '\u{2010}'..'\u{2016}';
    match character {
        '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟' | '۔' => SENTENCE_END,
        ',' | ';' | ':' | '，' | '；' | '：' | '、' | '،' | '؛' => CLAUSE_END,
        _ if CLAUSE.contains(&character) => CLAUSE_END,
        '(' | ')' | '"' | '-' | '“' | '”' | '«' | '»' | '「' | '」' => OTHER_MARK,
        _ => 0.0,
    }
}

/// What stands between two spaces.
#[derive(Default)]
struct Token {
    /// What its letters take longer when they are read one by one.
    spelled: f32,
    capitals: usize,
    has_digit: bool,
    has_vowel: bool,
    has_slashes: bool,
    last: Option<char>,
    /// How often the last character stood before itself.
    repeats: u32,
}

impl Token {
    /// Adds a character, and tells whether it is surely said.
    fn push(&mut self, character: char) -> bool {
        self.repeats = if self.last == Some(character) { self.repeats + 1 } else { 0 };
        self.last = Some(character);
        if character.is_ascii_alphabetic() {
            self.spelled += SPELLED;
            self.capitals += usize::from(character.is_ascii_uppercase());
            self.has_vowel |= is_vowel(character);
            return self.repeats < REPEATS_MAX;
        }
        self.spelled += if character.is_alphabetic() { SPELLED } else { 0.0 };
        self.capitals += usize::from(character.is_uppercase());
        self.has_digit |= character.is_numeric();
        self.has_vowel |= !character.is_ascii();
        self.has_slashes |= character == '/' && self.repeats > 0;
        self.repeats < REPEATS_MAX || character.is_ascii_digit()
    }

    /// `FBI`, `B2`, `html`, `xkcd://…`: letters that may be read one by one.
    const fn is_spelled(&self) -> bool {
        !self.has_vowel || self.capitals > 1 || self.has_digit || self.has_slashes
    }
}

const fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'A' | 'E' | 'I' | 'O' | 'U' | 'Y')
}
