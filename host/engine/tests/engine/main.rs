//! The engine through its public API, with scripted providers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod auditioning;
mod breaking;
mod casting;
mod chaos;
mod characters;
mod conversing;
mod falling_back;
mod keeping;
mod limiting;
mod planning;
mod recording;
mod rehearsing;
mod speaking;
mod store;
mod streaming;
mod streams_falling_back;
mod trying;

use std::sync::Arc;

use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{
    Attempt, Cast, Engine, EngineSettings, Member, Output, ProviderStatus, Route, SpeechError, SpeechRequest,
};
use understudy_speech::{Encoding, Failure, Provider, ProviderError, Request, Word};

const TEXT: &str = "The show must go on.";

const WORDS: [Word; 2] = [
    Word { start_byte: 0, end_byte: 3, start_ms: 0, end_ms: 200 },
    Word { start_byte: 4, end_byte: 8, start_ms: 200, end_ms: 1_400 },
];

/// An engine whose cast is `providers`, named by their manifests' ids.
fn engine_with(providers: &[&Arc<Scripted>], settings: EngineSettings) -> Engine {
    let member = |provider: &&Arc<Scripted>| {
        let provider = Arc::clone(provider) as Arc<dyn Provider>;
        Member::new(provider.manifest().id.clone(), provider)
    };
    Engine::new(Cast::new(providers.iter().map(member).collect()), settings)
}

fn engine(providers: &[&Arc<Scripted>]) -> Engine {
    engine_with(providers, EngineSettings::default())
}

/// Settings whose one route asks these providers in this order.
fn route(providers: &[&str]) -> EngineSettings {
    let route = Route { primary: names(providers), ..Route::default() };
    EngineSettings {
        routes: [("main".to_owned(), route)].into(),
        default_route: Some("main".to_owned()),
        ..EngineSettings::default()
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn good(id: &str) -> Arc<Scripted> {
    Arc::new(Scripted::speaking(id, 1, Vec::new()))
}

fn failing(id: &str, error: impl Into<Failure>) -> Arc<Scripted> {
    Arc::new(Scripted::new(id, vec![Step::Fail(error.into())]))
}

fn unavailable() -> ProviderError {
    ProviderError::Unavailable("503".to_owned())
}

/// How a provider stands.
fn status(engine: &Engine, provider: &str) -> ProviderStatus {
    let found = engine.status().providers.into_iter().find(|status| status.name == provider);
    found.unwrap()
}

/// The calls made for a take: `a:provider_unavailable b:ok`.
fn calls(attempts: &[Attempt]) -> String {
    let call = |attempt: &Attempt| format!("{}:{}", attempt.provider, attempt.outcome);
    attempts.iter().map(call).collect::<Vec<_>>().join(" ")
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
