//! Speech from OpenAI's API, and from the servers that speak it.
//!
//! One plugin for all of them, because an operator who moves from the service to a Kokoro at home
//! changes a URL and nothing else. They differ in what surrounds the one request they agree on:
//! whether there is a list of voices and in what shape, how an error is worded, how a language is
//! named, whether words have times. [`server`] knows who is at the other end; [`speech`] makes the
//! request; [`captions`] reads Kokoro's word times; [`refusal`] says what an error means.
//!
//! Headerless PCM is never asked for: its rate differs from server to server and nothing in the
//! answer tells it. WAVE is asked for in its place, and the SDK's relay makes samples of it.

mod captions;
mod plugin;
mod refusal;
mod server;
mod settings;
mod speech;
mod voices;

pub use plugin::OpenAi;
