//! Scripts: who says what, with which feeling, and how long the silence after it is.
//!
//! ```text
//! # The harbour, before dawn.
//! Captain Nova [happy]: We sail at first light!
//! Old Bram [sad 0.8]: You said that yesterday.
//! And the day before.
//! (pause 0.5)
//! Captain Nova: Look at the time\: it is six.
//! ```
//!
//! One utterance a line, its speaker before a colon and a feeling in brackets, with its strength if
//! it is not the usual one. A line without a speaker goes on with the one before. `#` begins a
//! comment, `(pause 0.5)` alone on a line is the silence there in seconds, in place of the usual
//! gap. What stands before a colon is a speaker unless it is longer than 40 characters or holds one
//! of `.!?`; a colon that follows a backslash is a colon. A script that names no speaker at all is
//! dealt line by line to the characters in turn.
//!
//! The same as JSON lines: one object a line, which may also set rate, pitch and volume in decibels. There
//! `intensity` goes to 2, and `emotion_intensity`, on the scale of the services, to 1.

mod error;
mod json;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use error::{ScriptError, ScriptFault};

/// The longest name of a speaker, in characters; a longer prefix is text.
pub const SPEAKER_CHARACTERS_MAX: usize = 40;
/// The longest pause.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A script that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Silence before the first line.
    pub lead_in: Duration,
    /// What is said, in order.
    pub lines: Vec<SceneLine>,
}

/// One utterance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SceneLine {
    /// Who says it, as the script names them.
    pub speaker: String,
    /// What is said.
    pub text: String,
    /// How it feels.
    pub emotion: Option<String>,
    /// How strongly, see [`Request::INTENSITY`](understudy_speech::Request::INTENSITY).
    pub intensity: Option<f32>,
    /// Speaking rate as a factor.
    pub rate: Option<f32>,
    /// Pitch shift in semitones.
    pub pitch: Option<f32>,
    /// Gain in decibels.
    pub volume: Option<f32>,
    /// The silence after it, in place of the usual gap.
    pub pause: Option<Duration>,
    /// Where it stands.
    pub place: Place,
}

/// A place in a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// Reads a script in either form. `turns` are the characters a script without any speakers is dealt
/// to.
///
/// # Errors
/// The first line that is no line of a script, and its place.
pub fn parse(script: &str, turns: &[String]) -> Result<Scene, ScriptError> {
    let scene = if json::is_json(script) { json::parse(script)? } else { parse_text(script, turns)? };
    match scene.lines.iter().find(|line| !line.text.chars().any(char::is_alphanumeric)) {
        Some(empty) => Err(ScriptFault::NothingSaid(empty.speaker.clone()).at(empty.place)),
        None if scene.lines.is_empty() => Err(ScriptFault::NoLines.at(Place { line: 1, column: 1 })),
        None => Ok(scene),
    }
}

enum Row {
    Said(SceneLine),
    More(String),
    Pause(Duration),
}

fn parse_text(script: &str, turns: &[String]) -> Result<Scene, ScriptError> {
    let mut rows = Vec::new();
    for (index, row) in script.lines().enumerate() {
        let column = row.chars().take_while(|blank| blank.is_whitespace()).count() + 1;
        let (place, row) = (Place { line: index + 1, column }, row.trim());
        if !row.is_empty() && !row.starts_with('#') {
            rows.push((place, read_row(row, place)?));
        }
    }
    let names_nobody = !rows.iter().any(|(_, row)| matches!(row, Row::Said(_)));
    if names_nobody { dealt(rows, turns) } else { assembled(rows) }
}

fn assembled(rows: Vec<(Place, Row)>) -> Result<Scene, ScriptError> {
    let mut scene = Scene::default();
    for (place, row) in rows {
        match (row, scene.lines.last_mut()) {
            (Row::Said(line), _) => scene.lines.push(line),
            (Row::More(text), Some(line)) => line.text = format!("{} {text}", line.text).trim().to_owned(),
            (Row::More(_), None) => return Err(ScriptFault::NobodySpeaks.at(place)),
            (Row::Pause(pause), Some(line)) => {
                line.pause = Some(longer(line.pause.unwrap_or_default(), pause, place)?);
            }
            (Row::Pause(pause), None) => scene.lead_in = longer(scene.lead_in, pause, place)?,
        }
    }
    Ok(scene)
}

/// A script without any speakers, in turn.
fn dealt(rows: Vec<(Place, Row)>, turns: &[String]) -> Result<Scene, ScriptError> {
    let (mut scene, mut next) = (Scene::default(), turns.iter().cycle());
    for (place, row) in rows {
        match (row, scene.lines.last_mut()) {
            (Row::Pause(pause), Some(line)) => {
                line.pause = Some(longer(line.pause.unwrap_or_default(), pause, place)?);
            }
            (Row::Pause(pause), None) => scene.lead_in = longer(scene.lead_in, pause, place)?,
            (Row::Said(line), _) => scene.lines.push(line),
            (Row::More(text), _) => {
                let speaker = next.next().ok_or_else(|| ScriptFault::NobodySpeaks.at(place))?.clone();
                scene.lines.push(SceneLine { speaker, text, place, ..SceneLine::default() });
            }
        }
    }
    Ok(scene)
}

/// Several pauses in a row are one, and no longer than one may be: silence costs nothing to write down and
/// as much as speech to keep.
fn longer(before: Duration, pause: Duration, place: Place) -> Result<Duration, ScriptError> {
    let whole = before.saturating_add(pause);
    let told = || ScriptFault::NoPause(whole.as_secs_f64().to_string()).at(place);
    (whole <= PAUSE_MAX).then_some(whole).ok_or_else(told)
}

fn read_row(row: &str, place: Place) -> Result<Row, ScriptError> {
    if let Some(inside) = row.strip_prefix("(pause").and_then(|rest| rest.strip_suffix(')')) {
        let pause =
            seconds(inside.trim()).ok_or_else(|| ScriptFault::NoPause(inside.trim().to_owned()).at(place))?;
        return Ok(Row::Pause(pause));
    }
    let more = || Ok(Row::More(row.replace("\\:", ":")));
    let colons = row.match_indices(':').map(|(at, _)| at);
    let Some((prefix, text)) = colons
        .map(|at| (row.get(..at).unwrap_or_default(), row.get(at + 1..).unwrap_or_default()))
        .find(|(prefix, _)| !prefix.ends_with('\\'))
    else {
        return more();
    };
    if prefix.chars().count() > SPEAKER_CHARACTERS_MAX
        || prefix.contains(['.', '!', '?', '\\']) && !has_strength(prefix)
    {
        return more();
    }
    let (speaker, feeling) = match prefix.trim().strip_suffix(']').and_then(|prefix| prefix.split_once('[')) {
        Some((speaker, feeling)) => (speaker, Some(feeling.trim())),
        None => (prefix, None),
    };
    let (emotion, intensity) = feeling.map(read_feeling).unwrap_or_default();
    let (speaker, text) = (speaker.trim().to_owned(), text.trim().replace("\\:", ":"));
    if speaker.is_empty() {
        return Err(ScriptFault::NobodySpeaks.at(place));
    }
    Ok(Row::Said(SceneLine { speaker, text, emotion, intensity, place, ..SceneLine::default() }))
}

/// The point of `[sad 0.8]` ends no sentence.
fn has_strength(prefix: &str) -> bool {
    let Some((speaker, feeling)) = prefix.trim().strip_suffix(']').and_then(|prefix| prefix.split_once('['))
    else {
        return false;
    };
    !speaker.contains(['.', '!', '?', '\\']) && read_feeling(feeling).1.is_some()
}

/// `sad` or `sad 0.8`.
fn read_feeling(feeling: &str) -> (Option<String>, Option<f32>) {
    let strength = |word: &str| word.parse::<f32>().ok().filter(|strength| strength.is_finite());
    let (name, intensity) = match feeling.rsplit_once(char::is_whitespace) {
        Some((name, word)) if strength(word).is_some() => (name.trim(), strength(word)),
        _ => (feeling.trim(), None),
    };
    (Some(name.to_owned()).filter(|name| !name.is_empty()), intensity)
}

/// Seconds from 0 to [`PAUSE_MAX`].
fn seconds(text: &str) -> Option<Duration> {
    let seconds = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
    (seconds <= PAUSE_MAX).then_some(seconds)
}
