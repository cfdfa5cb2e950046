//! What is taken out of a text before a provider sees it, and how the rest is spelled.
//!
//! Three repairs, none of which a listener hears:
//!
//! - *Control characters* and noncharacters become spaces. Scripts out of a language model or a
//!   scraped page hold them, XML forbids most, and services answer with an error.
//! - *Invisible* characters go: bidirectional controls, zero-width spaces, byte order marks, soft
//!   hyphens, tag characters. A soft hyphen makes a voice read half a word; tags are how a text says
//!   something to a model behind a voice that no person can see. Joiners stay, which shape words in
//!   Persian and Hindi and pictures in emoji, and so do the tags of a flag.
//! - *Normalisation Form C*: `e` and a combining accent become `é`, because voices' dictionaries are
//!   written so and some services count, split and highlight by character.
//!
//! A text that needs none of it, which is nearly every text, is passed on without a copy.
//!
//! Normalising goes segment by segment, each from a character that never joins the one before it to
//! the next such (Unicode Standard Annex 15, "stable code points"), so that every changed place has
//! known ends.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::span_map::SpanMap;

/// What was done to a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sanitised {
    /// None when there was nothing to do.
    pub(super) text: Option<String>,
    pub(super) spans: SpanMap,
    /// Control characters replaced.
    pub(super) controls: usize,
    /// Invisible characters taken out.
    pub(super) invisible: usize,
}

/// Repairs `text`. In `markup` a combining mark behind `<`, `>`, `=` or `&` stays apart: `>` and
/// U+0338 would become `≯` and eat the tag.
pub(super) fn sanitise(text: &str, markup: bool) -> Sanitised {
    // Invisible characters are all beyond ASCII, and ASCII is normal.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        return Sanitised::default();
    }
    let is_clean = |character| !is_control(character) && !is_invisible(character);
    if text.chars().all(is_clean) && is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Sanitised::default();
    }
    let mut work = Work { source: text, markup, sent: String::with_capacity(text.len()), ..Work::new() };
    work.run();
    let changed = !work.done.spans.is_identity();
    Sanitised { text: changed.then_some(work.sent), ..work.done }
}

struct Work<'t> {
    source: &'t str,
    markup: bool,
    sent: String,
    done: Sanitised,
    /// The segment under way, repaired but not normalised, and where it stands in the source.
    segment: String,
    origin: Range<usize>,
    /// What was taken out behind it.
    removed: Option<Range<usize>>,
    in_flag: bool,
}

impl<'t> Work<'t> {
    fn new() -> Self {
        Self {
            source: "",
            markup: false,
            sent: String::new(),
            done: Sanitised::default(),
            segment: String::new(),
            origin: 0..0,
            removed: None,
            in_flag: false,
        }
    }

    fn run(&mut self) {
        let source: &'t str = self.source;
        for (at, character) in source.char_indices() {
            let end = at + character.len_utf8();
            self.in_flag = character == FLAG || (self.in_flag && is_tag(character));
            if is_invisible(character) && !(self.in_flag && is_tag(character)) {
                self.done.invisible += 1;
                self.removed = Some(self.removed.as_ref().map_or(at, |removed| removed.start)..end);
                continue;
            }
            let kept = if is_control(character) { ' ' } else { character };
            self.done.controls += usize::from(kept != character);
            if begins_segment(kept) || self.stands_apart() {
                self.flush();
                self.origin = at..end;
            }
            // What was taken out within a segment belongs to it.
            self.removed = None;
            self.segment.push(kept);
            self.origin.end = end;
        }
        self.flush();
    }

    /// Nothing joins what the segment ends with: a space by Unicode's rules, markup by ours.
    fn stands_apart(&self) -> bool {
        self.segment.is_empty()
            || self.segment.ends_with(' ')
            || (self.markup && self.segment.ends_with(['<', '>', '=', '&']))
    }

    fn flush(&mut self) {
        let start = self.sent.len();
        if !self.segment.is_empty() {
            let normal = match is_nfc_quick(self.segment.chars()) {
                IsNormalized::Yes => Cow::Borrowed(self.segment.as_str()),
                _ => Cow::Owned(self.segment.nfc().collect()),
            };
            self.sent.push_str(&normal);
            if self.source.get(self.origin.clone()) != Some(&normal) {
                self.done.spans.push(start..self.sent.len(), self.origin.clone());
            }
            self.segment.clear();
        }
        if let Some(removed) = self.removed.take() {
            let at = self.sent.len();
            self.done.spans.push(at..at, removed);
        }
    }
}

fn begins_segment(character: char) -> bool {
    character.is_ascii()
        || (canonical_combining_class(character) == 0
            && is_nfc_quick(std::iter::once(character)) == IsNormalized::Yes)
}

/// No service can speak it and most refuse it. Tabs and line ends are white space.
pub(super) fn is_control(character: char) -> bool {
    let is_noncharacter =
        matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe;
    (character.is_control() && !matches!(character, '\t' | '\n' | '\r')) || is_noncharacter
}

/// An ASCII character that is none of those.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

const FLAG: char = '\u{1f3f4}';

const fn is_tag(character: char) -> bool {
    matches!(character, '\u{e0000}'..='\u{e007f}')
}

const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}'
    ) || is_tag(character)
}
