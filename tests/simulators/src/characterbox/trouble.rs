//! What goes wrong, in the service's one shape of error, or the public client's.

use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Profile;
use crate::service::Refusal;

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    message: String,
    param: Option<String>,
    retry_after: Option<Duration>,
    /// Members beside the usual ones: `limit` and `actual`, or `line`.
    extra: Vec<(&'static str, Value)>,
}

impl Trouble {
    fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, kind, code, message, param: None, retry_after: None, extra: Vec::new() }
    }

    /// A 400 about one field.
    pub(super) fn field(param: &str, code: &'static str, message: impl Into<String>) -> Self {
        let trouble = Self::new(StatusCode::BAD_REQUEST, "invalid_request", code, message);
        Self { param: Some(param.to_owned()), ..trouble }
    }

    pub(super) fn no_json(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", "invalid_json", message)
    }

    pub(super) fn unknown_speaker(speaker: &str, line: usize) -> Self {
        let trouble =
            Self::field("script", "unknown_speaker", format!("Speaker '{speaker}' is not among characters"));
        Self { extra: vec![("line", line.into())], ..trouble }
    }

    pub(super) fn no_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "authentication",
            "missing_api_key",
            "Authorization header is missing",
        )
    }

    pub(super) fn wrong_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication", "invalid_api_key", "API key is not valid")
    }

    pub(super) fn out_of_credits() -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, "billing", "insufficient_credits", "Not enough credits")
    }

    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "permission", code, message)
    }

    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", code, message)
    }

    pub(super) fn no_character(id: &str) -> Self {
        let trouble = Self::not_found("character_not_found", format!("Character '{id}' does not exist"));
        Self { param: Some("character_id".to_owned()), ..trouble }
    }

    pub(super) fn not_supported(status: StatusCode) -> Self {
        Self::new(status, "not_supported", "not_supported", "This is not supported here")
    }

    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", code, message)
    }

    pub(super) fn too_large(code: &'static str, param: &str, limit: usize, actual: usize) -> Self {
        let message = format!("{param} has {actual} characters, the limit is {limit}");
        let trouble = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", code, message);
        let extra = vec![("limit", limit.into()), ("actual", actual.into())];
        Self { param: Some(param.to_owned()), extra, ..trouble }
    }

    pub(super) fn too_many(code: &'static str, retry_after: Option<Duration>) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { retry_after, ..Self::new(status, "rate_limit", code, "Slow down") }
    }

    pub(super) fn failing(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            503 => "overloaded",
            504 => "timeout",
            _ => "internal",
        };
        Self::new(status, "server", code, "Something went wrong on our side")
    }

    /// A conversation that died at a line.
    pub(super) fn died_at(line: usize) -> Self {
        let trouble = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server",
            "internal",
            format!("Line {line} could not be spoken"),
        );
        Self { extra: vec![("line", line.into())], ..trouble }
    }

    /// What a fault switch asked for.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Unauthorized => Self::wrong_key(),
            Refusal::QuotaExhausted => Self::out_of_credits(),
            Refusal::RateLimited { retry_after } => Self::too_many("requests", *retry_after),
            Refusal::Failing(status) => Self::failing(*status),
        }
    }

    /// The `error` member.
    pub(super) fn object(&self) -> Value {
        let mut error = json!({
            "type": self.kind, "code": self.code, "message": self.message, "param": self.param,
            "request_id": "req_simulated", "retry_after": self.retry_after.map(|wait| wait.as_secs().max(1)),
        });
        if let Some(members) = error.as_object_mut() {
            members.extend(self.extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        error
    }

    /// The answer.
    pub(super) fn told(self, profile: Profile) -> Response {
        let body = match profile {
            Profile::LegacyHint => json!({ "detail": self.message }),
            _ => json!({ "error": self.object() }),
        };
        let mut response = (self.status, Json(body)).into_response();
        let limited = self.status == StatusCode::TOO_MANY_REQUESTS;
        let wait = self
            .retry_after
            .or((profile == Profile::LegacyHint && limited).then_some(Duration::from_secs(60)));
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}
