//! SubRip and WebVTT.
//!
//! SubRip has no place for a speaker and no escapes: the name stands before the text as `Name: `,
//! where the speaker changes, as viewers know it from television. WebVTT has the voice span, which
//! stands on every cue: `<v Name>`. In both a name is one line; white space in it is folded.

use std::fmt::Write as _;

use super::Cue;

/// A SubRip file: numbered cues, times with a comma, `Name: ` where the speaker changes.
#[must_use]
pub fn srt(cues: &[Cue]) -> String {
    let mut sheet = String::new();
    let mut before = None;
    for (index, cue) in cues.iter().enumerate() {
        let (start, end) = (time(cue.start_ms, ','), time(cue.end_ms, ','));
        let speaker = cue.speaker.as_deref().and_then(name);
        let label = speaker.as_ref().filter(|_| speaker != before).map(|name| label(name));
        let (label, text) = (label.unwrap_or_default(), cue.lines.join("\n"));
        // Writing to a string cannot fail.
        let _ = write!(sheet, "{}\n{start} --> {end}\n{label}{text}\n\n", index + 1);
        before = speaker;
    }
    sheet
}

/// A WebVTT file: a signature, times with a point, `<v Name>` before what somebody speaks; `&`, `<`
/// and `>` escaped in names and text.
#[must_use]
pub fn vtt(cues: &[Cue]) -> String {
    let mut sheet = String::from("WEBVTT\n\n");
    for cue in cues {
        let (start, end) = (time(cue.start_ms, '.'), time(cue.end_ms, '.'));
        let voice = cue.speaker.as_deref().and_then(name).map(|name| format!("<v {}>", escaped(&name)));
        let (voice, text) = (voice.unwrap_or_default(), escaped(&cue.lines.join("\n")));
        let _ = write!(sheet, "{start} --> {end}\n{voice}{text}\n\n");
    }
    sheet
}

/// A speaker's name on one line; none when nothing of it can be seen.
pub(super) fn name(speaker: &str) -> Option<String> {
    let parts: Vec<&str> = speaker
        .split(|edge: char| edge.is_whitespace() || edge.is_control())
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// What stands before the text of a speaker in SubRip.
pub(super) fn label(name: &str) -> String {
    format!("{name}: ")
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
