//! The text of an SSML document, and the way back.
//!
//! A plugin whose service takes plain text only still has to mark words in the caller's document.
//! So the text is not just stripped: every stretch of it remembers where it came from.
//!
//! The document comes from outside. A document type is refused, because entities can be declared in
//! it that expand without end, and nesting is bounded.

use std::fmt;
use std::ops::Range;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::text::in_xml;

/// Elements inside of elements. Services refuse far less; past it a parser with recursion overflows.
const DEPTH_MAX: usize = 100;

/// Elements whose text is not spoken.
const SILENT: [&str; 5] = ["metadata", "meta", "lexicon", "desc", "title"];

/// Why a document was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The byte of the document at which it was.
    pub at: usize,
    /// What was wrong.
    pub reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.at)
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::invalid("utterance", format!("must be well-formed ssml: {error}"))
    }
}

/// A `mark` element of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its name.
    pub name: String,
    /// The byte of the plain text before which it stands.
    pub at: usize,
}

/// The text of a document, with the way back into it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Plain {
    text: String,
    segments: Vec<Segment>,
    marks: Vec<Mark>,
}

/// A stretch of the text; it ends where the next one starts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    start: usize,
    document: Range<usize>,
    /// Byte for byte as in the document; else the whole stretch stands for the whole range.
    verbatim: bool,
}

/// Reads the text to be spoken out of an SSML document.
///
/// `p` and `s` become paragraphs, so that [`sentences`](crate::text::sentences) ends there, and
/// `break` a space. `sub` is spoken as its alias; all words of an alias have the same span, and
/// [`Plain::placing`] makes one mark of them. `desc`, `metadata` and their like are left out. All else is passed through.
///
/// # Errors
/// What is not well-formed, or is refused: a document type, an entity that XML does not predefine,
/// a root other than `speak`, more than 100 levels.
pub fn plain(document: &str) -> Result<Plain, Error> {
    let mut walk = Walk { document, ..Walk::default() };
    let mut reader = Reader::from_str(document);
    loop {
        let start = position(&reader);
        let event = reader.read_event().map_err(|error| Error { at: start, reason: error.to_string() })?;
        let range = start..position(&reader);
        let at_end = matches!(event, Event::Eof);
        walk.event(event, range.clone()).map_err(|reason| Error { at: range.start, reason })?;
        if at_end {
            return Ok(walk.plain);
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

impl Plain {
    /// The text to be spoken.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document's `mark`s, in order.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Where a span of the text lies in the document. None when the span is empty or does not fit
    /// the text.
    #[must_use]
    pub fn document_span(&self, span: Range<usize>) -> Option<Range<usize>> {
        self.text.get(span.clone()).filter(|text| !text.is_empty())?;
        let first = self.segment(span.start)?;
        let last = self.segment(span.end - 1)?;
        let start = if first.verbatim {
            first.document.start + span.start - first.start
        } else {
            first.document.start
        };
        let end = if last.verbatim { last.document.start + span.end - last.start } else { last.document.end };
        Some(start..end)
    }

    fn segment(&self, byte: usize) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.start <= byte);
        self.segments.get(after.checked_sub(1)?)
    }
}

#[derive(Default)]
struct Walk<'document> {
    document: &'document str,
    plain: Plain,
    open: Vec<Open>,
    root_seen: bool,
    /// What has to stand between the text so far and the next.
    gap: Option<&'static str>,
}

/// An element that is open.
struct Open {
    /// Its text is not spoken.
    silent: bool,
    block: bool,
    /// The segment of its alias, which ends with the element.
    alias: Option<usize>,
}

impl Walk<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.start(&tag, range.end),
            Event::Empty(tag) => {
                self.start(&tag, range.end)?;
                self.end(range.end);
                Ok(())
            }
            Event::End(_) => {
                self.end(range.start);
                Ok(())
            }
            Event::Text(_) => self.text(range),
            Event::CData(_) => {
                let inside = range.start + "<![CDATA[".len()..range.end.saturating_sub("]]>".len());
                self.text(inside)
            }
            Event::GeneralRef(reference) => self.reference(&reference, range),
            Event::DocType(_) => Err("document type is not allowed".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Ok(()),
            Event::Eof if self.root_seen && self.open.is_empty() => Ok(()),
            Event::Eof => Err("document ended inside of an element".to_owned()),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, content: usize) -> Result<(), String> {
        let local = tag.local_name();
        let name: &str = local.as_ref();
        if self.open.is_empty() && (self.root_seen || name != "speak") {
            return Err(format!("root element must be one speak, found {name}"));
        }
        if self.open.len() == DEPTH_MAX {
            return Err(format!("elements are nested deeper than {DEPTH_MAX}"));
        }
        self.root_seen = true;
        let (mut alias, mut mark) = (None, None);
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let key: &str = attribute.key.as_ref();
            let wanted = match (name, key) {
                ("sub", "alias") => &mut alias,
                ("mark", "name") => &mut mark,
                _ => continue,
            };
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            *wanted = Some(value.into_owned());
        }
        let silent = self.silent();
        if let Some(name) = mark {
            self.plain.marks.push(Mark { name, at: self.plain.text.len() });
        }
        let block = matches!(name, "p" | "s" | "paragraph" | "sentence");
        match name {
            _ if block => self.gap = Some("\n\n"),
            "break" => self.gap = self.gap.or(Some(" ")),
            _ => {}
        }
        let silences = alias.is_some() || SILENT.contains(&name);
        let alias = alias.filter(|_| !silent).and_then(|alias| self.push(&alias, content..content, false));
        self.open.push(Open { silent: silent || silences, block, alias });
        Ok(())
    }

    fn end(&mut self, content_end: usize) {
        let Some(closed) = self.open.pop() else { return };
        if closed.block {
            self.gap = Some("\n\n");
        }
        if let Some(segment) = closed.alias.and_then(|index| self.plain.segments.get_mut(index)) {
            segment.document.end = content_end;
        }
    }

    fn silent(&self) -> bool {
        self.open.last().is_some_and(|open| open.silent)
    }

    fn text(&mut self, range: Range<usize>) -> Result<(), String> {
        let text = self.document.get(range.clone()).unwrap_or_default();
        if self.open.is_empty() && !text.trim().is_empty() {
            return Err("text must lie inside of the root element".to_owned());
        }
        if !self.open.is_empty() && !self.silent() {
            self.push(text, range, true);
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>, range: Range<usize>) -> Result<(), String> {
        if self.open.is_empty() {
            return Err("text must lie inside of the root element".to_owned());
        }
        let numeric = reference.resolve_char_ref().map_err(|error| error.to_string())?;
        let name: &str = reference;
        let character = match (numeric, name) {
            (Some(character), _) if in_xml(character) => character,
            (None, "amp") => '&',
            (None, "lt") => '<',
            (None, "gt") => '>',
            (None, "quot") => '"',
            (None, "apos") => '\'',
            _ => return Err(format!("entity is not allowed: {name}")),
        };
        if !self.silent() {
            self.push(character.encode_utf8(&mut [0; 4]), range, false);
        }
        Ok(())
    }

    /// Appends text, with the gap that is due, and returns its segment's index when there is one.
    fn push(&mut self, text: &str, document: Range<usize>, verbatim: bool) -> Option<usize> {
        // White space between the elements around a gap is part of the gap.
        if text.is_empty() || (self.gap.is_some() && text.trim().is_empty()) {
            return None;
        }
        let plain = &mut self.plain;
        if let Some(gap) = self.gap.take().filter(|_| !plain.text.is_empty()) {
            let spaced = plain.text.ends_with(char::is_whitespace) || text.starts_with(char::is_whitespace);
            if gap != " " || !spaced {
                let at = document.start..document.start;
                plain.segments.push(Segment { start: plain.text.len(), document: at, verbatim: false });
                plain.text.push_str(gap);
            }
        }
        plain.segments.push(Segment { start: plain.text.len(), document, verbatim });
        plain.text.push_str(text);
        plain.segments.len().checked_sub(1)
    }
}
