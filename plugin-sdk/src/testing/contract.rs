//! The contract's rules, applied to what a plugin did.

use super::{Recording, TakeEvent};
use crate::Word;

/// Checks a recording, see [`Recording::check_contract`].
pub(super) fn check(recording: &Recording) -> Result<(), String> {
    check_order(recording)?;
    check_audio(recording)?;
    check_words(recording)?;
    check_lines(recording)
}

fn check_order(recording: &Recording) -> Result<(), String> {
    let begins = recording.events.iter().filter(|event| matches!(event, TakeEvent::Begin(_))).count();
    if begins != 1 {
        return Err(format!("take must begin exactly once, began {begins} times"));
    }
    let first =
        recording.events.iter().find(|event| matches!(event, TakeEvent::Begin(_) | TakeEvent::Audio(_)));
    match first {
        Some(TakeEvent::Begin(format)) if *format == recording.summary.format => Ok(()),
        Some(TakeEvent::Begin(format)) => Err(format!(
            "summary must have the format the take began with: {format:?}, has {:?}",
            recording.summary.format
        )),
        _ => Err("take must begin before any audio".to_owned()),
    }
}

fn check_audio(recording: &Recording) -> Result<(), String> {
    let format = recording.format;
    if !(8_000..=192_000).contains(&format.sample_rate) || !(1..=2).contains(&format.channels) {
        return Err(format!("format must be 8000 to 192000 Hz and 1 or 2 channels: {format:?}"));
    }
    if recording.audio.is_empty() {
        return Err("take must hold audio, for an error says why there is none".to_owned());
    }
    let frame_bytes = usize::from(format.channels) * 2;
    if recording.audio_ms().is_some() && !recording.audio.len().is_multiple_of(frame_bytes) {
        let bytes = recording.audio.len();
        return Err(format!("raw audio must be whole frames of {frame_bytes} bytes, is {bytes} bytes"));
    }
    Ok(())
}

fn check_words(recording: &Recording) -> Result<(), String> {
    if recording.words.is_empty() != recording.summary.word_times.is_none() {
        return Err(format!(
            "summary must say word_times exactly when marks were sent: {} marks, {:?}",
            recording.words.len(),
            recording.summary.word_times
        ));
    }
    let mut before = Word { start_byte: 0, end_byte: 0, start_ms: 0, end_ms: 0 };
    for word in &recording.words {
        check_word(recording, &before, word)?;
        before = *word;
    }
    match uncovered(recording) {
        Some(rest) if !recording.words.is_empty() && recording.plain => {
            Err(format!("words must reproduce the text, unmarked: {rest}"))
        }
        _ => Ok(()),
    }
}

fn check_word(recording: &Recording, before: &Word, word: &Word) -> Result<(), String> {
    if word.in_text(&recording.text).is_none_or(str::is_empty) {
        return Err(format!("span must be a word of the text, on character boundaries: {word:?}"));
    }
    if word.start_byte < before.end_byte {
        return Err(format!("spans must not run backwards: {before:?} before {word:?}"));
    }
    if word.start_ms < before.start_ms || word.end_ms < word.start_ms {
        return Err(format!("times must not run backwards: {before:?} before {word:?}"));
    }
    // Times are rounded by their maker, the length of the audio is rounded down here.
    match recording.audio_ms() {
        Some(audio_ms) if u64::from(word.end_ms) > audio_ms + 1 => {
            Err(format!("times must lie within the audio of {audio_ms} ms: {word:?}"))
        }
        _ => Ok(()),
    }
}

/// The first run of the text between marks that holds a letter or a digit.
fn uncovered(recording: &Recording) -> Option<&str> {
    let starts = recording.words.iter().map(|word| word.start_byte as usize).chain([recording.text.len()]);
    let ends = [0].into_iter().chain(recording.words.iter().map(|word| word.end_byte as usize));
    ends.zip(starts)
        .filter_map(|(end, start)| recording.text.get(end..start))
        .find(|gap| gap.chars().any(char::is_alphanumeric))
        .map(str::trim)
}

fn check_lines(recording: &Recording) -> Result<(), String> {
    let Some(expected) = recording.script_lines else {
        return if recording.lines.is_empty() {
            Ok(())
        } else {
            Err("line marks must come from a conversation alone".to_owned())
        };
    };
    let indices: Vec<usize> = recording.lines.iter().map(|mark| mark.index as usize).collect();
    if indices != (0..expected).collect::<Vec<_>>() {
        return Err(format!("each of {expected} lines must have its mark, in order: {indices:?}"));
    }
    let forward = recording.lines.iter().all(|mark| mark.start_ms <= mark.end_ms)
        && recording.lines.is_sorted_by_key(|mark| mark.start_ms);
    if forward { Ok(()) } else { Err(format!("line times must not run backwards: {:?}", recording.lines)) }
}
