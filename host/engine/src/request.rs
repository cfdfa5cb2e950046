//! What a client asks of the engine.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use understudy_speech::{Encoding, InvalidField, Language, Request};

/// The longest name in a request, in bytes: whose it is, and whoever and whatever it asks for. Names are
/// remembered with every request, so that longer ones would fill the history.
pub(crate) const NAME_BYTES_MAX: usize = 256;

/// A request for speech before anyone is cast for it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechRequest {
    /// The id in logs, provenance and the provider's call.
    pub id: Arc<str>,
    /// The provider by name; none leaves it to the voice, then to the route or the default.
    pub provider: Option<String>,
    /// What is spoken. `voice` may be a public id (`provider/voice`), the name of a voice of this
    /// server ([`LogicalVoice`](crate::LogicalVoice)), or the provider's own;
    /// `encodings` is the engine's to fill and is overwritten.
    pub request: Request,
    /// How the audio is wanted.
    pub output: Output,
    /// In place of [`EngineSettings::deadline`](crate::EngineSettings::deadline) and the route's.
    pub deadline: Option<Duration>,
    /// The route to take, in place of the default one.
    pub route: Option<String>,
    /// False: the first candidate or nobody. Otherwise the route's voice policy decides.
    pub fallback: Option<bool>,
    /// Who asks, in at most 256 bytes, as every name; decides about rollouts, together with the provider's name.
    pub user: Option<String>,
    /// The task it is for; decides about rollouts when there is no user.
    pub task: Option<String>,
    /// What it wants of the cache.
    pub cache: CacheUse,
}

/// What a request wants of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheUse {
    /// The take that is there; else one that is bought, and kept.
    #[default]
    Use,
    /// A take that is bought now. It takes the place of the one that is there.
    Refresh,
    /// A take of its own: it is neither looked for, nor shared, nor kept.
    Off,
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

impl Output {
    /// Sample rates that can be asked for.
    pub const SAMPLE_RATE: RangeInclusive<u32> = 8_000..=192_000;
    /// Bit rates that can be asked for.
    pub const BIT_RATE: RangeInclusive<u32> = 6_000..=512_000;

    pub(crate) fn check_ranges(&self) -> Result<(), InvalidField> {
        for (field, value, range) in [
            ("sample_rate", self.sample_rate, Self::SAMPLE_RATE),
            ("bit_rate", self.bit_rate, Self::BIT_RATE),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let message = format!("must be between {} and {}, got {value}", range.start(), range.end());
                return Err(InvalidField { field: field.to_owned(), message });
            }
        }
        Ok(())
    }
}

/// Refuses a name in a request that is too long to be one.
pub(crate) fn check_name(field: &str, name: Option<&str>) -> Result<(), InvalidField> {
    match name.map(str::len) {
        Some(length) if length > NAME_BYTES_MAX => {
            let message = format!("must be at most {NAME_BYTES_MAX} bytes, got {length}");
            Err(InvalidField { field: field.to_owned(), message })
        }
        _ => Ok(()),
    }
}

impl SpeechRequest {
    pub(crate) fn check_names(&self) -> Result<(), InvalidField> {
        let Self { provider, route, user, task, request, .. } = self;
        let Request { voice, style, emotion, character, language, .. } = request;
        for (field, name) in [
            ("provider", provider),
            ("route", route),
            ("user", user),
            ("task", task),
            ("voice", voice),
            ("style", style),
            ("emotion", emotion),
            ("character", character),
        ] {
            check_name(field, name.as_deref())?;
        }
        check_name("language", language.as_ref().map(Language::as_str))
    }

    /// A request for `request` under `id`, with everything else left open.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>, request: Request) -> Self {
        Self {
            id: id.into(),
            provider: None,
            request,
            output: Output::default(),
            deadline: None,
            route: None,
            fallback: None,
            user: None,
            task: None,
            cache: CacheUse::Use,
        }
    }
}
