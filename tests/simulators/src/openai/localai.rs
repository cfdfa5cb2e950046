//! LocalAI: the answer is a file, three paths lead to it, and a fourth looks like ElevenLabs'.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::answer;
use crate::fault::Ordered;
use crate::service::{Refusal, Stage};

const MODELS: [&str; 3] = ["tts-1", "voice-en-us-amy-low", "kokoro"];

pub(super) fn router(stage: Stage) -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/v1/audio/speech", post(speech))
        .route("/audio/speech", post(speech))
        .route("/tts", post(speech))
        .route("/v1/text-to-speech/{voice}", post(eleven))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "Resource not found") })
        .method_not_allowed_fallback(|| async {
            refused(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .with_state(stage)
}

pub(super) fn refuse(refusal: &Refusal) -> Response {
    answer::refused(refusal, body)
}

fn body(status: StatusCode, message: &str) -> Value {
    json!({ "error": { "code": status.as_u16(), "message": message, "type": "" } })
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(body(status, message))).into_response()
}

fn admit(stage: &Stage, headers: &HeaderMap) -> Result<(), Response> {
    let sent = answer::bearer(headers).or_else(|| headers.get("xi-api-key")?.to_str().ok());
    match stage.chosen_key() {
        Some(key) if sent != Some(key) => {
            Err(refused(StatusCode::UNAUTHORIZED, "An authentication key is required"))
        }
        _ => Ok(()),
    }
}

async fn models(State(stage): State<Stage>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    admit(&stage, &headers)?;
    let data: Vec<Value> = MODELS.iter().map(|id| json!({ "id": id, "object": "model" })).collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

/// Strangers among the fields are ignored, as Go's decoder does.
#[derive(Deserialize)]
struct SpeechRequest {
    #[serde(default)]
    model: String,
    #[serde(default)]
    input: String,
    #[serde(default)]
    voice: String,
    #[serde(default)]
    response_format: String,
    #[serde(default)]
    stream: bool,
    sample_rate: Option<u32>,
    speed: Option<f64>,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ElevenRequest {
    #[serde(default)]
    text: String,
    #[serde(default)]
    model_id: String,
}

async fn eleven(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    Path(voice): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    admit(&stage, &headers)?;
    let asked: ElevenRequest = decoded(&body)?;
    let request = SpeechRequest {
        model: asked.model_id,
        input: asked.text,
        voice,
        response_format: String::new(),
        stream: false,
        sample_rate: None,
        speed: None,
        params: BTreeMap::new(),
    };
    file(&stage, &ordered, request).await
}

async fn speech(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    admit(&stage, &headers)?;
    file(&stage, &ordered, decoded(&body)?).await
}

fn decoded<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body)
        .map_err(|error| refused(StatusCode::BAD_REQUEST, &format!("Unmarshal error: {error}")))
}

async fn file(stage: &Stage, ordered: &Ordered, request: SpeechRequest) -> Result<Response, Response> {
    let speed = request.speed.unwrap_or(1.0);
    if !(0.25..=4.0).contains(&speed) {
        return Err(refused(StatusCode::BAD_REQUEST, "speed must be between 0.25 and 4.0"));
    }
    let rate = request.sample_rate.unwrap_or(answer::RATE);
    if !(8_000..=192_000).contains(&rate) {
        return Err(refused(StatusCode::BAD_REQUEST, "sample_rate must be between 8000 and 192000"));
    }
    if !MODELS.contains(&request.model.as_str()) {
        let message = format!(
            "could not load model: rpc error: code = Unknown desc = no such model: {}",
            request.model
        );
        return Err(refused(StatusCode::INTERNAL_SERVER_ERROR, &message));
    }
    // Without a format, the file is whatever the backend wrote, and backends write WAV.
    let format = if request.response_format.is_empty() { "wav" } else { request.response_format.as_str() };
    if !answer::FORMATS.contains(&format) {
        let message = format!("unsupported format: {format}");
        return Err(refused(StatusCode::INTERNAL_SERVER_ERROR, &message));
    }
    let accent = request.params.get("speaker").unwrap_or(&request.voice).clone();
    let spoken = answer::speak(stage, request.input, &accent, speed).await;
    if request.stream {
        let audio = ordered.audio(spoken.packed(answer::packing("wav", true), rate).into());
        return Ok(answer::chunked(stage, &audio, "audio/wav"));
    }
    let audio = ordered.audio(spoken.packed(answer::packing(format, false), rate).into());
    let media_type = match format {
        "opus" => "audio/ogg",
        "wav" => "audio/x-wav",
        "pcm" => "application/octet-stream",
        other => answer::media_type(other),
    };
    let attachment = format!("attachment; filename=\"tts.{format}\"");
    Ok(([(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, attachment)], audio).into_response())
}
