//! SubRip and WebVTT.

use std::fmt::Write as _;

use super::Cue;

/// A SubRip file: numbered cues, times with a comma.
#[must_use]
pub fn srt(cues: &[Cue]) -> String {
    let mut sheet = String::new();
    for (index, cue) in cues.iter().enumerate() {
        let (start, end) = (time(cue.start_ms, ','), time(cue.end_ms, ','));
        // Writing to a string cannot fail.
        let _ = write!(sheet, "{}\n{start} --> {end}\n{}\n\n", index + 1, cue.lines.join("\n"));
    }
    sheet
}

/// A WebVTT file: a signature, times with a point, `&`, `<` and `>` escaped.
#[must_use]
pub fn vtt(cues: &[Cue]) -> String {
    let mut sheet = String::from("WEBVTT\n\n");
    for cue in cues {
        let (start, end) = (time(cue.start_ms, '.'), time(cue.end_ms, '.'));
        let _ = write!(sheet, "{start} --> {end}\n{}\n\n", escaped(&cue.lines.join("\n")));
    }
    sheet
}

/// `hh:mm:ss` and milliseconds behind `mark`.
fn time(milliseconds: u32, mark: char) -> String {
    let seconds = milliseconds / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{mark}{:03}", seconds % 60, milliseconds % 1000)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
