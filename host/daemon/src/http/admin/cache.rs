//! The cache of a running server, for its operator: what is kept, whether it is sound, throwing it away.
//!
//! A store is one process's. Without these calls whoever wants to throw away what a provider said badly
//! would have to stop the server for it. They are the admin's, because a list of takes says who had
//! what spoken.

#![allow(unused_qualifications, reason = "in what `utoipa::path` makes of `params(…)`")]

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use understudy_engine::Engine;
use understudy_engine::cache::{Cache, CacheError, ClearFilter, Verification};
use utoipa::IntoParams;

use super::Admin;
use crate::Understudy;
use crate::http::error::{ApiError, Dialect, ErrorBody};
use crate::http::keeping::{ClearedTakes, KeptTakes, VerifiedTakes};
use crate::moment;

/// Takes of one answer when nobody says how many, and at most.
pub(crate) const PAGE: usize = 100;
pub(crate) const PAGE_MAX: usize = 10_000;

/// News of a check that wait to be sent. A slow reader misses some, never the last.
const NEWS_AHEAD: usize = 16;

/// Which takes are listed.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TakesQuery {
    /// Of this provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<String>,
    /// At most so many, 1 to 10000; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<usize>,
}

/// Which takes are thrown away; what is left out does not narrow.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClearQuery {
    /// Of this provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<String>,
    /// Stored longer ago than this: `90s`, `15m`, `36h` or `7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) older_than: Option<String>,
}

/// List what is kept
///
/// Takes in the order of their keys. Callers on this machine only, unless `server.admin_from` says
/// otherwise.
#[utoipa::path(
    get, path = "/api/v1/admin/cache", operation_id = "listTakes", tag = "Operation", params(TakesQuery),
    responses(
        (status = 200, body = KeptTakes),
        (status = 403, description = "The caller is not on this machine.", body = ErrorBody),
        (status = 503, description = "There is no cache, or it cannot be read.", body = ErrorBody),
    )
)]
pub(crate) async fn takes(
    _: Admin,
    State(understudy): State<Arc<Understudy>>,
    query: Result<Query<TakesQuery>, QueryRejection>,
) -> Result<Json<KeptTakes>, ApiError> {
    let Query(TakesQuery { provider, limit }) = query.map_err(|rejection| ApiError::of_query(&rejection))?;
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("limit must be a number from 1 to {PAGE_MAX}, got {limit}");
        return Err(ApiError::invalid("invalid_value", "limit", message));
    }
    let engine = understudy.engine();
    let takes = KeptTakes::of(cache(&engine)?, provider.as_deref(), limit).await;
    Ok(Json(takes.map_err(|error| failed(&error))?))
}

/// Check what is kept
///
/// Reads all audio and removes what is damaged; what cannot be read is counted and left as it is. Answers
/// with a line of JSON for each piece that was looked at, as far as the reader keeps up; the last one has
/// `done`, or `error` when the check broke off. Takes are served meanwhile. It ends when its reader leaves.
#[utoipa::path(
    post, path = "/api/v1/admin/cache/verify", operation_id = "verifyTakes", tag = "Operation",
    responses(
        (status = 200, body = VerifiedTakes, content_type = "application/x-ndjson"),
        (status = 403, description = "The caller is not on this machine.", body = ErrorBody),
        (status = 409, description = "They are being checked already.", body = ErrorBody),
        (status = 503, description = "There is no cache, or it cannot be read.", body = ErrorBody),
    )
)]
pub(crate) async fn verify(
    _: Admin,
    State(understudy): State<Arc<Understudy>>,
) -> Result<Response, ApiError> {
    let engine = understudy.engine();
    let cache = cache(&engine)?.clone();
    let mut heard = check(cache);
    // Whether there is anything to check has to be known before an answer can begin.
    let first = heard.recv().await.unwrap_or_else(|| Err(CacheError::Internal("check was lost".to_owned())));
    let first = first.map_err(|error| failed(&error))?;
    let later = stream::unfold(heard, |mut heard| async move { Some((heard.recv().await?, heard)) });
    let lines = stream::iter([Ok(first)]).chain(later).map(|news| Ok::<_, Infallible>(line(news)));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Checks all takes for as long as anybody hears of it.
fn check(cache: Cache) -> mpsc::Receiver<Result<VerifiedTakes, CacheError>> {
    let (news, heard) = mpsc::channel(NEWS_AHEAD);
    tokio::spawn(async move {
        let so_far = news.clone();
        let tell = move |now: Verification| {
            // What does not fit is old news by the time there is room again.
            so_far.try_send(Ok(VerifiedTakes::so_far(now))).ok();
            !so_far.is_closed()
        };
        let verified = cache.verify(tell).await.map(VerifiedTakes::whole);
        if let Err(error) = &verified {
            tracing::warn!(code = error.code(), %error, "takes could not be checked");
        }
        news.send(verified).await.ok();
    });
    heard
}

/// One line of a check's answer.
fn line(news: Result<VerifiedTakes, CacheError>) -> Bytes {
    let json = match news {
        Ok(verified) => serde_json::to_string(&verified),
        Err(error) => serde_json::to_string(&ErrorBody { error: failed(&error).object(Dialect::Native, "") }),
    };
    Bytes::from(json.unwrap_or_default() + "\n")
}

/// Throw away what is kept
///
/// All takes, or those the query describes. What is being played stays readable to its end.
#[utoipa::path(
    post, path = "/api/v1/admin/cache/clear", operation_id = "clearTakes", tag = "Operation", params(ClearQuery),
    responses(
        (status = 200, body = ClearedTakes),
        (status = 400, body = ErrorBody),
        (status = 403, description = "The caller is not on this machine.", body = ErrorBody),
        (status = 503, description = "There is no cache.", body = ErrorBody),
    )
)]
pub(crate) async fn clear(
    _: Admin,
    State(understudy): State<Arc<Understudy>>,
    query: Result<Query<ClearQuery>, QueryRejection>,
    body: Bytes,
) -> Result<Json<ClearedTakes>, ApiError> {
    demand_no_filter(&body)?;
    let Query(ClearQuery { provider, older_than }) =
        query.map_err(|rejection| ApiError::of_query(&rejection))?;
    let age = older_than.as_deref().map(moment::duration).transpose();
    let age = age.map_err(|message| ApiError::invalid("invalid_value", "older_than", message))?;
    let filter = ClearFilter { provider, stored_before_ms: age.map(moment::ago) };
    let engine = understudy.engine();
    let cleared = cache(&engine)?.clear(filter).await.map_err(|error| failed(&error))?;
    tracing::info!(takes = cleared.takes, bytes = cleared.bytes, "takes thrown away");
    Ok(Json(cleared.into()))
}

/// A filter in the body would be passed over, and everything thrown away.
fn demand_no_filter(body: &[u8]) -> Result<(), ApiError> {
    let said: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if matches!(said.as_slice(), b"" | b"{}") {
        return Ok(());
    }
    let message = "request body must be empty or {}: what is thrown away is said in the query";
    Err(ApiError::new(StatusCode::BAD_REQUEST, "unexpected_body", message)
        .hint("for example ?provider=azure&older_than=7d"))
}

fn cache(engine: &Engine) -> Result<&Cache, ApiError> {
    let cache = engine.store().map(understudy_engine::Store::cache);
    cache.ok_or_else(|| failed(&CacheError::Off))
}

fn failed(error: &CacheError) -> ApiError {
    let told = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), error.to_string());
    match error {
        CacheError::Degraded(reason) => told.hint(reason.hint()),
        CacheError::Off => told.hint("set cache.enabled = true"),
        CacheError::Verifying => {
            ApiError { status: StatusCode::CONFLICT, ..told }.hint("ask again when that is over")
        }
        CacheError::NoRoom { .. } | CacheError::Internal(_) => told,
    }
}
