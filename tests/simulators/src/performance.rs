//! A script, spoken: one take with the time of every word and every mark.

use std::time::Duration;

use crate::speech::{Manner, NATIVE_RATE, Spoken, speak};
use crate::ssml::{Beat, Delivery};

/// What came of a script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Performance {
    /// All text of the script in order; the word spans in `spoken` are into it.
    pub(crate) text: String,
    /// The take.
    pub(crate) spoken: Spoken,
    /// Each mark and when it is reached, in seconds.
    pub(crate) marks: Vec<(String, f64)>,
}

/// What has been read and not yet spoken: text of one delivery, and marks at places in it.
struct Phrase {
    text: String,
    delivery: Delivery,
    marks: Vec<(String, usize)>,
}

impl Phrase {
    const fn new(delivery: Delivery) -> Self {
        Self { text: String::new(), delivery, marks: Vec::new() }
    }
}

impl Performance {
    const fn new() -> Self {
        let spoken = Spoken { sample_rate: NATIVE_RATE, samples: Vec::new(), marks: Vec::new() };
        Self { text: String::new(), spoken, marks: Vec::new() }
    }

    /// Speaks a phrase at the end of the take. A mark is reached when the word after it begins.
    fn say(&mut self, phrase: Phrase, voice: &str) {
        let Delivery { rate, pitch, gain } = phrase.delivery;
        let manner = Manner { rate, semitones: pitch, gain_db: gain, ..Manner::of(voice) };
        let part = speak(&phrase.text, &manner);
        let base = self.spoken.seconds();
        for (name, place) in phrase.marks {
            let next = part.marks.iter().find(|word| word.span.end > place);
            let reached = next.map_or_else(|| part.seconds(), |word| word.start);
            self.marks.push((name, base + reached));
        }
        self.spoken.append(&part, self.text.len());
        self.text.push_str(&phrase.text);
    }

    fn pause(&mut self, milliseconds: u32) {
        let length = Duration::from_millis(u64::from(milliseconds));
        self.spoken.append(&Spoken::silence(length, self.spoken.sample_rate), 0);
    }

    /// Keeps the first `length` and forgets the words and marks after it.
    pub(crate) fn truncate(&mut self, length: Duration) {
        let samples = length.as_secs().saturating_mul(u64::from(self.spoken.sample_rate));
        self.spoken.samples.truncate(usize::try_from(samples).unwrap_or(usize::MAX));
        let end = self.spoken.seconds();
        self.spoken.marks.retain(|word| word.end <= end);
        self.marks.retain(|(_, reached)| *reached <= end);
    }

    /// Whether anything was said.
    pub(crate) fn is_silent(&self) -> bool {
        self.spoken.marks.is_empty()
    }
}

/// Speaks a script. It computes: call it where a thread may.
pub(crate) fn perform(beats: Vec<Beat>, voice: &str) -> Performance {
    let mut performance = Performance::new();
    let mut phrase = Phrase::new(Delivery::PLAIN);
    for beat in beats {
        match beat {
            Beat::Text(text, delivery) => {
                if delivery != phrase.delivery {
                    performance.say(std::mem::replace(&mut phrase, Phrase::new(delivery)), voice);
                }
                phrase.text.push_str(&text);
            }
            Beat::Mark(name) => phrase.marks.push((name, phrase.text.len())),
            Beat::Pause(milliseconds) => {
                let next = Phrase::new(phrase.delivery);
                performance.say(std::mem::replace(&mut phrase, next), voice);
                performance.pause(milliseconds);
            }
        }
    }
    performance.say(phrase, voice);
    performance
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Beat {
        Beat::Text(text.to_owned(), Delivery::PLAIN)
    }

    fn mark(name: &str) -> Beat {
        Beat::Mark(name.to_owned())
    }

    #[test]
    fn a_mark_is_reached_when_the_next_word_begins() {
        let script = vec![mark("a"), text("Hello "), mark("b"), text("world."), mark("end")];
        let performance = perform(script, "voice");
        let times: Vec<f64> = performance.marks.iter().map(|(_, time)| *time).collect();
        let words = &performance.spoken.marks;
        assert_eq!(times, [words[0].start, words[1].start, performance.spoken.seconds()]);
        assert_eq!(performance.text, "Hello world.");
    }

    #[test]
    fn a_pause_moves_the_words_after_it_and_nothing_before() {
        let plain = perform(vec![text("Hello "), Beat::Pause(0), text("world")], "voice");
        let paused = perform(vec![text("Hello "), Beat::Pause(700), text("world")], "voice");
        assert_eq!(plain.spoken.marks[0], paused.spoken.marks[0]);
        let moved = paused.spoken.marks[1].start - plain.spoken.marks[1].start;
        assert!((moved - 0.7).abs() < 1e-6, "moved by {moved}");
    }

    #[test]
    fn words_are_found_in_the_whole_text() {
        let quick = Delivery { rate: 2.0, ..Delivery::PLAIN };
        let script = vec![text("one two "), Beat::Text("three".to_owned(), quick), text(" four")];
        let performance = perform(script, "voice");
        let words: Vec<&str> =
            performance.spoken.marks.iter().map(|word| &performance.text[word.span.clone()]).collect();
        assert_eq!(words, ["one", "two", "three", "four"]);
    }

    #[test]
    fn what_is_past_the_limit_is_cut_with_its_words() {
        let mut performance = perform(vec![text("one"), Beat::Pause(3_000), mark("m"), text("two")], "voice");
        performance.truncate(Duration::from_secs(2));
        assert_eq!(performance.spoken.seconds(), 2.0);
        assert_eq!(performance.spoken.marks.len(), 1);
        assert!(performance.marks.is_empty());
    }

    #[test]
    fn punctuation_alone_is_silent() {
        assert!(perform(vec![text("...!")], "voice").is_silent());
        assert!(perform(Vec::new(), "voice").is_silent());
    }
}
