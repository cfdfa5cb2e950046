//! Request bodies.
//!
//! A body is parsed once, straight into its type, and unknown fields are noted on the way instead
//! of refused: clients of many servers send what only some of them know. Which field a malformed
//! body fails at is found by parsing it again, since only a client's mistake pays for that.

use std::error::Error;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::Understudy;

/// Names of unknown fields that are reported, and how long one may be; the rest is only counted as
/// noise.
const IGNORED_MAX: usize = 32;
const IGNORED_NAME_MAX: usize = 64;

/// A body that is one JSON object.
#[derive(Debug)]
pub(crate) struct Object<T> {
    pub(crate) value: T,
    /// Fields nobody knows.
    pub(crate) ignored: Vec<String>,
}

/// A body that is a JSON array.
#[derive(Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T: DeserializeOwned> FromRequest<Arc<Understudy>> for Object<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, understudy: &Arc<Understudy>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = read(&parts.headers, body, understudy.config().server.max_body_bytes).await?;
        let (value, ignored) = parse(&body, b'{')?;
        Ok(Self { value, ignored })
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Understudy>> for List<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, understudy: &Arc<Understudy>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = read(&parts.headers, body, understudy.config().server.max_body_bytes).await?;
        Ok(Self(parse(&body, b'[')?.0))
    }
}

/// A request's body, when it is JSON and not too large.
pub(crate) async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    check_media_type(headers)?;
    let too_large = || {
        let message = format!("request body is larger than allowed: {bytes_max} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    };
    let claimed = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if claimed.is_some_and(|length: u64| length > bytes_max as u64) {
        return Err(too_large());
    }
    to_bytes(body, bytes_max).await.map_err(|error| {
        if error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) {
            return too_large();
        }
        ApiError::new(StatusCode::BAD_REQUEST, "body_unreadable", "request body could not be read")
    })
}

/// JSON by any of its names. Scripts that say nothing are read as JSON too. A browser must say it:
/// any page may send a body without a type to a server on its reader's machine, and only the type
/// makes the browser ask first.
fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let none = HeaderValue::from_static("none");
    let value = match headers.get(CONTENT_TYPE) {
        Some(value) => value,
        None if headers.contains_key(ORIGIN) => &none,
        None => return Ok(()),
    };
    if value == "application/json" {
        return Ok(());
    }
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    if media_type == "application/json" || media_type.ends_with("+json") {
        return Ok(());
    }
    let message = format!("content type is not JSON: {media_type}");
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
        .hint("send `content-type: application/json`"))
}

/// An object or an array, by its `opening`, and the fields in it that nobody knows.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8], opening: u8) -> Result<(T, Vec<String>), ApiError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_none() {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "empty_body", "request body is empty"));
    }
    // A type that is an object would also be read from an array of its fields in their order.
    if first != Some(&opening) && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        let expected = if opening == b'{' { "an object" } else { "an array" };
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "invalid_type",
            format!("request body must be {expected}"),
        ));
    }
    let mut ignored = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(body);
    let note = |path: serde_ignored::Path<'_>| {
        let name = path.to_string();
        if ignored.len() < IGNORED_MAX && name.len() <= IGNORED_NAME_MAX {
            ignored.push(name);
        }
    };
    serde_ignored::deserialize(&mut json, note)
        .and_then(|value| json.end().map(|()| value))
        .map(|value| (value, ignored))
        .map_err(|error| explain::<T>(body, &error))
}

/// Says what is wrong with a body, and where.
fn explain<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    if !error.is_data() {
        let message = format!("request body is not valid JSON: {text}");
        return ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", message);
    }
    if let Some(field) = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let message = format!("missing required parameter: {field}");
        return ApiError::invalid("missing_required_parameter", field, message);
    }
    let again: Result<T, _> =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body));
    let path = again.err().map(|error| error.path().to_string()).filter(|path| path != ".");
    let code = if reason.starts_with("invalid type") { "invalid_type" } else { "invalid_value" };
    match path {
        Some(path) => ApiError::invalid(code, &path, format!("{path} is invalid: {reason}")),
        None => ApiError::new(StatusCode::BAD_REQUEST, code, format!("request body is invalid: {reason}")),
    }
}
