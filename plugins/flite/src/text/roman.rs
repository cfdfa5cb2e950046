//! Roman numerals, where the word before them says that they are no letters.
//!
//! `Henry VIII` is the eighth, `Chapter IV` and `Super Bowl LVII` are counted, `I` is mostly a
//! person and `CD` mostly a disc. The synthesizer knows numerals up to thirty and a short list of
//! kings; here any capitalised name carries one, and a title makes it an ordinal.

use flite_rs::numbers;

use super::neighbours::Neighbours;

/// Values of the letters, greatest first, the subtractive pairs among them.
const VALUES: [(&str, u32); 13] = [
    ("M", 1000),
    ("CM", 900),
    ("D", 500),
    ("CD", 400),
    ("C", 100),
    ("XC", 90),
    ("L", 50),
    ("XL", 40),
    ("X", 10),
    ("IX", 9),
    ("V", 5),
    ("IV", 4),
    ("I", 1),
];

/// Well-formed numerals that mean something else far more often.
const WORDS: [&str; 14] =
    ["CD", "DC", "MD", "CV", "MC", "DI", "LI", "MI", "CI", "XL", "MM", "CC", "DL", "MIX"];

/// Nouns that are counted with Roman numerals, one-letter ones too.
const COUNTED: [&str; 30] = [
    "chapter", "part", "section", "volume", "vol", "book", "act", "scene", "article", "appendix", "figure",
    "table", "title", "phase", "type", "level", "grade", "stage", "class", "mark", "war", "bowl", "canto",
    "verse", "episode", "season", "tier", "category", "apollo", "schedule",
];

/// Names of rulers and popes, whose numeral is an ordinal.
const REGNAL: [&str; 34] = [
    "louis",
    "henry",
    "charles",
    "philip",
    "george",
    "edward",
    "pius",
    "william",
    "richard",
    "ptolemy",
    "john",
    "paul",
    "peter",
    "nicholas",
    "frederick",
    "james",
    "alfonso",
    "ivan",
    "napoleon",
    "leo",
    "gregory",
    "catherine",
    "alexander",
    "elizabeth",
    "mary",
    "benedict",
    "innocent",
    "clement",
    "francis",
    "ferdinand",
    "robert",
    "ramses",
    "ramesses",
    "haakon",
];

/// Titles that make the next name's numeral an ordinal.
const TITLES: [&str; 12] = [
    "king", "queen", "pope", "duke", "tsar", "emperor", "shah", "caesar", "kaiser", "empress", "sultan",
    "prince",
];

/// Reads a numeral in a context that calls for one.
pub(crate) fn read(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    let value = value(core)?;
    let before = here.close_before()?;
    let lower = before.to_ascii_lowercase();
    let digits = value.to_string();
    let is_titled = here.before(2).is_some_and(|title| TITLES.contains(&title.to_ascii_lowercase().as_str()));
    let is_name = before.len() > 1 && before.starts_with(|char: char| char.is_ascii_uppercase());
    if is_name
        && (REGNAL.contains(&lower.as_str()) || is_titled)
        && (core != "I" || is_titled || ends_clause(here))
    {
        let mut words = vec!["the".to_owned()];
        words.extend(numbers::ordinal(&digits));
        return Some(words);
    }
    let counted = COUNTED.contains(&lower.as_str()) && (is_name || core != "I");
    // A capitalised word alone would make "CD" a number in "Buy CD" and "I" one in "Should I".
    let named = is_name && !here.shouting && core.len() > 1 && !WORDS.contains(&core) && value < 100;
    (counted || named).then(|| numbers::cardinal(&digits))
}

/// "Elizabeth I" before a pause is the first; "Elizabeth I know" is not.
fn ends_clause(here: &Neighbours<'_>) -> bool {
    here.token().is_some_and(|token| !token.after.is_empty()) || here.next().is_none()
}

/// The value of a well-formed numeral: the one spelling that the value has.
fn value(text: &str) -> Option<u32> {
    let mut rest = text;
    let mut value = 0;
    while let Some((letters, worth)) = VALUES.iter().find(|(letters, _)| rest.starts_with(letters)) {
        rest = rest.get(letters.len()..)?;
        value += worth;
    }
    (rest.is_empty() && (1..4000).contains(&value) && spelling(value) == text).then_some(value)
}

fn spelling(mut value: u32) -> String {
    let mut text = String::new();
    for (letters, worth) in VALUES {
        while value >= worth {
            text.push_str(letters);
            value -= worth;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_numerals_have_a_value() {
        for (text, expected) in [
            ("I", Some(1)),
            ("IV", Some(4)),
            ("VIII", Some(8)),
            ("XIV", Some(14)),
            ("LVII", Some(57)),
            ("MCMXCIV", Some(1994)),
            ("MMXXVI", Some(2026)),
            ("IIII", None),
            ("VX", None),
            ("IC", None),
            ("DVD", None),
            ("", None),
            ("iv", None),
            ("IVI", None),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }
}
