//! Word marks that can be trusted.
//!
//! Subtitles are cut from the caller's text by these spans, so one wild mark would be a crash or a
//! garbled line in somebody's video. A mark whose span does not fit the text is left out; times
//! that run backwards are pulled forward. What the marks say is otherwise the provider's business.

use std::time::Duration;

use understudy_speech::Word;

/// Admits marks as they come.
pub(crate) struct WordMarks<'text> {
    text: &'text str,
    start_byte: u32,
    start_ms: u32,
}

impl<'text> WordMarks<'text> {
    pub(crate) const fn new(text: &'text str) -> Self {
        Self { text, start_byte: 0, start_ms: 0 }
    }

    /// The marks among `words` that fit the text and follow what came before, in order.
    pub(crate) fn admit(&mut self, words: Vec<Word>) -> impl Iterator<Item = Word> {
        words.into_iter().filter_map(|mut word| {
            let fits = word.in_text(self.text).is_some_and(|text| !text.is_empty());
            if !fits || word.start_byte < self.start_byte {
                return None;
            }
            word.start_ms = word.start_ms.max(self.start_ms);
            word.end_ms = word.end_ms.max(word.start_ms);
            (self.start_byte, self.start_ms) = (word.start_byte, word.start_ms);
            Some(word)
        })
    }
}

/// Brings every time inside the audio. A mark past its end keeps its place there, with no length:
/// dropping it would lose the word from the subtitles.
pub(crate) fn clip(words: &mut [Word], audio: Duration) {
    let end = u32::try_from(audio.as_millis()).unwrap_or(u32::MAX);
    for word in words {
        word.start_ms = word.start_ms.min(end);
        word.end_ms = word.end_ms.min(end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn word(start_byte: u32, end_byte: u32, start_ms: u32, end_ms: u32) -> Word {
        Word { start_byte, end_byte, start_ms, end_ms }
    }

    fn check(text: &str, marks: &[Word], expected: &[Word]) {
        let mut words: Vec<Word> = WordMarks::new(text).admit(marks.to_vec()).collect();
        clip(&mut words, Duration::from_millis(1000));
        assert_eq!(words, expected);
    }

    #[test]
    fn wild_marks_are_left_out_and_late_ones_are_clipped() {
        check(
            "to go",
            &[word(0, 2, 0, 100), word(3, 5, 90, 200)],
            &[word(0, 2, 0, 100), word(3, 5, 90, 200)],
        );
        check("to go", &[word(3, 9, 0, 1), word(4, 3, 0, 1), word(2, 2, 0, 1)], &[]);
        check("é go", &[word(1, 4, 0, 1)], &[]);
        check("to go", &[word(3, 5, 0, 1), word(0, 2, 2, 3)], &[word(3, 5, 0, 1)]);
        check("to go", &[word(0, 2, 9, 8), word(3, 5, 5, 6)], &[word(0, 2, 9, 9), word(3, 5, 9, 9)]);
        check("to", &[word(0, 2, 900, 1100)], &[word(0, 2, 900, 1000)]);
        check("to", &[word(0, 2, 1200, 1300)], &[word(0, 2, 1000, 1000)]);
    }

    proptest! {
        #[test]
        fn whatever_comes_words_fit_the_text_and_never_run_backwards(
            text in ".{0,12}",
            marks in prop::collection::vec((0_u32..20, 0_u32..20, 0_u32..2000, 0_u32..2000), 0..20),
        ) {
            let marks = marks.into_iter().map(|(a, b, c, d)| word(a, b, c, d)).collect();
            let mut words: Vec<Word> = WordMarks::new(&text).admit(marks).collect();
            clip(&mut words, Duration::from_millis(1000));
            prop_assert!(words.iter().all(|word| word.in_text(&text).is_some()));
            prop_assert!(words.iter().all(|word| word.start_ms <= word.end_ms && word.end_ms <= 1000));
            prop_assert!(words.is_sorted_by_key(|word| word.start_byte));
            prop_assert!(words.is_sorted_by_key(|word| word.start_ms));
        }
    }
}
