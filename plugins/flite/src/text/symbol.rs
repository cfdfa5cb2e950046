//! Symbols, and words with symbols in them: `&`, `C++`, `R&B`, `x²`, `#1`, `≥5`.

use flite_rs::numbers;

use super::neighbours::Neighbours;
use super::quantity::{Quantity, cardinal, is_digits};
use super::spelling::letters;

/// Symbols that are a word wherever they stand.
const NAMES: &[(&str, &str)] = &[
    ("&", "and"),
    ("+", "plus"),
    ("=", "equals"),
    ("@", "at"),
    ("%", "percent"),
    ("<", "less than"),
    (">", "greater than"),
    ("\\", "backslash"),
    ("\u{d7}", "times"),
    ("\u{f7}", "divided by"),
    ("\u{b1}", "plus or minus"),
    ("\u{2248}", "approximately"),
    ("\u{2264}", "less than or equal to"),
    ("\u{2265}", "greater than or equal to"),
    ("\u{2260}", "not equal to"),
    ("\u{2192}", "to"),
    ("\u{a7}", "section"),
    ("\u{a9}", "copyright"),
    ("\u{b0}", "degrees"),
    ("\u{221e}", "infinity"),
    ("\u{221a}", "the square root of"),
    ("\u{b5}", "micro"),
    ("*", "times"),
    ("/", "slash"),
];

/// Signs before a number.
const PREFIXES: &[(&str, &str)] = &[
    ("#", "number"),
    ("~", "about"),
    ("\u{2248}", "about"),
    ("<", "less than"),
    (">", "more than"),
    ("\u{2264}", "at most"),
    ("\u{2265}", "at least"),
    ("\u{b1}", "plus or minus"),
    ("\u{d7}", "times"),
    ("=", "equals"),
    ("@", "at"),
    ("&", "and"),
    ("\u{a7}", "section"),
    ("\u{221a}", "the square root of"),
];

/// Reads a symbol, or a token built with one.
pub(crate) fn read(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if core == "*" && here.before(1).is_none_or(|before| Quantity::whole_of(before).is_none()) {
        return Some(Vec::new());
    }
    if let Some((_, name)) = NAMES.iter().find(|(symbol, _)| *symbol == core) {
        return Some(words(name));
    }
    signed(core).or_else(|| power(core)).or_else(|| language(core)).or_else(|| joined(core))
}

/// `#1`, `~5`, `≥3.5`.
fn signed(core: &str) -> Option<Vec<String>> {
    let (sign, name) = PREFIXES.iter().find(|(sign, _)| core.starts_with(sign))?;
    let number = Quantity::whole_of(core.strip_prefix(sign)?)?;
    let mut spoken = words(name);
    spoken.extend(number.words());
    Some(spoken)
}

/// `x²`, `10^6`.
fn power(core: &str) -> Option<Vec<String>> {
    let at = core.find(['\u{b2}', '\u{b3}', '^'])?;
    let (base, exponent) = core.split_at(at);
    let mut spoken = match Quantity::whole_of(base) {
        Some(number) => number.words(),
        None if base.len() == 1 => letters(base),
        None if base.bytes().all(|byte| byte.is_ascii_alphabetic()) => vec![base.to_owned()],
        None => return None,
    };
    match exponent {
        "\u{b2}" => spoken.push("squared".to_owned()),
        "\u{b3}" => spoken.push("cubed".to_owned()),
        _ => {
            let digits: String = exponent.chars().filter(char::is_ascii_digit).collect();
            // A figure after a word is a footnote's.
            if base.len() > 1 && Quantity::whole_of(base).is_none() {
                return Some(spoken);
            }
            spoken.extend(words("to the"));
            spoken.extend(if digits.is_empty() { words("power") } else { numbers::ordinal(&digits) });
        }
    }
    Some(spoken)
}

/// `C++`, `C#`, `A+`.
fn language(core: &str) -> Option<Vec<String>> {
    let at = core.find(['+', '#']).filter(|at| *at > 0)?;
    let (name, marks) = core.split_at(at);
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || !marks.bytes().all(|byte| byte == b'+' || byte == b'#')
    {
        return None;
    }
    let mut spoken = part(name);
    spoken.extend(marks.chars().map(|mark| if mark == '+' { "plus" } else { "sharp" }.to_owned()));
    Some(spoken)
}

/// `R&B`, `and/or`, `snake_case`, `a=b`, `user@host`.
fn joined(core: &str) -> Option<Vec<String>> {
    if !core.contains(['&', '_', '=', '@', '/', '*', '+']) || fraction(core) {
        return None;
    }
    let mut spoken = Vec::new();
    for piece in core.split_inclusive(['&', '_', '=', '@', '/', '*', '+']) {
        let (name, mark) = match piece.chars().next_back() {
            Some(mark) if "&_=@/*+".contains(mark) => {
                (piece.get(..piece.len() - 1).unwrap_or_default(), Some(mark))
            }
            _ => (piece, None),
        };
        spoken.extend(part(name));
        spoken.extend(mark.and_then(joiner).map(str::to_owned));
    }
    Some(spoken)
}

/// Digits on both sides of one slash: the synthesizer reads those.
fn fraction(core: &str) -> bool {
    core.split_once('/').is_some_and(|(over, under)| is_digits(over) && is_digits(under))
}

fn joiner(mark: char) -> Option<&'static str> {
    match mark {
        '&' => Some("and"),
        '=' => Some("equals"),
        '@' => Some("at"),
        '/' => Some("slash"),
        '*' => Some("times"),
        '+' => Some("plus"),
        _ => None,
    }
}

/// A piece between symbols, left for the synthesizer to say.
fn part(name: &str) -> Vec<String> {
    match name {
        "" => Vec::new(),
        _ if is_digits(name) => cardinal(name),
        _ if name.len() == 1 => letters(name),
        _ => vec![name.to_owned()],
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
