//! `audio.metadata`: when words, punctuation, sentences, bookmarks and mouth shapes are heard.
//!
//! Times are 100-ns ticks from the start of the turn's audio. `Text` is the written token,
//! XML-escaped, as the service sends it; its place in the text is not sent, which is why clients
//! have to search for it.

use serde::Serialize;

use crate::performance::Performance;

const TICKS_PER_SECOND: f64 = 10_000_000.0;
/// How long a punctuation mark is said to last.
const PUNCTUATION_TICKS: u64 = 1_000_000;

/// What a client asked to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) words: bool,
    pub(crate) punctuation: bool,
    pub(crate) sentences: bool,
    pub(crate) bookmarks: bool,
    pub(crate) visemes: bool,
    pub(crate) session_end: bool,
}

/// One entry of a `Metadata` array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Type", content = "Data")]
pub(crate) enum Entry {
    WordBoundary(Boundary),
    SentenceBoundary(Boundary),
    Bookmark(Bookmark),
    Viseme(Viseme),
    SessionEnd(SessionEnd),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Boundary {
    offset: u64,
    duration: u64,
    #[serde(rename = "text")]
    text: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    text: String,
    length: usize,
    boundary_type: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Bookmark {
    offset: u64,
    bookmark: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Viseme {
    offset: u64,
    viseme_id: u8,
    animation_chunk: &'static str,
    is_last_animation: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SessionEnd {
    offset: u64,
}

impl Entry {
    /// When it is heard.
    pub(crate) fn seconds(&self) -> f64 {
        self.offset() as f64 / TICKS_PER_SECOND
    }

    const fn offset(&self) -> u64 {
        match self {
            Self::WordBoundary(boundary) | Self::SentenceBoundary(boundary) => boundary.offset,
            Self::Bookmark(bookmark) => bookmark.offset,
            Self::Viseme(viseme) => viseme.offset,
            Self::SessionEnd(end) => end.offset,
        }
    }
}

/// Everything a client wanted to know of a take, by time.
pub(crate) fn entries(performance: &Performance, wanted: Wanted) -> Vec<Entry> {
    let mut entries = Vec::new();
    if wanted.words {
        entries.extend(words(performance).map(Entry::WordBoundary));
    }
    if wanted.punctuation {
        entries.extend(punctuation(performance).map(Entry::WordBoundary));
    }
    if wanted.sentences {
        entries.extend(sentences(performance).map(Entry::SentenceBoundary));
    }
    if wanted.bookmarks {
        let marks = performance.marks.iter();
        entries.extend(
            marks.map(|(mark, at)| Entry::Bookmark(Bookmark { offset: ticks(*at), bookmark: mark.clone() })),
        );
    }
    if wanted.visemes {
        entries.extend(visemes(performance).map(Entry::Viseme));
    }
    entries.sort_by_key(Entry::offset);
    if wanted.session_end {
        entries.push(Entry::SessionEnd(SessionEnd { offset: ticks(performance.spoken.seconds()) }));
    }
    entries
}

/// The body of one `audio.metadata` message, indented as the service indents it.
pub(crate) fn body(entries: &[Entry]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body<'entries> {
        metadata: &'entries [Entry],
    }
    serde_json::to_string_pretty(&Body { metadata: entries }).unwrap_or_default()
}

fn words(performance: &Performance) -> impl Iterator<Item = Boundary> {
    performance.spoken.marks.iter().map(|word| {
        let text = performance.text.get(word.span.clone()).unwrap_or_default();
        boundary(ticks(word.start), ticks(word.end), text, "WordBoundary")
    })
}

/// The marks that follow each word, one boundary each, at the word's end.
fn punctuation(performance: &Performance) -> impl Iterator<Item = Boundary> {
    let words = &performance.spoken.marks;
    let nexts = words.iter().skip(1).map(|word| word.span.start).chain([performance.text.len()]);
    words.iter().zip(nexts).flat_map(|(word, next)| {
        let between = performance.text.get(word.span.end..next).unwrap_or_default();
        let start = ticks(word.end);
        between.chars().filter(|character| is_punctuation(*character)).map(move |character| {
            boundary(start, start + PUNCTUATION_TICKS, &character.to_string(), "PunctuationBoundary")
        })
    })
}

fn is_punctuation(character: char) -> bool {
    !character.is_alphanumeric() && !character.is_whitespace() && !character.is_control()
}

/// Each sentence with its closing mark, from its first word to its last.
fn sentences(performance: &Performance) -> impl Iterator<Item = Boundary> {
    let text = performance.text.as_str();
    text.split_inclusive(['.', '!', '?', '。', '！', '？', '\n']).filter_map(move |sentence| {
        let start = sentence.as_ptr() as usize - text.as_ptr() as usize;
        let span = start..start + sentence.len();
        let mut inside = performance.spoken.marks.iter().filter(|word| span.contains(&word.span.start));
        let first = inside.next()?;
        let last = inside.next_back().unwrap_or(first);
        Some(boundary(ticks(first.start), ticks(last.end), sentence.trim(), "SentenceBoundary"))
    })
}

/// One mouth shape a letter, spread over its word.
fn visemes(performance: &Performance) -> impl Iterator<Item = Viseme> {
    performance.spoken.marks.iter().flat_map(|word| {
        let text = performance.text.get(word.span.clone()).unwrap_or_default();
        let step = (word.end - word.start) / text.chars().count().max(1) as f64;
        let starts = (0_u32..).map(move |index| word.start + f64::from(index) * step);
        text.chars().zip(starts).map(|(letter, at)| Viseme {
            offset: ticks(at),
            viseme_id: shape(letter),
            animation_chunk: "",
            is_last_animation: true,
        })
    })
}

/// The nearest of the service's 22 shapes for a letter of the Latin alphabet.
const fn shape(letter: char) -> u8 {
    match letter.to_ascii_lowercase() {
        'a' => 1,
        'e' => 4,
        'i' | 'y' => 6,
        'o' => 8,
        'u' | 'w' => 7,
        'h' => 12,
        'r' => 13,
        'l' => 14,
        's' | 'z' | 'x' => 15,
        'j' => 16,
        'f' | 'v' => 18,
        'd' | 't' | 'n' => 19,
        'k' | 'g' | 'q' | 'c' => 20,
        'p' | 'b' | 'm' => 21,
        _ => 0,
    }
}

fn boundary(start: u64, end: u64, text: &str, kind: &'static str) -> Boundary {
    let text = Text { text: escape(text), length: text.chars().count(), boundary_type: kind };
    Boundary { offset: start, duration: end.saturating_sub(start), text }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Seconds as ticks, to the nearest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are small and not negative"
)]
fn ticks(seconds: f64) -> u64 {
    (seconds * TICKS_PER_SECOND).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{Mark, NATIVE_RATE, Spoken};

    fn take() -> Performance {
        let words = [(0..5, 0.1, 0.4), (7..10, 0.5, 0.8), (13..17, 0.9, 1.25)];
        let marks = words.into_iter().map(|(span, start, end)| Mark { span, start, end }).collect();
        Performance {
            text: "Hello, you! <Tom's&".to_owned(),
            spoken: Spoken { sample_rate: NATIVE_RATE, samples: vec![0; 24_000], marks },
            marks: vec![("m1".to_owned(), 0.5)],
        }
    }

    fn check(wanted: Wanted, expected: &[(&str, u64, &str)]) {
        let found: Vec<serde_json::Value> =
            entries(&take(), wanted).iter().map(|entry| serde_json::to_value(entry).unwrap()).collect();
        let found: Vec<(&str, u64, &str)> = found
            .iter()
            .map(|entry| {
                let data = &entry["Data"];
                let text = data["text"]["Text"].as_str().or(data["Bookmark"].as_str()).unwrap_or_default();
                (entry["Type"].as_str().unwrap(), data["Offset"].as_u64().unwrap(), text)
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn words_come_as_written_and_escaped() {
        check(
            Wanted { words: true, ..Wanted::default() },
            &[
                ("WordBoundary", 1_000_000, "Hello"),
                ("WordBoundary", 5_000_000, "you"),
                ("WordBoundary", 9_000_000, "Tom&apos;"),
            ],
        );
    }

    #[test]
    fn punctuation_stands_between_the_words() {
        check(
            Wanted { punctuation: true, ..Wanted::default() },
            &[
                ("WordBoundary", 4_000_000, ","),
                ("WordBoundary", 8_000_000, "!"),
                ("WordBoundary", 8_000_000, "&lt;"),
                ("WordBoundary", 12_500_000, "&amp;"),
            ],
        );
    }

    #[test]
    fn sentences_bookmarks_and_the_end_are_told_when_wanted() {
        check(
            Wanted { sentences: true, bookmarks: true, session_end: true, ..Wanted::default() },
            &[
                ("SentenceBoundary", 1_000_000, "Hello, you!"),
                ("Bookmark", 5_000_000, "m1"),
                ("SentenceBoundary", 9_000_000, "&lt;Tom&apos;s&amp;"),
                ("SessionEnd", 15_000_000, ""),
            ],
        );
    }

    #[test]
    fn nothing_is_told_unasked() {
        check(Wanted::default(), &[]);
    }

    #[test]
    fn an_entry_has_the_documented_shape() {
        let entries = entries(&take(), Wanted { words: true, ..Wanted::default() });
        let body: serde_json::Value = serde_json::from_str(&body(&entries[..1])).unwrap();
        let expected = serde_json::json!({"Metadata": [{"Type": "WordBoundary", "Data": {
            "Offset": 1_000_000, "Duration": 3_000_000,
            "text": {"Text": "Hello", "Length": 5, "BoundaryType": "WordBoundary"}}}]});
        assert_eq!(body, expected);
    }
}
