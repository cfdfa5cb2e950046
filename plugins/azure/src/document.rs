//! A caller's own SSML, completed and checked.
//!
//! What callers write for any service lacks what this one demands: a version, a language, and all
//! speech inside of a `voice`. So what is missing is added, and nothing that is there is changed.
//! What would be refused is found here, because over REST the service refuses without a word. Only what
//! is no XML is the caller's fault; the rest another service may take.

mod rules;

use roxmltree::{Document, Node};
use understudy_plugin::ssml::{self, Plain};
use understudy_plugin::{Error, TextLimit, text};

use crate::settings::Settings;
use crate::speech::{Draft, MSTTS};

/// The namespace of `speak` and everything without a prefix.
const SYNTHESIS: &str = "http://www.w3.org/2001/10/synthesis";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The longest document, in bytes: what fits into a message of 64 KiB beside its headers.
const DOCUMENT_BYTES_MAX: u32 = (64 << 10) - 512;

/// A document the service takes.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What is sent.
    pub(crate) ssml: String,
    /// The text of what the caller sent, and the way back into it.
    pub(crate) plain: Plain,
    /// A voice in it is one that reports no words.
    pub(crate) has_hd: bool,
    /// The caller names who speaks.
    pub(crate) names_voices: bool,
}

/// Completes and checks a caller's document.
pub(crate) fn prepare(source: &str, draft: &Draft, settings: &Settings) -> Result<Prepared, Error> {
    let plain = ssml::plain(source)?;
    if !text::is_speakable(plain.text()) {
        return Err(Error::unsupported("text in which nothing can be spoken"));
    }
    let rooted = with_root(source, draft)?;
    let (ssml, names_voices) = with_voice(rooted, draft)?;
    if ssml.len() > DOCUMENT_BYTES_MAX as usize {
        return Err(Error::TextTooLong(TextLimit::bytes(DOCUMENT_BYTES_MAX)));
    }
    let document = Document::parse(&ssml).map_err(|error| malformed(&error))?;
    let has_hd = rules::check(&document, settings)?;
    Ok(Prepared { ssml, plain, has_hd, names_voices })
}

/// The same with what its root lacks.
fn with_root(source: &str, draft: &Draft) -> Result<String, Error> {
    let mut source = source.to_owned();
    // An undeclared prefix is no XML, so it cannot be read before it is mended.
    if let Err(roxmltree::Error::UnknownNamespace(prefix, _)) = Document::parse(&source)
        && prefix == "mstts"
    {
        source = source.replacen("<speak", &format!("<speak xmlns:mstts=\"{MSTTS}\""), 1);
    }
    let document = Document::parse(&source).map_err(|error| malformed(&error))?;
    let root = document.root_element();
    let mut missing = String::new();
    if let Some(other) = root.tag_name().namespace().filter(|namespace| *namespace != SYNTHESIS) {
        return Err(refused(&format!("root is of another namespace: {other}")));
    }
    // A root with a prefix needs it as well, for the voice that is put into it has none.
    if root.default_namespace().is_none() {
        missing.push_str(&format!(" xmlns=\"{SYNTHESIS}\""));
    }
    if draft.is_directed && root.lookup_namespace_uri(Some("mstts")).is_none() {
        missing.push_str(&format!(" xmlns:mstts=\"{MSTTS}\""));
    }
    if root.attribute("version").is_none() {
        missing.push_str(" version=\"1.0\"");
    }
    if root.attribute((XML, "lang")).is_none() {
        missing.push_str(&format!(" xml:lang=\"{}\"", draft.language));
    }
    let start = root.range().start;
    let ends_name = |letter: char| letter.is_whitespace() || "/>".contains(letter);
    let length = source.get(start..).and_then(|tag| tag.find(ends_name)).unwrap_or_default();
    let (before, after) = source.split_at_checked(start + length).unwrap_or((&source, ""));
    Ok([before, &missing, after].concat())
}

/// The same with all of it in a voice, when none is named in it; and whether there was one.
fn with_voice(source: String, draft: &Draft) -> Result<(String, bool), Error> {
    let document = Document::parse(&source).map_err(|error| malformed(&error))?;
    let root = document.root_element();
    if root.children().any(|child| rules::is_voice(child)) {
        return match draft.is_directed {
            true => Err(Error::unsupported("controls and styles with a document that names its voices")),
            false => Ok((source, true)),
        };
    }
    let range = |node: Option<Node<'_, '_>>| node.map(|node| node.range());
    let (Some(first), Some(last)) = (range(root.first_child()), range(root.last_child())) else {
        return Err(Error::unsupported("text in which nothing can be spoken"));
    };
    let part = |range: std::ops::Range<usize>| source.get(range).unwrap_or_default();
    let (before, inside, after) =
        (part(0..first.start), part(first.start..last.end), part(last.end..source.len()));
    let (opening, closing) = draft.voice_tags();
    Ok(([before, opening, inside, closing, after].concat(), false))
}

fn malformed(error: &roxmltree::Error) -> Error {
    Error::invalid("utterance", format!("must be well-formed ssml: {error}"))
}

/// What this service does not take.
fn refused(reason: &str) -> Error {
    Error::unsupported(format!("this ssml: {reason}"))
}
