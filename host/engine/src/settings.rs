//! Every limit of the engine, and what breaks past it.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

/// The engine's settings; [`Default`] is what `understudy` ships with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// The provider of requests that name none. With a single provider in the cast it may be left
    /// out.
    pub default_provider: Option<String>,
    /// How long a client waits: for the whole of [`Engine::speak`](crate::Engine::speak), for the
    /// first audio of [`Engine::stream`](crate::Engine::stream). Default 100 s, so that a client
    /// with a patience of 120 s gets an answer instead of a cut connection.
    pub deadline: Duration,
    /// How long one streamed take may last, slow listeners included. It bounds how long a client
    /// that stops reading keeps a plugin instance. Default 600 s.
    pub stream_deadline: Duration,
    /// The longest text, in characters. Default 100,000, about two hours of speech; no client
    /// sends that in one piece on purpose.
    pub max_text_characters: usize,
    /// Events a provider may be ahead of its listener before it waits. Default 16.
    pub take_buffer: usize,
    /// The most audio one take may hold before encoding, in bytes. Default 512 MiB: the text limit
    /// above, spoken at 24 kHz and 16 bits.
    pub max_audio_bytes: usize,
    /// How long a provider's voice list is believed. Default 5 minutes.
    pub voices_ttl: Duration,
    /// Encodings at the same time. More than one a core only makes each of them slower. Default:
    /// the number of cores.
    pub encoders: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            default_provider: None,
            deadline: Duration::from_secs(100),
            stream_deadline: Duration::from_secs(600),
            max_text_characters: 100_000,
            take_buffer: 16,
            max_audio_bytes: 512 * 1024 * 1024,
            voices_ttl: Duration::from_secs(300),
            encoders: available_parallelism().map_or(2, NonZeroUsize::get),
        }
    }
}
