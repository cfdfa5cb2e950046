//! What is wrong with a scene whoever speaks it is found before anybody is asked.
//!
//! Spoken line by line, each line is planned, and would be held against the rules of texts there: line 40
//! after the 39 before it were bought. Performed as a whole no line is ever planned. So all of them are
//! held against the rules here, for both ways, and the whole is what one text may be. A line is repaired
//! here for whoever performs the whole; the scene keeps it as it was written, because that is what
//! subtitles show and what the plan of a single line repairs itself.

use understudy_speech::{InvalidField, Request, Utterance};

use crate::error::SpeechError;
use crate::request::check_name;
use crate::script::{Place, SceneLine, ScriptFault};
use crate::text::{self, SpanMap, TextRules};

/// A line's text as it is sent to a service, and the way back to the caller's spelling.
#[derive(Clone, Debug)]
pub(super) struct SentLine {
    pub(super) text: String,
    pub(super) spans: SpanMap,
}

/// The texts of `lines` as they may be sent.
pub(super) fn admit(
    lines: &[SceneLine],
    lines_max: usize,
    rules: &TextRules,
) -> Result<Vec<SentLine>, SpeechError> {
    let start = Place { line: 1, column: 1 };
    if lines.is_empty() {
        return Err(ScriptFault::NoLines.at(start).into());
    }
    if let Some(first) = lines.get(lines_max) {
        return Err(ScriptFault::TooManyLines(lines_max).at(first.place).into());
    }
    rules.admit_bytes(lines.iter().map(|line| line.text.len()).sum())?;
    rules.admit_characters(characters(lines))?;
    lines.iter().enumerate().map(|(index, line)| admit_line(index, line, rules)).collect()
}

/// Characters of all lines, as they were written.
pub(super) fn characters(lines: &[SceneLine]) -> usize {
    lines.iter().map(|line| line.text.chars().count()).sum()
}

fn admit_line(index: usize, line: &SceneLine, rules: &TextRules) -> Result<SentLine, SpeechError> {
    let SceneLine { intensity, rate, pitch, volume, .. } = *line;
    let wrong = |error: SpeechError| SpeechError::Line {
        number: index + 1,
        speaker: line.speaker.clone(),
        error: Box::new(error),
    };
    let request = Request { intensity, rate, pitch, volume, ..Request::text("") };
    let checked = request.check_ranges().and_then(|()| check_name("emotion", line.emotion.as_deref()));
    checked.map_err(|invalid: InvalidField| wrong(invalid.into()))?;
    if !line.text.chars().any(char::is_alphanumeric) {
        return Err(ScriptFault::NothingSaid(line.speaker.clone()).at(line.place).into());
    }
    let mut utterance = Utterance::Text(line.text.clone());
    let prepared = text::admit(&mut utterance, rules).map_err(|fault| wrong(fault.into()))?;
    let (Utterance::Text(text) | Utterance::Ssml(text)) = utterance;
    Ok(SentLine { text, spans: prepared.spans })
}
