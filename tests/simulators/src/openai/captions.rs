//! Kokoro-FastAPI's words with times, in the pieces it sends them.

use serde_json::{Value, json};

use crate::speech::{Spoken, words};

/// One sentence of a streamed answer.
pub(super) struct Part {
    /// `[{word, start_time, end_time}]`, seconds from the start of the whole take.
    pub(super) timestamps: Vec<Value>,
    /// The share of the take that has been heard when this part ends, 0 to 1.
    pub(super) heard: f64,
}

/// Every timestamp of a take.
pub(super) fn timestamps(text: &str, spoken: &Spoken) -> Vec<Value> {
    parts(text, spoken).into_iter().flat_map(|part| part.timestamps).collect()
}

/// The take by sentences. Punctuation is a word of its own, as the server's tokenizer has it.
pub(super) fn parts(text: &str, spoken: &Spoken) -> Vec<Part> {
    let written = words(text);
    let mut parts = Vec::new();
    let mut open = Vec::new();
    for (index, (mark, word)) in spoken.marks.iter().zip(&written).enumerate() {
        let next = spoken.marks.get(index + 1);
        open.push(json!({
            "word": normalised(text.get(mark.span.clone()).unwrap_or_default()),
            "start_time": rounded(mark.start), "end_time": rounded(mark.end),
        }));
        let gap = mark.span.end..next.map_or(text.len(), |next| next.span.start);
        let heard_by = next.map_or(spoken.seconds(), |next| next.start);
        let punctuation =
            text.get(gap).unwrap_or_default().chars().filter(|character| !character.is_whitespace());
        open.extend(punctuation.map(|character| {
            json!({
                "word": character.to_string(),
                "start_time": rounded(mark.end), "end_time": rounded((mark.end + 0.05).min(heard_by)),
            })
        }));
        if word.ends_sentence || next.is_none() {
            let heard = if next.is_none() { 1.0 } else { heard_by / spoken.seconds() };
            parts.push(Part { timestamps: std::mem::take(&mut open), heard });
        }
    }
    if parts.is_empty() {
        parts.push(Part { timestamps: Vec::new(), heard: 1.0 });
    }
    parts
}

/// Numbers come back as the words that were read: the server marks its normalised text.
fn normalised(word: &str) -> &str {
    const NUMBERS: [&str; 11] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    word.parse::<usize>().ok().and_then(|number| NUMBERS.get(number).copied()).unwrap_or(word)
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
