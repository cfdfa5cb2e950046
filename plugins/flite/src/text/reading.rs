//! How a token is read: the first rule that knows it wins.
//!
//! The synthesizer has a reader of its own, and it is good at what it knows: plain words,
//! clitics, acronyms, telephone numbers, ordinals, fractions, decades. It is left to do that. The
//! rules here take what it gets wrong (each has a line in the tests that says so), and give it
//! plain words instead. More specific shapes come first: an address before a date, a date before
//! a number.

use super::neighbours::Neighbours;
use super::quantity::{Quantity, cardinal, is_digits};
use super::token::Token;
use super::{abbreviation, calendar, money, roman, symbol, unit, web};

/// What is handed to the synthesizer for one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The token as it stands.
    Verbatim,
    /// These words in its place.
    Words(Vec<String>),
    /// Nothing: another token says it.
    Silent,
}

/// Reads the token at `at`.
pub(crate) fn read(tokens: &[Token], at: usize, shouting: bool) -> Reading {
    let here = Neighbours::new(tokens, at, shouting);
    let rules = [
        money::read,
        abbreviation::read,
        calendar::read,
        unit::read,
        range,
        number,
        roman::read,
        symbol::read,
    ];
    let words = web::read(here.core()).or_else(|| rules.iter().find_map(|rule| rule(&here)));
    match words {
        Some(words) if words.is_empty() => Reading::Silent,
        Some(words) => Reading::Words(words),
        None => verbatim(&here),
    }
}

/// A token no rule took: as it stands when the synthesizer can read it.
fn verbatim(here: &Neighbours<'_>) -> Reading {
    let core = here.core();
    let is_capitals = core.len() > 1 && !core.bytes().any(|byte| byte.is_ascii_lowercase());
    if here.shouting && is_capitals && core.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Reading::Words(vec![core.to_ascii_lowercase()]);
    }
    let reads = |char: char| char.is_ascii_alphanumeric() || "'.,:/$%-+".contains(char);
    if core.chars().all(reads) && core.len() <= super::token::TOKEN_BYTES_MAX {
        return Reading::Verbatim;
    }
    let parts = core.split(|char: char| !char.is_ascii_alphanumeric() && char != '\'');
    let words: Vec<_> = parts.filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if words.is_empty() { Reading::Silent } else { Reading::Words(words) }
}

/// `10–20`, `$5-$10`, `9:00–17:00`, `Mon–Fri`, `1998–2003`.
fn range(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    let mark = if core.contains('\u{2013}') { '\u{2013}' } else { '-' };
    let (from, to) = core.get(1..).and_then(|_| split_inside(core, mark))?;
    if to.contains(mark) && !to.starts_with('-') {
        return None;
    }
    // A hyphen between bare digits may be a telephone number, which the synthesizer knows.
    if mark == '-' && is_digits(from) && is_digits(to) {
        return None;
    }
    let (from, to) = (end(from, mark, here)?, end(to, mark, here)?);
    let mut words = from;
    words.push("to".to_owned());
    words.extend(to);
    Some(words)
}

/// Splits at the first `mark` that is not the first character.
fn split_inside(core: &str, mark: char) -> Option<(&str, &str)> {
    let at = core.char_indices().skip(1).find(|&(_, char)| char == mark).map(|(at, _)| at)?;
    Some((core.get(..at)?, core.get(at + mark.len_utf8()..)?))
}

/// One end of a range, which must be something that ranges are made of.
fn end(core: &str, mark: char, here: &Neighbours<'_>) -> Option<Vec<String>> {
    if let Some(day) = calendar::long_weekday(core) {
        return Some(vec![day.to_owned()]);
    }
    if mark == '\u{2013}' && core.len() > 1 && core.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return calendar::is_month(core).then(|| vec![core.to_owned()]);
    }
    let token = [Token { core: core.to_owned(), ..Token::default() }];
    let alone = Neighbours::new(&token, 0, here.shouting);
    let plain = || Quantity::whole_of(core).map(|number| number.words());
    money::read(&alone).or_else(|| calendar::read(&alone)).or_else(|| unit::read(&alone)).or_else(plain)
}

/// A number by itself that the synthesizer would misread.
fn number(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if let Some(decade) = core.strip_prefix('\'')
        && decade.ends_with('s')
    {
        return Some(vec![decade.to_owned()]);
    }
    // A decade of four digits: nineteen nineties.
    if let Some((century, decade)) =
        core.strip_suffix("0s").filter(|rest| rest.len() == 3 && is_digits(rest)).map(|rest| rest.split_at(2))
    {
        let mut words = cardinal(century);
        words.push(format!("{decade}0s"));
        return Some(words).filter(|_| decade != "0" && !century.starts_with('0'));
    }
    // Phone numbers and codes in groups are the synthesizer's.
    if is_digits(core) && (core.len() < 4 || core.starts_with('0')) || in_digit_groups(here) {
        return None;
    }
    let (number, rest) = Quantity::prefix(core)?;
    match rest {
        "" => Some(number.words()),
        "M" | "mn" => Some(followed_by(number.words(), "million")),
        "bn" | "Bn" => Some(followed_by(number.words(), "billion")),
        _ => None,
    }
}

fn followed_by(mut words: Vec<String>, last: &str) -> Vec<String> {
    words.push(last.to_owned());
    words
}

/// Whether digits stand on either side: `555 123 4567`.
fn in_digit_groups(here: &Neighbours<'_>) -> bool {
    let is_group =
        |core: Option<&str>| core.is_some_and(|core| is_digits(core) && (3..=4).contains(&core.len()));
    is_group(Some(here.core())) && (is_group(here.close_before()) || is_group(here.close_after()))
}
