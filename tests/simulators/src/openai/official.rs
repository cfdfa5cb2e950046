//! OpenAI itself: a key, four models, one shape of error, and a request id on every answer.

mod request;
mod trouble;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::json;

use super::answer;
use crate::fault::Ordered;
use crate::service::{Refusal, Stage};
use request::SpeechRequest;
use trouble::Trouble;

/// The speech models. All four are announced to end on 2027-01-06.
const MODELS: [&str; 4] = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15"];

/// A custom voice this account owns, for `"voice": {"id": …}`.
const CUSTOM_VOICE: &str = "voice_simulated1234";

pub(super) fn router(stage: Stage) -> Router {
    Router::new()
        .route("/v1/audio/speech", post(speech))
        .route("/v1/models", get(list))
        .route("/v1/models/{id}", get(show))
        .route("/v1/audio/voices/{id}", get(voice))
        .fallback(|method: Method, uri: Uri| async move {
            Trouble::invalid_url(&method, uri.path()).into_response()
        })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            Trouble::method_not_supported(&method, uri.path()).into_response()
        })
        .layer(from_fn(label))
        .with_state(stage)
}

pub(super) fn refuse(refusal: &Refusal) -> Response {
    Trouble::of(refusal).into_response()
}

/// The headers of every answer.
async fn label(request: axum::extract::Request, next: Next) -> Response {
    const LABELS: [(&str, &str); 8] = [
        ("x-request-id", "req_5b0c1d2e3f405162738495a6b7c8d9e0"),
        ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "312"),
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-remaining-requests", "499"),
        ("x-ratelimit-reset-requests", "120ms"),
        ("x-ratelimit-limit-tokens", "200000"),
        ("x-ratelimit-remaining-tokens", "199000"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in LABELS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn admit(stage: &Stage, headers: &HeaderMap) -> Result<(), Trouble> {
    match answer::bearer(headers) {
        None => Err(Trouble::no_key()),
        Some(key) if key == stage.key() => Ok(()),
        Some(key) => Err(Trouble::wrong_key(key)),
    }
}

async fn speech(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    admit(&stage, &headers)?;
    let request = SpeechRequest::read(&headers, &body)?;
    let tokens = request.input.chars().count().div_ceil(4);
    let spoken = answer::speak(&stage, request.input, &request.voice, request.speed).await;
    let packing = answer::packing(&request.format, true);
    let seconds = spoken.seconds();
    let audio = ordered.audio(spoken.packed(packing, answer::RATE).into());
    if !request.events {
        return Ok(answer::chunked(&stage, &audio, answer::media_type(&request.format)));
    }
    // About twenty audio tokens a second.
    let heard =
        serde_json::Number::from_f64((seconds * 20.0).ceil()).and_then(|n| n.as_f64()).unwrap_or_default();
    let usage =
        json!({ "input_tokens": tokens, "output_tokens": heard, "total_tokens": tokens as f64 + heard });
    Ok(answer::events(&stage, &audio, ("usage", usage)))
}

async fn list(State(stage): State<Stage>, headers: HeaderMap) -> Result<Response, Trouble> {
    admit(&stage, &headers)?;
    Ok(Json(answer::models(&MODELS, "openai-internal")).into_response())
}

async fn show(
    State(stage): State<Stage>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    admit(&stage, &headers)?;
    if !MODELS.contains(&id.as_str()) {
        return Err(Trouble::no_model(&id));
    }
    Ok(Json(answer::model(&id, "openai-internal")).into_response())
}

async fn voice(
    State(stage): State<Stage>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    admit(&stage, &headers)?;
    if id != CUSTOM_VOICE {
        return Err(Trouble::no_voice(&id));
    }
    let voice = json!({
        "id": id, "object": "audio.voice", "name": "Simulated", "created_at": 1_760_000_000, "type": "audio_sample",
    });
    Ok(Json(voice).into_response())
}
