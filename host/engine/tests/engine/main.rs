//! The engine through its public API, with scripted providers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod planning;
mod speaking;
mod store;
mod streaming;

use std::sync::Arc;

use understudy_engine::scripted::Scripted;
use understudy_engine::{Cast, Engine, EngineSettings, Member, Output, SpeechError, SpeechRequest};
use understudy_speech::{Encoding, Provider, Request, Word};

const TEXT: &str = "The show must go on.";

const WORDS: [Word; 2] = [
    Word { start_byte: 0, end_byte: 3, start_ms: 0, end_ms: 200 },
    Word { start_byte: 4, end_byte: 8, start_ms: 200, end_ms: 1_400 },
];

/// An engine whose cast is `providers`, named by their manifests' ids.
fn engine_with(providers: &[&Arc<Scripted>], settings: EngineSettings) -> Engine {
    let member = |provider: &&Arc<Scripted>| {
        let provider = Arc::clone(provider) as Arc<dyn Provider>;
        Member { name: provider.manifest().id.clone(), provider }
    };
    Engine::new(Cast::new(providers.iter().map(member).collect()), settings)
}

fn engine(providers: &[&Arc<Scripted>]) -> Engine {
    engine_with(providers, EngineSettings::default())
}

fn request(text: &str) -> SpeechRequest {
    SpeechRequest::new("r-1", Request::text(text))
}

fn wanting(encoding: Encoding, sample_rate: Option<u32>) -> SpeechRequest {
    let output = Output { encoding: Some(encoding), sample_rate, bit_rate: None };
    SpeechRequest { output, ..request(TEXT) }
}

/// An error on one line: code, message, hint, and whose fault it is.
fn told(error: &SpeechError) -> String {
    let fault = if error.is_client_fault() { "client" } else { "server" };
    let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{fault} {}: {error}{hint}", error.code())
}
