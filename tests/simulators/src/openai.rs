//! OpenAI's speech API.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::service::{Refusal, Service, Stage};

/// Whose dialect of the API is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// OpenAI itself.
    #[default]
    OpenAi,
}

/// The simulator.
#[derive(Clone, Debug, Default)]
pub struct OpenAi {
    flavour: Flavour,
}

impl OpenAi {
    /// The API in a flavour.
    #[must_use]
    pub fn new(flavour: Flavour) -> Self {
        Self { flavour }
    }
}

impl Service for OpenAi {
    fn name(&self) -> &'static str {
        match self.flavour {
            Flavour::OpenAi => "openai",
        }
    }

    fn router(&self, _stage: Stage) -> Router {
        Router::new().fallback(|| async { StatusCode::NOT_FOUND })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        match refusal {
            Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
            Refusal::RateLimited { .. } | Refusal::QuotaExhausted => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Failing(status) => *status,
        }
        .into_response()
    }
}
