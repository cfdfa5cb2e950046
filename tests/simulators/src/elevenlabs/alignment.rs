//! When each character is heard.
//!
//! Characters of a word share its time evenly; what stands between two words has the time between
//! them. `alignment` follows the text as it was sent, `normalized_alignment` the text as it was
//! read, in which small numbers are words.

use serde_json::{Value, json};

use crate::speech::{Mark, Spoken};

/// One character and its seconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    pub(super) character: char,
    pub(super) start: f64,
    pub(super) end: f64,
}

/// The characters of a text that was spoken.
pub(super) fn characters(text: &str, spoken: &Spoken) -> Vec<Heard> {
    let mut heard = Vec::with_capacity(text.len());
    let (mut at, mut now) = (0, 0.0);
    for Mark { span, start, end } in &spoken.marks {
        spread(text.get(at..span.start).unwrap_or_default(), now, *start, &mut heard);
        spread(text.get(span.clone()).unwrap_or_default(), *start, *end, &mut heard);
        (at, now) = (span.end, *end);
    }
    spread(text.get(at..).unwrap_or_default(), now, spoken.seconds(), &mut heard);
    heard
}

/// The same for the text as it was read.
pub(super) fn normalised(text: &str, spoken: &Spoken) -> Vec<Heard> {
    const NUMBERS: [&str; 11] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let mut read = String::with_capacity(text.len());
    let mut marks = Vec::with_capacity(spoken.marks.len());
    let mut at = 0;
    for Mark { span, start, end } in &spoken.marks {
        read.push_str(text.get(at..span.start).unwrap_or_default());
        let word = text.get(span.clone()).unwrap_or_default();
        let from = read.len();
        read.push_str(
            word.parse::<usize>().ok().and_then(|number| NUMBERS.get(number).copied()).unwrap_or(word),
        );
        marks.push(Mark { span: from..read.len(), start: *start, end: *end });
        at = span.end;
    }
    read.push_str(text.get(at..).unwrap_or_default());
    characters(&read, &Spoken { marks, ..spoken.clone() })
}

fn spread(text: &str, start: f64, end: f64, heard: &mut Vec<Heard>) {
    let step = (end - start).max(0.0) / text.chars().count().max(1) as f64;
    heard.extend(text.chars().enumerate().map(|(index, character)| {
        let start = start + step * index as f64;
        Heard { character, start, end: start + step }
    }));
}

/// The HTTP shape: seconds.
pub(super) fn in_seconds(heard: &[Heard]) -> Value {
    let rounded = |seconds: f64| (seconds * 1_000.0).round() / 1_000.0;
    json!({
        "characters": heard.iter().map(|heard| heard.character).collect::<Vec<_>>(),
        "character_start_times_seconds": heard.iter().map(|heard| rounded(heard.start)).collect::<Vec<_>>(),
        "character_end_times_seconds": heard.iter().map(|heard| rounded(heard.end)).collect::<Vec<_>>(),
    })
}

/// The WebSocket shape: whole milliseconds from the start of the chunk.
pub(super) fn in_milliseconds(heard: &[Heard]) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a few minutes")]
    let whole = |seconds: f64| (seconds * 1_000.0).round() as i64;
    json!({
        "chars": heard.iter().map(|heard| heard.character).collect::<Vec<_>>(),
        "charStartTimesMs": heard.iter().map(|heard| whole(heard.start)).collect::<Vec<_>>(),
        "charDurationsMs": heard.iter().map(|heard| whole(heard.end) - whole(heard.start)).collect::<Vec<_>>(),
    })
}
