//! speaches: models are installed or they are not, and its events carry PCM whatever was asked.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use super::answer;
use crate::fault::Ordered;
use crate::pydantic::{self, Model};
use crate::service::{Refusal, Stage};
use crate::speech::Packing;

/// An installed model: its id, its rate, its voices, and the fastest and slowest it speaks.
struct Installed {
    id: &'static str,
    rate: u32,
    language: &'static str,
    voices: &'static [&'static str],
    speeds: (f64, f64),
}

const INSTALLED: [Installed; 2] = [
    Installed {
        id: "speaches-ai/Kokoro-82M-v1.0-ONNX",
        rate: 24_000,
        language: "multilingual",
        voices: &["af_heart", "af_bella", "am_adam", "bf_emma", "zf_xiaobei"],
        speeds: (0.5, 2.0),
    },
    Installed {
        id: "speaches-ai/piper-en_US-amy-medium",
        rate: 22_050,
        language: "en",
        voices: &["amy"],
        speeds: (0.25, 4.0),
    },
];

pub(super) fn router(stage: Stage) -> Router {
    Router::new()
        .route("/health", get(|| async { (StatusCode::OK, "OK") }))
        .route("/v1/models", get(models))
        .route("/v1/models/{*id}", get(model))
        .route("/v1/audio/models", get(models))
        .route("/v1/audio/voices", get(voices))
        .route("/v1/audio/speech", post(speech))
        .fallback(pydantic::not_found)
        .method_not_allowed_fallback(pydantic::method_not_allowed)
        .with_state(stage)
}

pub(super) fn refuse(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Unauthorized => forbidden("Invalid API key. The provided API key is incorrect."),
        other => answer::refused(other, |_, message| json!({ "detail": message })),
    }
}

fn forbidden(detail: &str) -> Response {
    let mut response = pydantic::detail(StatusCode::FORBIDDEN, detail);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn admit(stage: &Stage, headers: &HeaderMap) -> Result<(), Response> {
    match (stage.chosen_key(), answer::bearer(headers)) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(forbidden(
            "API key required. Please provide an API key using the Authorization header with Bearer scheme.",
        )),
        (Some(key), Some(sent)) if key == sent => Ok(()),
        _ => Err(forbidden("Invalid API key. The provided API key is incorrect.")),
    }
}

fn card(installed: &Installed) -> Value {
    let voices: Vec<Value> =
        installed.voices.iter().map(|name| json!({ "name": name, "language": "en-us" })).collect();
    json!({
        "id": installed.id, "created": 0, "object": "model", "owned_by": "speaches-ai",
        "language": [installed.language], "task": "text-to-speech", "sample_rate": installed.rate, "voices": voices,
    })
}

fn missing(id: &str) -> Response {
    let detail = format!(
        "Model '{id}' is not installed locally. You can download the model using `POST /v1/models/{id}`"
    );
    pydantic::detail(StatusCode::NOT_FOUND, detail)
}

async fn models(State(stage): State<Stage>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    admit(&stage, &headers)?;
    let data: Vec<Value> = INSTALLED.iter().map(card).collect();
    Ok(Json(json!({ "data": data, "object": "list" })))
}

async fn model(
    State(stage): State<Stage>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Response> {
    admit(&stage, &headers)?;
    INSTALLED.iter().find(|installed| installed.id == id).map(card).map(Json).ok_or_else(|| missing(&id))
}

async fn voices(State(stage): State<Stage>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    admit(&stage, &headers)?;
    let voices: Vec<Value> = INSTALLED
        .iter()
        .flat_map(|installed| installed.voices.iter().map(move |name| (installed, *name)))
        .map(|(installed, name)| {
            json!({
                "model_id": installed.id, "voice_id": name, "id": name, "name": name, "created": 0,
                "owned_by": "speaches-ai", "sample_rate": installed.rate, "object": "voice",
            })
        })
        .collect();
    Ok(Json(json!({ "voices": voices, "object": "list" })))
}

async fn speech(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    admit(&stage, &headers)?;
    let members = pydantic::members(&headers, &body)?;
    let mut fields = Model::of(&members);
    let (model, input, voice) = (fields.text("model"), fields.text("input"), fields.text("voice"));
    let format = fields.one_of("response_format", "mp3", &answer::FORMATS);
    let speed = fields.number("speed", 1.0, f64::MIN..=f64::MAX);
    let events = fields.one_of("stream_format", "audio", &["audio", "sse"]) == "sse";
    let rate = fields.whole_if_any("sample_rate", 8_000..=48_000);
    fields.finish()?;

    let installed =
        INSTALLED.iter().find(|installed| installed.id == model).ok_or_else(|| missing(&model))?;
    if !installed.voices.contains(&voice.as_str()) {
        let detail =
            format!("Voice '{voice}' is not supported. Supported voices: {}", installed.voices.join(", "));
        return Err(pydantic::detail(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let (slowest, fastest) = installed.speeds;
    if !(slowest..=fastest).contains(&speed) {
        let detail =
            format!("Speed must be between {slowest} and {fastest}, got {speed} (speed must be between)");
        return Err(pydantic::detail(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let spoken = answer::speak(&stage, plain(&input), &voice, speed).await;
    if events {
        let audio = ordered.audio(spoken.packed(Packing::Pcm, installed.rate).into());
        let usage = json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
        return Ok(answer::events(&stage, &audio, ("token_usage", usage)).into_response());
    }
    let rate = rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(installed.rate);
    let audio = ordered.audio(spoken.packed(answer::packing(&format, true), rate).into());
    Ok(answer::chunked(&stage, &audio, answer::media_type(&format)))
}

/// The text without emoji and without markdown's stars and underscores.
fn plain(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, '*' | '_' | '\u{1F300}'..='\u{1FAFF}')).collect()
}
