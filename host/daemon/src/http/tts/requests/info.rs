//! One request of the history, as the API tells it.
//!
//! The engine's record with descriptions, its time as a person reads it. Read as well as written:
//! `understudy history` asks a running server.

use serde::{Deserialize, Serialize};
use understudy_engine::cache::Cache;
use understudy_engine::history::{AttemptRecord, RequestRecord};
use utoipa::ToSchema;

use super::STATUSES;
use crate::http::tts::takes::place;
use crate::moment;

/// A request for speech, from its beginning to its end. What is not known is null.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RequestInfo {
    /// The request's id, as in `x-request-id`.
    pub(crate) id: String,
    /// When it came, in RFC 3339 and UTC.
    pub(crate) at: String,
    /// When it was over.
    pub(crate) completed_at: String,
    /// `completed` by a provider, `cached`, `failed`, or `cancelled` by a client that left.
    pub(crate) status: String,
    /// The client's own task.
    pub(crate) task_id: Option<String>,
    /// The client's own user.
    pub(crate) user_id: Option<String>,
    /// The route it took.
    pub(crate) route: Option<String>,
    /// The provider that spoke, or was asked last.
    pub(crate) provider: Option<String>,
    /// The voice that spoke, or was asked for.
    pub(crate) voice: Option<String>,
    /// The language of the text.
    pub(crate) language: Option<String>,
    /// The character that spoke.
    pub(crate) character: Option<String>,
    /// The speaking rate asked for, as a factor.
    pub(crate) speaking_rate: Option<f32>,
    /// The pitch shift asked for, in semitones.
    pub(crate) pitch: Option<f32>,
    /// The gain asked for, in decibels.
    pub(crate) volume_gain: Option<f32>,
    /// The emotion asked for.
    pub(crate) emotion: Option<String>,
    /// The error's code.
    pub(crate) code: Option<String>,
    /// What the client was told.
    pub(crate) message: Option<String>,
    /// Characters of the text.
    pub(crate) characters: u64,
    /// Characters the service billed; 0 from the cache.
    pub(crate) characters_billed: Option<u64>,
    /// What it is thought to have cost, in US dollars.
    pub(crate) cost_usd: Option<f64>,
    /// How long the audio plays.
    pub(crate) audio_ms: Option<u64>,
    /// Bytes of audio that were sent.
    pub(crate) audio_bytes: Option<u64>,
    /// The encoding that was sent.
    pub(crate) encoding: Option<String>,
    /// The SHA-256 of the audio, when it was kept or could have been.
    pub(crate) audio_sha256: Option<String>,
    /// Where the audio can be had again; null when it is not in the cache any more.
    pub(crate) audio_url: Option<String>,
    /// When the cache throws the take away.
    pub(crate) expires_at: Option<String>,
    /// From the request to its last byte.
    pub(crate) latency_ms: u64,
    /// From the call to the provider's last byte.
    pub(crate) synthesis_ms: Option<u64>,
    /// What was made of the audio, 0 to 1.
    pub(crate) quality: Option<f32>,
    /// `hit`, `shared`, `miss` or `bypass`; null when it did not come that far.
    pub(crate) cache: Option<String>,
    /// The key of the take that was played, or that was wished for: a SHA-256 over everything that
    /// shapes it, the same for the same request.
    pub(crate) take: Option<String>,
    /// Every call that this request began, in order.
    pub(crate) attempts: Vec<PastAttempt>,
    /// The SHA-256 of the text.
    pub(crate) text_sha256: String,
    /// The text, only when the configuration has it kept.
    pub(crate) text: Option<String>,
}

/// One call to a provider.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PastAttempt {
    /// The provider called.
    pub(crate) provider: String,
    /// `ok`, or an error's code.
    pub(crate) outcome: String,
    /// How long it took.
    pub(crate) ms: u64,
}

impl RequestInfo {
    /// The record, and whether its audio is still in `cache`.
    pub(crate) fn of(from: RequestRecord, cache: &Cache) -> Self {
        let status = STATUSES.iter().find(|(_, status)| *status == from.status);
        #[expect(clippy::cast_precision_loss, reason = "dollars")]
        let cost_usd = from.cost_micro_usd.map(|micro| micro as f64 / 1e6);
        let audio_url = from.audio.filter(|digest| cache.has_audio(*digest)).map(place);
        Self {
            id: from.id,
            at: moment::write(from.at_ms),
            completed_at: moment::write(from.at_ms.saturating_add(from.latency_ms)),
            status: status.map_or("", |(word, _)| word).to_owned(),
            task_id: from.task_id,
            user_id: from.user_id,
            route: from.route,
            provider: from.provider,
            voice: from.voice,
            language: from.language,
            character: from.character,
            speaking_rate: from.rate,
            pitch: from.pitch,
            volume_gain: from.volume,
            emotion: from.emotion,
            code: from.code,
            message: from.message,
            characters: from.characters,
            characters_billed: from.characters_billed,
            cost_usd,
            audio_ms: from.audio_ms,
            audio_bytes: from.audio_bytes,
            encoding: from.encoding,
            audio_sha256: from.audio.map(|digest| digest.to_string()),
            audio_url,
            expires_at: from.expires_at_ms.map(moment::write),
            latency_ms: from.latency_ms,
            synthesis_ms: from.synthesis_ms,
            quality: from.quality,
            cache: from.cache,
            take: from.take.map(|take| take.to_string()),
            attempts: from.attempts.into_iter().map(PastAttempt::from).collect(),
            text_sha256: from.text_sha256.to_string(),
            text: from.text,
        }
    }
}

impl From<AttemptRecord> for PastAttempt {
    fn from(from: AttemptRecord) -> Self {
        let AttemptRecord { provider, outcome, ms } = from;
        Self { provider, outcome, ms }
    }
}
