//! `POST /v1/audio/speech`, judged field by field; the first fault is the answer.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::super::answer::FORMATS;
use super::trouble::Trouble;
use super::{CUSTOM_VOICE, MODELS};

/// Characters, not bytes.
const INPUT_CHARACTERS_MAX: usize = 4096;

const FIELDS: [&str; 7] =
    ["model", "input", "voice", "instructions", "response_format", "speed", "stream_format"];

const VOICES: [&str; 13] = [
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin",
    "cedar",
];

/// Voices that `tts-1` and `tts-1-hd` do not have.
const NEW_VOICES: [&str; 4] = ["ballad", "verse", "marin", "cedar"];

/// A request that was found good.
#[derive(Clone, Debug)]
pub(super) struct SpeechRequest {
    pub(super) input: String,
    pub(super) voice: String,
    pub(super) format: String,
    pub(super) speed: f64,
    pub(super) events: bool,
}

impl SpeechRequest {
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Trouble> {
        let label = headers.get(CONTENT_TYPE).and_then(|label| label.to_str().ok()).unwrap_or_default();
        if !label.starts_with("application/json") {
            return Err(Trouble::content_type(label));
        }
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
            return Err(Trouble::not_json());
        };
        if let Some(stranger) = members.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            let message = format!("Unknown parameter: '{stranger}'.");
            return Err(Trouble::field(stranger, "unknown_parameter", message));
        }
        let model = text(&members, "model")?.ok_or_else(|| missing("model"))?;
        if !MODELS.contains(&model.as_str()) {
            return Err(Trouble::no_model(&model));
        }
        let first = model.starts_with("tts-1");
        let input = input(&members)?;
        let voice = voice(&members, first)?;
        let instructions = text(&members, "instructions")?;
        if first && instructions.is_some() {
            let message =
                format!("Unsupported parameter: 'instructions' is not supported with the model '{model}'.");
            return Err(Trouble::field("instructions", "unsupported_parameter", message));
        }
        let format = choice(&members, "response_format", "mp3", &FORMATS)?;
        let speed = speed(&members)?;
        let events = choice(&members, "stream_format", "audio", &["audio", "sse"])? == "sse";
        if events && first {
            let message = format!(
                "Unsupported value: 'stream_format' does not support 'sse' with the model '{model}'."
            );
            return Err(Trouble::field("stream_format", "unsupported_value", message));
        }
        Ok(Self { input, voice, format, speed, events })
    }
}

fn missing(name: &str) -> Trouble {
    Trouble::field(name, "missing_required_parameter", format!("Missing required parameter: '{name}'."))
}

fn wrong_type(name: &str, wanted: &str, value: &Value) -> Trouble {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("Invalid type for '{name}': expected {wanted}, but got {found} instead.");
    Trouble::field(name, "invalid_type", message)
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Trouble> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong_type(name, "a string", other)),
    }
}

fn input(members: &Map<String, Value>) -> Result<String, Trouble> {
    let input = text(members, "input")?.ok_or_else(|| missing("input"))?;
    let characters = input.chars().count();
    if characters == 0 {
        let message = "Invalid 'input': empty string. Expected a string with minimum length 1, but got an empty \
             string instead.";
        return Err(Trouble::field("input", "empty_string", message));
    }
    if characters > INPUT_CHARACTERS_MAX {
        let message = format!(
            "Invalid 'input': string too long. Expected a string with maximum length {INPUT_CHARACTERS_MAX}, but got \
             a string with length {characters} instead."
        );
        return Err(Trouble::field("input", "string_above_max_length", message));
    }
    Ok(input)
}

fn voice(members: &Map<String, Value>, first: bool) -> Result<String, Trouble> {
    let name = match members.get("voice").ok_or_else(|| missing("voice"))? {
        Value::String(name) => name,
        Value::Object(custom) => match custom.get("id").and_then(Value::as_str) {
            Some(id) if id == CUSTOM_VOICE => return Ok(id.to_owned()),
            Some(id) => return Err(Trouble::no_voice(id)),
            None => return Err(missing("voice.id")),
        },
        other => return Err(wrong_type("voice", "a string or an object", other)),
    };
    let known: Vec<&str> =
        VOICES.into_iter().filter(|voice| !(first && NEW_VOICES.contains(voice))).collect();
    if known.contains(&name.as_str()) { Ok(name.clone()) } else { Err(unlisted("voice", name, &known)) }
}

fn unlisted(name: &str, value: &str, known: &[&str]) -> Trouble {
    let quoted: Vec<String> = known.iter().map(|word| format!("'{word}'")).collect();
    let listed = match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{}, and {last}", others.join(", ")),
        _ => quoted.concat(),
    };
    let message = format!("Invalid value: '{value}'. Supported values are: {listed}.");
    Trouble::field(name, "invalid_value", message)
}

fn choice(
    members: &Map<String, Value>,
    name: &str,
    default: &str,
    known: &[&str],
) -> Result<String, Trouble> {
    let value = text(members, name)?.unwrap_or_else(|| default.to_owned());
    if known.contains(&value.as_str()) { Ok(value) } else { Err(unlisted(name, &value, known)) }
}

fn speed(members: &Map<String, Value>) -> Result<f64, Trouble> {
    let Some(value) = members.get("speed") else { return Ok(1.0) };
    let speed = value.as_f64().ok_or_else(|| wrong_type("speed", "a decimal", value))?;
    let (code, bound) = match speed {
        ..0.25 => ("decimal_below_min_value", "minimum value. Expected a value >= 0.25"),
        4.0 | 0.25..4.0 => return Ok(speed),
        _ => ("decimal_above_max_value", "maximum value. Expected a value <= 4.0"),
    };
    let side = if speed < 0.25 { "below" } else { "above" };
    let message = format!("Invalid 'speed': decimal {side} {bound}, but got {speed} instead.");
    Err(Trouble::field("speed", code, message))
}
