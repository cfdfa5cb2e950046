//! The words of one text within a take: a request's, or a line's of a conversation.

use serde_json::Value;
use understudy_plugin::text::Aligner;
use understudy_plugin::{Error, Take, Word};

/// Words on their way from the service's account to the contract's.
///
/// Each line of a conversation has its own, so that a word the service forgot is looked for within its
/// line and takes no time from the next.
#[derive(Debug)]
pub(crate) struct Words<'text> {
    aligner: Aligner<'text>,
    /// Where the text begins in what the marks point into, in bytes.
    offset: u32,
    marked: bool,
}

impl<'text> Words<'text> {
    pub(crate) fn new(text: &'text str, offset: usize) -> Self {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        Self { aligner: Aligner::new(text), offset, marked: false }
    }

    /// Takes the words of an answer whose audio begins at this millisecond of the take.
    pub(crate) fn hear(&mut self, words: Option<&Value>, start_ms: u64) {
        let start = start_ms as f64 / 1_000.0;
        for word in words.and_then(Value::as_array).into_iter().flatten() {
            let number = |name: &str| word.get(name).and_then(Value::as_f64);
            let text = word.get("text").or_else(|| word.get("word")).and_then(Value::as_str);
            if let (Some(text), Some(from), Some(to)) = (text, number("start"), number("end")) {
                self.aligner.hear_seconds(text, start + from..start + to);
            }
        }
    }

    /// Hands on the words that are certain.
    pub(crate) fn give(&mut self, take: &mut Take) -> Result<(), Error> {
        let words = self.aligner.words();
        self.push(&words, take)
    }

    /// Hands on the rest, within audio that ends here if that is known. True when there were any.
    pub(crate) fn finish(mut self, end_ms: Option<u64>, take: &mut Take) -> Result<bool, Error> {
        let aligner = std::mem::replace(&mut self.aligner, Aligner::new(""));
        self.push(&aligner.finish(end_ms), take)?;
        Ok(self.marked)
    }

    fn push(&mut self, words: &[Word], take: &mut Take) -> Result<(), Error> {
        self.marked |= !words.is_empty();
        let words: Vec<Word> = words.iter().map(|word| word.shifted(self.offset, 0)).collect();
        take.words(&words)
    }
}
