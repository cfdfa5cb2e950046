//! The words of the caller's text at the times of the marks.

use understudy_plugin::ssml::{Placing, Plain};
use understudy_plugin::text::Aligner;
use understudy_plugin::{Error, Take, Word, WordTimes, log};

use crate::answer::Timepoint;
use crate::marks::Marked;

/// The words of one take.
pub(crate) struct Words<'text> {
    aligner: Aligner<'text>,
    /// The way back into the caller's document, when there is one.
    placing: Option<Placing<'text>>,
    marked: bool,
}

/// When an answer is heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Where it begins in the take, in milliseconds.
    pub(crate) start_ms: u64,
    /// Where it ends there, when that is known.
    pub(crate) end_ms: Option<u64>,
}

impl<'text> Words<'text> {
    /// For a caller's own text.
    pub(crate) fn of_text(text: &'text str) -> Self {
        Self { aligner: Aligner::new(text), placing: None, marked: false }
    }

    /// For a caller's document.
    pub(crate) fn of_document(plain: &'text Plain) -> Self {
        Self { placing: Some(plain.placing()), ..Self::of_text(plain.text()) }
    }

    /// Takes what one answer says of its marks. A token whose mark was not reported belongs to the
    /// one before it.
    pub(crate) fn hear(&mut self, text: &str, marked: &Marked, points: &[Timepoint], span: Span) {
        let start = span.start_ms as f64 / 1_000.0;
        let end = span.end_ms.map(|end| end as f64 / 1_000.0);
        let at = |point: &Timepoint| (start + point.time_seconds.max(0.0)).min(end.unwrap_or(f64::MAX));
        let mut reached: Vec<(usize, f64)> =
            points.iter().filter_map(|point| Some((marked.token_of(&point.mark_name)?, at(point)))).collect();
        if reached.is_empty() {
            return log::warn("service reported no marks", &[("tokens", &marked.tokens.len())]);
        }
        reached.sort_by_key(|(token, _)| *token);
        // What comes before the first mark that was reported is heard before it.
        if reached.first().is_some_and(|(token, _)| *token > 0) {
            reached.insert(0, (0, start));
        }
        for (index, (token, from)) in reached.iter().enumerate() {
            let next = reached.get(index + 1);
            let until = next.map(|(_, seconds)| *seconds).or(end).unwrap_or(*from);
            let past = next.map_or(marked.tokens.len(), |(token, _)| *token);
            let last = past.checked_sub(1).and_then(|last| marked.tokens.get(last));
            if let (Some(opening), Some(closing)) = (marked.tokens.get(*token), last) {
                let said = text.get(opening.start..closing.end).unwrap_or_default();
                self.aligner.hear_seconds(said, *from..until.max(*from));
            }
        }
    }

    /// Hands on the words that have become certain.
    pub(crate) fn give(&mut self, take: &mut Take) -> Result<(), Error> {
        let words = self.aligner.words();
        self.hand_on(words, take)
    }

    /// Hands on the rest, and says where the times of all came from.
    pub(crate) fn finish(mut self, end_ms: Option<u64>, take: &mut Take) -> Result<Option<WordTimes>, Error> {
        let aligner = std::mem::replace(&mut self.aligner, Aligner::new(""));
        self.hand_on(aligner.finish(end_ms), take)?;
        let last = self.placing.as_mut().and_then(Placing::last);
        take.words(last.as_slice())?;
        Ok((self.marked || last.is_some()).then_some(WordTimes::Native))
    }

    fn hand_on(&mut self, words: Vec<Word>, take: &mut Take) -> Result<(), Error> {
        let words = match &mut self.placing {
            Some(placing) => placing.put(words),
            None => words,
        };
        self.marked |= !words.is_empty();
        take.words(&words)
    }
}
