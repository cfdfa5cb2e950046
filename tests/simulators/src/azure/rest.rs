//! Synthesis, voices and tokens over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use bytes::Bytes;

use super::format::{self, Format};
use super::judge::{Accepted, judge};
use super::refusal::{bad_request, silent, unauthorized};
use super::{AUDIO_SECONDS_MAX, Studio, voice};
use crate::body;
use crate::fault::Ordered;
use crate::performance::{Performance, perform};

/// The largest document the service reads. The documentation names no limit for REST; this is the
/// WebSocket's.
const SSML_BYTES_MAX: usize = 64 * 1024;
const USER_AGENT_BYTES_MAX: usize = 255;

pub(super) fn voices() -> MethodRouter<Arc<Studio>> {
    get(list)
}

pub(super) fn token() -> MethodRouter<Arc<Studio>> {
    post(issue)
}

pub(super) fn synthesis() -> MethodRouter<Arc<Studio>> {
    post(synthesize).layer(DefaultBodyLimit::disable())
}

async fn list(State(studio): State<Arc<Studio>>, headers: HeaderMap) -> Response {
    if !studio.access.admits(&headers) {
        return unauthorized();
    }
    axum::Json(voice::list()).into_response()
}

/// Only a key buys a token, and the request has no body.
async fn issue(State(studio): State<Arc<Studio>>, headers: HeaderMap, sent: Bytes) -> Response {
    if !studio.access.has_key(&headers) {
        return unauthorized();
    }
    if !sent.is_empty() {
        return bad_request("Bad Request");
    }
    ([(CONTENT_TYPE, "application/jwt; charset=us-ascii")], studio.access.issue()).into_response()
}

async fn synthesize(
    State(studio): State<Arc<Studio>>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    sent: Bytes,
) -> Response {
    if !studio.access.admits(&headers) {
        return unauthorized();
    }
    let (format, accepted) = match admit(&headers, &sent) {
        Ok(admitted) => admitted,
        Err(response) => return *response,
    };
    let Some(performance) = speak(accepted).await else {
        return silent(StatusCode::SERVICE_UNAVAILABLE, "Stopped");
    };
    let Some(audio) = format.encode(&performance.spoken) else {
        return silent(StatusCode::NOT_IMPLEMENTED, "The simulator has no encoder for this format");
    };
    let audio = if performance.is_silent() { Bytes::new() } else { ordered.audio(audio.into()) };
    let audio = body::pieces(body::cut(&audio), studio.gap);
    ([(CONTENT_TYPE, format.media_type)], audio).into_response()
}

/// What stands between a request and the voice, in the order the service looks at it.
fn admit(headers: &HeaderMap, sent: &[u8]) -> Result<(Format, Accepted), Box<Response>> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type =
        value(CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/ssml+xml") {
        return Err(Box::new(silent(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")));
    }
    if sent.len() > SSML_BYTES_MAX {
        return Err(Box::new(silent(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large")));
    }
    let refuse = |detail: &str| Box::new(bad_request(detail));
    value(USER_AGENT.as_str())
        .filter(|agent| (1..USER_AGENT_BYTES_MAX).contains(&agent.len()))
        .ok_or_else(|| refuse("User-Agent is missing or too long"))?;
    let name =
        value("X-Microsoft-OutputFormat").ok_or_else(|| refuse("X-Microsoft-OutputFormat is missing"))?;
    let format = format::find(name).ok_or_else(|| refuse("Unsupported output format"))?;
    let ssml = std::str::from_utf8(sent)
        .map_err(|_| refuse("Data at the root level is invalid. Line 1, position 1."))?;
    let accepted = judge(ssml).map_err(|detail| refuse(&detail))?;
    Ok((format, accepted))
}

/// The take, cut where the service stops without a word.
pub(super) async fn speak(accepted: Accepted) -> Option<Performance> {
    let spoken = tokio::task::spawn_blocking(move || {
        let mut performance = perform(accepted.beats, accepted.voice.short_name);
        performance.truncate(Duration::from_secs(AUDIO_SECONDS_MAX));
        performance
    });
    spoken.await.ok()
}
