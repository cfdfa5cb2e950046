//! What the service takes in a document, as far as that is documented.
//!
//! The values of attributes are left to the service but for the voice: there are too many forms, and
//! it forgives most. What it never forgives is an element in the wrong place, one it does not know, or
//! one that lacks what it is for.

use roxmltree::{Document, Node};
use understudy_plugin::Error;

use super::{SYNTHESIS, refused};
use crate::settings::Settings;
use crate::speech::MSTTS;
use crate::voices::{self, Known};

/// The most `voice` and `audio` elements.
const VOICES_MAX: usize = 50;
/// The other spelling of the namespace, in use as well.
const MSTTS_SECURE: &str = "https://www.w3.org/2001/mstts";

/// An element, what it must have one of, and whether an HD voice takes it.
type Rule = (&'static str, &'static [&'static str], bool);

const ELEMENTS: [Rule; 12] = [
    ("audio", &["src"], false),
    ("bookmark", &["mark"], false),
    ("break", &[], false),
    ("emphasis", &[], false),
    ("lang", &["lang"], true),
    ("lexicon", &["uri"], true),
    ("p", &[], true),
    ("phoneme", &["ph"], false),
    ("prosody", &["rate", "pitch", "volume", "contour", "range"], false),
    ("s", &[], true),
    ("say-as", &["interpret-as"], true),
    ("sub", &["alias"], true),
];
const MSTTS_ELEMENTS: [Rule; 7] = [
    ("audioduration", &["value"], false),
    ("dialog", &[], true),
    ("express-as", &["style", "role"], false),
    ("silence", &["type"], false),
    ("ttsembedding", &[], false),
    ("turn", &["speaker"], true),
    ("viseme", &["type"], false),
];

/// True for a voice of the document.
pub(super) fn is_voice(node: Node<'_, '_>) -> bool {
    node.has_tag_name((SYNTHESIS, "voice"))
}

/// Checks a document and says whether an HD voice speaks in it.
pub(super) fn check(document: &Document<'_>, settings: &Settings) -> Result<bool, Error> {
    let mut has_hd = false;
    for child in document.root_element().children() {
        match Kind::of(child) {
            Kind::Nothing | Kind::Speech("lexicon") | Kind::Mstts("backgroundaudio" | "voiceconversion") => {}
            Kind::Speech("voice") => has_hd |= check_voice(child, settings)?,
            _ if child.is_text() => return Err(refused("text stands outside of voice")),
            _ => return Err(refused(&format!("element stands outside of voice: {}", name(child)))),
        }
    }
    let count =
        document.descendants().filter(|node| is_voice(*node) || node.has_tag_name((SYNTHESIS, "audio")));
    match count.count() {
        0..=VOICES_MAX => Ok(has_hd),
        count => Err(refused(&format!("more than {VOICES_MAX} voice and audio elements: {count}"))),
    }
}

/// A node as the service's schema sees it.
enum Kind<'input> {
    /// Comments, instructions, white space.
    Nothing,
    Text,
    Speech(&'input str),
    Mstts(&'input str),
    Foreign,
}

impl<'input> Kind<'input> {
    fn of(node: Node<'_, 'input>) -> Self {
        let tag = node.tag_name();
        match tag.namespace() {
            _ if node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty()) => Self::Text,
            _ if !node.is_element() => Self::Nothing,
            Some(SYNTHESIS) => Self::Speech(tag.name()),
            Some(MSTTS | MSTTS_SECURE) => Self::Mstts(tag.name()),
            _ => Self::Foreign,
        }
    }
}

fn check_voice(voice: Node<'_, '_>, settings: &Settings) -> Result<bool, Error> {
    let name = voice.attribute("name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| refused("voice has no name"))?;
    let known = voices::look_up(settings, name)?;
    // The list has short names; the long form is left to the service.
    if matches!(known, Known::Missing) && !name.starts_with("Microsoft Server Speech") {
        return Err(Error::voice_not_found(name));
    }
    let is_hd = known.is_hd(name);
    for element in voice.descendants().skip(1).filter(Node::is_element) {
        check_element(element, is_hd)?;
    }
    Ok(is_hd)
}

fn check_element(element: Node<'_, '_>, is_hd: bool) -> Result<(), Error> {
    let rules: &[Rule] = match Kind::of(element) {
        Kind::Speech(_) => &ELEMENTS,
        Kind::Mstts(_) => &MSTTS_ELEMENTS,
        _ => &[],
    };
    let rule = rules.iter().find(|(known, ..)| *known == element.tag_name().name());
    let Some((_, needed, hd_takes)) = rule else {
        return Err(Error::unsupported(format!("the ssml element: {}", name(element))));
    };
    if is_hd && !hd_takes {
        return Err(Error::unsupported(format!("the ssml element with an HD voice: {}", name(element))));
    }
    // `xml:lang` is the one attribute in a namespace.
    let has = |wanted: &&str| element.attributes().any(|attribute| attribute.name() == *wanted);
    if !needed.is_empty() && !needed.iter().any(has) {
        return Err(refused(&format!("{} lacks {}", name(element), needed.join(" or "))));
    }
    Ok(())
}

/// An element's name as it is usually written.
fn name(element: Node<'_, '_>) -> String {
    match Kind::of(element) {
        Kind::Mstts(local) => format!("mstts:{local}"),
        _ => element.tag_name().name().to_owned(),
    }
}
