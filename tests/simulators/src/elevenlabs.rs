//! ElevenLabs: four ways to get a text spoken, a time for every character, and refusals whose shape
//! depends on the age of the endpoint.
//!
//! The account has a tier, which gates formats and counts requests in flight, and credits, which
//! run out. Sources: the `elevenlabs` Python SDK 2.78, and the API reference.

mod account;
mod alignment;
mod dialogue;
mod format;
mod models;
mod request;
mod socket;
mod speech;
mod trouble;
mod voices;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};

use crate::pydantic;
use crate::service::{Refusal, Service, Stage};
use account::Account;
use trouble::Trouble;

pub use account::Tier;
pub use trouble::Shape;

/// The simulator. Clones share the account.
#[derive(Clone, Debug)]
pub struct ElevenLabs {
    shape: Shape,
    account: Arc<Account>,
}

impl Default for ElevenLabs {
    fn default() -> Self {
        Self::new(Tier::Pro, 1_000_000, Shape::New)
    }
}

impl ElevenLabs {
    /// An account of a tier with so many credits (one a character, half of one with flash and
    /// turbo), behind endpoints that refuse in one shape.
    #[must_use]
    pub fn new(tier: Tier, credits: u64, shape: Shape) -> Self {
        Self { shape, account: Arc::new(Account::new(tier, credits)) }
    }

    /// Credits spent so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.account.spent()
    }
}

#[derive(Clone)]
struct Desk {
    service: ElevenLabs,
    stage: Stage,
}

impl Desk {
    /// The account's key, in its header.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Response> {
        let sent = headers.get("xi-api-key").map(HeaderValue::as_bytes);
        match sent {
            None => Err(self.refuse(Trouble::no_key())),
            Some(key) if key == self.stage.key().as_bytes() => Ok(()),
            Some(_) => Err(self.refuse(Trouble::wrong_key())),
        }
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        trouble.told(self.service.shape)
    }
}

impl Service for ElevenLabs {
    fn name(&self) -> &'static str {
        "elevenlabs"
    }

    fn router(&self, stage: Stage) -> Router {
        Router::new()
            .route("/v1/text-to-speech/{voice}", post(speech::answer))
            .route("/v1/text-to-speech/{voice}/stream", post(speech::answer))
            .route("/v1/text-to-speech/{voice}/with-timestamps", post(speech::answer))
            .route("/v1/text-to-speech/{voice}/stream/with-timestamps", post(speech::answer))
            .route("/v1/text-to-speech/{voice}/stream-input", get(socket::open))
            .route("/v1/text-to-dialogue", post(dialogue::answer))
            .route("/v1/text-to-dialogue/stream", post(dialogue::answer))
            .route("/v1/text-to-dialogue/with-timestamps", post(dialogue::answer))
            .route("/v1/text-to-dialogue/stream/with-timestamps", post(dialogue::answer))
            .route("/v2/voices", get(voices::page))
            .route("/v1/voices", get(voices::all))
            .route("/v1/voices/{voice}", get(voices::one))
            .route("/v1/models", get(models::list))
            .route("/v1/user/subscription", get(account::subscription))
            .fallback(pydantic::not_found)
            .method_not_allowed_fallback(pydantic::method_not_allowed)
            .with_state(Desk { service: self.clone(), stage })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        Trouble::of(refusal).told(self.shape)
    }
}

#[cfg(test)]
mod tests;
