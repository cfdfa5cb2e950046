//! Which SSML the service accepts, and the words it refuses the rest with.
//!
//! The same text is an HTTP/1.1 reason phrase over REST and a close reason over the WebSocket.
//! Where the service's own wording is not on record the refusal is the generic `SSML is invalid`.

mod attribute;
mod element;

use roxmltree::{Document, Node};

use super::voice::{self, AzureVoice};
use crate::ssml::{Beat, Percent, beats};

/// The most `voice` and `audio` elements in one document.
const VOICES_MAX: usize = 50;
/// The namespace of `speak` and everything without a prefix.
pub(crate) const SYNTHESIS: &str = "http://www.w3.org/2001/10/synthesis";
/// The namespace of the service's own elements; documents in the wild use either scheme.
const MSTTS: [&str; 2] = ["http://www.w3.org/2001/mstts", "https://www.w3.org/2001/mstts"];

/// The refusal the service words most often.
pub(crate) const INVALID: &str = "SSML is invalid";

/// The refusal of names of another form, as far as it is on record: a close frame cut it.
pub(crate) const STANDARD: &str =
    "Starting September 1st, 2021 standard voices will no longer be supported for new users. Please use n";

/// A document the service would speak.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) voice: &'static AzureVoice,
    pub(crate) beats: Vec<Beat>,
}

/// Reads and judges a document; the error is what the service says.
pub(crate) fn judge(ssml: &str) -> Result<Accepted, String> {
    let document = Document::parse(ssml).map_err(|error| malformed(ssml, &error))?;
    let root = document.root_element();
    speak(root)?;
    let mut first = None;
    for child in root.children().filter(|child| !child.is_comment() && !is_blank(*child)) {
        match name(child) {
            Name::Speech("voice") => first = first.or(Some(voice(child)?)),
            Name::Speech("lexicon") | Name::Mstts("backgroundaudio" | "voiceconversion") => {}
            Name::Speech(other) => return Err(misplaced(other)),
            Name::Mstts(other) => return Err(misplaced(&format!("mstts:{other}"))),
            Name::Text => return Err(misplaced("#text")),
            Name::Foreign => return Err(INVALID.to_owned()),
        }
    }
    let voices =
        root.descendants().filter(|node| matches!(name(*node), Name::Speech("voice" | "audio"))).count();
    match first {
        Some(voice) if voices <= VOICES_MAX => {
            Ok(Accepted { voice, beats: beats(&document, Percent::Change) })
        }
        _ => Err(INVALID.to_owned()),
    }
}

/// A node as the service's schema sees it.
enum Name<'node> {
    Text,
    Speech(&'node str),
    Mstts(&'node str),
    Foreign,
}

fn name<'input>(node: Node<'_, 'input>) -> Name<'input> {
    if !node.is_element() {
        return Name::Text;
    }
    match node.tag_name().namespace() {
        Some(SYNTHESIS) => Name::Speech(node.tag_name().name()),
        Some(space) if MSTTS.contains(&space) => Name::Mstts(node.tag_name().name()),
        _ => Name::Foreign,
    }
}

/// The root element: its name, version, namespace and language.
fn speak(root: Node<'_, '_>) -> Result<(), String> {
    let language = root.attribute(("http://www.w3.org/XML/1998/namespace", "lang")).unwrap_or_default();
    let good = matches!(name(root), Name::Speech("speak"))
        && root.attribute("version") == Some("1.0")
        && !language.trim().is_empty();
    if good { Ok(()) } else { Err(INVALID.to_owned()) }
}

fn voice(node: Node<'_, '_>) -> Result<&'static AzureVoice, String> {
    let asked = node.attribute("name").ok_or_else(|| INVALID.to_owned())?;
    let voice = voice::find(asked).ok_or_else(|| unknown_voice(asked))?;
    for inner in node.descendants().skip(1).filter(Node::is_element) {
        element::check(inner, voice).ok_or_else(|| INVALID.to_owned())?;
    }
    Ok(voice)
}

/// What a name without a voice is refused with. One that is no neural voice's, the empty one too, is
/// taken for one of the voices the service had before those.
pub(super) fn unknown_voice(name: &str) -> String {
    let is_neural = name.trim_end_matches(')').ends_with("Neural");
    if is_neural { format!("Unsupported voice {name}.") } else { STANDARD.to_owned() }
}

fn misplaced(child: &str) -> String {
    format!("Node [speak] with type [RootSpeak] should not contain node [{child}] with type [Others].")
}

fn is_blank(node: Node<'_, '_>) -> bool {
    node.is_text() && node.text().is_none_or(|text| text.trim().is_empty())
}

/// The service's XML reader is .NET's, and so are its words.
fn malformed(ssml: &str, error: &roxmltree::Error) -> String {
    let position = error.pos();
    let (line, column) = (position.row, position.col);
    if ssml.trim_start().starts_with('<') {
        format!("The SSML is not well-formed XML. Line {line}, position {column}.")
    } else {
        "Data at the root level is invalid. Line 1, position 1.".to_owned()
    }
}

#[cfg(test)]
mod tests;
