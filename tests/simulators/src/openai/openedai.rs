//! openedai-speech: no key, two models of different rates, and errors with nothing around them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use super::answer;
use crate::fault::Ordered;
use crate::pydantic::{self, Model};
use crate::service::{Refusal, Stage};

const MODELS: [&str; 2] = ["tts-1", "tts-1-hd"];

/// The voices of its sample configuration.
const VOICES: [&str; 6] = ["alloy", "echo", "fable", "nova", "onyx", "shimmer"];

pub(super) fn router(stage: Stage) -> Router {
    Router::new()
        .route("/", get(|| async { "" }))
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/v1/models", get(|| async { Json(answer::models(&MODELS, "user")) }))
        .route(
            "/v1/models/{id}",
            get(|Path(id): Path<String>| async move { Json(answer::model(&id, "user")) }),
        )
        .route("/v1/audio/speech", post(speech))
        .fallback(pydantic::not_found)
        .method_not_allowed_fallback(pydantic::method_not_allowed)
        .with_state(stage)
}

pub(super) fn refuse(refusal: &Refusal) -> Response {
    answer::refused(refusal, |status, message| {
        let kind = match refusal {
            Refusal::Unauthorized => "AuthenticationError",
            Refusal::RateLimited { .. } | Refusal::QuotaExhausted => "RateLimitError",
            Refusal::Failing(StatusCode::SERVICE_UNAVAILABLE) => "ServiceUnavailableError",
            Refusal::Failing(_) => "InternalServerError",
        };
        flat(status, kind, message, None)
    })
}

fn flat(status: StatusCode, kind: &str, message: &str, param: Option<&str>) -> Value {
    json!({ "message": message, "code": status.as_u16(), "type": kind, "param": param })
}

fn bad_request(message: &str, param: &str) -> Response {
    let status = StatusCode::BAD_REQUEST;
    (status, Json(flat(status, "BadRequestError", message, Some(param)))).into_response()
}

async fn speech(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let members = pydantic::members(&headers, &body)?;
    let mut fields = Model::of(&members);
    let model = fields.text_if_any("model").unwrap_or_else(|| "tts-1".to_owned());
    let input = fields.text("input");
    let voice = fields.text_if_any("voice").unwrap_or_else(|| "alloy".to_owned());
    let format = fields.text_if_any("response_format").unwrap_or_else(|| "mp3".to_owned()).to_lowercase();
    let speed = fields.number("speed", 1.0, 0.25..=4.0);
    fields.finish()?;

    if input.is_empty() {
        return Err(bad_request("Empty Input", "input"));
    }
    if !MODELS.contains(&model.as_str()) {
        return Err(bad_request(&format!("No such model, must be tts-1 or tts-1-hd: {model}"), "model"));
    }
    if !VOICES.contains(&voice.as_str()) {
        return Err(bad_request(&format!("Error loading voice: {voice}, KeyError: '{voice}'"), "voice"));
    }
    let rate = if model == "tts-1" { 22_050 } else { answer::RATE };
    let media_type = match format.as_str() {
        "mp3" => "audio/mpeg",
        "opus" => "audio/ogg;codec=opus",
        "aac" => "audio/aac",
        "flac" => "audio/x-flac",
        "wav" => "audio/wav",
        "pcm" if rate == 22_050 => "audio/pcm;rate=22050",
        "pcm" => "audio/pcm;rate=24000",
        other => {
            return Err(bad_request(&format!("Invalid response_format: '{other}'"), "response_format"));
        }
    };
    let spoken = answer::speak(&stage, input, &voice, speed).await;
    let audio = ordered.audio(spoken.packed(answer::packing(&format, true), rate).into());
    Ok(answer::chunked(&stage, &audio, media_type))
}
