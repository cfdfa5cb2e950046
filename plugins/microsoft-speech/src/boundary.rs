//! `audio.metadata`: when words are heard.
//!
//! One message may hold several entries; a client that reads the first alone loses words. Times are
//! ticks of 100 ns from the start of the *turn's* audio. The text is what was read, escaped for XML,
//! and not where it stands: finding it in the caller's text is the aligner's work.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use understudy_plugin::Error;

/// A tick is 100 ns.
pub const TICKS_PER_SECOND: u64 = 10_000_000;

/// A word as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// What was read.
    pub text: String,
    /// From the start of the turn's audio.
    pub ticks: Range<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    metadata: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    r#type: String,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    offset: u64,
    #[serde(default)]
    duration: u64,
    #[serde(rename = "text")]
    text: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    text: String,
}

/// The words of one message, in its order. Sentences, mouth shapes and whatever else is in it are
/// left out.
///
/// # Errors
/// [`Error::Protocol`] when the message, or a word in it, has another form.
pub fn words(body: &str) -> Result<Vec<Boundary>, Error> {
    let strange =
        |error: serde_json::Error| Error::protocol(format!("metadata is not the expected json: {error}"));
    let metadata: Metadata = serde_json::from_str(body).map_err(strange)?;
    let words = metadata.metadata.into_iter().filter(|entry| entry.r#type == "WordBoundary");
    words
        .map(|entry| serde_json::from_value::<Data>(entry.data).map(Boundary::from).map_err(strange))
        .collect()
}

impl From<Data> for Boundary {
    fn from(data: Data) -> Self {
        let raw = data.text.text;
        // Text that is no XML was not escaped.
        let text =
            quick_xml::escape::unescape(&raw).map_or_else(|_| raw.clone(), std::borrow::Cow::into_owned);
        Self { text, ticks: data.offset..data.offset.saturating_add(data.duration) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, offset: u64) -> String {
        format!(
            r#"{{"Type": "WordBoundary", "Data": {{"Offset": {offset}, "Duration": 3750000,
            "text": {{"Text": "{text}", "Length": 5, "BoundaryType": "WordBoundary"}}}}}}"#
        )
    }

    fn heard(body: &str) -> Vec<(String, Range<u64>)> {
        words(body).unwrap().into_iter().map(|word| (word.text, word.ticks)).collect()
    }

    #[test]
    fn every_word_of_a_message_is_read_and_the_rest_left_out() {
        let sentence = r#"{"Type":"SentenceBoundary","Data":{"Offset":1,"Duration":2,"text":{"Text":"Hello you","Length":9}}}"#;
        let end = r#"{"Type":"SessionEnd","Data":{"Offset":12345}}"#;
        let odd = r#"{"Type":"Novelty"}"#;
        let body = format!(
            "{{\n  \"Metadata\": [{}, {sentence}, {}, {end}, {odd}]\n}}",
            entry("Hello", 1_000_000),
            entry("you", 5_000_000)
        );
        assert_eq!(
            heard(&body),
            [("Hello".to_owned(), 1_000_000..4_750_000), ("you".to_owned(), 5_000_000..8_750_000)]
        );
        assert_eq!(heard(r#"{"Metadata":[]}"#), []);
    }

    #[test]
    fn escaped_text_is_unescaped_and_other_text_left_alone() {
        let check = |sent: &str, expected: &str| {
            let body = format!(r#"{{"Metadata":[{}]}}"#, entry(sent, 0));
            assert_eq!(words(&body).unwrap()[0].text, expected);
        };
        check("R&amp;D", "R&D");
        check("it&#39;s", "it's");
        check("R&D", "R&D");
        check("a &lt; b", "a < b");
    }

    #[test]
    fn another_form_is_an_error() {
        for body in ["", "{}", "[]", r#"{"Metadata":[{"Type":"WordBoundary","Data":{"Offset":-1}}]}"#] {
            assert!(matches!(words(body), Err(Error::Protocol(_))), "{body}");
        }
    }
}
