//! The speech API of OpenAI, and of the servers that speak it.
//!
//! They agree on the path and on four fields, and on little else: who asks for a key, which fields
//! exist, which formats, what a refusal looks like, whether audio streams, whether voices can be
//! listed. A flavour is one of them with all of its own ways. Sources: OpenAI's Python SDK 3.54,
//! remsky/Kokoro-FastAPI, speaches-ai/speaches, mudler/LocalAI and matatonic/openedai-speech.

mod answer;
mod captions;
mod kokoro;
mod localai;
mod official;
mod openedai;
mod speaches;

use axum::Router;
use axum::response::Response;

use crate::service::{Refusal, Service, Stage};

/// Whose dialect of the API is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// OpenAI itself.
    #[default]
    OpenAi,
    /// Kokoro-FastAPI: no key, streams by default, lists voices, gives word times.
    Kokoro,
    /// speaches: a key if one was chosen, PCM in its events.
    Speaches,
    /// LocalAI: a key if one was chosen, answers with a file.
    LocalAi,
    /// openedai-speech: no key, flat errors, a sample rate in the media type.
    OpenedAi,
}

/// The simulator.
#[derive(Clone, Debug, Default)]
pub struct OpenAi {
    flavour: Flavour,
}

impl OpenAi {
    /// The API in a flavour.
    #[must_use]
    pub const fn new(flavour: Flavour) -> Self {
        Self { flavour }
    }
}

impl Service for OpenAi {
    fn name(&self) -> &'static str {
        match self.flavour {
            Flavour::OpenAi => "openai",
            Flavour::Kokoro => "kokoro",
            Flavour::Speaches => "speaches",
            Flavour::LocalAi => "localai",
            Flavour::OpenedAi => "openedai",
        }
    }

    fn router(&self, stage: Stage) -> Router {
        match self.flavour {
            Flavour::OpenAi => official::router(stage),
            Flavour::Kokoro => kokoro::router(stage),
            Flavour::Speaches => speaches::router(stage),
            Flavour::LocalAi => localai::router(stage),
            Flavour::OpenedAi => openedai::router(stage),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        match self.flavour {
            Flavour::OpenAi => official::refuse(refusal),
            Flavour::Kokoro => kokoro::refuse(refusal),
            Flavour::Speaches => speaches::refuse(refusal),
            Flavour::LocalAi => localai::refuse(refusal),
            Flavour::OpenedAi => openedai::refuse(refusal),
        }
    }
}

#[cfg(test)]
mod tests;
