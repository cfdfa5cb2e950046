//! The service's refusals over HTTP.
//!
//! A bad request has an empty body: what is wrong stands in the HTTP/1.1 reason phrase alone, which
//! HTTP/2 and most clients never show. The gateway in front of the service answers for keys, quotas
//! and unknown paths, with a small JSON body.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::ext::ReasonPhrase;
use serde_json::json;

use crate::service::Refusal;

const BAD_KEY: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid \
     key for an active subscription and use a correct regional API endpoint for your resource.";
const OUT_OF_CALLS: &str = "Out of call volume quota. Quota will be replenished in 12.04:33:07.";
const TOO_MANY: &str = "Requests to the Speech operation under the text-to-speech API have exceeded the request rate \
     limit of your current tier.";

/// 400 with the detail where most clients cannot see it.
pub(crate) fn bad_request(detail: &str) -> Response {
    silent(StatusCode::BAD_REQUEST, detail)
}

/// A status with a reason phrase of the service's own and an empty body.
pub(crate) fn silent(status: StatusCode, detail: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Ok(reason) = ReasonPhrase::try_from(detail.as_bytes()) {
        response.extensions_mut().insert(reason);
    }
    response
}

/// 401 of the gateway.
pub(crate) fn unauthorized() -> Response {
    gateway(StatusCode::UNAUTHORIZED, BAD_KEY)
}

/// 404 of the gateway.
pub(crate) fn not_found() -> Response {
    gateway(StatusCode::NOT_FOUND, "Resource not found")
}

/// 429 of the gateway, with the wait when there is one to name.
pub(crate) fn too_many(retry_after: Option<Duration>) -> Response {
    let mut response = gateway(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    if let Some(wait) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    response
}

/// What a fault switch asked for.
pub(crate) fn ordered(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Unauthorized => unauthorized(),
        Refusal::RateLimited { retry_after } => too_many(*retry_after),
        Refusal::QuotaExhausted => gateway(StatusCode::FORBIDDEN, OUT_OF_CALLS),
        Refusal::Failing(status) => silent(*status, status.canonical_reason().unwrap_or_default()),
    }
}

fn gateway(status: StatusCode, message: &str) -> Response {
    let body = json!({"error": {"code": status.as_str(), "message": message}}).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
