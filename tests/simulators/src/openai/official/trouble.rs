//! `{"error": {message, type, param, code}}`, and the sentences OpenAI puts in it.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::service::Refusal;

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    message: String,
    kind: &'static str,
    param: Option<String>,
    code: Option<&'static str>,
    retry_after: Option<Duration>,
    should_retry: Option<bool>,
}

impl Trouble {
    fn new(
        status: StatusCode,
        kind: &'static str,
        code: Option<&'static str>,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self { status, message, kind, param: None, code, retry_after: None, should_retry: None }
    }

    /// A 400 about one field.
    pub(super) fn field(param: &str, code: &'static str, message: impl Into<String>) -> Self {
        let trouble = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some(code), message);
        Self { param: Some(param.to_owned()), ..trouble }
    }

    fn request(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self::new(status, "invalid_request_error", code, message)
    }

    pub(super) fn no_key() -> Self {
        let message = "You didn't provide an API key. You need to provide your API key in an Authorization header \
             using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
        Self::request(StatusCode::UNAUTHORIZED, None, message)
    }

    /// The key is quoted back with its middle starred out.
    pub(super) fn wrong_key(key: &str) -> Self {
        let characters: Vec<char> = key.chars().collect();
        let (head, tail) = (characters.iter().take(8), characters.iter().skip(characters.len().max(12) - 4));
        let shown: String = head.chain(&['*'; 8]).chain(tail).collect();
        let message = format!(
            "Incorrect API key provided: {shown}. You can find your API key at \
             https://platform.openai.com/account/api-keys."
        );
        Self::request(StatusCode::UNAUTHORIZED, Some("invalid_api_key"), message)
    }

    pub(super) fn no_model(model: &str) -> Self {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        Self::request(StatusCode::NOT_FOUND, Some("model_not_found"), message)
    }

    pub(super) fn no_voice(voice: &str) -> Self {
        Self::request(StatusCode::NOT_FOUND, Some("not_found"), format!("No voice found with id '{voice}'."))
    }

    pub(super) fn invalid_url(method: &Method, path: &str) -> Self {
        Self::request(StatusCode::NOT_FOUND, None, format!("Invalid URL ({method} {path})"))
    }

    pub(super) fn method_not_supported(method: &Method, path: &str) -> Self {
        let message = format!("Not allowed to {method} on {path}.");
        Self::request(StatusCode::METHOD_NOT_ALLOWED, Some("method_not_supported"), message)
    }

    pub(super) fn not_json() -> Self {
        let message = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using \
             your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)";
        Self::request(StatusCode::BAD_REQUEST, None, message)
    }

    pub(super) fn content_type(label: &str) -> Self {
        let message = format!(
            "Unsupported content type: '{label}'. This API method only accepts 'application/json' requests, but you \
             specified the header 'Content-Type: {label}'."
        );
        Self::request(StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("unsupported_content_type"), message)
    }

    /// What a fault switch asked for.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Unauthorized => Self::wrong_key("sk-revoked-0000000000000000"),
            Refusal::RateLimited { retry_after } => {
                let message = "Rate limit reached for gpt-4o-mini-tts in organization org-simulated on requests per \
                     min (RPM): Limit 500, Used 500, Requested 1.";
                let status = StatusCode::TOO_MANY_REQUESTS;
                let trouble = Self::new(status, "requests", Some("rate_limit_exceeded"), message);
                Self { retry_after: *retry_after, ..trouble }
            }
            Refusal::QuotaExhausted => {
                let message = "You exceeded your current quota, please check your plan and billing details.";
                let code = "insufficient_quota";
                let trouble = Self::new(StatusCode::TOO_MANY_REQUESTS, code, Some(code), message);
                Self { should_retry: Some(false), ..trouble }
            }
            Refusal::Failing(status) => {
                let message = "The server had an error while processing your request. Sorry about that!";
                Self::new(*status, "server_error", None, message)
            }
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = json!({ "error": {
            "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
        } });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        let mut label = |name: &'static str, value: HeaderValue| {
            headers.insert(HeaderName::from_static(name), value);
        };
        label("x-request-id", HeaderValue::from_static("req_5b0c1d2e3f405162738495a6b7c8d9e0"));
        if let Some(wait) = self.retry_after {
            label("retry-after-ms", HeaderValue::from(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
            label("retry-after", HeaderValue::from(wait.as_secs().max(1)));
        }
        if let Some(should_retry) = self.should_retry {
            label("x-should-retry", HeaderValue::from_static(if should_retry { "true" } else { "false" }));
        }
        response
    }
}
