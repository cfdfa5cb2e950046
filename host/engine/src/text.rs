//! Is it speakable at all?
//!
//! Control characters are the one thing repaired here, because scripts that come out of a language
//! model or a scraped page hold them and no provider wants them. They are replaced, not stripped:
//! word marks are byte spans into the caller's own text, so each is replaced by white space of the
//! same length (a space, or U+00A0 for the two-byte ones) and every span stays true.

use understudy_speech::{InvalidField, TextLimit, TextUnit, Utterance};

use crate::error::SpeechError;

/// Checks and repairs the text in place. Returns its length in characters and how many of them
/// were replaced.
pub(crate) fn prepare(
    utterance: &mut Utterance,
    max_characters: usize,
) -> Result<(usize, usize), SpeechError> {
    let (Utterance::Text(text) | Utterance::Ssml(text)) = utterance;
    let (mut length, mut controls, mut blank) = (0, 0, true);
    for character in text.chars() {
        length += 1;
        controls += usize::from(is_unspeakable(character));
        blank &= character.is_whitespace() || character.is_control();
    }
    if blank {
        let message = "must hold something to speak".to_owned();
        return Err(InvalidField { field: "text".to_owned(), message }.into());
    }
    if length > max_characters {
        let maximum = u32::try_from(max_characters).unwrap_or(u32::MAX);
        let limit = TextLimit { maximum, unit: TextUnit::Characters };
        return Err(SpeechError::TextTooLong { length, limit, provider: None });
    }
    if controls > 0 {
        *text = text
            .chars()
            .map(|character| if is_unspeakable(character) { blank_like(character) } else { character })
            .collect();
    }
    Ok((length, controls))
}

fn is_unspeakable(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

/// White space that takes as many bytes.
fn blank_like(control: char) -> char {
    if control.len_utf8() == 1 { ' ' } else { '\u{a0}' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<(&str, usize, usize), &str>) {
        let mut utterance = Utterance::Text(text.to_owned());
        let prepared = prepare(&mut utterance, 20);
        let found = prepared.map(|(length, controls)| (utterance.source(), length, controls));
        assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{text:?}");
    }

    #[test]
    fn blank_or_long_text_is_refused_and_the_rest_is_kept() {
        check("The show.", Ok(("The show.", 9, 0)));
        check("tab\tline\r\n.", Ok(("tab\tline\r\n.", 11, 0)));
        check("", Err("text must hold something to speak"));
        check(" \n\u{a0}\u{2003}\u{0}", Err("text must hold something to speak"));
        check("ééééééééééééééééééé!", Ok(("ééééééééééééééééééé!", 20, 0)));
        check("twenty one characters", Err("text is longer than 20 characters: 21 characters"));
    }

    #[test]
    fn control_characters_become_white_space_of_the_same_length() {
        check("a\u{0}b\u{7f}c\u{85}d", Ok(("a b c\u{a0}d", 7, 3)));
    }

    proptest! {
        #[test]
        fn byte_positions_never_move(text in "[\u{0}-\u{a1}a-zé]{1,60}") {
            let mut utterance = Utterance::Text(text.clone());
            if prepare(&mut utterance, 100).is_ok() {
                let after: Vec<_> = utterance.source().char_indices().collect();
                let before: Vec<_> = text.char_indices().collect();
                prop_assert_eq!(after.len(), before.len());
                for ((at, new), (was, old)) in after.into_iter().zip(before) {
                    prop_assert_eq!(at, was);
                    prop_assert!(new == old || is_unspeakable(old));
                }
            }
        }
    }
}
