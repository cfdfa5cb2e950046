//! Texts that pass, texts that do not, and the way back to what the caller wrote.

mod documents;
mod refusals;
mod spelling;

use understudy_speech::Word;

use super::*;

/// What is sent for `text`, or why not.
fn sent(text: &str) -> Result<String, String> {
    let mut utterance = Utterance::Text(text.to_owned());
    admit(&mut utterance, &TextRules::default())
        .map(|_| utterance.source().to_owned())
        .map_err(|fault| fault.to_string())
}
