//! What a plugin pushed in one call.

use crate::log::Level;
use crate::{AudioFormat, LineMark, Summary, Word};

/// One thing pushed into a take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeEvent {
    /// The take began.
    Begin(AudioFormat),
    /// A piece of audio.
    Audio(Vec<u8>),
    /// Word marks.
    Words(Vec<Word>),
    /// The mark of a line.
    Line(LineMark),
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub message: String,
    /// Name and value.
    pub fields: Vec<(String, String)>,
}

/// A take and everything around it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recording {
    /// The text word spans point into.
    pub text: String,
    /// The format of the summary.
    pub format: AudioFormat,
    /// All audio.
    pub audio: Vec<u8>,
    /// The audio piece by piece, as it was pushed.
    pub chunks: Vec<Vec<u8>>,
    /// All word marks, in the order they were pushed.
    pub words: Vec<Word>,
    /// All line marks, in the order they were pushed.
    pub lines: Vec<LineMark>,
    /// Everything in the order it was pushed.
    pub events: Vec<TakeEvent>,
    /// What was logged.
    pub logs: Vec<LogLine>,
    /// What the plugin returned.
    pub summary: Summary,
    /// The text is plain, so that every word of it must be marked when words are.
    pub(crate) plain: bool,
    /// Lines a conversation has; none for a single request.
    pub(crate) script_lines: Option<usize>,
}

impl Recording {
    pub(crate) fn new(text: String, plain: bool, summary: Summary, events: Vec<TakeEvent>) -> Self {
        let mut recording = Self {
            text,
            format: summary.format,
            audio: Vec::new(),
            chunks: Vec::new(),
            words: Vec::new(),
            lines: Vec::new(),
            logs: Vec::new(),
            summary,
            plain,
            script_lines: None,
            events: Vec::new(),
        };
        for event in &events {
            match event {
                TakeEvent::Begin(_) => {}
                TakeEvent::Audio(chunk) => {
                    recording.audio.extend(chunk);
                    recording.chunks.push(chunk.clone());
                }
                TakeEvent::Words(words) => recording.words.extend(words),
                TakeEvent::Line(mark) => recording.lines.push(*mark),
            }
        }
        recording.events = events;
        recording
    }

    /// Milliseconds of audio, rounded down; none when the format is not raw PCM.
    #[must_use]
    pub fn audio_ms(&self) -> Option<u64> {
        self.format.milliseconds_of(self.audio.len() as u64)
    }

    /// The audio as samples, channels interleaved; none when the format is not raw PCM.
    #[must_use]
    pub fn samples(&self) -> Option<Vec<i16>> {
        self.audio_ms()?;
        Some(self.audio.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect())
    }

    /// The marked words in the text's own spelling; a span that does not fit it is empty.
    #[must_use]
    pub fn spoken(&self) -> Vec<&str> {
        self.words.iter().map(|word| word.in_text(&self.text).unwrap_or_default()).collect()
    }

    /// Checks the contract's rules.
    ///
    /// The take is begun once and before any audio, with the format of the summary; there is audio,
    /// in whole frames when it is raw PCM; spans lie on character boundaries of the text and neither
    /// they nor times run backwards; times lie within the audio when it is raw PCM; marks and
    /// `word_times` of the summary come together, and when the text is plain, every letter and
    /// digit of it then lies in a marked word; a conversation has a mark for each line, in order.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn check_contract(&self) -> Result<(), String> {
        super::contract::check(self)
    }

    /// Panics unless [`Recording::check_contract`] agrees.
    ///
    /// # Panics
    /// Names the first rule broken.
    pub fn assert_contract(&self) {
        let verdict = self.check_contract();
        assert!(verdict.is_ok(), "{}", verdict.err().unwrap_or_default());
    }
}
