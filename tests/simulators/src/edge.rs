//! The "read aloud" service behind Microsoft Edge, free, without an account, and unofficial.
//!
//! It speaks Azure's WebSocket protocol behind a door of its own: a token made from the clock, and
//! a browser's headers. A caller whose clock is off is refused with 403 and can correct itself from
//! the `Date` of that answer, so the simulator's clock can be set apart from the machine's.
//!
//! What is not on record and was decided here: the voice list asks for the client token and judges
//! a clock token only when one is sent; a voice whose name has the right form and is not in the
//! list ends its turn without audio, and any other name closes the socket.

mod door;
mod judge;
mod socket;
pub mod token;
mod voice;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::service::{Refusal, Service, Stage};

/// The read-aloud service.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// The clock tokens are judged by.
    pub clock: Clock,
    /// Whether tokens of version 1 are still good, as they were until October 2026.
    pub accepts_v1: bool,
}

/// The service's clock: the machine's, and how far ahead of it. Clones share the setting.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// A clock this many seconds ahead of the machine's; behind it when negative.
    #[must_use]
    pub fn ahead(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds)))
    }

    /// Moves it while the simulator runs.
    pub fn set_ahead(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    /// Seconds since 1970, as the service sees it.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        let machine = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(machine.as_secs()).unwrap_or_default().saturating_add(self.0.load(Ordering::Relaxed))
    }

    /// The value of the service's `Date` header.
    fn date(&self) -> String {
        let since = Duration::from_secs(u64::try_from(self.unix_seconds()).unwrap_or_default());
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since)
    }
}

/// What the handlers share.
#[derive(Debug)]
struct Studio {
    options: Edge,
    gap: Duration,
}

impl Service for Edge {
    fn name(&self) -> &'static str {
        "edge"
    }

    fn router(&self, stage: Stage) -> Router {
        let studio = Studio { options: self.clone(), gap: stage.gap() };
        Router::new()
            .route("/consumer/speech/synthesize/readaloud/edge/v1", get(socket::open))
            .route("/consumer/speech/synthesize/readaloud/voices/list", get(voice::list))
            .fallback(async || StatusCode::NOT_FOUND)
            .with_state(Arc::new(studio))
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        match refusal {
            Refusal::Unauthorized | Refusal::QuotaExhausted => self.forbid(),
            Refusal::RateLimited { retry_after } => {
                let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
                if let Some(wait) = retry_after {
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
                }
                response
            }
            Refusal::Failing(status) => (*status, Body::empty()).into_response(),
        }
    }
}

impl Edge {
    /// 403 with the service's own time in it and nothing else to go by.
    fn forbid(&self) -> Response {
        let headers = [(DATE, self.clock.date()), (CONTENT_TYPE, "text/html; charset=us-ascii".to_owned())];
        (StatusCode::FORBIDDEN, headers, Body::empty()).into_response()
    }
}

#[cfg(test)]
mod tests;
