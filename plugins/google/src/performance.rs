//! One call of `synthesize`: what is sent, line by line, and what comes of it.

use understudy_plugin::{Error, Summary, Take, log};

use crate::answer;
use crate::draft::Draft;
use crate::marks::Marked;
use crate::refusal;
use crate::service::Service;
use crate::tags::{self, tags};
use crate::words::{Span, Words};

/// What one request says.
pub(crate) struct Line<'line> {
    /// The text that is heard.
    pub(crate) spoken: &'line str,
    /// What it is sent as when it has no marks: the field, and its content.
    pub(crate) input: (&'static str, &'line str),
    pub(crate) marked: Option<Marked>,
}

/// A take in the making.
pub(crate) struct Performance<'call> {
    service: &'call Service,
    draft: &'call Draft,
    words: Option<Words<'call>>,
    /// The voice takes marks, as far as is known.
    marking: bool,
    /// It is of several lines, which only join as samples.
    joined: bool,
    characters_billed: usize,
}

impl<'call> Performance<'call> {
    pub(crate) const fn new(
        service: &'call Service,
        draft: &'call Draft,
        words: Option<Words<'call>>,
    ) -> Self {
        let marking = words.is_some();
        Self { service, draft, words, marking, joined: false, characters_billed: 0 }
    }

    /// True when lines are to have marks.
    pub(crate) const fn is_marking(&self) -> bool {
        self.marking
    }

    /// Says that lines follow each other in the take.
    pub(crate) const fn join(&mut self, joined: bool) {
        self.joined |= joined;
    }

    /// Has a line spoken.
    pub(crate) fn say(&mut self, line: &Line<'_>, take: &mut Take) -> Result<(), Error> {
        let marked = line.marked.as_ref().filter(|_| self.marking);
        let input = marked.map_or(line.input, |marked| ("ssml", marked.ssml.as_str()));
        let request = self.draft.request(self.service, input, self.joined, marked.is_some());
        let response = self.service.send(request)?;
        if !response.is_success() {
            let complaint = response.complaint();
            if marked.is_some() && refusal::is_about_marks(&complaint) {
                log::warn("voice takes no marks, words are not marked", &[("message", &complaint.message)]);
                self.marking = false;
                return self.say(line, take);
            }
            return Err(refusal::of_speech(&complaint, self.draft));
        }
        let start_ms = take.audio_ms().unwrap_or(0);
        let points = answer::relay(response, take)?;
        self.characters_billed += match input {
            ("ssml", document) => tags::characters_billed(document, &tags(document)),
            (_, text) => text.chars().count(),
        };
        if let (Some(words), Some(marked)) = (&mut self.words, marked) {
            words.hear(line.spoken, marked, &points, Span { start_ms, end_ms: length_ms(take) });
            words.give(take)?;
        }
        Ok(())
    }

    /// Hands on the last words, and sums up.
    pub(crate) fn finish(self, take: &mut Take) -> Result<Summary, Error> {
        let words = self.words.map(|words| words.finish(length_ms(take), take)).transpose()?;
        let mut summary = take.summary()?;
        summary.voice.clone_from(&self.draft.voice);
        summary.word_times = words.flatten();
        summary.characters_billed = u32::try_from(self.characters_billed).ok();
        Ok(summary)
    }
}

/// The length of the take so far: exact for samples, by the bit rate for MP3, else not known.
fn length_ms(take: &Take) -> Option<u64> {
    let by_bit_rate = || {
        let bits = take.audio_bytes().saturating_mul(8);
        bits.saturating_mul(1_000).checked_div(u64::from(take.format()?.bit_rate?))
    };
    take.audio_ms().or_else(by_bit_rate)
}
