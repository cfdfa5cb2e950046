//! Which language a text is in, when nobody says.
//!
//! A request through OpenAI's API names a voice like `alloy` and no language. While that voice's
//! service is up nothing needs to be known; when it is down, whoever stands in must speak the
//! text's language, and not to stand in because nobody said which is the worst answer of all. So the
//! text is asked. Trigrams are sure of a sentence and guess at a word, so only a sure answer counts.

use understudy_speech::{Language, Utterance};

/// How far ahead of every other language the one that is believed must be, of 1. English sentences of
/// eight words reach 0.6 and more; what was told wrongly of short texts stayed under 0.1.
const CONFIDENCE_MIN: f64 = 0.5;

/// The language of a text, when that is certain; nothing for SSML, whose tags are English.
pub(crate) fn heard(utterance: &Utterance) -> Option<Language> {
    let Utterance::Text(text) = utterance else { return None };
    let found = whatlang::detect(text).filter(|found| found.confidence() >= CONFIDENCE_MIN)?;
    let code = found.lang().code();
    // Chinese is written in one script and told as the Mandarin it most often is.
    let short = if code == "cmn" { Some("zh") } else { isolang::Language::from_639_3(code)?.to_639_1() };
    short.unwrap_or(code).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = heard(&Utterance::Text(text.to_owned()));
        assert_eq!(found.as_ref().map(Language::as_str), expected, "{text}");
    }

    #[test]
    fn a_sentence_tells_its_language_and_a_name_does_not() {
        check("The understudy knows every line, and nobody in the house will know.", Some("en"));
        check("Wenn der Hauptdarsteller nicht weiterkann, übernimmt die Zweitbesetzung.", Some("de"));
        check("Когда главный актёр не может продолжать, выходит дублёр.", Some("ru"));
        check("演出必须继续，替身知道每一句台词。", Some("zh"));
        check("主役が続けられないときは、代役が舞台に立ちます。", Some("ja"));
        check("Anna", None);
        check("12 345", None);
    }

    #[test]
    fn markup_is_not_taken_for_english() {
        assert_eq!(heard(&Utterance::Ssml("<speak>Der Vorhang fällt nicht heute.</speak>".to_owned())), None);
    }
}
