//! Amounts of money: the unit is written first and said last.
//!
//! The synthesizer reads `$5.20` and knows no other currency. Here every amount goes through one
//! table, with the minor unit when there are two decimals and the magnitude (`$1.5 million`,
//! `€5bn`) before the unit.

use super::neighbours::Neighbours;
use super::quantity::{Quantity, cardinal};
use super::unit;

struct Currency {
    marks: &'static [&'static str],
    one: &'static str,
    many: &'static str,
    minor: Option<(&'static str, &'static str)>,
}

const CENTS: Option<(&str, &str)> = Some(("cent", "cents"));

/// Longer marks before shorter ones: `US$` is not `$`.
const CURRENCIES: [Currency; 11] = [
    Currency { marks: &["US$", "$", "USD"], one: "dollar", many: "dollars", minor: CENTS },
    Currency { marks: &["A$", "AUD"], one: "Australian dollar", many: "Australian dollars", minor: CENTS },
    Currency { marks: &["C$", "CAD"], one: "Canadian dollar", many: "Canadian dollars", minor: CENTS },
    Currency { marks: &["\u{20ac}", "EUR"], one: "euro", many: "euros", minor: CENTS },
    Currency { marks: &["\u{a3}", "GBP"], one: "pound", many: "pounds", minor: Some(("penny", "pence")) },
    Currency { marks: &["\u{a5}", "JPY"], one: "yen", many: "yen", minor: None },
    Currency { marks: &["CNY", "RMB"], one: "yuan", many: "yuan", minor: None },
    Currency { marks: &["\u{20b9}", "INR"], one: "rupee", many: "rupees", minor: None },
    Currency { marks: &["CHF"], one: "Swiss franc", many: "Swiss francs", minor: None },
    Currency { marks: &["BTC"], one: "bitcoin", many: "bitcoins", minor: None },
    Currency { marks: &["\u{a2}"], one: "cent", many: "cents", minor: None },
];

/// Magnitudes written after an amount.
const MAGNITUDES: [(&str, &str); 13] = [
    ("k", "thousand"),
    ("K", "thousand"),
    ("m", "million"),
    ("M", "million"),
    ("mn", "million"),
    ("mil", "million"),
    ("MM", "million"),
    ("b", "billion"),
    ("B", "billion"),
    ("bn", "billion"),
    ("Bn", "billion"),
    ("T", "trillion"),
    ("tn", "trillion"),
];

/// Magnitudes written as a word of their own.
const ILLIONS: [&str; 6] = ["hundred", "thousand", "million", "billion", "trillion", "quadrillion"];

/// Reads an amount, a magnitude after one, or a currency sign that stands by itself.
pub(crate) fn read(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if is_illion(core)
        && let Some((currency, _)) = here.close_before().and_then(amount)
    {
        return Some(vec![core.to_owned(), currency.many.to_owned()]);
    }
    if let Some(currency) = by_mark(core) {
        return lone_mark(here, currency);
    }
    // "$20/hr": an amount for each of something.
    if let Some((paid, unit)) = core.split_once('/')
        && let Some((currency, text)) = amount(paid)
        && let Some(unit) = unit::singular(unit)
    {
        let mut spoken = in_words(currency, text, false)?;
        spoken.push("per".to_owned());
        spoken.extend(words(unit));
        return Some(spoken);
    }
    // "€ 5": the sign is the token before.
    let (currency, text) = match here.close_before().and_then(by_mark) {
        Some(currency) if Quantity::whole_of(core).is_some() => (currency, core),
        _ => amount(core)?,
    };
    in_words(currency, text, here.close_after().is_some_and(is_illion))
}

/// A currency sign or code by itself: said after a number, silent before one.
fn lone_mark(here: &Neighbours<'_>, currency: &Currency) -> Option<Vec<String>> {
    let is_number = |core: &str| Quantity::whole_of(core).is_some();
    if here.close_after().is_some_and(is_number) {
        return Some(Vec::new());
    }
    let number = here.close_before().and_then(Quantity::whole_of);
    let is_code = here.core().len() == 3 && here.core().is_ascii();
    match number {
        Some(number) => Some(words(if number.is_one() { currency.one } else { currency.many })),
        None if is_code => None,
        None => Some(words(currency.many)),
    }
}

/// The currency and the number of an amount, the sign on either side.
fn amount(core: &str) -> Option<(&'static Currency, &str)> {
    let (sign, unsigned) = match core.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", core),
    };
    let marks =
        CURRENCIES.iter().flat_map(|currency| currency.marks.iter().map(move |mark| (currency, *mark)));
    for (currency, mark) in marks {
        if let Some(rest) = unsigned.strip_prefix(mark)
            && let Some((_, after)) = Quantity::prefix(rest)
            && (after.is_empty() || is_magnitude(after))
        {
            // The words of "-$5" begin with the sign, and `-` stands right before the mark.
            return Some((currency, if sign.is_empty() { rest } else { core }));
        }
        if let Some(rest) = core.strip_suffix(mark)
            && let Some((_, after)) = Quantity::prefix(rest)
            && (after.is_empty() || is_magnitude(after))
        {
            return Some((currency, rest));
        }
    }
    None
}

fn in_words(currency: &Currency, text: &str, illion_follows: bool) -> Option<Vec<String>> {
    let unmarked: String = text.chars().filter(|char| !is_sign(*char)).collect();
    let (number, after) = Quantity::prefix(&unmarked)?;
    if illion_follows {
        return Some(number.words());
    }
    if let Some((_, magnitude)) = MAGNITUDES.iter().find(|(mark, _)| *mark == after) {
        let mut spoken = number.words();
        spoken.push((*magnitude).to_owned());
        spoken.extend(words(currency.many));
        return Some(spoken);
    }
    let (Some(minor), Some(decimals)) =
        (currency.minor, number.decimals().filter(|decimals| decimals.len() == 2))
    else {
        let mut spoken = number.words();
        spoken.extend(words(if number.is_one() { currency.one } else { currency.many }));
        return Some(spoken);
    };
    let major = number.truncated();
    let cents = decimals.trim_start_matches('0');
    let mut spoken = Vec::new();
    if !major.is_zero() || cents.is_empty() {
        spoken.extend(major.words());
        spoken.extend(words(if major.is_one() { currency.one } else { currency.many }));
    }
    if !cents.is_empty() {
        spoken.extend(cardinal(cents));
        spoken.push(if cents == "1" { minor.0 } else { minor.1 }.to_owned());
    }
    Some(spoken)
}

fn is_sign(char: char) -> bool {
    CURRENCIES.iter().flat_map(|currency| currency.marks).any(|mark| mark.chars().eq([char]))
}

fn by_mark(core: &str) -> Option<&'static Currency> {
    CURRENCIES.iter().find(|currency| currency.marks.contains(&core))
}

fn is_magnitude(text: &str) -> bool {
    MAGNITUDES.iter().any(|(mark, _)| *mark == text)
}

fn is_illion(core: &str) -> bool {
    ILLIONS.contains(&core)
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
