//! Whether word marks are what subtitles are made of.

use understudy_speech::Word;

/// Marks point into the text, in order and without overlap, leave nothing but spaces and
/// punctuation out, and lie inside the audio in the order of the text.
pub(crate) fn judge(text: &str, words: &[Word], audio_ms: u64) -> Result<(), String> {
    if words.is_empty() {
        return Err("there is none".to_owned());
    }
    let (mut byte, mut time) = (0, 0);
    for (index, word) in words.iter().enumerate() {
        let spelled = word.in_text(text).ok_or_else(|| format!("word {index} is outside of the text"))?;
        if spelled.trim().is_empty() {
            return Err(format!("word {index} is empty"));
        }
        let gap = text.get(byte..word.span().start);
        let gap = gap.ok_or_else(|| format!("word {index} {spelled:?} begins before the last one ends"))?;
        if gap.chars().any(char::is_alphanumeric) {
            return Err(format!("{gap:?} before word {index} is in no word"));
        }
        if word.start_ms < time || word.end_ms < word.start_ms {
            return Err(format!("word {index} {spelled:?} is heard before the last one"));
        }
        if u64::from(word.start_ms) > audio_ms {
            return Err(format!("word {index} {spelled:?} begins after the audio of {audio_ms} ms"));
        }
        (byte, time) = (word.span().end, word.start_ms);
    }
    let rest = text.get(byte..).unwrap_or_default();
    if rest.chars().any(char::is_alphanumeric) {
        return Err(format!("{rest:?} at the end is in no word"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Hé, you.";

    fn check(words: &[(u32, u32, u32, u32)], expected: Result<(), &str>) {
        let words: Vec<Word> = words
            .iter()
            .map(|&(start_byte, end_byte, start_ms, end_ms)| Word { start_byte, end_byte, start_ms, end_ms })
            .collect();
        assert_eq!(judge(TEXT, &words, 1_000), expected.map_err(str::to_owned), "{words:?}");
    }

    #[test]
    fn marks_reproduce_the_text_in_the_order_it_is_heard() {
        check(&[(0, 3, 0, 200), (5, 8, 250, 600)], Ok(()));
        check(&[(0, 4, 0, 200), (5, 9, 250, 600)], Ok(()));
        check(&[], Err("there is none"));
        check(&[(0, 2, 0, 200)], Err("word 0 is outside of the text"));
        check(&[(4, 5, 0, 200)], Err("word 0 is empty"));
        check(&[(0, 3, 0, 200), (2, 3, 250, 600)], Err("word 1 is outside of the text"));
        check(&[(0, 3, 0, 200), (0, 3, 250, 600)], Err("word 1 \"Hé\" begins before the last one ends"));
        check(&[(5, 8, 250, 600)], Err("\"Hé, \" before word 0 is in no word"));
        check(&[(0, 3, 300, 400), (5, 8, 250, 600)], Err("word 1 \"you\" is heard before the last one"));
        check(
            &[(0, 3, 0, 200), (5, 8, 1_250, 1_600)],
            Err("word 1 \"you\" begins after the audio of 1000 ms"),
        );
        check(&[(0, 3, 0, 200)], Err("\", you.\" at the end is in no word"));
    }
}
