//! The text of an SSML document, for subtitles.
//!
//! Word marks of an SSML request hold spans into the document. So its text is made without moving
//! anything: what a tag's bytes leave are spaces where the tag parts words, and fillers that the
//! cues leave out where it does not; a reference leaves its character and fillers. The spans then fit
//! the text as they fitted the document.

use std::borrow::Cow;

use understudy_speech::Utterance;

/// Stands for a byte that is no text. XML allows it nowhere, so no caller's text holds it.
pub(super) const FILLER: char = '\0';

/// The entities XML knows without a declaration.
const ENTITIES: [(&str, char); 5] = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];

/// The longest name between `&` and `;`; numbers may have zeros in front, and nobody writes so many.
const REFERENCE_BYTES_MAX: usize = 32;

/// Elements that part what stands on their two sides.
const PARTING: [&str; 9] = ["audio", "break", "p", "par", "paragraph", "s", "sentence", "speak", "voice"];

/// What may stand in a document and is neither a tag nor read, by its beginning and its end.
const UNREAD: [(&str, &str); 2] = [("<!--", "-->"), ("<?", "?>")];

/// The borders of text in which nothing is markup.
const SECTION: (&str, &str) = ("<![CDATA[", "]]>");

/// What is said of `utterance`, at its own places: a text as it is, a document without its markup as by
/// [`ssml_text`].
#[must_use]
pub fn spoken_text(utterance: &Utterance) -> Cow<'_, str> {
    match utterance {
        Utterance::Text(text) => Cow::Borrowed(text),
        Utterance::Ssml(document) => Cow::Owned(ssml_text(document)),
    }
}

/// The text of `document` at its own places: byte for byte as long as the document.
///
/// For [`super::cues`], in place of the document that the word marks point into.
#[must_use]
pub fn ssml_text(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(next) = rest.chars().next() {
        if let Some(section) = rest.strip_prefix(SECTION.0) {
            let (content, behind) = section.split_once(SECTION.1).unwrap_or((section, ""));
            let closer = section.len() - content.len() - behind.len();
            fill(&mut text, SECTION.0.len());
            text.push_str(content);
            fill(&mut text, closer);
            rest = behind;
            continue;
        }
        let (length, heard) = match next {
            '<' => (markup(rest), parts(rest).then_some(' ')),
            '&' => reference(rest),
            _ => (next.len_utf8(), Some(next)),
        };
        text.extend(heard);
        fill(&mut text, length.saturating_sub(heard.map_or(0, char::len_utf8)));
        rest = rest.get(length..).unwrap_or_default();
    }
    text
}

fn fill(text: &mut String, bytes: usize) {
    text.extend(std::iter::repeat_n(FILLER, bytes));
}

/// Bytes of the tag, comment or instruction `rest` begins with; all of it when it does not end.
fn markup(rest: &str) -> usize {
    if let Some((_, end)) = UNREAD.iter().find(|(begin, _)| rest.starts_with(begin)) {
        return rest.find(end).map_or(rest.len(), |at| at + end.len());
    }
    // An attribute's value may hold what ends a tag.
    let mut quote = None;
    let end = rest.find(|character| {
        match (quote, character) {
            (Some(mark), _) if mark == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            _ => {}
        }
        quote.is_none() && character == '>'
    });
    end.map_or(rest.len(), |at| at + 1)
}

/// The tag `rest` begins with parts words.
fn parts(rest: &str) -> bool {
    let name = rest.trim_start_matches(['<', '/']);
    let name = name.split(|end: char| !end.is_alphanumeric()).next().unwrap_or_default();
    PARTING.contains(&name)
}

/// Bytes and character of the reference `rest` begins with; a lone ampersand is itself. No character is
/// longer than what refers to it.
fn reference(rest: &str) -> (usize, Option<char>) {
    let alone = (1, Some('&'));
    let Some(end) = rest.bytes().take(REFERENCE_BYTES_MAX).position(|byte| byte == b';') else {
        return alone;
    };
    let name = rest.get(1..end).unwrap_or_default();
    let character = match name.strip_prefix('#') {
        Some(number) => numbered(number),
        None => ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character),
    };
    character.map_or(alone, |character| (end + 1, Some(character)))
}

/// The character of a reference by number: `x2019`, `8217`.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32)
}
