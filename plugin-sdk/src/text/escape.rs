//! Text inside XML.

use std::borrow::Cow;

/// Makes text fit for XML 1.0, in content as well as in quoted attribute values.
///
/// `& < > " '` become references. Characters no XML document can hold, most of the control
/// characters, are dropped: there is no way to write them, and services refuse the whole document.
///
/// ```
/// use understudy_plugin::text::escape_xml;
/// assert_eq!(escape_xml("Tom & \"Jerry\"\u{0}"), "Tom &amp; &quot;Jerry&quot;");
/// ```
#[must_use]
pub fn escape_xml(text: &str) -> Cow<'_, str> {
    let plain = |character: char| !"&<>\"'".contains(character) && in_xml(character);
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other if in_xml(other) => escaped.push(other),
            _ => {}
        }
    }
    Cow::Owned(escaped)
}

/// The production `Char` of XML 1.0 (fifth edition) §2.2.
pub(crate) const fn in_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
