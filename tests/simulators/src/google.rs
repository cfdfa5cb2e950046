//! Google Cloud Text-to-Speech over REST: v1, v1beta1 with time points, voices, and OAuth's token
//! endpoint for a service account.
//!
//! JSON is read as the real front end reads it, from the message definitions: a field that is not
//! in them is refused by name before anything looks at its meaning. After that come the limits, the
//! voice, and what the voice's family can do.
//!
//! What is not on record and was decided here: no credentials at all is 401 unless [`Strangers`] says
//! 403, for both are known; a Studio voice takes 2,000 bytes; a sentence may be 900 bytes long; an encoding the simulator cannot write (M4A) is
//! 501 `UNIMPLEMENTED`, which the service never sends.

mod access;
mod account;
mod definition;
mod jwt;
mod request;
mod rules;
mod status;
mod synthesis;
mod token;
mod voice;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use crate::service::{Refusal, Service, Stage};
use access::Access;
use status::Status;

pub use account::{CLIENT_EMAIL, service_account};

/// Google Cloud Text-to-Speech.
#[derive(Clone, Copy, Debug, Default)]
pub struct Google {
    /// What state the caller's project is in.
    pub project: Project,
    /// Where a 429 says how long to wait.
    pub hint: RetryHint,
    /// How a caller without credentials is refused.
    pub strangers: Strangers,
}

/// How a caller without any credentials is refused; both answers are known of this service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strangers {
    /// 401 `CREDENTIALS_MISSING`.
    #[default]
    Unauthenticated,
    /// 403: unregistered callers are not allowed.
    Unregistered,
}

/// The state of the project behind the credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Project {
    /// Everything is on.
    #[default]
    Ready,
    /// Nobody switched the API on: 403 `SERVICE_DISABLED`.
    ServiceDisabled,
    /// Nobody pays: 403 `BILLING_DISABLED`.
    BillingDisabled,
    /// The key may not call this API: 403 `API_KEY_SERVICE_BLOCKED`.
    KeyBlocked,
    /// Keys are not taken at all: 401 for a key, tokens as usual.
    KeysUnsupported,
}

/// Where a 429 says how long to wait, when it says so at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryHint {
    /// In `Retry-After` and in `RetryInfo`.
    #[default]
    Both,
    /// In `Retry-After` alone.
    Header,
    /// In the error's `RetryInfo` alone.
    Detail,
}

/// What the handlers share.
#[derive(Debug)]
struct Studio {
    access: Access,
}

/// Which of the two published versions a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V1Beta1,
}

impl Service for Google {
    fn name(&self) -> &'static str {
        "google"
    }

    fn router(&self, stage: Stage) -> Router {
        let studio = Studio { access: Access::new(stage.key(), self.project, self.strangers) };
        Router::new()
            .route("/v1/text:synthesize", post(synthesis::v1))
            .route("/v1beta1/text:synthesize", post(synthesis::v1beta1))
            .route("/v1/voices", get(voice::list))
            .route("/v1beta1/voices", get(voice::list))
            .route("/token", post(token::exchange))
            .layer(DefaultBodyLimit::disable())
            .fallback(not_found)
            .method_not_allowed_fallback(not_found)
            .with_state(Arc::new(studio))
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let status = match refusal {
            Refusal::Unauthorized => Status::key_invalid(),
            Refusal::QuotaExhausted => Status::billing_disabled(),
            Refusal::RateLimited { retry_after } => return status::rate_limited(*retry_after, self.hint),
            Refusal::Failing(StatusCode::SERVICE_UNAVAILABLE) => {
                Status::new(503, "UNAVAILABLE", "The service is currently unavailable.")
            }
            Refusal::Failing(StatusCode::GATEWAY_TIMEOUT) => {
                Status::new(504, "DEADLINE_EXCEEDED", "Deadline exceeded.")
            }
            // No 5xx, and no name in HTTP: the front end gave up on the request.
            Refusal::Failing(code) if code.as_u16() == 499 => {
                Status::new(499, "CANCELLED", "The operation was cancelled.")
            }
            Refusal::Failing(code) => Status::new(code.as_u16(), "INTERNAL", "Internal error encountered."),
        };
        status.into_response()
    }
}

/// The page of the front end, not of the API: no JSON in it.
async fn not_found(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    let path = uri.path().replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error 404 (Not Found)!!1</title>\n  \
         <p><b>404.</b> <ins>That’s an error.</ins>\n  <p>The requested URL <code>{path}</code> was not found on \
         this server for {method}.  <ins>That’s all we know.</ins>\n"
    );
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/html; charset=UTF-8")], Html(page)).into_response()
}

#[cfg(test)]
mod tests;
