//! SiliconFlow: OpenAI's path with its own fields, streaming unless told not to, and refusals in
//! three shapes (an object with a code, a bare JSON string, plain text).
//!
//! It bills the UTF-8 bytes of the input; [`SiliconFlow::billed_bytes`] says how many it counted.
//! Source: SiliconFlow's OpenAPI documents and user guide.

mod clones;
mod request;
mod trouble;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use crate::body;
use crate::fault::Ordered;
use crate::service::{Refusal, Service, Stage};
use crate::speech::{Manner, Spoken};
use clones::Clones;
use request::{SpeechRequest, plain};

pub use clones::ListKey;

/// The models of the catalogue that speak.
pub const MODELS: [&str; 2] = ["FunAudioLLM/CosyVoice2-0.5B", "fnlp/MOSS-TTSD-v0.5"];

/// The simulator. Clones share what was billed and the cloned voices.
#[derive(Clone, Debug, Default)]
pub struct SiliconFlow {
    billed: Arc<AtomicU64>,
    clones: Clones,
    list_key: ListKey,
}

impl SiliconFlow {
    /// The service with its voice list under `key`.
    #[must_use]
    pub fn listing_under(list_key: ListKey) -> Self {
        Self { list_key, ..Self::default() }
    }

    /// UTF-8 bytes of input spoken so far.
    #[must_use]
    pub fn billed_bytes(&self) -> u64 {
        self.billed.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Desk {
    service: SiliconFlow,
    stage: Stage,
}

impl Service for SiliconFlow {
    fn name(&self) -> &'static str {
        "siliconflow"
    }

    fn router(&self, stage: Stage) -> Router {
        Router::new()
            .route("/v1/audio/speech", post(speech))
            .route("/v1/uploads/audio/voice", post(clones::upload))
            .route("/v1/audio/voice/list", get(clones::list))
            .route("/v1/audio/voice/deletions", post(clones::delete))
            .route("/v1/user/info", get(user))
            .route("/v1/models", get(models))
            .fallback(trouble::no_page)
            .method_not_allowed_fallback(trouble::no_page)
            .layer(from_fn(traced))
            .with_state(Desk { service: self.clone(), stage })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        trouble::refuse(refusal)
    }
}

async fn traced(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let name = HeaderName::from_static("x-siliconcloud-trace-id");
    response.headers_mut().insert(name, HeaderValue::from_static("ti_simulated0123456789"));
    response
}

fn admit(desk: &Desk, headers: &HeaderMap) -> Result<(), Response> {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match sent.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(key) if key == desk.stage.key() => Ok(()),
        _ => Err(trouble::invalid_token()),
    }
}

async fn speech(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    admit(&desk, &headers)?;
    let request = SpeechRequest::read(&body, &desk.service.clones)?;
    desk.service.billed.fetch_add(request.input.len() as u64, Ordering::Relaxed);
    #[expect(clippy::cast_possible_truncation, reason = "a speed of 0.25 to 4 and a gain of −10 to 10")]
    let manner =
        Manner { gain_db: request.gain as f32, ..Manner::of(&request.voice).at_rate(request.speed as f32) };
    let mut spoken = desk.stage.speak(plain(&request.input), manner).await.unwrap_or_default();
    if spoken.samples.is_empty() {
        spoken = Spoken::silence(Duration::from_millis(300), request.rate);
    }
    let audio = ordered.audio(spoken.packed(request.packing(), request.rate).into());
    let label = [(CONTENT_TYPE, request.media_type())];
    if request.stream {
        return Ok((label, body::pieces(body::cut(&audio), desk.stage.gap())).into_response());
    }
    Ok((label, audio).into_response())
}

async fn user(State(desk): State<Desk>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    admit(&desk, &headers)?;
    Ok(Json(json!({ "code": 20_000, "message": "OK", "status": true, "data": {
        "id": "simulated", "name": "Simulated", "image": "", "email": "nobody@example.invalid", "isAdmin": false,
        "balance": "0.88", "status": "normal", "introduction": "", "role": "", "chargeBalance": "88.00",
        "totalBalance": "88.88",
    } })))
}

async fn models(State(desk): State<Desk>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    admit(&desk, &headers)?;
    let data: Vec<Value> = MODELS
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "created": 0, "owned_by": "" }))
        .collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

#[cfg(test)]
mod tests;
