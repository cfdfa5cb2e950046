//! Sentences: what is synthesized, and streamed, as one piece.
//!
//! A sentence carries one intonation curve, so breaking in the wrong place is heard at once. The
//! rule for a full stop looks at the word before it (is it an abbreviation, an initial?) and the
//! word after it (does a sentence start there?). A sentence that does not end is ended: past
//! [`CLAUSE_WORDS`] at the last comma, past [`SENTENCE_WORDS_MAX`] anywhere. The synthesizer's
//! time grows faster than a sentence's length (5,000 words took 4.7 s), and a listener's patience
//! does not.

use flite_rs::text::Token as Spoken;

use super::abbreviation::{self, Stop};
use super::neighbours::Neighbours;
use super::reading::{self, Reading};
use super::token::{Gap, Token};

/// Spoken words after which a sentence is ended at its last clause.
pub(crate) const CLAUSE_WORDS: usize = 60;

/// Spoken words after which a sentence is ended wherever it is.
pub(crate) const SENTENCE_WORDS_MAX: usize = 120;

/// A piece ended at a clause is at least this long: two words alone would be a stumble.
const PIECE_WORDS_MIN: usize = 12;

/// A token of the source and what is said for it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Bytes of the source that its mark covers.
    pub span: std::ops::Range<usize>,
    /// What the synthesizer is given; empty for what is shown and not said.
    pub(crate) spoken: Vec<Spoken>,
}

/// A sentence, ready to be synthesized. Never empty.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    /// What it consists of, in order.
    pub parts: Vec<Part>,
}

impl Sentence {
    fn words(&self) -> usize {
        self.parts.iter().map(|part| part.spoken.len()).sum()
    }
}

/// Common words that begin a sentence, for full stops that belong to an abbreviation.
const STARTERS: [&str; 40] = [
    "The", "A", "An", "This", "That", "These", "Those", "He", "She", "It", "They", "We", "I", "You", "His",
    "Her", "Its", "Their", "Our", "My", "Your", "In", "On", "At", "For", "But", "And", "Or", "So", "If",
    "When", "While", "After", "Before", "Then", "There", "However", "What", "Who", "Why",
];

/// Reads every token and groups the readings into sentences.
pub(crate) fn sentences(tokens: &[Token]) -> Vec<Sentence> {
    let shouting = is_shouting(tokens);
    let mut sentences = Vec::new();
    let mut current = Sentence::default();
    for (at, token) in tokens.iter().enumerate() {
        let here = Neighbours::new(tokens, at, shouting);
        let stop = abbreviation::stop(&here);
        let ends = here.next().is_none_or(|next| is_break(token, next, stop));
        let reading = reading::read(tokens, at, shouting);
        current.parts.extend(part(token, reading, stop.is_some(), ends));
        if ends && !current.parts.is_empty() {
            split(std::mem::take(&mut current), &mut sentences);
        }
    }
    if !current.parts.is_empty() {
        split(current, &mut sentences);
    }
    sentences
}

/// A text mostly in capitals: they are no acronyms.
fn is_shouting(tokens: &[Token]) -> bool {
    let words = tokens.iter().map(|token| token.core.as_str());
    let words = words.filter(|core| {
        core.len() > 1 && core.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'\'')
    });
    let (mut all, mut capital) = (0, 0);
    for word in words {
        all += 1;
        capital += usize::from(!word.bytes().any(|byte| byte.is_ascii_lowercase()));
    }
    capital >= 3 && capital * 2 > all
}

/// Whether a sentence ends between `last` and `next`.
fn is_break(last: &Token, next: &Token, stop: Option<Stop>) -> bool {
    if next.gap == Gap::Paragraph {
        return true;
    }
    let after = last.after.as_str();
    if after.contains(['?', '!']) || (after.contains(':') && next.gap > Gap::None) {
        return true;
    }
    if !after.contains('.') {
        return false;
    }
    let starts_upper = next.core.starts_with(|char: char| char.is_ascii_uppercase());
    let starts_digit = next.core.starts_with(|char: char| char.is_ascii_digit() || char == '$');
    match stop {
        Some(Stop::GoesOn) => false,
        Some(Stop::MayEnd) => STARTERS.contains(&next.core.as_str()) || next.gap == Gap::Line && starts_upper,
        None => starts_upper || (starts_digit && !after.contains("..")) || next.gap == Gap::Line,
    }
}

/// What the synthesizer is given for one token; nothing for a silent one.
fn part(token: &Token, reading: Reading, is_abbreviation: bool, ends: bool) -> Option<Part> {
    let mut names = match reading {
        Reading::Silent => return None,
        Reading::Verbatim => vec![token.core.clone()],
        Reading::Words(words) => words,
    };
    // A symbol that no rule named must not reach the synthesizer, which reads bytes.
    names.iter_mut().for_each(|name| name.retain(|char| char.is_ascii_graphic()));
    names.retain(|name| name.bytes().any(|byte| byte.is_ascii_alphanumeric()));
    if names.is_empty() {
        return None;
    }
    let mut span = token.span.clone();
    let mut after = punctuation(&token.after);
    if is_abbreviation {
        // The full stop is the word's, not the sentence's.
        span.end = token.stop_end.unwrap_or(span.end);
        if !ends && after.starts_with('.') {
            after.remove(0);
        }
    }
    let last = names.len().saturating_sub(1);
    let spoken = names.into_iter().enumerate().map(|(place, name)| Spoken {
        whitespace: " ".to_owned(),
        prepunctuation: if place == 0 { token.before.clone() } else { String::new() },
        punctuation: if place == last { after.clone() } else { String::new() },
        name,
    });
    Some(Part { span, spoken: spoken.collect() })
}

/// Punctuation as the phrasing model knows it: a dash is a comma, and much of anything is enough.
fn punctuation(after: &str) -> String {
    let known = after.replace(" -", ",");
    known.chars().filter(|char| "\"'.,:;!?(){}[]".contains(*char)).take(4).collect()
}

/// Ends a sentence that is too long, at clauses where there are some.
fn split(mut sentence: Sentence, into: &mut Vec<Sentence>) {
    while sentence.words() > CLAUSE_WORDS {
        let Some(at) = clause_end(&sentence) else { break };
        let rest = sentence.parts.split_off(at);
        into.push(std::mem::replace(&mut sentence, Sentence { parts: rest }));
    }
    if !sentence.parts.is_empty() {
        into.push(sentence);
    }
}

/// How many parts make the next piece of a long sentence; nothing when it is short enough after
/// all.
fn clause_end(sentence: &Sentence) -> Option<usize> {
    let mut words = 0;
    let mut best = None;
    for (at, part) in sentence.parts.iter().enumerate() {
        words += part.spoken.len();
        if words > SENTENCE_WORDS_MAX {
            return Some(best.unwrap_or(at.max(1))).filter(|at| *at < sentence.parts.len());
        }
        let ends_clause =
            part.spoken.last().is_some_and(|spoken| spoken.punctuation.contains([',', ';', ':', ')']));
        if ends_clause && words >= PIECE_WORDS_MIN && (words <= CLAUSE_WORDS || best.is_none()) {
            best = Some(at + 1);
        }
    }
    best.filter(|at| *at < sentence.parts.len())
}
