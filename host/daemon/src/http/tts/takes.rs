//! `GET /api/v1/tts/takes/{digest}`: audio that was spoken before, for players.
//!
//! A synthesis is a `POST`, and a player can only `GET`: it wants ranges to seek in, a validator to
//! keep what it has, and an address to hand on. The address is the audio's own SHA-256, so whatever
//! it answers never changes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use understudy_engine::cache::{AudioDigest, StoreState};
use understudy_engine::{Engine, Speech, TakeSource};

use crate::Understudy;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::serving::{Sound, served};

/// Where a take's audio is, before its digest.
pub(crate) const PLACE: &str = "/api/v1/tts/takes/";

/// Play a take again
///
/// The audio of an earlier answer, by the SHA-256 that its `etag` and `content-location` name, for as
/// long as it is in the cache. Answers to `HEAD`, to `If-None-Match` with 304, to an `If-Match` of other audio
/// with 412, and to one `Range` of a `GET` with 206.
#[utoipa::path(
    get, path = "/api/v1/tts/takes/{digest}", operation_id = "playTake", tag = "Understudy",
    params(("digest" = String, Path, description = "The audio's SHA-256, 64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The audio.", content((Vec<u8> = "audio/mpeg"), (Vec<u8> = "audio/wav"))),
        (status = 206, description = "The part of it that was asked for."),
        (status = 304, description = "The client has it."),
        (status = 404, description = "It is not in the cache.", body = ErrorBody),
        (status = 412, description = "The client means other audio.", body = ErrorBody),
        (status = 416, description = "There is no such part.", body = ErrorBody),
    )
)]
pub(crate) async fn take(
    State(understudy): State<Arc<Understudy>>,
    Path(digest): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let engine = understudy.engine();
    let hit = match (AudioDigest::try_from(digest.clone()), engine.store()) {
        (Ok(digest), Some(store)) => store.cache().get_audio(digest).await,
        _ => None,
    };
    let hit = hit.ok_or_else(|| {
        let message = format!("no take in the cache has this audio: {digest}");
        ApiError::new(StatusCode::NOT_FOUND, "take_not_found", message).hint("have it spoken again")
    })?;
    let media_type = hit.notes.format.encoding.media_type();
    let mut response =
        served(&method, &headers, Sound { audio: hit.audio, digest: Some(hit.digest), media_type });
    if !response.status().is_client_error() {
        // What has this name never changes; who may hear it is not for shared caches to decide.
        let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, forever);
    }
    Ok(response)
}

/// Where the audio of `speech` can be had again; none when it is not kept.
pub(crate) fn place_of(engine: &Engine, speech: &Speech) -> Option<String> {
    let (digest, cache) = (speech.digest?, engine.store()?.cache());
    // What was just bought is on its way to the disk.
    let is_coming = || {
        let provenance = &speech.provenance;
        matches!(provenance.cache, TakeSource::Bought | TakeSource::Shared)
            && provenance.passed_through
            && cache.state() == StoreState::Serving
    };
    (cache.has_audio(digest) || is_coming()).then(|| place(digest))
}

/// The address of the audio with this digest.
pub(crate) fn place(digest: AudioDigest) -> String {
    format!("{PLACE}{digest}")
}
