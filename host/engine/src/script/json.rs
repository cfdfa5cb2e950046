//! Scripts as JSON lines.

use std::time::Duration;

use serde::Deserialize;

use super::{PAUSE_MAX, Place, Scene, SceneLine, ScriptError, ScriptFault};

/// One line, with the names that the services and their clients use.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(alias = "character", alias = "character_id")]
    speaker: String,
    text: String,
    #[serde(default)]
    emotion: Option<String>,
    #[serde(default)]
    intensity: Option<f32>,
    /// The services' scale: 0 to 1, where 0.5 is the usual.
    #[serde(default)]
    emotion_intensity: Option<f32>,
    #[serde(default, alias = "speaking_rate", alias = "speed")]
    rate: Option<f32>,
    #[serde(default)]
    pitch: Option<f32>,
    #[serde(default, alias = "volume_gain")]
    volume: Option<f32>,
    #[serde(default)]
    pause_after: Option<f64>,
}

/// True when the first thing in a script is an object.
pub(super) fn is_json(script: &str) -> bool {
    let rows = script.lines().map(str::trim);
    rows.filter(|row| !row.is_empty() && !row.starts_with('#')).take(1).any(|row| row.starts_with('{'))
}

pub(super) fn parse(script: &str) -> Result<Scene, ScriptError> {
    let mut scene = Scene::default();
    for (index, row) in script.lines().enumerate() {
        if !row.trim().is_empty() && !row.trim().starts_with('#') {
            scene.lines.push(read(row, index + 1)?);
        }
    }
    Ok(scene)
}

fn read(row: &str, line: usize) -> Result<SceneLine, ScriptError> {
    let read: Row = serde_json::from_str(row).map_err(|error| {
        let column = error.column().max(1);
        // The place is told beside it.
        let told = error.to_string();
        let reason = told.split(" at line ").next().unwrap_or(&told).to_owned();
        ScriptFault::Json(reason).at(Place { line, column })
    })?;
    // Bytes and characters differ only behind letters that a JSON key does not have.
    let column =
        row.find(&read.speaker).map_or(1, |at| row.get(..at).unwrap_or_default().chars().count() + 1);
    let place = Place { line, column };
    let pause = match read.pause_after {
        None => None,
        Some(seconds) => {
            let pause = Duration::try_from_secs_f64(seconds).ok().filter(|pause| *pause <= PAUSE_MAX);
            Some(pause.ok_or_else(|| ScriptFault::NoPause(seconds.to_string()).at(place))?)
        }
    };
    let intensity = strength(&read).map_err(|fault| fault.at(place))?;
    let Row { text, emotion, rate, pitch, volume, .. } = read;
    let (speaker, text) = (read.speaker.trim().to_owned(), text.trim().to_owned());
    Ok(SceneLine { speaker, text, emotion, intensity, rate, pitch, volume, pause, place })
}

/// How strongly, on our scale, where the usual is 1.
fn strength(row: &Row) -> Result<Option<f32>, ScriptFault> {
    match (row.emotion_intensity, row.intensity) {
        (None, intensity) => Ok(intensity),
        (Some(strength), _) if !(0.0..=1.0).contains(&strength) => {
            Err(ScriptFault::NoStrength(format!("must be between 0 and 1, got {strength}")))
        }
        (Some(_), Some(_)) => {
            Err(ScriptFault::NoStrength("must be left out when there is intensity".to_owned()))
        }
        (Some(strength), None) => Ok(Some(strength * 2.0)),
    }
}
