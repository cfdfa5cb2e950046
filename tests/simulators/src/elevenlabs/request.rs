//! The body of a text-to-speech request, judged.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::format::{self, OutputFormat};
use super::models::{self, SpeechModel};
use super::trouble::Trouble;
use crate::pydantic::{self, Members, Model};

/// What the query may hold.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Questions {
    output_format: Option<String>,
    optimize_streaming_latency: Option<String>,
}

impl Questions {
    pub(super) fn format(&self, desk: &Desk) -> Result<OutputFormat, Response> {
        if let Some(level) = &self.optimize_streaming_latency
            && !matches!(level.as_str(), "0" | "1" | "2" | "3" | "4")
        {
            return Err(listed(
                "query",
                "optimize_streaming_latency",
                "int_parsing",
                "Input should be 0 to 4",
            ));
        }
        let name = self.output_format.as_deref().unwrap_or(format::DEFAULT);
        format::find(name, desk.service.account.tier).map_err(|trouble| desk.refuse(trouble))
    }
}

fn listed(place: &str, name: &str, kind: &str, message: &str) -> Response {
    let fault = json!({ "type": kind, "loc": [place, name], "msg": message });
    pydantic::detail(StatusCode::UNPROCESSABLE_ENTITY, json!([fault]))
}

/// A request that was found good.
#[derive(Clone, Debug)]
pub(super) struct SpeechRequest {
    pub(super) text: String,
    pub(super) model: SpeechModel,
    pub(super) speed: f64,
    pub(super) characters: usize,
}

impl SpeechRequest {
    pub(super) fn read(desk: &Desk, headers: &HeaderMap, body: &[u8]) -> Result<Self, Response> {
        let members = pydantic::members(headers, body)?;
        let mut fields = Model::of(&members);
        let text = fields.text("text");
        let model = fields.text_if_any("model_id").unwrap_or_else(|| models::DEFAULT.to_owned());
        fields.text_if_any("language_code");
        fields.whole_if_any("seed", 0..=i64::from(u32::MAX));
        let around =
            fields.text_if_any("previous_text").is_some() | fields.text_if_any("next_text").is_some();
        fields.one_of("apply_text_normalization", "auto", &["auto", "on", "off"]);
        fields.flag("apply_language_text_normalization", false);
        fields.flag("use_pvc_as_ivc", false);
        fields.finish()?;
        for name in ["pronunciation_dictionary_locators", "previous_request_ids", "next_request_ids"] {
            at_most_three(&members, name)?;
        }
        judge(text, &model, around, &members).map_err(|trouble| desk.refuse(trouble))
    }
}

fn at_most_three(members: &Members, name: &str) -> Result<(), Response> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(items)) if items.len() <= 3 => Ok(()),
        Some(Value::Array(_)) => Err(listed("body", name, "too_long", "List should have at most 3 items")),
        Some(_) => Err(listed("body", name, "list_type", "Input should be a valid list")),
    }
}

fn judge(text: String, model: &str, around: bool, members: &Members) -> Result<SpeechRequest, Trouble> {
    let model = models::find(model)?;
    let characters = text.chars().count();
    if text.trim().is_empty() {
        return Err(Trouble::field("text", "empty_text", "The text is empty."));
    }
    if characters > model.characters_max {
        return Err(Trouble::too_long(model.characters_max, characters));
    }
    if around && model.is_third() {
        let message = "Providing previous_text or next_text is not yet supported with the 'eleven_v3' model.";
        return Err(Trouble::field("previous_text", "unsupported_model", message));
    }
    let speed = settings(members.get("voice_settings").unwrap_or(&Value::Null), model)?;
    Ok(SpeechRequest { text, model, speed, characters })
}

/// The settings' ranges, and the speed.
pub(super) fn settings(settings: &Value, model: SpeechModel) -> Result<f64, Trouble> {
    let wrong = |message: String| Trouble::field("voice_settings", "invalid_voice_settings", message);
    for (name, range) in [
        ("stability", 0.0..=1.0),
        ("similarity_boost", 0.0..=1.0),
        ("style", 0.0..=1.0),
        ("speed", 0.7..=1.2),
    ] {
        let Some(value) = settings.get(name).filter(|value| !value.is_null()) else { continue };
        if !value.as_f64().is_some_and(|value| range.contains(&value)) {
            return Err(wrong(format!(
                "{name} must be between {} and {}, got {value}",
                range.start(),
                range.end()
            )));
        }
    }
    let stability = settings.get("stability").and_then(Value::as_f64).unwrap_or(0.5);
    if model.is_third() && ![0.0, 0.5, 1.0].contains(&stability) {
        let message = "Invalid TTD stability value. Must be one of: [0.0, 0.5, 1.0] (0.0 = Creative, 0.5 = Natural, \
             1.0 = Robust).";
        return Err(wrong(message.to_owned()));
    }
    Ok(settings.get("speed").and_then(Value::as_f64).unwrap_or(1.0))
}

/// The text without what is acted on and not read (`<break …/>`, `[laughs]`): blanks in its place,
/// so that what is left stands where it stood.
pub(super) fn readable(text: &str, model: SpeechModel) -> String {
    let (open, close) = if model.is_third() { ('[', ']') } else { ('<', '>') };
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tagged)) = rest.split_once(open)
        && let Some((inside, after)) = tagged.split_once(close)
    {
        read.push_str(before);
        read.extend(std::iter::repeat_n(' ', inside.len() + 2));
        rest = after;
    }
    read.push_str(rest);
    read
}
