//! Cues of a scene: several speakers, line by line.
//!
//! A cue never holds words of two lines, so every cue has one speaker. Timing goes over all lines at
//! once: a cue stays for its readers only until the next speaker's comes.

use understudy_speech::Word;
use unicode_segmentation::UnicodeSegmentation as _;

use super::lines::groups;
use super::sheet::{label, name};
use super::timing::timed;
use super::words::{columns, pieces};
use super::{Cue, CueOptions};

/// What one speaker says in one go.
#[derive(Clone, Copy, Debug)]
pub struct Line<'scene> {
    /// Who speaks; none shows no label.
    pub speaker: Option<&'scene str>,
    /// What is said; for SSML, [`super::ssml_text`] of the document.
    pub text: &'scene str,
    /// Marks with spans into `text` and times of the whole audio. Without any, time is dealt to the
    /// words by their length.
    pub words: &'scene [Word],
    /// When the line begins, in milliseconds of the whole audio.
    pub start_ms: u32,
    /// When it ends.
    pub end_ms: u32,
}

/// Cues for `lines`, in the order they are spoken, in audio of `audio_ms`.
///
/// As [`super::cues`], with the speaker on each cue and room left for the label that
/// [`super::srt`] writes.
#[must_use]
pub fn script_cues(lines: &[Line], audio_ms: u32, options: &CueOptions) -> Vec<Cue> {
    let (mut all, mut speakers) = (Vec::new(), Vec::new());
    let mut before = None;
    for line in lines {
        let speaker = line.speaker.and_then(name);
        let mut pieces = pieces(line.text, &marks(line), line.end_ms.min(audio_ms));
        if let (Some(first), Some(name)) =
            (pieces.first_mut(), speaker.as_ref().filter(|_| speaker != before))
        {
            // A label longer than half a line would leave no room for what is said.
            first.label = columns(&label(name)).min(options.max_line_chars / 2);
        }
        let groups = groups(&pieces, options);
        if !groups.is_empty() {
            before.clone_from(&speaker);
        }
        speakers.extend(std::iter::repeat_n(speaker, groups.len()));
        all.extend(groups);
    }
    let mut cues = timed(&all, audio_ms, options);
    for (cue, speaker) in cues.iter_mut().zip(speakers) {
        cue.speaker = speaker;
    }
    cues
}

/// The line's own marks, not before its beginning; or made ones when none fits the text.
fn marks(line: &Line) -> Vec<Word> {
    let inside = |word: &Word| Word {
        start_ms: word.start_ms.max(line.start_ms),
        end_ms: word.end_ms.max(line.start_ms),
        ..*word
    };
    let fits = |word: &&Word| word.in_text(line.text).is_some_and(|word| !word.trim().is_empty());
    let marks: Vec<Word> = line.words.iter().filter(fits).map(inside).collect();
    if marks.is_empty() { dealt(line) } else { marks }
}

/// A mark for every word, each as long as the share of the line's columns that it and what is written
/// right behind it take. The words are those of [`crate::estimate_words`]: of a text without white space
/// they are single characters.
fn dealt(line: &Line) -> Vec<Word> {
    let total = columns(line.text).max(1) as u64;
    let length = u64::from(line.end_ms.saturating_sub(line.start_ms));
    let time = |columns: usize| {
        let share = u32::try_from(length * columns as u64 / total).unwrap_or(u32::MAX);
        line.start_ms.saturating_add(share)
    };
    let mut marks: Vec<Word> = Vec::new();
    let (mut before, mut touches) = (0, false);
    for (start, piece) in line.text.split_word_bound_indices() {
        let behind = before + columns(piece);
        let is_word = piece.contains(char::is_alphanumeric);
        let bytes = u32::try_from(start).ok().zip(u32::try_from(start + piece.len()).ok());
        touches = is_word || (touches && !piece.contains(char::is_whitespace));
        if let Some((start_byte, end_byte)) = bytes.filter(|_| is_word) {
            marks.push(Word { start_byte, end_byte, start_ms: time(before), end_ms: time(behind) });
        } else if let Some(word) = marks.last_mut().filter(|_| touches) {
            word.end_ms = time(behind);
        }
        before = behind;
    }
    marks
}
