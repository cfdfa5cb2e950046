//! Full stops that end a word and no sentence.
//!
//! Kept to what is unambiguous in the languages of the big services. A stop missed here costs a
//! pause in the wrong place; a word too many here only makes a longer sentence, so when in doubt
//! a word is listed. All are lower-case and without their last stop.

/// Words that never end a sentence: titles before a name, and words that announce what follows.
const ALWAYS: &[&str] = &[
    // English
    "mr", "mrs", "ms", "mx", "dr", "prof", "rev", "hon", "gen", "col", "lt", "sgt", "capt", "cpt", "cmdr",
    "adm", "maj", "gov", "sen", "rep", "pres", "st", "mt", "ft", "messrs", "vs", "cf", "viz", "e.g", "i.e",
    "eg", "ie", "approx", "ca", "al", "ave", // German
    "hr", "fr", "frl", "bzw", "z.b", "d.h", "u.a", "z.t", "s.o", "s.u", "vgl", "ggf", "evtl", "inkl", "zzgl",
    "ing", "dipl", "geb", "sog", // French
    "mme", "mmes", "mlle", "mgr", "p.ex", // Spanish, Portuguese and Italian
    "sra", "srta", "dra", "ud", "uds", "p.ej", "exmo", "exma", "sig", "dott", "ing", "avv", "on",
];

/// Words that announce a number, and end a sentence before anything else.
const BEFORE_NUMBER: &[&str] = &[
    "no", "nos", "nr", "vol", "p", "pp", "fig", "figs", "sec", "ch", "chap", "art", "eq", "ver", "para",
    "núm", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
];

/// Months that follow a day's number with a stop: `am 3. Oktober`.
const GERMAN_MONTHS: &[&str] = &[
    "januar",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
    "jänner",
];

/// Words that so often start a sentence that one begins even after an initialism: `in the U.S. The`.
const OPENERS: &[&str] = &[
    "a", "after", "all", "and", "as", "at", "but", "for", "he", "her", "his", "how", "however", "i", "if",
    "in", "it", "its", "my", "no", "now", "on", "our", "she", "so", "some", "that", "the", "their", "then",
    "there", "these", "they", "this", "those", "to", "we", "what", "when", "where", "who", "why", "yes",
    "you", "your",
];

/// True when the stop after `token` ends no sentence. `next` is the word that follows it, and
/// `opens_line` says that nothing stands before the token in its line.
pub(super) fn continues(token: &str, next: &str, opens_line: bool) -> bool {
    let word = token.to_lowercase();
    let follows = next.to_lowercase();
    if word.is_empty() {
        return false;
    }
    if word.chars().all(|character| character.is_ascii_digit()) {
        let day = word.len() <= 2 && GERMAN_MONTHS.contains(&follows.as_str());
        return opens_line || day;
    }
    if ALWAYS.contains(&word.as_str()) {
        return true;
    }
    if BEFORE_NUMBER.contains(&word.as_str()) {
        return follows.starts_with(|first: char| first.is_ascii_digit());
    }
    is_initialism(token) && !OPENERS.contains(&follows.as_str())
}

/// `J` and `U.S`, but not `I`, and not `p.m` or `a.m`, after which a capital starts a sentence.
fn is_initialism(token: &str) -> bool {
    if matches!(token.to_lowercase().as_str(), "i" | "a.m" | "p.m") {
        return false;
    }
    let mut letters = token.split('.');
    letters.all(|part| {
        let mut characters = part.chars();
        matches!((characters.next(), characters.next()), (Some(letter), None) if letter.is_alphabetic())
    })
}
