//! What a client is told when something is wrong.
//!
//! One body serves every client: the four keys of OpenAI's error object, which its SDKs read, and
//! beside them a hint and the request's id. Two things depend on the door a client came through,
//! and both are decided here: the names of fields (`speed` there is `speaking_rate` here, and
//! `voice_settings.speed` of a character) and the codes of those few errors for which OpenAI has a
//! code of its own.
//!
//! A handler only says *what* is wrong. The body is written by the envelope around all handlers,
//! which knows the path and the request's id; so no error can leave without one.

mod of_speech;

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use understudy_engine::{Engine, nearest};
use understudy_speech::InvalidField;
use utoipa::ToSchema;

use super::provenance::{AttemptInfo, SkippedInfo};

/// Which API a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI's.
    OpenAi,
    /// Our own.
    Native,
    /// That of the characters' calls.
    Characters,
}

impl Dialect {
    /// The dialect of a path.
    pub(crate) fn of(path: &str) -> Self {
        let begins = |prefix| {
            path.strip_prefix(prefix).is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('/'))
        };
        if begins("/v1") || begins("/audio") || begins("/models") {
            Self::OpenAi
        } else if begins("/api/v1/characters") {
            Self::Characters
        } else {
            Self::Native
        }
    }

    /// The client's name for a field of the engine's request.
    pub(crate) fn field(self, field: &str) -> &str {
        match (self, field) {
            (Self::OpenAi, "text" | "ssml") => "input",
            (Self::OpenAi, "rate") => "speed",
            (Self::OpenAi, "encoding") => "response_format",
            (Self::OpenAi, "provider") => "model",
            (Self::Native, "rate") => "speaking_rate",
            (Self::Native, "volume") => "volume_gain",
            (Self::Characters, "rate") => "voice_settings.speed",
            (Self::Characters, "pitch") => "voice_settings.pitch",
            (Self::Characters, "volume") => "voice_settings.volume",
            (Self::Characters, "intensity") => "emotion_intensity",
            (Self::Native | Self::Characters, "encoding") => "output_format",
            (Self::Native | Self::Characters, "language") => "language_code",
            (Self::Native | Self::Characters, "user") => "user_id",
            (Self::Native | Self::Characters, "task") => "task_id",
            // Whoever plays a character is chosen by its name.
            (Self::Native, "character") | (Self::Characters, "character" | "voice") => "character_id",
            (_, field) => field,
        }
    }
}

/// One error.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    /// OpenAI's own code for it, where there is one.
    pub(crate) openai_code: Option<&'static str>,
    pub(crate) message: Box<str>,
    pub(crate) param: Option<String>,
    pub(crate) hint: Option<Box<str>>,
    pub(crate) retry_after: Option<Duration>,
    /// False when the same request must fail again.
    pub(crate) retryable: bool,
    /// The engine's own, which has it in its history.
    pub(crate) recorded: bool,
    /// What was tried, when somebody was called. Boxed: nearly no error has one.
    pub(crate) story: Option<Box<Story>>,
}

/// How every candidate failed.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// The calls that were made.
    pub(crate) attempts: Vec<AttemptInfo>,
    /// The candidates that were not called.
    pub(crate) skipped: Vec<SkippedInfo>,
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    pub(crate) error: ErrorObject,
}

/// What went wrong. The first four keys are OpenAI's and always there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorObject {
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// `invalid_request_error`, `rate_limit_error`, `insufficient_quota` or `server_error`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The field that is to blame.
    pub(crate) param: Option<String>,
    /// A stable code for machines.
    pub(crate) code: &'static str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The request's id, as in the log and in `x-request-id`.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) request_id: String,
    /// When to come back, in milliseconds, where that is known; as the header `retry-after-ms` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_ms: Option<u64>,
    /// Every call that was made, when every candidate failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attempts: Vec<AttemptInfo>,
    /// The candidates that were not called, when all others failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) skipped: Vec<SkippedInfo>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<Box<str>>) -> Self {
        Self {
            status,
            code,
            openai_code: None,
            message: message.into(),
            param: None,
            hint: None,
            retry_after: None,
            retryable: status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS,
            recorded: false,
            story: None,
        }
    }

    /// A request that is wrong in itself.
    pub(crate) fn invalid(code: &'static str, param: &str, message: impl Into<Box<str>>) -> Self {
        Self { param: Some(param.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, code, message) }
    }

    /// A query string that cannot be read.
    pub(crate) fn of_query(rejection: &QueryRejection) -> Self {
        let text = rejection.body_text();
        unknown_parameter(&text)
            .unwrap_or_else(|| Self::new(StatusCode::BAD_REQUEST, "invalid_query", text.to_lowercase()))
    }

    pub(crate) fn hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Has `engine` remember the request that was refused after `time`, unless it knows it. What the server
    /// itself got wrong may have come to it before.
    pub(crate) fn note(&self, engine: &Engine, id: &str, time: Duration) {
        if self.status.is_client_error() && !self.recorded {
            engine.note_refused(id, time, self.code, &self.message);
        }
    }

    /// The error as its client reads it.
    pub(crate) fn object(&self, dialect: Dialect, request_id: &str) -> ErrorObject {
        ErrorObject {
            message: self.message.to_string(),
            kind: self.kind(),
            param: self.param.clone(),
            code: self.openai_code.filter(|_| dialect == Dialect::OpenAi).unwrap_or(self.code),
            hint: self.hint.as_deref().map(str::to_owned),
            request_id: request_id.to_owned(),
            retry_after_ms: self.retry_after.map(|after| rounded_up(after, 1_000_000)),
            attempts: self.story.as_ref().map(|story| story.attempts.clone()).unwrap_or_default(),
            skipped: self.story.as_ref().map(|story| story.skipped.clone()).unwrap_or_default(),
        }
    }

    fn kind(&self) -> &'static str {
        match (self.status, self.openai_code) {
            (_, Some("insufficient_quota")) => "insufficient_quota",
            (StatusCode::TOO_MANY_REQUESTS, _) => "rate_limit_error",
            (status, _) if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        }
    }

    /// The whole response; `headers` of the one it stands in for (such as `allow`) are kept.
    pub(crate) fn write(&self, response: &mut Response, dialect: Dialect, request_id: &str) {
        let body = ErrorBody { error: self.object(dialect, request_id) };
        // Strings and options of strings always serialize.
        let json = serde_json::to_vec(&body).unwrap_or_default();
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.remove(http::header::CONTENT_LENGTH);
        if !self.retryable {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
        if let (Some(after), Some(milliseconds)) = (self.retry_after, body.error.retry_after_ms) {
            headers.insert(RETRY_AFTER, HeaderValue::from(rounded_up(after, 1_000_000_000)));
            headers.insert("retry-after-ms", HeaderValue::from(milliseconds));
        }
        *response.body_mut() = Body::from(json);
    }
}

/// A field that is wrong, by the name that its client gave it.
impl From<InvalidField> for ApiError {
    fn from(invalid: InvalidField) -> Self {
        Self::invalid("invalid_value", &invalid.field, invalid.to_string())
    }
}

/// In units of so many nanoseconds, rounded up: a client that comes back too early is refused again.
fn rounded_up(after: Duration, unit: u128) -> u64 {
    u64::try_from(after.as_nanos().div_ceil(unit)).unwrap_or(u64::MAX)
}

/// That a query has a parameter nobody knows, when serde says so: "unknown field `a`, expected `b` or `c`".
fn unknown_parameter(text: &str) -> Option<ApiError> {
    let mut named = text.split_once("unknown field `")?.1.split('`').step_by(2);
    let unknown = named.next()?;
    let known: Vec<&str> = named.filter(|name| !name.is_empty()).collect();
    let hint = nearest(unknown, known.iter().copied()).map_or_else(
        || format!("the parameters are {}", known.join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    );
    let message = format!("no such parameter: {unknown}");
    Some(ApiError::invalid("unknown_parameter", unknown, message).hint(hint))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
