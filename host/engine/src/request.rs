//! What a client asks of the engine.

use std::sync::Arc;
use std::time::Duration;

use understudy_speech::{Encoding, Request};

/// A request for speech before anyone is cast for it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechRequest {
    /// The id in logs, provenance and the provider's call.
    pub id: Arc<str>,
    /// The provider by name; none leaves it to the voice, then to the default.
    pub provider: Option<String>,
    /// What is spoken. `voice` may be a public id (`provider/voice`) or the provider's own;
    /// `encodings` is the engine's to fill and is overwritten.
    pub request: Request,
    /// How the audio is wanted.
    pub output: Output,
    /// In place of [`EngineSettings::deadline`](crate::EngineSettings::deadline).
    pub deadline: Option<Duration>,
}

/// How the audio is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// None: as the provider sends it.
    pub encoding: Option<Encoding>,
    /// Samples a second; none: as the provider sends it.
    pub sample_rate: Option<u32>,
    /// Bits a second of a lossy encoding; none: what suits it.
    pub bit_rate: Option<u32>,
}

impl SpeechRequest {
    /// A request for `request` under `id`, with everything else left open.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>, request: Request) -> Self {
        Self { id: id.into(), provider: None, request, output: Output::default(), deadline: None }
    }
}
