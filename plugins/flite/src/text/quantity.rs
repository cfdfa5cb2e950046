//! Numbers as they are written in running text: signs, thousands separators, decimals.
//!
//! The synthesizer's own reader takes `1,234` and `3.5` but neither `1,234.5` nor a unit after a
//! decimal, and reads `123456` digit by digit. What follows a number (a unit, a currency, a
//! percent sign, a second number) is for the callers; here it is parsed once and put into words.

use flite_rs::numbers;

/// Digits past which a whole number is read digit by digit: nobody says quadrillions.
const CARDINAL_DIGITS_MAX: usize = 12;

/// A decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quantity<'text> {
    sign: Option<char>,
    /// Digits before the point, separators taken out. Empty for `.5`.
    whole: String,
    /// Digits after the point.
    decimals: Option<&'text str>,
}

impl<'text> Quantity<'text> {
    /// The number that `text` begins with, and what comes after it.
    pub(crate) fn prefix(text: &'text str) -> Option<(Self, &'text str)> {
        let sign = text.chars().next().filter(|char| "+-".contains(*char));
        let unsigned = text.get(sign.map_or(0, char::len_utf8)..)?;
        let (whole, rest) = whole(unsigned);
        let (decimals, rest) = match rest.strip_prefix('.') {
            Some(after) if after.starts_with(|char: char| char.is_ascii_digit()) => {
                let end = digits(after);
                (after.get(..end), after.get(end..)?)
            }
            _ => (None, rest),
        };
        let is_number = !whole.is_empty() || decimals.is_some();
        is_number.then_some((Self { sign, whole, decimals }, rest))
    }

    /// The number that `text` is.
    pub(crate) fn whole_of(text: &'text str) -> Option<Self> {
        Self::prefix(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
    }

    /// Exactly one: what follows is singular.
    pub(crate) fn is_one(&self) -> bool {
        self.whole == "1" && self.decimals.is_none()
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.sign.is_none() && self.decimals.is_none() && self.whole.bytes().all(|byte| byte == b'0')
    }

    pub(crate) fn decimals(&self) -> Option<&str> {
        self.decimals
    }

    /// The same number without what comes after the point.
    pub(crate) fn truncated(&self) -> Self {
        Self { sign: self.sign, whole: self.whole.clone(), decimals: None }
    }

    /// The number in words.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        match self.sign {
            Some('-') => words.push("minus".to_owned()),
            Some(_) => words.push("plus".to_owned()),
            None => {}
        }
        words.extend(cardinal(&self.whole));
        if let Some(decimals) = self.decimals {
            words.push("point".to_owned());
            words.extend(numbers::digits(decimals));
        }
        words
    }
}

/// A whole number in words; one with a leading zero, or a very long one, digit by digit.
pub(crate) fn cardinal(digits: &str) -> Vec<String> {
    let is_code = digits.len() > 1 && digits.starts_with('0') || digits.len() > CARDINAL_DIGITS_MAX;
    if is_code { numbers::digits(digits) } else { numbers::cardinal(digits) }
}

/// The number of digits that `text` begins with.
pub(crate) fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// True when `text` is digits alone.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && digits(text) == text.len()
}

/// Digits with or without separators, and the rest.
fn whole(text: &str) -> (String, &str) {
    let first = digits(text);
    let mut end = first;
    // Separators count only when every group after them has three digits.
    while (1..=3).contains(&first) {
        let Some(group) = text.get(end..).and_then(|rest| rest.strip_prefix(',')) else { break };
        if digits(group) != 3 {
            break;
        }
        end += 4;
    }
    let whole = text.get(..end).unwrap_or_default().chars().filter(|&char| char != ',').collect();
    (whole, text.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &str, rest: &str) {
        let (number, after) = Quantity::prefix(text).expect("a number");
        assert_eq!((number.words().join(" ").as_str(), after), (words, rest), "{text}");
    }

    #[test]
    fn numbers_are_read_with_signs_separators_and_decimals() {
        check("42", "forty two", "");
        check("0", "zero", "");
        check("-3.25kg", "minus three point two five", "kg");
        check("1,234.5", "one thousand two hundred thirty four point five", "");
        check("1,234,567%", "one million two hundred thirty four thousand five hundred sixty seven", "%");
        check("123456", "one hundred twenty three thousand four hundred fifty six", "");
        check("1,23", "one", ",23");
        check(".5", "point five", "");
        check("007", "zero zero seven", "");
        check("5.", "five", ".");
        check("1234567890123", "one two three four five six seven eight nine zero one two three", "");
        assert_eq!(Quantity::prefix("x5"), None);
        assert_eq!(Quantity::prefix("-"), None);
        assert_eq!(Quantity::prefix(""), None);
    }
}
