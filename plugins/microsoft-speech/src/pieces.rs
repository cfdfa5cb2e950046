//! A long text in parts, each a turn.
//!
//! Two limits meet here: the bytes of a message, which count the text as it is escaped, and ten
//! minutes of audio, past which the service stops without a word. The second is kept by the first: at
//! its slowest script, four characters of Chinese a second, 6,000 bytes are eight minutes. A slower
//! rate makes the pieces as much shorter.

use std::borrow::Cow;

use understudy_plugin::text::{self, Piece};

/// Shorter than this a piece is never made, in bytes; a word has to fit.
const BYTES_MIN: usize = 256;

/// The parts of a text that can be spoken, none longer than `bytes_max` bytes once escaped, and as
/// much shorter as `rate` is slower than the voice's own.
#[must_use]
pub fn pieces(source: &str, bytes_max: usize, rate: Option<f32>) -> Vec<Piece<'_>> {
    let percent = (100 + rate.map_or(0, crate::prosody::rate_percent)).clamp(25, 100);
    let slowed = bytes_max * usize::try_from(percent).unwrap_or(100) / 100;
    let parts = text::split_by(source, slowed.max(BYTES_MIN), |part| text::escape_xml(part).len());
    parts.into_iter().filter(Piece::is_speakable).map(|piece| piece.trimmed()).collect()
}

/// The text with a space for each control character. XML cannot hold them, and to leave them out
/// would join the words around them.
#[must_use]
pub fn without_controls(text: &str) -> Cow<'_, str> {
    let control = |character: char| character.is_ascii_control() && !matches!(character, '\t' | '\n' | '\r');
    if text.contains(control) { Cow::Owned(text.replace(control, " ")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(source: &str, bytes_max: usize, rate: Option<f32>) -> Vec<usize> {
        pieces(source, bytes_max, rate).iter().map(|piece| text::escape_xml(piece.text).len()).collect()
    }

    #[test]
    fn text_without_spaces_is_cut_at_its_punctuation() {
        let source = "你好，世界。今天天气很好！".repeat(200);
        let parts = pieces(&source, 4_096, None);
        assert_eq!(parts.len(), 2);
        assert!(parts[0].text.ends_with('！') && parts[0].text.len() <= 4_096);
        let clause = "春眠不觉晓，".repeat(400);
        assert!(pieces(&clause, 4_096, None).iter().all(|piece| piece.text.ends_with('，')));
    }

    #[test]
    fn escaped_bytes_count() {
        // 1,000 bytes of text that are 5,000 once escaped.
        assert_eq!(lengths(&"a&".repeat(833), 4_096, None).len(), 2);
        assert!(lengths(&"a & b < c. ".repeat(400), 4_096, None).iter().all(|length| *length <= 4_096));
    }

    #[test]
    fn a_slower_rate_makes_shorter_pieces_and_a_faster_none_longer() {
        let source = "One two three. ".repeat(500);
        assert!(lengths(&source, 4_096, Some(0.5)).iter().all(|length| *length <= 2_048));
        assert_eq!(lengths(&source, 4_096, Some(2.0)), lengths(&source, 4_096, None));
    }

    #[test]
    fn pieces_without_anything_to_say_are_left_out() {
        assert_eq!(pieces("... !", 4_096, None), []);
        assert_eq!(pieces("  Hello. \n", 4_096, None)[0], Piece { text: "Hello.", start: 2 });
    }

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(without_controls("a\u{b}b\tc\u{0}d"), "a b\tc d");
        assert_eq!(without_controls("a\nb"), "a\nb");
    }

    proptest! {
        #[test]
        fn everything_that_can_be_said_is_in_a_piece(source in "[a-z&<。，語!\\. \n\u{1}]{0,2000}") {
            let spoken: String = pieces(&source, 300, None).iter().map(|piece| piece.text).collect();
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&spoken), letters(&source));
            for length in lengths(&source, 300, None) {
                prop_assert!(length <= 300);
            }
        }
    }
}
