//! What holds for cues whatever the text, the marks and the options are.

use proptest::prelude::*;
use understudy_audio::cue::{Cue, CueOptions, cues, ssml_text};
use understudy_speech::Word;

use crate::cue_sheets::marks;

fn options() -> impl Strategy<Value = CueOptions> {
    (0..60_usize, 0..4_usize, 0.0..40.0_f32, 0..3000_u32, 0..10_000_u32, 0..500_u32).prop_map(
        |(max_line_chars, max_lines, max_chars_per_second, min_ms, max_ms, gap_ms)| CueOptions {
            max_line_chars,
            max_lines,
            max_chars_per_second,
            min_ms,
            max_ms,
            gap_ms,
        },
    )
}

/// Words, numbers and punctuation, with white space between or not; Chinese and accents among them.
fn text() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "the",
        "show",
        "must",
        "go",
        "on",
        "understudies",
        "O'Hara",
        "3",
        "7:45",
        "élan",
        "演",
        "出",
        "。",
        "，",
        ".",
        ", ",
        "! ",
        "? ",
        " ",
        " ",
        " ",
        " ",
        " ",
        "\n\n",
        " — ",
        " (",
        ") ",
        " “",
        "” ",
        "…",
        "👍",
    ]);
    prop::collection::vec(atom, 0..120).prop_map(|atoms| atoms.concat())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn said(cues: &[Cue]) -> String {
    cues.iter().flat_map(|cue| &cue.lines).map(|line| squeezed(line)).collect()
}

/// In order, apart, inside the audio, no empty line.
fn well_formed(cues: &[Cue], audio_ms: u32) -> Result<(), TestCaseError> {
    let mut earliest = 0;
    for cue in cues {
        prop_assert!(
            earliest <= cue.start_ms && cue.start_ms <= cue.end_ms && cue.end_ms <= audio_ms,
            "{cue:?}"
        );
        prop_assert!(!cue.lines.is_empty());
        prop_assert!(cue.lines.iter().all(|line| !line.is_empty() && line.trim() == line), "{cue:?}");
        earliest = cue.end_ms;
    }
    Ok(())
}

proptest! {
    #[test]
    fn cues_hold_the_callers_text_once_and_in_order(text in text(), options in options()) {
        let (words, audio_ms) = marks(&text, 65);
        let cues = cues(&text, &words, audio_ms, &options);
        well_formed(&cues, audio_ms)?;
        let expected = if words.is_empty() { String::new() } else { squeezed(&text) };
        prop_assert_eq!(said(&cues), expected);
    }

    #[test]
    fn cues_keep_to_lines_and_columns(text in text(), options in options()) {
        let (words, audio_ms) = marks(&text, 65);
        for cue in cues(&text, &words, audio_ms, &options) {
            prop_assert!(cue.lines.len() <= options.max_lines.max(1), "{cue:?}");
            for line in &cue.lines {
                let wide = line.chars().map(|character| if character > '\u{2e7f}' { 2 } else { 1 }).sum::<usize>();
                // A word that is longer than a line stands alone on it.
                let words = line.split(' ').filter(|word| word.contains(char::is_alphanumeric)).count();
                prop_assert!(wide <= options.max_line_chars.max(1) || words <= 1, "{line}");
            }
        }
    }

    #[test]
    fn cues_stand_as_long_as_asked_where_there_is_room(text in text()) {
        let options = CueOptions::default();
        let (words, audio_ms) = marks(&text, 65);
        let cues = cues(&text, &words, audio_ms, &options);
        for (index, cue) in cues.iter().enumerate() {
            let next = cues.get(index + 1).map_or(audio_ms, |next| next.start_ms.saturating_sub(options.gap_ms));
            let stands = cue.end_ms - cue.start_ms;
            prop_assert!(stands <= options.max_ms);
            prop_assert!(stands >= options.min_ms || cue.end_ms >= next, "{cue:?} before {next}");
        }
    }

    #[test]
    fn marks_that_make_no_sense_give_sensible_cues(
        text in text(),
        marks in prop::collection::vec((0..300_u32, 0..300_u32, any::<u32>(), any::<u32>()), 0..40),
        audio_ms in 0..20_000_u32,
        options in options(),
    ) {
        let words: Vec<Word> = marks
            .into_iter()
            .map(|(start_byte, end_byte, start_ms, end_ms)| Word {
                start_byte,
                end_byte,
                start_ms: start_ms % 30_000,
                end_ms,
            })
            .collect();
        well_formed(&cues(&text, &words, audio_ms, &options), audio_ms)?;
    }

    #[test]
    fn text_of_a_document_stands_where_it_stood(
        pieces in prop::collection::vec("<!--|-->|<!\\[CDATA\\[|\\]\\]>|[<>/?&;#x0-9a-z'\"é \u{1F600}]{0,6}", 0..12)
    ) {
        let document = pieces.concat();
        let text = ssml_text(&document);
        prop_assert_eq!(text.len(), document.len());
        // What is read as it is written stands where it is written.
        for (at, character) in text.char_indices().filter(|(_, character)| character.is_alphabetic()) {
            let written = document.get(at..).unwrap();
            prop_assert!(written.starts_with(character) || written.starts_with('&'), "{document:?}");
        }
    }
}
