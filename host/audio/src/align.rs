//! When each word is heard, for the many services that do not tell.
//!
//! An estimate from what is there: the text says how long each word takes compared with the others
//! and where a speaker would pause, the sound says where the speaker did. [`search`] matches the
//! pauses of the sound with the places between words; between two matched pauses the words share
//! the time by their weight. So an error never travels past the next pause.
//!
//! The accuracy is measured, not hoped for: `tests/audio/alignment.rs` holds it against the times
//! the offline voice's synthesizer knows.

mod pauses;
mod script;
mod search;

use understudy_speech::Word;

use crate::Pcm;
use pauses::{Pause, Voiced};
use script::Spoken;
use search::Anchor;

/// Times of the words of `text` in `pcm`, which speaks it: in order, inside the audio, none
/// overlapping. The spans are words by the boundaries of Unicode (UAX #29), or single characters in
/// scripts without spaces. Empty when there is nothing to say or nothing to hear.
///
/// Of a request, `text` is what [`crate::cue::spoken_text`] makes of it.
#[must_use]
pub fn estimate_words(text: &str, pcm: &Pcm) -> Vec<Word> {
    let words = script::spoken(text);
    let voiced = Voiced::of(pcm);
    if words.is_empty() || voiced.length() <= 0.0 {
        return Vec::new();
    }
    let anchors = search::anchors(&words, &voiced);
    place(&words, &voiced, &anchors)
}

/// Puts the words between the anchors, by their weight.
fn place(words: &[Spoken], voiced: &Voiced, anchors: &[Anchor]) -> Vec<Word> {
    let mut placed = Vec::with_capacity(words.len());
    let mut from = Anchor::START;
    let end = Anchor { voiced: voiced.length(), words: words.len(), pause: None };
    for to in anchors.iter().chain([&end]) {
        let between = words.get(from.words..to.words).unwrap_or_default();
        let weight: f32 = between.iter().map(|word| word.weight).sum();
        let pace = (to.voiced - from.voiced) / weight.max(f32::MIN_POSITIVE);
        let mut at = from.voiced;
        for word in between {
            let until = (at + word.weight * pace).min(to.voiced);
            placed.push(mark(word, voiced.heard_from(at), voiced.heard_until(until)));
            at = until;
        }
        from = *to;
    }
    placed
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds of audio in memory fit, and are not negative"
)]
fn mark(word: &Spoken, start: f32, end: f32) -> Word {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let milliseconds = |seconds: f32| (seconds.max(0.0) * 1e3).round() as u32;
    let (start_ms, end_ms) = (milliseconds(start), milliseconds(end.max(start)));
    Word { start_byte: byte(word.span.start), end_byte: byte(word.span.end), start_ms, end_ms }
}

impl Anchor {
    const START: Self = Self { voiced: 0.0, words: 0, pause: None };
}
