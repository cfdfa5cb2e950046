//! The host's end of a take: what a guest may push into it, and in what order.
//!
//! Everything above trusts that a take is whole: a format before any audio, word spans that cut
//! the text at characters and never run backwards, raw audio in whole frames, a summary that says
//! what was sent. A plugin that breaks one of these fails its call here, by name, instead of
//! breaking a subtitle file two floors up. The checks are a few comparisons a mark and none a
//! sample.

use std::sync::Arc;

use bytes::Bytes;
use understudy_speech::{
    AudioFormat, Encoding, Failure, LineMark, Request, Script, Summary, TakeEvent, TakeSink, Word,
};

use crate::limits::Limits;

/// The largest piece of audio, as the contract says.
pub(crate) const CHUNK_BYTES_MAX: usize = 1 << 20;

/// Sample rates the contract allows, in samples a second.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// What the spans of word marks point into.
#[derive(Debug)]
pub(crate) enum Source {
    /// The text of a request.
    Request(Arc<Request>),
    /// The lines of a script, joined by line feeds, and how many there are.
    Script { text: String, lines: usize },
}

impl Source {
    pub(crate) fn of_script(script: &Script) -> Self {
        let texts: Vec<&str> = script.lines.iter().map(|line| line.text.as_str()).collect();
        Self::Script { text: texts.join("\n"), lines: texts.len() }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Request(request) => request.utterance.source(),
            Self::Script { text, .. } => text,
        }
    }

    fn lines(&self) -> usize {
        match self {
            Self::Request(_) => 0,
            Self::Script { lines, .. } => *lines,
        }
    }
}

/// One take as it is recorded.
#[derive(Debug)]
pub(crate) struct Recording {
    plugin: Arc<str>,
    limits: Arc<Limits>,
    sink: TakeSink,
    source: Source,
    format: Option<AudioFormat>,
    audio_bytes: u64,
    marks: u32,
    last_word: Option<Word>,
    last_line: Option<LineMark>,
    abandoned: bool,
}

impl Recording {
    pub(crate) fn new(plugin: Arc<str>, limits: Arc<Limits>, sink: TakeSink, source: Source) -> Self {
        Self {
            plugin,
            limits,
            sink,
            source,
            format: None,
            audio_bytes: 0,
            marks: 0,
            last_word: None,
            last_line: None,
            abandoned: false,
        }
    }

    /// Takes the format; once, before any audio.
    pub(crate) async fn begin(&mut self, format: AudioFormat) -> Result<(), Failure> {
        if self.format.is_some() {
            return Err(self.broken("take.begin was called twice"));
        }
        if !SAMPLE_RATES.contains(&format.sample_rate) {
            return Err(self.broken(format!("sample rate is out of range: {}", format.sample_rate)));
        }
        if !(1..=2).contains(&format.channels) {
            return Err(self.broken(format!("channels are neither 1 nor 2: {}", format.channels)));
        }
        self.format = Some(format);
        self.send(TakeEvent::Begin(format)).await;
        Ok(())
    }

    /// Takes a piece of audio. False: nobody listens any more.
    pub(crate) async fn audio(&mut self, chunk: Bytes) -> Result<bool, Failure> {
        if self.format.is_none() {
            return Err(self.broken("take.audio was called before take.begin"));
        }
        if chunk.len() > CHUNK_BYTES_MAX {
            return Err(self.broken(format!("audio chunk is larger than 1 MiB: {} bytes", chunk.len())));
        }
        self.audio_bytes += chunk.len() as u64;
        if self.audio_bytes > self.limits.output_bytes {
            return Err(self.passed("bytes of audio", self.limits.output_bytes));
        }
        if chunk.is_empty() {
            return Ok(self.is_heard());
        }
        Ok(self.send(TakeEvent::Audio(chunk)).await)
    }

    /// Takes word marks. False: nobody listens any more.
    pub(crate) async fn words(&mut self, words: Vec<Word>) -> Result<bool, Failure> {
        self.count_marks(words.len())?;
        for word in &words {
            self.check_word(*word)?;
            self.last_word = Some(*word);
        }
        if words.is_empty() {
            return Ok(self.is_heard());
        }
        Ok(self.send(TakeEvent::Words(words)).await)
    }

    /// Takes the mark of a finished line. False: nobody listens any more.
    pub(crate) async fn line(&mut self, mark: LineMark) -> Result<bool, Failure> {
        self.count_marks(1)?;
        if mark.index as usize >= self.source.lines() {
            return Err(self.broken(format!("line mark is outside of the script: {}", mark.index)));
        }
        let backwards =
            self.last_line.is_some_and(|last| mark.index <= last.index || mark.start_ms < last.start_ms);
        if backwards || mark.end_ms < mark.start_ms {
            return Err(self.broken(format!("line marks run backwards at line {}", mark.index)));
        }
        self.last_line = Some(mark);
        Ok(self.send(TakeEvent::Line(mark)).await)
    }

    /// Judges the whole when the guest has returned.
    pub(crate) fn finish(&self, summary: &Summary) -> Result<(), Failure> {
        if self.abandoned {
            return Ok(());
        }
        let Some(format) = self.format else {
            return Err(self.broken("the call succeeded without take.begin"));
        };
        if self.audio_bytes == 0 {
            return Err(self.broken("the call succeeded without audio"));
        }
        if summary.format != format {
            return Err(self.broken("the summary's format is not what take.begin said"));
        }
        let frame_bytes = 2 * u64::from(format.channels);
        if format.encoding == Encoding::PcmS16le && !self.audio_bytes.is_multiple_of(frame_bytes) {
            return Err(self.broken(format!("raw audio ends within a frame: {} bytes", self.audio_bytes)));
        }
        Ok(())
    }

    fn check_word(&self, word: Word) -> Result<(), Failure> {
        let at = || format!("at bytes {}..{}", word.start_byte, word.end_byte);
        if word.start_byte > word.end_byte || word.in_text(self.source.text()).is_none() {
            return Err(self.broken(format!("word span does not lie in the text on characters {}", at())));
        }
        if word.end_ms < word.start_ms {
            return Err(self.broken(format!("word ends before it starts {}", at())));
        }
        match self.last_word {
            Some(last) if word.start_byte < last.start_byte || word.end_byte < last.end_byte => {
                Err(self.broken(format!("word spans run backwards {}", at())))
            }
            Some(last) if word.start_ms < last.start_ms => {
                Err(self.broken(format!("word times run backwards {}", at())))
            }
            _ => Ok(()),
        }
    }

    fn count_marks(&mut self, count: usize) -> Result<(), Failure> {
        self.marks = self.marks.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if self.marks > self.limits.word_marks {
            return Err(self.passed("word marks", self.limits.word_marks.into()));
        }
        Ok(())
    }

    /// What a push of nothing asks. A guest that waits for a slow service learns by it that its
    /// listener has left, before it has anything to send.
    fn is_heard(&mut self) -> bool {
        self.abandoned |= self.sink.is_abandoned();
        !self.abandoned
    }

    /// Waits for room in the take. False for ever after the listener has left.
    async fn send(&mut self, event: TakeEvent) -> bool {
        if !self.abandoned {
            self.abandoned = !self.sink.send(event).await;
        }
        !self.abandoned
    }

    fn broken(&self, reason: impl Into<String>) -> Failure {
        Failure::BrokenContract { plugin: self.plugin.to_string(), reason: reason.into() }
    }

    fn passed(&self, what: &'static str, limit: u64) -> Failure {
        Failure::LimitExceeded { plugin: self.plugin.to_string(), what, limit }
    }
}

#[cfg(test)]
mod tests;
