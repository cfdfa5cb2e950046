//! Audio as these servers send it: a body in pieces, or server-sent events.

use std::time::Duration;

use axum::Json;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::body;
use crate::service::{Refusal, Stage};
use crate::speech::{Manner, Packing, Spoken};

/// The rate of every model but piper's.
pub(super) const RATE: u32 = 24_000;

/// The formats of OpenAI's own enumeration.
pub(super) const FORMATS: [&str; 6] = ["mp3", "opus", "aac", "flac", "wav", "pcm"];

/// The packing of a format. A streamed WAV's header is written before its length is known.
pub(super) fn packing(format: &str, streamed: bool) -> Packing {
    match format {
        "opus" => Packing::OggOpus { kbps: 32 },
        "aac" => Packing::Aac { kbps: 96 },
        "flac" => Packing::Flac,
        "wav" if streamed => Packing::WavStreamed { data_size: u32::MAX },
        "wav" => Packing::Wav,
        "pcm" => Packing::Pcm,
        _ => Packing::Mp3 { kbps: 128 },
    }
}

/// The media type OpenAI and most of the others give a format.
pub(super) fn media_type(format: &str) -> &'static str {
    match format {
        "opus" => "audio/opus",
        "aac" => "audio/aac",
        "flac" => "audio/flac",
        "wav" => "audio/wav",
        "pcm" => "audio/pcm",
        _ => "audio/mpeg",
    }
}

/// Speaks a text. What holds nothing to say becomes a fifth of a second of silence.
pub(super) async fn speak(stage: &Stage, text: String, voice: &str, speed: f64) -> Spoken {
    #[expect(clippy::cast_possible_truncation, reason = "a speed of 0.25 to 4")]
    let manner = Manner::of(voice).at_rate(speed as f32);
    let spoken = stage.speak(text, manner).await.unwrap_or_default();
    if spoken.samples.is_empty() { Spoken::silence(Duration::from_millis(200), RATE) } else { spoken }
}

/// 200 with the audio, chunked.
pub(super) fn chunked(stage: &Stage, audio: &Bytes, media_type: &'static str) -> Response {
    let body = body::pieces(body::cut(audio), stage.gap());
    ([(CONTENT_TYPE, media_type)], body).into_response()
}

/// 200 with the audio in one piece and its length in the header.
pub(super) fn whole(audio: Bytes, media_type: &'static str) -> Response {
    ([(CONTENT_TYPE, media_type)], audio).into_response()
}

/// 200 with `speech.audio.delta` events and a last `speech.audio.done`, which holds `usage`.
pub(super) fn events(stage: &Stage, audio: &Bytes, usage: (&str, Value)) -> Response {
    let mut events: Vec<Value> = body::cut(audio)
        .iter()
        .map(|piece| json!({ "type": "speech.audio.delta", "audio": STANDARD.encode(piece) }))
        .collect();
    let (name, count) = usage;
    events.push(json!({ "type": "speech.audio.done", name: count }));
    let pieces = events.iter().map(|event| Bytes::from(format!("data: {event}\n\n"))).collect();
    let body = body::pieces(pieces, stage.gap());
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// `GET /v1/models` in the shape they share.
pub(super) fn models(ids: &[&str], owner: &str) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| model(id, owner)).collect();
    json!({ "object": "list", "data": data })
}

/// One model of that list.
pub(super) fn model(id: &str, owner: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 1_686_935_002, "owned_by": owner })
}

/// The status of a refusal, a body in the flavour's own shape, and `Retry-After` where it belongs.
pub(super) fn refused(refusal: &Refusal, body: impl FnOnce(StatusCode, &str) -> Value) -> Response {
    let (status, message) = match refusal {
        Refusal::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        Refusal::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
        Refusal::QuotaExhausted => (StatusCode::TOO_MANY_REQUESTS, "Quota exhausted"),
        Refusal::Failing(status) => (*status, status.canonical_reason().unwrap_or("Internal Server Error")),
    };
    let mut response = (status, Json(body(status, message))).into_response();
    if let Refusal::RateLimited { retry_after: Some(wait) } = refusal {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}
