//! Azure AI Speech: the REST API and the WebSocket behind Microsoft's SDKs.
//!
//! Two doors lead to the same voices. REST returns one file and no word times, and hides what is
//! wrong with a request in the reason phrase. The WebSocket sends audio and boundaries interleaved
//! and says what is wrong when it hangs up. `frame`, `line`, `turn` and `boundary` are the WebSocket
//! protocol, which Edge's free service speaks too.
//!
//! What is not on record and was decided here: a document over 64 KiB is 413 over REST; markup an
//! HD voice cannot take is refused; a format the simulator cannot encode is 501, which the service
//! never sends.

mod access;
pub(crate) mod boundary;
pub(crate) mod config;
pub(crate) mod format;
pub(crate) mod frame;
mod judge;
pub(crate) mod line;
mod refusal;
mod rest;
pub(crate) mod socket;
pub(crate) mod turn;
pub(crate) mod voice;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use axum::response::Response;

use crate::service::{Refusal, Service, Stage};
use access::Access;

/// The service stops after ten minutes of audio and says nothing of it.
pub(crate) const AUDIO_SECONDS_MAX: u64 = 600;

/// Azure AI Speech.
#[derive(Clone, Debug)]
pub struct Azure {
    /// How many turns may run at once before the service throttles: 4429 on a WebSocket.
    pub concurrent_turns_max: usize,
    /// The subscription has characters left; without, a WebSocket turn ends in `Quota exceeded`.
    pub has_quota: bool,
}

impl Default for Azure {
    fn default() -> Self {
        Self { concurrent_turns_max: 200, has_quota: true }
    }
}

/// What the handlers share.
#[derive(Debug)]
struct Studio {
    access: Access,
    options: Azure,
    gap: Duration,
    turns: AtomicUsize,
}

impl Service for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn router(&self, stage: Stage) -> Router {
        let studio = Studio {
            access: Access::new(stage.key()),
            options: self.clone(),
            gap: stage.gap(),
            turns: AtomicUsize::new(0),
        };
        Router::new()
            .route("/cognitiveservices/v1", rest::synthesis())
            .route("/cognitiveservices/voices/list", rest::voices())
            .route("/sts/v1.0/issueToken", rest::token())
            .route("/tts/cognitiveservices/websocket/v1", socket::door())
            .route("/cognitiveservices/websocket/v1", socket::door())
            .fallback(async || refusal::not_found())
            .method_not_allowed_fallback(async || refusal::not_found())
            .with_state(Arc::new(studio))
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        refusal::ordered(refusal)
    }
}

#[cfg(test)]
mod tests;
