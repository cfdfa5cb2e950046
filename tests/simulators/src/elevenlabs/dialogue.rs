//! `POST /v1/text-to-dialogue` and its sisters: several voices in one take.

use std::collections::BTreeSet;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::models;
use super::request::{Questions, SpeechRequest, settings};
use super::speech::{Delivery, Take, record};
use super::trouble::Trouble;
use super::{Desk, voices};
use crate::fault::Ordered;
use crate::pydantic;
use crate::speech::Spoken;

/// Voices in one dialogue.
const VOICES_MAX: usize = 10;

#[derive(Deserialize)]
struct Body {
    inputs: Vec<Line>,
    #[serde(default = "third")]
    model_id: String,
    #[serde(default)]
    settings: Value,
}

#[derive(Deserialize)]
struct Line {
    text: String,
    voice_id: String,
}

fn third() -> String {
    models::THIRD.to_owned()
}

/// The four paths of one dialogue.
pub(super) async fn answer(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    Query(questions): Query<Questions>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    desk.admit(&headers)?;
    let format = questions.format(&desk)?;
    let members = pydantic::members(&headers, &body)?;
    let body: Body = serde_json::from_value(Value::Object(members)).map_err(|error| {
        let fault = json!({ "type": "value_error", "loc": ["body", "inputs"], "msg": error.to_string() });
        pydantic::detail(StatusCode::UNPROCESSABLE_ENTITY, json!([fault]))
    })?;
    let lines = judge(&body).map_err(|trouble| desk.refuse(trouble))?;
    let place = desk.service.account.enter().map_err(|trouble| desk.refuse(trouble))?;
    let cost = lines.iter().map(|(line, _)| line.model.cost(line.characters)).sum();
    desk.service.account.pay(cost).map_err(|trouble| desk.refuse(trouble))?;

    let (text, spoken, segments) = perform(&desk, &lines).await;
    let audio = ordered.audio(spoken.packed(format.packing, format.rate).into());
    let take = Take { text, spoken, audio, cost, extra: json!({ "voice_segments": segments }) };
    Ok(take.delivered(&desk, Delivery::of(uri.path()), format, place))
}

fn judge(body: &Body) -> Result<Vec<(SpeechRequest, String)>, Trouble> {
    let model = models::find(&body.model_id)?;
    if body.inputs.iter().all(|line| line.text.trim().is_empty()) {
        return Err(Trouble::field("inputs", "empty_text", "The dialogue is empty."));
    }
    let different: BTreeSet<&str> = body.inputs.iter().map(|line| line.voice_id.as_str()).collect();
    if different.len() > VOICES_MAX {
        let message = format!("A dialogue has at most {VOICES_MAX} voices.");
        return Err(Trouble::field("inputs", "too_many_voices", message));
    }
    let characters: usize = body.inputs.iter().map(|line| line.text.chars().count()).sum();
    if characters > model.characters_max {
        return Err(Trouble::too_long(model.characters_max, characters));
    }
    settings(&body.settings, model)?;
    body.inputs
        .iter()
        .map(|Line { text, voice_id }| {
            voices::known(voice_id)?;
            let characters = text.chars().count();
            Ok((SpeechRequest { text: text.clone(), model, speed: 1.0, characters }, voice_id.clone()))
        })
        .collect()
}

/// The lines one after another, and where each is in the text and in time.
async fn perform(desk: &Desk, lines: &[(SpeechRequest, String)]) -> (String, Spoken, Vec<Value>) {
    let mut text = String::new();
    let mut whole = Spoken { sample_rate: 16_000, ..Spoken::default() };
    let mut segments = Vec::new();
    let mut characters = 0;
    for (index, (line, voice)) in lines.iter().enumerate() {
        let spoken = record(desk, line, voice).await;
        let start = whole.seconds();
        whole.append(&spoken, text.len());
        text.push_str(&line.text);
        segments.push(json!({
            "voice_id": voice, "start_time_seconds": start, "end_time_seconds": whole.seconds(),
            "character_start_index": characters, "character_end_index": characters + line.characters,
            "dialogue_input_index": index,
        }));
        characters += line.characters;
    }
    (text, whole, segments)
}
