//! What one service brings: its routes, and its own words for a refusal.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;

use crate::fault::OrderError;
use crate::speech::{Manner, Spoken, speak};

/// The server side of one speech service.
pub trait Service: Send + Sync + 'static {
    /// The name the catalogue and the command line use.
    fn name(&self) -> &'static str;

    /// The service's routes, its 404 included. Called once, when the simulator starts.
    fn router(&self, stage: Stage) -> Router;

    /// The answer the service gives when it refuses for a reason a fault switch asked for: its own
    /// status, headers and body shape.
    fn refuse(&self, refusal: &Refusal) -> Response;

    /// The words for what goes wrong with this service and no other; empty when nothing does.
    fn own_faults(&self) -> &'static str {
        ""
    }

    /// Has one of those go wrong.
    ///
    /// # Errors
    /// It is none of them.
    fn order(&self, fault: &str) -> Result<(), OrderError> {
        Err(OrderError::new("unknown fault", fault))
    }

    /// Takes every order of [`Service::order`] back.
    fn clear_orders(&self) {}
}

/// Why a fault switch wants a request refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials are not good, whatever they are.
    Unauthorized,
    /// Too many requests; with the wait the service names, if it names one.
    RateLimited {
        /// What `Retry-After` says, or nothing for a service in a hurry.
        retry_after: Option<Duration>,
    },
    /// The account has nothing left.
    QuotaExhausted,
    /// The service itself is in trouble: any 5xx, or the 499 of one that gives up.
    Failing(StatusCode),
}

/// What a service's handlers share with the simulator they run in.
#[derive(Clone, Debug)]
pub struct Stage {
    pub(crate) key: String,
    pub(crate) key_is_chosen: bool,
    pub(crate) gap: Duration,
}

impl Stage {
    /// The key clients must send: the one of [`crate::Options`], or [`crate::simulator::KEY`].
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key, if somebody chose one: for services that ask for none unless told to.
    #[must_use]
    pub fn chosen_key(&self) -> Option<&str> {
        self.key_is_chosen.then_some(self.key.as_str())
    }

    /// How long a streaming service pauses between two pieces.
    #[must_use]
    pub const fn gap(&self) -> Duration {
        self.gap
    }

    /// Speaks on a thread that may compute; `None` only while the simulator is being stopped.
    pub async fn speak(&self, text: String, manner: Manner) -> Option<Spoken> {
        tokio::task::spawn_blocking(move || speak(&text, &manner)).await.ok()
    }
}
