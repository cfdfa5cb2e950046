//! `google.rpc.Status`, the shape of every refusal, and the refusals by name.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::RetryHint;

const SERVICE: &str = "texttospeech.googleapis.com";
const PROJECT: &str = "projects/123456789012";

const MISSING: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, login \
     cookie or other valid authentication credential. See \
     https://developers.google.com/identity/sign-in/web/devconsole-project.";
const INVALID: &str = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
     other valid authentication credential. See \
     https://developers.google.com/identity/sign-in/web/devconsole-project.";
const KEYS: &str = "API keys are not supported by this API. Expected OAuth2 access token or other authentication \
     credentials that assert a principal. See https://cloud.google.com/docs/authentication";
const UNREGISTERED: &str = "Method doesn't allow unregistered callers (callers without established identity). Please use API \
     Key or other form of API consumer identity to call this API.";
const BLOCKED: &str = "Requests to this API texttospeech.googleapis.com method \
     google.cloud.texttospeech.v1.TextToSpeech.SynthesizeSpeech are blocked.";
const DISABLED: &str = "Cloud Text-to-Speech API has not been used in project 123456789012 before or it is disabled. \
     Enable it by visiting \
     https://console.developers.google.com/apis/api/texttospeech.googleapis.com/overview?project=123456789012 then \
     retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.";
const BILLING: &str = "This API method requires billing to be enabled. Please enable billing on project #123456789012 \
     by visiting https://console.developers.google.com/billing/enable?project=123456789012 then retry.";
const QUOTA: &str = "Quota exceeded for quota metric 'All requests' and limit 'All requests per minute' of service \
     'texttospeech.googleapis.com' for consumer 'project_number:123456789012'.";

/// An error of the API.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Status {
    code: u16,
    status: &'static str,
    pub(super) message: String,
    details: Vec<Value>,
}

impl Status {
    pub(super) fn new(code: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), details: Vec::new() }
    }

    /// 400 with a message and nothing more.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", message)
    }

    /// What the service says when it says nothing.
    pub(super) fn invalid_argument() -> Self {
        Self::invalid("Request contains an invalid argument.")
    }

    /// 400 with what is wrong field by field.
    pub(super) fn bad_request(violations: &[(String, String)]) -> Self {
        let fields: Vec<Value> = violations
            .iter()
            .map(|(field, description)| match field.as_str() {
                "" => json!({"description": description}),
                field => json!({"field": field, "description": description}),
            })
            .collect();
        let message: Vec<&str> = violations.iter().map(|(_, description)| description.as_str()).collect();
        let detail = json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields});
        Self { details: vec![detail], ..Self::invalid(message.join("\n")) }
    }

    pub(super) fn key_invalid() -> Self {
        Self::invalid("API key not valid. Please pass a valid API key.").because("API_KEY_INVALID", &[])
    }

    pub(super) fn credentials_missing() -> Self {
        Self::new(401, "UNAUTHENTICATED", MISSING).because("CREDENTIALS_MISSING", &[])
    }

    /// 403 for a caller without credentials.
    pub(super) fn unregistered() -> Self {
        Self::new(403, "PERMISSION_DENIED", UNREGISTERED)
    }

    /// A bearer token that is none, or is no longer one.
    pub(super) fn credentials_invalid(reason: &'static str) -> Self {
        Self::new(401, "UNAUTHENTICATED", INVALID).because(reason, &[])
    }

    pub(super) fn keys_unsupported() -> Self {
        Self::new(401, "UNAUTHENTICATED", KEYS).because("CREDENTIALS_MISSING", &[])
    }

    pub(super) fn key_blocked() -> Self {
        Self::new(403, "PERMISSION_DENIED", BLOCKED)
            .because("API_KEY_SERVICE_BLOCKED", &[("consumer", PROJECT)])
    }

    pub(super) fn service_disabled() -> Self {
        Self::new(403, "PERMISSION_DENIED", DISABLED).because("SERVICE_DISABLED", &[("consumer", PROJECT)])
    }

    pub(super) fn billing_disabled() -> Self {
        Self::new(403, "PERMISSION_DENIED", BILLING).because("BILLING_DISABLED", &[("consumer", PROJECT)])
    }

    /// Adds an `ErrorInfo`.
    fn because(mut self, reason: &'static str, metadata: &[(&str, &str)]) -> Self {
        let mut info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
            "metadata": {"service": SERVICE},
        });
        if let Some(members) = info.get_mut("metadata").and_then(Value::as_object_mut) {
            members.extend(metadata.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        }
        self.details.push(info);
        self
    }
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let mut error = json!({"code": self.code, "message": self.message, "status": self.status});
        if !self.details.is_empty()
            && let Some(members) = error.as_object_mut()
        {
            members.insert("details".to_owned(), Value::Array(self.details));
        }
        let code = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string_pretty(&json!({"error": error})).unwrap_or_default();
        let mut response = (code, [(CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response();
        if code == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static(r#"Bearer realm="https://accounts.google.com/""#);
            response.headers_mut().insert(WWW_AUTHENTICATE, realm);
        }
        response
    }
}

/// 429, with the wait where `hint` puts it.
pub(super) fn rate_limited(retry_after: Option<Duration>, hint: RetryHint) -> Response {
    let metric = "texttospeech.googleapis.com/requests";
    let metadata =
        [("consumer", PROJECT), ("quota_metric", metric), ("quota_limit", "RequestsPerMinutePerProject")];
    let mut status = Status::new(429, "RESOURCE_EXHAUSTED", QUOTA).because("RATE_LIMIT_EXCEEDED", &metadata);
    let seconds = retry_after.map(|wait| wait.as_secs());
    if let Some(seconds) = seconds.filter(|_| hint != RetryHint::Header) {
        let delay = format!("{seconds}s");
        status
            .details
            .push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}));
    }
    let mut response = status.into_response();
    if let Some(seconds) = seconds.filter(|_| hint != RetryHint::Detail) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
