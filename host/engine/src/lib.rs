//! Plans a request for speech and carries it through.
//!
//! [`Engine`] stands between a client's wish and a [`Provider`](understudy_speech::Provider). One
//! request passes these rooms in order, and each is one file: `text` (is it speakable?), `plan`
//! (who plays it?), `fit` (what of it can that provider honour?), `attempt` (one call, its
//! deadline and its cancellation), `recording` (what came back, within bounds), `audition` (is it
//! audio, and whole?), `delivery` (the encoding the client asked for). [`Engine::speak`] walks them
//! and answers with the whole; [`Engine::stream`] sends audio on while it comes.
//!
//! What is true of all of them: nothing here knows WebAssembly or HTTP; a client's mistake is told
//! apart from a provider's fault ([`SpeechError::is_client_fault`]), because only the latter may
//! ever count against a provider; and dropping the future or stream that a caller holds ends the
//! provider's work, because speech that nobody waits for is only cost.
//!
//! A plan is one candidate today. Fallback makes it a list that is walked; the gate (breaker,
//! rates, budgets) goes before an attempt, and the cache and single flight around it.

mod attempt;
pub mod audition;
mod cast;
pub mod catalogue;
mod delivery;
mod engine;
mod error;
mod fit;
pub mod likeness;
mod plan;
mod provenance;
mod recording;
mod request;
#[cfg(feature = "scripted")]
pub mod scripted;
mod settings;
mod speak;
mod stream;
mod suggest;
pub mod text;
mod voice_id;
mod voices;
mod words;

pub use cast::{Cast, Member, ProviderInfo};
pub use engine::Engine;
pub use error::SpeechError;
pub use provenance::{Attempt, Provenance};
pub use request::{Output, SpeechRequest};
pub use settings::EngineSettings;
pub use speak::Speech;
pub use stream::{Finished, SpeechEvent, SpeechStream};
pub use suggest::nearest;
pub use voice_id::VoiceId;
