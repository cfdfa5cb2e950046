//! The text of an SSML document, for subtitles.
//!
//! Word marks of an SSML request hold spans into the document. So its text is made without moving
//! anything: what a tag's bytes leave are spaces where the tag parts words, and fillers that the
//! cues leave out where it does not; an entity leaves its character and fillers. The spans then fit
//! the text as they fitted the document.

/// Stands for a byte that is no text. XML allows it nowhere, so no caller's text holds it.
pub(super) const FILLER: char = '\0';

/// The entities XML knows without a declaration.
const ENTITIES: [(&str, char); 5] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];

/// Elements that part what stands on their two sides.
const PARTING: [&str; 6] = ["audio", "break", "p", "par", "s", "speak"];

/// The text of `document` at its own places: byte for byte as long as the document.
///
/// For [`super::cues`], in place of the document that the word marks point into.
#[must_use]
pub fn ssml_text(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(next) = rest.chars().next() {
        let (length, heard) = match next {
            '<' => (markup(rest), if parts(rest) { Some(' ') } else { None }),
            '&' => entity(rest),
            _ => (next.len_utf8(), Some(next)),
        };
        text.extend(heard);
        let silent = length.saturating_sub(heard.map_or(0, char::len_utf8));
        text.extend(std::iter::repeat_n(FILLER, silent));
        rest = rest.get(length..).unwrap_or_default();
    }
    text
}

/// Bytes of the tag or comment `rest` begins with; all of it when it does not end.
fn markup(rest: &str) -> usize {
    let end = if rest.starts_with("<!--") { "-->" } else { ">" };
    rest.find(end).map_or(rest.len(), |at| at + end.len())
}

/// The tag or comment `rest` begins with parts words.
fn parts(rest: &str) -> bool {
    let name = rest.trim_start_matches(['<', '/']);
    let name = name.split(|end: char| !end.is_alphanumeric()).next().unwrap_or_default();
    rest.starts_with("<!--") || PARTING.contains(&name)
}

/// Bytes and character of the entity `rest` begins with; a lone ampersand is itself.
fn entity(rest: &str) -> (usize, Option<char>) {
    let known = ENTITIES.iter().find(|(name, _)| rest.starts_with(name));
    known.map_or((1, Some('&')), |(name, character)| (name.len(), Some(*character)))
}
