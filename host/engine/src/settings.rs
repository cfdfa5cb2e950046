//! Every limit of the engine, and what breaks past it.
//!
//! The tables of the configuration file are read into these types, key by key: durations are
//! written in seconds there (`timeout_seconds = 2.5`), and an absent key is the default.

mod breaker;
mod character;
mod conversation;
mod limits;
mod policy;
mod route;
mod seconds;
mod voice;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

pub use breaker::{BreakerSettings, HedgeSettings, Probe, RetrySettings};
pub use character::{CharacterPart, LocalCharacter, Manner, Plays};
pub use conversation::{ConversationSettings, Recast};
pub use limits::GlobalLimits;
pub use policy::{ProviderPolicy, Tier};
pub use route::{Delivery, Route, VoicePolicy};
pub use voice::{LogicalVoice, VoicePart};

use crate::flight::FlightSettings;
use crate::text::TextRules;

/// The engine's settings; [`Default`] is what `understudy` ships with.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineSettings {
    /// Who leads when a request names nobody and there is no default route. With a single provider
    /// in the cast it may be left out.
    pub default_provider: Option<String>,
    /// What the operator wants of each provider, by its name. A provider that is named here takes
    /// part in the fallback of requests without a route; one that is not, such as a file dropped
    /// into a folder, plays only when a request or a route names it.
    pub providers: BTreeMap<String, ProviderPolicy>,
    /// Chains of providers, by name.
    pub routes: BTreeMap<String, Route>,
    /// The route of requests that name none; without it the chain is made of `providers`.
    pub default_route: Option<String>,
    /// Voices of this server, by name, each cast at several providers.
    pub voices: BTreeMap<String, LogicalVoice>,
    /// Characters of this server, by name.
    pub characters: BTreeMap<String, LocalCharacter>,
    /// How conversations are performed.
    pub conversation: ConversationSettings,
    /// What all requests share.
    pub limits: GlobalLimits,
    /// When a provider is left alone, and for how long.
    pub breaker: BreakerSettings,
    /// How a provider is tried again.
    pub retry: RetrySettings,
    /// Whether a slow provider gets a rival.
    pub hedge: HedgeSettings,
    /// How identical requests share one call; only with a [`Store`](crate::Store).
    pub flight: FlightSettings,
    /// How long a client waits: for the whole of [`Engine::speak`](crate::Engine::speak), for the
    /// first audio of [`Engine::stream`](crate::Engine::stream). Default 100 s, so that a client
    /// with a patience of 120 s gets an answer instead of a cut connection.
    pub deadline: Duration,
    /// How long one streamed take may last, slow listeners included. It bounds how long a client
    /// that stops reading keeps a plugin instance. Default 600 s.
    pub stream_deadline: Duration,
    /// What texts are held to. Default: 100,000 characters, about two hours of speech; no client
    /// sends that in one piece on purpose.
    pub text: TextRules,
    /// The rules of requests that take no route: stand-ins and auditions. Its lists of providers are
    /// not used.
    pub unrouted: Route,
    /// Events a provider may be ahead of its listener before it waits. Default 16.
    pub take_buffer: usize,
    /// The most audio one take may hold before encoding, in bytes. Default 512 MiB: the text limit
    /// above, spoken at 24 kHz and 16 bits.
    pub max_audio_bytes: usize,
    /// How long a provider's voice list is believed. Default 5 minutes.
    pub voices_ttl: Duration,
    /// How long a provider's list of characters is believed. Default 1 hour.
    pub characters_ttl: Duration,
    /// Encodings at the same time. More than one a core only makes each of them slower. Default:
    /// the number of cores.
    pub encoders: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            default_provider: None,
            providers: BTreeMap::new(),
            routes: BTreeMap::new(),
            default_route: None,
            voices: BTreeMap::new(),
            characters: BTreeMap::new(),
            conversation: ConversationSettings::default(),
            limits: GlobalLimits::default(),
            breaker: BreakerSettings::default(),
            retry: RetrySettings::default(),
            hedge: HedgeSettings::default(),
            flight: FlightSettings::default(),
            deadline: Duration::from_secs(100),
            stream_deadline: Duration::from_secs(600),
            text: TextRules::default(),
            unrouted: Route::default(),
            take_buffer: 16,
            max_audio_bytes: 512 * 1024 * 1024,
            voices_ttl: Duration::from_secs(300),
            characters_ttl: Duration::from_secs(3_600),
            encoders: available_parallelism().map_or(2, NonZeroUsize::get),
        }
    }
}

impl EngineSettings {
    /// What the operator wants of `provider`; the default when nothing was said.
    #[must_use]
    pub fn policy(&self, provider: &str) -> &ProviderPolicy {
        static UNSAID: ProviderPolicy = ProviderPolicy::UNSAID;
        self.providers.get(provider).unwrap_or(&UNSAID)
    }
}
