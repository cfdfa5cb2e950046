//! `text:synthesize` in both versions.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::request::{AudioConfig, Synthesize};
use super::rules::{Accepted, judge};
use super::status::Status;
use super::{Studio, Version};
use crate::fault::Ordered;
use crate::performance::{Performance, perform};

type Parameters = Query<HashMap<String, String>>;

pub(super) async fn v1(
    State(studio): State<Arc<Studio>>,
    Extension(ordered): Extension<Ordered>,
    Query(query): Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(&studio, &ordered, &query, &headers, &body, Version::V1).await
}

pub(super) async fn v1beta1(
    State(studio): State<Arc<Studio>>,
    Extension(ordered): Extension<Ordered>,
    Query(query): Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(&studio, &ordered, &query, &headers, &body, Version::V1Beta1).await
}

async fn respond(
    studio: &Studio,
    ordered: &Ordered,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
    body: &[u8],
    version: Version,
) -> Response {
    let synthesized = async {
        studio.access.admit(headers, query)?;
        check_media_type(headers)?;
        let request = Synthesize::read(body, version)?;
        let accepted = judge(&request)?;
        synthesize(request, accepted, ordered, version).await
    };
    match synthesized.await {
        Ok(body) => answer(&body),
        Err(status) => status.into_response(),
    }
}

/// JSON as the service writes it: indented.
pub(super) fn answer(body: &Value) -> Response {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json; charset=UTF-8")], text).into_response()
}

/// A body that does not call itself JSON is read as a form, and its text is then no known field.
fn check_media_type(headers: &HeaderMap) -> Result<(), Status> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let problem = format!("Invalid content type: {media_type}. Expected application/json.");
    Err(Status::bad_request(&[(String::new(), problem)]))
}

async fn synthesize(
    request: Synthesize,
    accepted: Accepted,
    ordered: &Ordered,
    version: Version,
) -> Result<Value, Status> {
    let Accepted { voice, beats, packing, sample_rate } = accepted;
    let spoken = tokio::task::spawn_blocking(move || {
        let performance = perform(beats, voice.name);
        let audio = performance.spoken.packed(packing, sample_rate);
        (performance, audio)
    });
    let failed = |_| Status::new(500, "INTERNAL", "Internal error encountered.");
    let (performance, audio) = spoken.await.map_err(failed)?;
    let mut body = Map::new();
    body.insert("audioContent".to_owned(), Value::from(STANDARD.encode(ordered.audio(audio.into()))));
    if version == Version::V1Beta1 {
        let points = timepoints(&request, &performance);
        if !points.is_empty() {
            body.insert("timepoints".to_owned(), Value::Array(points));
        }
        body.insert("audioConfig".to_owned(), echo(&request.audio_config, sample_rate));
    }
    Ok(Value::Object(body))
}

/// When each mark was reached, for a request that asked.
fn timepoints(request: &Synthesize, performance: &Performance) -> Vec<Value> {
    if !request.enable_time_pointing.iter().any(|kind| kind == "SSML_MARK") {
        return Vec::new();
    }
    let point = |(name, seconds): &(String, f64)| json!({"markName": name, "timeSeconds": seconds});
    performance.marks.iter().map(point).collect()
}

/// The configuration that was used, defaults filled in.
fn echo(audio: &AudioConfig, sample_rate: u32) -> Value {
    json!({
        "audioEncoding": audio.audio_encoding,
        "speakingRate": audio.speaking_rate.unwrap_or(1.0),
        "pitch": audio.pitch.unwrap_or(0.0),
        "volumeGainDb": audio.volume_gain_db.unwrap_or(0.0),
        "sampleRateHertz": sample_rate,
        "effectsProfileId": audio.effects_profile_id,
    })
}
