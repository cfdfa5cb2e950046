//! Cue sheets: subtitles from word marks.
//!
//! A cue is text and the time it stands on the screen. What makes subtitles readable is well known
//! (the guides of the BBC and Netflix agree): lines that are not too long, few of them, of even
//! length, standing long enough for their text, broken where the sentence breaks. All of these are
//! [`CueOptions`].
//!
//! The text is the caller's own spelling. Word marks hold spans into the source text, so whatever
//! stands between two words (punctuation, quotes, a dash) is in the cue as it was written; only
//! white space is folded, because a line break is ours to place. Where words are not separated by
//! spaces, as in Chinese, nothing needs to be different: a line may break between any two marks
//! that white space or such a script separates.
//!
//! Where several people speak, [`script_cues`] takes line by line and each cue knows its speaker.
//!
//! Whatever the marks and options are, cues are in order, never overlap, lie inside the audio, and
//! hold every word exactly once.

mod lines;
mod script;
mod sheet;
mod ssml;
mod timing;
mod words;

use understudy_speech::Word;

pub use script::{Line, script_cues};
pub use sheet::{srt, vtt};
pub use ssml::{spoken_text, ssml_text};

/// What makes a cue readable. Zero means one where zero makes no sense.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CueOptions {
    /// Columns of a line; wide characters (Chinese, Japanese, Korean) count two, and marks that join
    /// another character none. A single word longer than this is not cut.
    pub max_line_chars: usize,
    /// Lines of a cue.
    pub max_lines: usize,
    /// Reading speed in columns a second; a cue stays longer than it is spoken where there is room.
    pub max_chars_per_second: f32,
    /// The shortest time a cue stands, where there is room.
    pub min_ms: u32,
    /// The longest time a cue stands.
    pub max_ms: u32,
    /// Empty time between cues; where speech leaves less, the earlier cue ends earlier.
    pub gap_ms: u32,
}

impl Default for CueOptions {
    /// Netflix's timed-text guide for English: 42 columns, two lines, 20 characters a second, five
    /// sixths of a second to seven seconds, two frames of film between cues.
    fn default() -> Self {
        Self {
            max_line_chars: 42,
            max_lines: 2,
            max_chars_per_second: 20.0,
            min_ms: 833,
            max_ms: 7000,
            gap_ms: 83,
        }
    }
}

/// Text and the time it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, in milliseconds.
    pub start_ms: u32,
    /// When it goes, in milliseconds; never before it appears.
    pub end_ms: u32,
    /// One to [`CueOptions::max_lines`] lines without white space at their ends.
    pub lines: Vec<String>,
    /// Who speaks, where the sheet is to say so.
    pub speaker: Option<String>,
}

/// Cues for `words`, spoken in audio of `audio_ms`, with spans into `text`.
///
/// `text` is what the spans point into; of a request, its [`spoken_text`].
///
/// Marks that do not fit the text are left out; marks out of order are put in the order of the text.
#[must_use]
pub fn cues(text: &str, words: &[Word], audio_ms: u32, options: &CueOptions) -> Vec<Cue> {
    let pieces = words::pieces(text, words, audio_ms);
    let groups = lines::groups(&pieces, options);
    timing::timed(&groups, audio_ms, options)
}
