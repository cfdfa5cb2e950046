//! A feeling, taken over to whoever speaks.
//!
//! A voice that knows the emotion plays it. One that does not gets what it understands: a style of
//! its own, instructions in words, or else rate, pitch and volume. What was done is told each time,
//! and prosody alone counts as an emotion that was lost: it is heard, but nobody would call it felt.

use std::collections::BTreeMap;

use serde_json::Value;
use understudy_speech::{Manifest, Range, Request, Voice};

use super::manner::Feeling;
use super::persona::Played;
use crate::plan::{INSTRUCTIONS, takes_instructions};
use crate::settings::{Manner, Plays};

/// The feeling of whoever feels nothing in particular.
const NEUTRAL: &str = "neutral";

/// What became of an emotion.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Carried {
    /// What was done, in sentences.
    pub(crate) notes: Vec<String>,
    /// The voice itself does not play it.
    pub(crate) lost: bool,
}

/// Brings the emotion of `request` into a form that a provider understands. `played` is who plays
/// the character, none for a stand-in; `voice` is what is listed of the voice that will speak.
pub(crate) fn carry(
    manners: &BTreeMap<String, Manner>,
    manifest: &Manifest,
    played: Option<&Played>,
    voice: Option<&Voice>,
    request: &mut Request,
) -> Carried {
    let Some(emotion) = request.emotion.clone() else { return Carried::default() };
    if emotion.eq_ignore_ascii_case(NEUTRAL) {
        (request.emotion, request.intensity) = (None, request.intensity.filter(|_| request.style.is_some()));
        return Carried::default();
    }
    let can = &manifest.capabilities;
    if can.emotions && knows(&emotion, played, voice) {
        return Carried::default();
    }
    let own = manners.iter().find(|(name, _)| name.eq_ignore_ascii_case(&emotion)).map(|(_, manner)| manner);
    let feeling = Feeling::find(&emotion);
    request.emotion = None;
    let style = style(own, feeling, voice).filter(|_| can.styles && request.style.is_none());
    let instructions = instructions(own, feeling, manifest, request);
    // What the operator wrote down is done in any case; what is only likely, when nothing else can be.
    let is_carried = style.is_some() || instructions.is_some();
    let manner = own.cloned().or_else(|| feeling.filter(|_| !is_carried).map(Feeling::manner));
    let controls = manner.map(|manner| shift(&manner, manifest, request)).unwrap_or_default();
    let mut means: Vec<String> = Vec::new();
    means.extend(style.as_ref().map(|style| format!("style {style}")));
    means.extend(instructions.as_ref().map(|_| "instructions".to_owned()));
    means.extend(controls);
    request.style = request.style.take().or(style);
    if let Some(words) = instructions {
        request.options.get_or_insert_default().insert(INSTRUCTIONS.to_owned(), Value::from(words));
    }
    if request.style.is_none() {
        request.intensity = None;
    }
    let notes = match means.as_slice() {
        [] => Vec::new(),
        means => vec![format!("emotion {emotion} was carried by {}", means.join(", "))],
    };
    Carried { notes, lost: !is_carried }
}

/// True when whoever speaks is known to play this emotion. A provider's own character whose
/// emotions are not listed is asked; a voice is not, because services refuse what they lack.
fn knows(emotion: &str, played: Option<&Played>, voice: Option<&Voice>) -> bool {
    let lists = |known: &[String]| known.iter().any(|known| known.eq_ignore_ascii_case(emotion));
    match played {
        Some(played) if played.plays == Plays::Character => can_feel(&played.emotions, emotion),
        Some(played) if played.part.styles.values().any(|word| word == emotion) => true,
        _ => voice.is_some_and(|voice| lists(&voice.emotions)),
    }
}

/// True when a character whose service lists these emotions is asked for this one. One that lists none
/// is asked for all.
pub(crate) fn can_feel(known: &[String], emotion: &str) -> bool {
    let is_known = || known.iter().any(|known| known.eq_ignore_ascii_case(emotion));
    known.is_empty() || emotion.eq_ignore_ascii_case(NEUTRAL) || is_known()
}

/// The style that comes nearest: the operator's word, else one that the voice is known to have.
fn style(own: Option<&Manner>, feeling: Option<&Feeling>, voice: Option<&Voice>) -> Option<String> {
    let styles = voice.map(|voice| voice.styles.as_slice()).unwrap_or_default();
    let has = |wanted: &str| styles.iter().find(|style| style.eq_ignore_ascii_case(wanted));
    let written = own.and_then(|manner| manner.style.as_deref());
    if let Some(written) = written.filter(|word| styles.is_empty() || has(word).is_some()) {
        return Some(written.to_owned());
    }
    feeling?.styles.iter().find_map(|word| has(word)).cloned()
}

/// What the provider is told in words, if it can be and the caller has not.
fn instructions(
    own: Option<&Manner>,
    feeling: Option<&Feeling>,
    manifest: &Manifest,
    request: &Request,
) -> Option<String> {
    if !takes_instructions(manifest) {
        return None;
    }
    if request.options.as_ref().is_some_and(|options| options.contains_key(INSTRUCTIONS)) {
        return None;
    }
    let written = own.and_then(|manner| manner.instructions.clone());
    written.or_else(|| feeling.and_then(|feeling| feeling.manner().instructions))
}

/// Moves rate, pitch and volume, as far as the provider has them and within its ranges; what was
/// moved, in words.
fn shift(manner: &Manner, manifest: &Manifest, request: &mut Request) -> Vec<String> {
    let can = &manifest.capabilities;
    let strength = request.intensity.unwrap_or(1.0);
    let mut moved = Vec::new();
    let rate = manner.rate.map(|rate| rate.powf(strength)).filter(|rate| *rate != 1.0);
    if let Some(by) = bring(&mut request.rate, rate, can.rate, |asked, by| asked.unwrap_or(1.0) * by) {
        moved.push(format!("rate ×{by:.2}"));
    }
    let more = |asked: Option<f32>, by: f32| asked.unwrap_or(0.0) + by;
    let pitch = manner.pitch.map(|pitch| pitch * strength).filter(|pitch| *pitch != 0.0);
    if let Some(by) = bring(&mut request.pitch, pitch, can.pitch, more) {
        moved.push(format!("pitch {by:+.1} semitones"));
    }
    let volume = manner.volume.map(|volume| volume * strength).filter(|volume| *volume != 0.0);
    if let Some(by) = bring(&mut request.volume, volume, can.volume, more) {
        moved.push(format!("volume {by:+.1} dB"));
    }
    moved
}

/// A value outside the provider's range that the caller asked for is the caller's, and is refused
/// later; ours stays inside.
fn bring(
    value: &mut Option<f32>,
    by: Option<f32>,
    range: Option<Range>,
    join: impl Fn(Option<f32>, f32) -> f32,
) -> Option<f32> {
    let (by, range) = (by?, range?);
    let inside = |value: &f32| (range.minimum..=range.maximum).contains(value);
    if !value.as_ref().is_none_or(inside) {
        return None;
    }
    let joined = join(*value, by).clamp(range.minimum, range.maximum);
    *value = Some(joined);
    Some(by)
}

#[cfg(test)]
mod tests;
