//! What goes wrong, in either of two shapes: `detail` with a type and a code, or the older one with
//! a status alone. The older endpoints also use other statuses: a voice that is not there is 400,
//! and an empty account is 401.

use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::service::Refusal;

/// Which shape refusals have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// `{"detail": {type, code, message, status, request_id, param}}`.
    #[default]
    New,
    /// `{"detail": {status, message}}`.
    Old,
}

/// One refusal, as both shapes tell it.
#[derive(Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    old: (StatusCode, &'static str),
    message: String,
    param: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl Trouble {
    fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, kind, code, old: (status, code), message, param: None, retry_after: None }
    }

    fn formerly(self, status: StatusCode, code: &'static str) -> Self {
        Self { old: (status, code), ..self }
    }

    /// A 400 about one field.
    pub(super) fn field(param: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let trouble = Self::new(StatusCode::BAD_REQUEST, "validation_error", code, message);
        Self { param: Some(param), ..trouble }
    }

    pub(super) fn no_key() -> Self {
        let message = "Neither authorization header nor xi-api-key received, please provide one.";
        Self::new(StatusCode::UNAUTHORIZED, "authentication_error", "missing_api_key", message)
            .formerly(StatusCode::UNAUTHORIZED, "needs_authorization")
    }

    pub(super) fn wrong_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key", "Invalid API key")
    }

    pub(super) fn no_voice(voice: &str) -> Self {
        let message = format!("A voice with voice_id {voice} was not found.");
        Self::new(StatusCode::NOT_FOUND, "not_found", "voice_not_found", message)
            .formerly(StatusCode::BAD_REQUEST, "voice_not_found")
    }

    pub(super) fn no_model(model: &str) -> Self {
        let message = format!("A model with model ID {model} does not exist.");
        Self::new(StatusCode::NOT_FOUND, "not_found", "model_not_found", message)
            .formerly(StatusCode::BAD_REQUEST, "model_not_found")
    }

    pub(super) fn too_long(limit: usize, length: usize) -> Self {
        let message = format!("The text has {length} characters, this model takes {limit} in one request.");
        Self::field("text", "text_too_long", message)
            .formerly(StatusCode::BAD_REQUEST, "max_character_limit_exceeded")
    }

    pub(super) fn not_in_this_tier(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "authorization_error", "subscription_required", message)
            .formerly(StatusCode::FORBIDDEN, "output_format_not_allowed")
    }

    pub(super) fn out_of_credits(left: u64, needed: u64) -> Self {
        let message = format!(
            "This request exceeds your quota. You have {left} credits remaining, while {needed} credits are required \
             for this request."
        );
        Self::new(StatusCode::PAYMENT_REQUIRED, "payment_required", "insufficient_credits", message)
            .formerly(StatusCode::UNAUTHORIZED, "quota_exceeded")
    }

    pub(super) fn too_many_at_once(limit: usize) -> Self {
        let message = format!("Too many concurrent requests. Your current subscription allows {limit}.");
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "rate_limit_error", "concurrent_limit_exceeded", message)
            .formerly(status, "too_many_concurrent_requests")
    }

    /// What a fault switch asked for.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Unauthorized => Self::wrong_key(),
            Refusal::QuotaExhausted => Self::out_of_credits(0, 42),
            Refusal::RateLimited { retry_after } => {
                let message = "The rate limit of your subscription is exceeded.";
                let status = StatusCode::TOO_MANY_REQUESTS;
                let trouble = Self::new(status, "rate_limit_error", "rate_limit_exceeded", message);
                Self { retry_after: *retry_after, ..trouble }
            }
            Refusal::Failing(status) if *status == StatusCode::SERVICE_UNAVAILABLE => Self::new(
                *status,
                "server_error",
                "service_unavailable",
                "The service is busy, try again later.",
            ),
            Refusal::Failing(status) => {
                Self::new(*status, "server_error", "internal_error", "Something went wrong on our side.")
                    .formerly(*status, "internal_server_error")
            }
        }
    }

    /// What a WebSocket says before it closes.
    pub(super) fn in_a_message(&self) -> String {
        json!({ "message": self.message, "error": self.code, "code": 1008 }).to_string()
    }

    /// The answer.
    pub(super) fn told(self, shape: Shape) -> Response {
        let (status, detail) = match shape {
            Shape::Old => (self.old.0, json!({ "status": self.old.1, "message": self.message })),
            Shape::New => {
                let mut detail = json!({
                    "type": self.kind, "code": self.code, "message": self.message, "status": self.code,
                    "request_id": "req_simulated0123456789",
                });
                if let (Some(param), Some(members)) = (self.param, detail.as_object_mut()) {
                    members.insert("param".to_owned(), param.into());
                }
                (self.status, detail)
            }
        };
        let mut response = (status, Json(json!({ "detail": detail }))).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}
