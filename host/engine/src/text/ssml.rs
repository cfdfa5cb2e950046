//! Is it an SSML document that any service may be sent?
//!
//! Services answer broken SSML with an empty 400 (Azure), a closed socket (Edge) or by reading the
//! tags aloud, so it is checked here, where the place can be named. The parser is `quick-xml`: it
//! reads events and expands nothing, so that depth can be bounded while reading, and it does not
//! insist on declared namespace prefixes, which Polly's own examples (`amazon:effect`) do not have.
//! What it leaves to its caller is done here: one root, its name, nothing around it, unique and quoted
//! attributes, known entities.
//!
//! Which elements a service knows is the service's business.

use quick_xml::XmlVersion;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::fault::{SsmlProblem, TextFault};
use super::span_map::SpanMap;

/// Elements inside of one another; real documents have ten.
const DEPTH_MAX: usize = 64;
/// Attributes of one element. Looking for doubles among them is quadratic.
const ATTRIBUTES_MAX: usize = 64;
const ROOT: &str = "speak";

/// Elements that end a sentence: what stands on either side of one is not read as one word.
const SENTENCES: [&str; 5] = ["p", "s", "paragraph", "sentence", "voice"];

/// What a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// A letter or a digit to read, or audio to play.
    pub(super) speaks: bool,
    /// Any text at all but white space.
    pub(super) has_text: bool,
    /// What is read out, without tags and with every reference resolved; empty unless it is wanted.
    pub(super) read: String,
}

/// Reads all of `document`. What is read out is put together when it is `wanted`. Faults are placed in the
/// text as its caller wrote it, where the spans lead.
pub(super) fn check(
    document: &str,
    wanted: bool,
    (written, spans): (&str, &SpanMap),
) -> Result<Document, TextFault> {
    let fault = |at: u64, problem| {
        let at = usize::try_from(at).unwrap_or(document.len()).min(document.len());
        fault(written, spans.original(at..at).start, problem)
    };
    let mut reader = Reader::from_str(document);
    reader.config_mut().enable_all_checks(true);
    let mut check = Check { wanted, ..Check::default() };
    loop {
        let start = reader.buffer_position();
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => check.take(&event, start).map_err(|problem| fault(start, problem))?,
            Err(error) => return Err(fault(reader.error_position(), malformed(&error))),
        }
    }
    if check.depth > 0 {
        let problem = SsmlProblem::Malformed("an element is not closed".to_owned());
        return Err(fault(document.len() as u64, problem));
    }
    if !check.rooted {
        return Err(fault(0, SsmlProblem::Root));
    }
    Ok(check.found)
}

#[derive(Default)]
struct Check {
    /// What is read out is kept.
    wanted: bool,
    depth: usize,
    /// The outermost element has begun.
    rooted: bool,
    found: Document,
}

impl Check {
    fn take(&mut self, event: &Event<'_>, start: u64) -> Result<(), SsmlProblem> {
        match event {
            Event::Start(element) => {
                self.open(element)?;
                self.depth += 1;
                if self.depth > DEPTH_MAX { Err(SsmlProblem::TooDeep(DEPTH_MAX)) } else { Ok(()) }
            }
            Event::Empty(element) => self.open(element),
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                let qualified = element.name();
                self.pass(local(qualified.as_ref()));
                Ok(())
            }
            Event::Text(text) if text.contains("]]>") => {
                Err(SsmlProblem::Malformed("]]> stands in the text".to_owned()))
            }
            Event::Text(text) => self.read(text),
            Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 => {
                Err(if self.rooted { SsmlProblem::Outside } else { SsmlProblem::Root })
            }
            Event::CData(text) => self.read(text),
            Event::GeneralRef(reference) => self.refer(reference),
            Event::DocType(_) => Err(SsmlProblem::DocumentType),
            Event::PI(_) => Err(SsmlProblem::Instruction),
            Event::Decl(declaration) => declared(declaration, start),
            Event::Comment(_) | Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), SsmlProblem> {
        let qualified = element.name();
        let name: &str = qualified.as_ref();
        if !is_name(name) {
            return Err(SsmlProblem::Malformed("an element has no proper name".to_owned()));
        }
        let local = local(name);
        match (self.depth, self.rooted) {
            (0, true) => return Err(SsmlProblem::Outside),
            (0, false) if local != ROOT => return Err(SsmlProblem::Root),
            _ => self.rooted = true,
        }
        // A recording is played, and an alias is read in place of what is written.
        self.found.speaks |= local == "audio";
        self.found.has_text |= local == "audio";
        self.pass(local);
        self.attributes(element)
    }

    /// A tag is passed; some of them are heard as the end of a sentence.
    fn pass(&mut self, local: &str) {
        if self.wanted && SENTENCES.contains(&local) {
            self.found.read.push('\n');
        }
    }

    fn attributes(&mut self, element: &BytesStart<'_>) -> Result<(), SsmlProblem> {
        if !are_apart(element.attributes_raw()) {
            return Err(SsmlProblem::Malformed("an attribute breaks the grammar".to_owned()));
        }
        for (count, attribute) in element.attributes().enumerate() {
            let broken = |_| SsmlProblem::Malformed("an attribute is doubled or not quoted".to_owned());
            let attribute = attribute.map_err(broken)?;
            if count >= ATTRIBUTES_MAX {
                return Err(SsmlProblem::TooManyAttributes(ATTRIBUTES_MAX));
            }
            let key: &str = attribute.key.as_ref();
            if !is_name(key) || attribute.value.contains('<') {
                return Err(SsmlProblem::Malformed("an attribute breaks the grammar".to_owned()));
            }
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| SsmlProblem::Entity)?;
            if key == "alias" {
                self.read(&value)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, text: &str) -> Result<(), SsmlProblem> {
        let has_text = text.chars().any(|character| !character.is_whitespace());
        if has_text && self.depth == 0 && !self.rooted {
            return Err(SsmlProblem::Root);
        }
        if has_text && self.depth == 0 {
            return Err(SsmlProblem::Outside);
        }
        self.found.has_text |= has_text;
        self.found.speaks |= text.chars().any(char::is_alphanumeric);
        if self.wanted {
            self.found.read.push_str(text);
        }
        Ok(())
    }

    fn refer(&mut self, reference: &BytesRef<'_>) -> Result<(), SsmlProblem> {
        let character = reference.resolve_char_ref().map_err(|_| SsmlProblem::Entity)?;
        match character {
            // A tab and the line ends are the only control characters XML may hold.
            Some(character) if super::sanitise::is_control(character) => Err(SsmlProblem::Entity),
            Some(character) => self.read(character.encode_utf8(&mut [0; 4])),
            None => {
                let named = ENTITIES.iter().find(|(name, _)| *name == &**reference);
                named.map_or(Err(SsmlProblem::Entity), |(_, character)| self.read(character))
            }
        }
    }
}

/// The entities of XML itself.
const ENTITIES: [(&str, &str); 5] = [("lt", "<"), ("gt", ">"), ("amp", "&"), ("quot", "\""), ("apos", "'")];

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or_default()
}

/// The declaration stands at the very beginning, and says 1.0 and UTF-8 when it says anything.
fn declared(declaration: &BytesDecl<'_>, start: u64) -> Result<(), SsmlProblem> {
    let is_version = declaration.version().is_ok_and(|version| version == "1.0");
    let is_encoding =
        declaration.encoding().is_none_or(|name| name.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")));
    if start == 0 && is_version && is_encoding && are_apart(declaration.trim_start_matches("xml")) {
        return Ok(());
    }
    Err(SsmlProblem::Malformed("the XML declaration is not that of a UTF-8 document".to_owned()))
}

/// White space stands behind every attribute that another follows, which the parser lets pass.
fn are_apart(attributes: &str) -> bool {
    let (mut quote, mut closed) = (None, false);
    for character in attributes.chars() {
        match quote {
            Some(mark) if mark == character => (quote, closed) = (None, true),
            Some(_) => {}
            None if closed && !character.is_ascii_whitespace() => return false,
            None => {
                closed = false;
                quote = Some(character).filter(|mark| matches!(mark, '"' | '\''));
            }
        }
    }
    true
}

/// Near enough to XML's `Name`: what is no name at all is caught, and what is odd is the service's.
fn is_name(name: &str) -> bool {
    let is_start = |first: char| first.is_alphabetic() || first == '_' || first == ':';
    let is_rest = |rest: char| is_start(rest) || rest.is_numeric() || matches!(rest, '-' | '.' | '\u{b7}');
    name.chars().next().is_some_and(is_start) && name.chars().skip(1).all(is_rest)
}

/// The parser's finding in our words, without the document's.
fn malformed(error: &Error) -> SsmlProblem {
    let told = match error {
        Error::IllFormed(IllFormedError::MissingEndTag(_)) => "an element is not closed",
        Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an element is closed that was not opened",
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            "another element is closed than was opened"
        }
        Error::IllFormed(IllFormedError::DoubleHyphenInComment) => "a comment holds two hyphens",
        Error::IllFormed(IllFormedError::UnclosedReference) => "an ampersand is not written as &amp;",
        Error::Syntax(_) => "a tag, a comment or a section is not closed",
        Error::InvalidAttr(_) => "an attribute is doubled or not quoted",
        Error::Escape(_) => return SsmlProblem::Entity,
        _ => "it breaks the grammar of XML",
    };
    SsmlProblem::Malformed(told.to_owned())
}

/// Line and column of a byte, both from 1.
fn fault(document: &str, at: usize, problem: SsmlProblem) -> TextFault {
    let mut at = at.min(document.len());
    while !document.is_char_boundary(at) {
        at -= 1;
    }
    let before = document.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    TextFault::Ssml { problem, line, column }
}
