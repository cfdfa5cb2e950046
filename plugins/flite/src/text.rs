//! From the caller's text to sentences the synthesizer can say, every word with its place.
//!
//! The stages, each a module: [`markup`] finds decoration, [`fold`] reduces the alphabet and keeps
//! the way back to the source, [`token`] cuts, [`reading`] decides how each token is said (with a
//! module for each kind of thing that is not a word), [`sentence`] groups. Nothing is normalised
//! in place, so a mark is always a span of the text the caller sent.

use std::ops::Range;

mod abbreviation;
mod calendar;
mod fold;
mod markup;
mod money;
mod neighbours;
mod quantity;
mod reading;
mod roman;
mod sentence;
mod spelling;
mod symbol;
#[cfg(test)]
mod tests;
mod token;
mod unit;
mod web;

pub use sentence::{Part, Sentence};

/// Why a text cannot be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unspeakable {
    /// Nothing in it is a word, a number or a symbol with a name.
    Nothing,
    /// Most of it is in another script, and would be left out.
    OtherScript,
}

/// Prepares `source` to be spoken.
///
/// Letters of other scripts are left out, which is right for a foreign word in an English text
/// and wrong for a foreign text with an English word in it. The line is drawn at one half: when
/// more of the speech would be missing than heard, a refusal lets another voice have the text. A
/// character that is a syllable (Chinese, Japanese, Korean) weighs as three letters.
///
/// # Errors
/// [`Unspeakable`]; never an empty list.
pub fn prepare(source: &str) -> Result<Vec<Sentence>, Unspeakable> {
    let folded = fold::fold(source, &markup::edits(source));
    if folded.lost > folded.kept {
        return Err(Unspeakable::OtherScript);
    }
    let mut sentences = sentence::sentences(&token::tokens(&folded));
    if sentences.is_empty() {
        return Err(Unspeakable::Nothing);
    }
    cover(source, &mut sentences);
    Ok(sentences)
}

/// Gives what is not spoken a place too.
///
/// Marks must reproduce the text: no letter or digit may lie between two of them. A link's target
/// or a word in another script becomes a part with nothing to say, which is marked without taking
/// any time.
fn cover(source: &str, sentences: &mut [Sentence]) {
    let mut covered = 0;
    for sentence in &mut *sentences {
        let mut parts = Vec::with_capacity(sentence.parts.len());
        for part in sentence.parts.drain(..) {
            parts.extend(unspoken(source, covered..part.span.start));
            covered = part.span.end;
            parts.push(part);
        }
        sentence.parts = parts;
    }
    if let Some(last) = sentences.last_mut() {
        last.parts.extend(unspoken(source, covered..source.len()));
    }
}

/// The runs of `gap` that hold letters or digits, from the first of them to the last.
fn unspoken(source: &str, gap: Range<usize>) -> impl Iterator<Item = Part> {
    let start = gap.start;
    source
        .get(gap)
        .unwrap_or_default()
        .split_inclusive(char::is_whitespace)
        .scan(start, |at, run| {
            let start = std::mem::replace(at, *at + run.len());
            Some((start, run))
        })
        .filter_map(|(start, run)| {
            let first = run.find(char::is_alphanumeric)?;
            let (last, char) = run.char_indices().rfind(|(_, char)| char.is_alphanumeric())?;
            Some(Part { span: start + first..start + last + char.len_utf8(), spoken: Vec::new() })
        })
}
