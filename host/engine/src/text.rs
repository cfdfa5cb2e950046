//! Is it speakable at all, and in which spelling is it sent?
//!
//! Everything that is wrong with a text whoever speaks it is found here, before anyone is asked: its
//! length in characters and bytes, nothing to say in it, what the operator blocks, SSML that is no
//! document. What can be repaired without a listener hearing it is repaired (`sanitise`), and a
//! [`SpanMap`] leads every word mark back to the caller's own spelling.

mod blocked;
mod fault;
mod heard;
mod language;
mod sanitise;
mod span_map;
mod ssml;
#[cfg(test)]
mod tests;

use understudy_speech::{TextLimit, TextUnit, Utterance};

pub use blocked::{BlockedPatterns, PatternError};
pub use fault::{SsmlProblem, TextFault};
pub(crate) use heard::heard;
pub use language::language;
pub use span_map::SpanMap;

use sanitise::{Sanitised, sanitise};

/// What texts are held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRules {
    /// The longest text, in characters as the caller wrote them.
    pub max_characters: usize,
    /// The longest text, in bytes of UTF-8: what it costs to carry, where characters are what it
    /// costs to speak.
    pub max_bytes: usize,
    /// Texts that are refused.
    pub blocked: BlockedPatterns,
}

impl Default for TextRules {
    /// 100,000 characters, about two hours of speech, and four bytes for each of them.
    fn default() -> Self {
        Self { max_characters: 100_000, max_bytes: 400_000, blocked: BlockedPatterns::default() }
    }
}

impl TextRules {
    /// A text of so many bytes is not too long.
    pub(crate) fn admit_bytes(&self, length: usize) -> Result<(), TextFault> {
        admit_length(length, self.max_bytes, TextUnit::Bytes)
    }

    /// A text of so many characters is not too long.
    pub(crate) fn admit_characters(&self, length: usize) -> Result<(), TextFault> {
        admit_length(length, self.max_characters, TextUnit::Characters)
    }
}

fn admit_length(length: usize, maximum: usize, unit: TextUnit) -> Result<(), TextFault> {
    if length <= maximum {
        return Ok(());
    }
    let maximum = u32::try_from(maximum).unwrap_or(u32::MAX);
    Err(TextFault::TooLong { length, limit: TextLimit { maximum, unit } })
}

/// What became of a text on its way to the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// Its length as the caller wrote it.
    pub characters: usize,
    /// From the text as it is sent back to the caller's own.
    pub spans: SpanMap,
    /// Control characters that are sent as spaces.
    pub controls: usize,
    /// Invisible characters that are not sent.
    pub invisible: usize,
}

impl Prepared {
    /// What was done, for the caller's eyes.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.controls > 0 {
            notes.push(format!("control characters in the text were spoken as spaces: {}", self.controls));
        }
        if self.invisible > 0 {
            notes.push(format!("invisible characters in the text were left out: {}", self.invisible));
        }
        notes
    }
}

/// Checks a text and repairs it in place. Word marks of what is sent must go through
/// [`Prepared::spans`] before a caller sees them.
///
/// # Errors
/// The first [`TextFault`] in this order: length, nothing to speak, SSML, blocked.
pub fn admit(utterance: &mut Utterance, rules: &TextRules) -> Result<Prepared, TextFault> {
    let characters = measure(utterance.source(), rules)?;
    let markup = matches!(utterance, Utterance::Ssml(_));
    let (Utterance::Text(text) | Utterance::Ssml(text)) = utterance;
    let Sanitised { text: repaired, spans, controls, invisible } = sanitise(text, markup);
    let sent = repaired.as_deref().unwrap_or(text);
    let read = speakable(sent, markup.then_some((text.as_str(), &spans)), &rules.blocked)?;
    // A document is held against the patterns as it is written and as it is read: a tag or a
    // reference in the middle of a word hides nothing.
    let as_read = || rules.blocked.blocks(&read).filter(|_| !read.is_empty());
    if let Some(label) = rules.blocked.blocks(sent).or_else(as_read) {
        return Err(TextFault::Blocked { label: label.to_owned() });
    }
    if let Some(repaired) = repaired {
        *text = repaired;
    }
    Ok(Prepared { characters, spans, controls, invisible })
}

/// Bytes first: they are known without reading.
fn measure(text: &str, rules: &TextRules) -> Result<usize, TextFault> {
    rules.admit_bytes(text.len())?;
    let characters = text.chars().count();
    rules.admit_characters(characters)?;
    Ok(characters)
}

/// That there is something to speak; and what a document has to be read out, when patterns are to see
/// it. `markup` is how a document was written.
fn speakable(
    text: &str,
    markup: Option<(&str, &SpanMap)>,
    blocked: &BlockedPatterns,
) -> Result<String, TextFault> {
    if text.chars().all(char::is_whitespace) {
        return Err(TextFault::Empty);
    }
    let (speaks, has_text, read) = if let Some(written) = markup {
        let ssml::Document { speaks, has_text, read } = ssml::check(text, !blocked.is_empty(), written)?;
        (speaks, has_text, read)
    } else {
        (text.chars().any(char::is_alphanumeric), true, String::new())
    };
    match (speaks, has_text) {
        (true, _) => Ok(read),
        (false, true) => Err(TextFault::Unspeakable),
        (false, false) => Err(TextFault::Empty),
    }
}
