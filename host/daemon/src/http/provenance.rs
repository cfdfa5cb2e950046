//! How a take came about, as answers and errors tell it.
//!
//! The engine's own types, with descriptions for the API's: who was called and how it ended, who was
//! passed over, and for whom somebody else stood in.

use serde::Serialize;
use understudy_engine::{Attempt, How, Provenance, Skipped, Substitution, VoiceId};
use utoipa::ToSchema;

use super::reply::milliseconds;

/// How a take came about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvenanceInfo {
    /// The request's id.
    request_id: String,
    /// The provider that spoke.
    provider: String,
    /// The voice that spoke, as `provider/voice`; null when nobody chose and it did not say.
    voice: Option<String>,
    /// The plugin's version.
    plugin_version: String,
    /// `hit` from the cache, `shared` of the call of another request, `miss` of one of its own,
    /// `bypass` of its own because nothing of the cache was wanted.
    cache: &'static str,
    /// How long it had been in the cache; null when it had not.
    age_ms: Option<u64>,
    /// The take's key: the same for the same request to the same provider. Null when nothing is kept.
    take: Option<String>,
    /// What was made of the audio, 0 to 1; null when it was not scored.
    quality: Option<f32>,
    /// What was asked for, when somebody else spoke; else null.
    substituted: Option<SubstitutionInfo>,
    /// Every call made for it, in the order they ended; the last one is the take, unless it is from the
    /// cache.
    attempts: Vec<AttemptInfo>,
    /// Providers that stood before this one and were not called.
    skipped: Vec<SkippedInfo>,
    /// Fields of the request that were not honoured.
    dropped: Vec<String>,
    /// What else was done to the request.
    notes: Vec<String>,
    /// Fields of the request that nobody knows.
    ignored: Vec<String>,
    /// Characters of the text.
    characters: usize,
    /// Characters the service bills for this request, when it says so; 0 for what was bought before.
    characters_billed: Option<u32>,
    /// The service's own id for the call.
    provider_request_id: Option<String>,
    /// True when the audio is byte for byte what the provider sent.
    passed_through: bool,
    /// From the call to the provider's last byte.
    synthesis_ms: u64,
}

/// One call to a provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AttemptInfo {
    /// The provider called.
    provider: String,
    /// `ok`, or an error's code.
    outcome: &'static str,
    /// How long it took.
    ms: u64,
}

/// A provider that was not called.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SkippedInfo {
    /// The provider.
    provider: String,
    /// The reason's code, for example `breaker_open`.
    code: &'static str,
    /// The reason.
    reason: String,
}

/// Somebody stood in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SubstitutionInfo {
    /// What was asked for: a voice as `provider/voice`, the name of a voice of this server, or a
    /// provider.
    asked: String,
    /// Why it did not speak: an error's code, or `slow` when a rival was faster.
    why: &'static str,
    /// How the voice that spoke was found: `mapped` by the configuration, `same-name` at a sister
    /// service, the `nearest` of its provider, or `unnamed` when no voice was asked for.
    how: &'static str,
    /// How alike it is to the voice asked for, 0 to 1, when that was measured.
    score: Option<f32>,
    /// What was compared, in words.
    reasons: Vec<String>,
}

impl ProvenanceInfo {
    /// `dropped` replaces the engine's, by the names the client knows.
    pub(crate) fn new(from: Provenance, dropped: Vec<String>, ignored: Vec<String>) -> Self {
        let voice = from.voice.as_ref().map(|voice| VoiceId::new(from.provider.as_str(), voice.as_str()));
        Self {
            request_id: from.request_id.to_string(),
            voice: voice.map(|voice| voice.to_string()),
            provider: from.provider,
            plugin_version: from.plugin_version,
            cache: from.cache.name(),
            age_ms: from.age.map(milliseconds),
            take: from.take.map(|take| take.to_string()),
            quality: from.quality,
            substituted: from.substituted.map(SubstitutionInfo::from),
            attempts: from.attempts.iter().map(AttemptInfo::from).collect(),
            skipped: from.skipped.iter().map(SkippedInfo::from).collect(),
            dropped,
            notes: from.notes,
            ignored,
            characters: from.characters,
            characters_billed: from.characters_billed,
            provider_request_id: from.provider_request_id,
            passed_through: from.passed_through,
            synthesis_ms: milliseconds(from.synthesis_time),
        }
    }
}

impl From<&Attempt> for AttemptInfo {
    fn from(from: &Attempt) -> Self {
        Self { provider: from.provider.clone(), outcome: from.outcome, ms: milliseconds(from.time) }
    }
}

impl From<&Skipped> for SkippedInfo {
    fn from(from: &Skipped) -> Self {
        Self { provider: from.provider.clone(), code: from.code, reason: from.reason.clone() }
    }
}

impl From<Substitution> for SubstitutionInfo {
    fn from(from: Substitution) -> Self {
        let Substitution { asked, why, casting } = from;
        Self { asked, why, how: how_name(casting.how), score: casting.score, reasons: casting.reasons }
    }
}

/// The word for a way in which a voice was found.
pub(crate) const fn how_name(how: How) -> &'static str {
    match how {
        How::Asked => "asked",
        How::Unnamed => "unnamed",
        How::Mapped => "mapped",
        How::SameName => "same-name",
        How::Nearest => "nearest",
    }
}
