//! What is remembered of one request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cache::{AudioDigest, TakeKey};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestStatus {
    /// Spoken, by a provider.
    Completed,
    /// Spoken, from the cache.
    Cached,
    /// Not spoken.
    Failed,
    /// The client left first.
    Cancelled,
}

/// One call to a provider that was made for a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The provider called.
    pub provider: String,
    /// `ok`, or the error's code.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// One request, from its beginning to its end. Written with postcard, field after field: a version that has
/// others has to be able to read these, see [`super::block`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The request's id, unique.
    pub id: String,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// The client's own task.
    pub task_id: Option<String>,
    /// The client's own user.
    pub user_id: Option<String>,
    /// The route it took.
    pub route: Option<String>,
    /// The provider that spoke, or was asked last.
    pub provider: Option<String>,
    /// The voice that spoke, or was asked for.
    pub voice: Option<String>,
    /// The language of the text.
    pub language: Option<String>,
    /// The character that spoke.
    pub character: Option<String>,
    /// The key of the take that was played, or of one that failed of the first that was to be had: the
    /// same for the same request to the same provider.
    pub take: Option<TakeKey>,
    /// The speaking rate asked for, as a factor.
    pub rate: Option<f32>,
    /// The pitch shift asked for, in semitones.
    pub pitch: Option<f32>,
    /// The gain asked for, in decibels.
    pub volume: Option<f32>,
    /// The emotion asked for.
    pub emotion: Option<String>,
    /// How it ended.
    pub status: RequestStatus,
    /// The error's code, of one that failed.
    pub code: Option<String>,
    /// What the client was told, of one that failed.
    pub message: Option<String>,
    /// Characters of the text.
    pub characters: u64,
    /// Characters the service billed; none when it did not say, 0 from the cache.
    pub characters_billed: Option<u64>,
    /// What it is thought to have cost, in millionths of a US dollar.
    pub cost_micro_usd: Option<u64>,
    /// How long the audio plays, in milliseconds.
    pub audio_ms: Option<u64>,
    /// Bytes of audio that were sent.
    pub audio_bytes: Option<u64>,
    /// The encoding that was sent.
    pub encoding: Option<String>,
    /// The SHA-256 of the audio that was sent, when it was a take of the store's in its own encoding
    /// or a whole one in another.
    pub audio: Option<AudioDigest>,
    /// When the cache throws its take away, in milliseconds since 1970; none when it was not kept.
    pub expires_at_ms: Option<u64>,
    /// From the request to its last byte, in milliseconds.
    pub latency_ms: u64,
    /// From the call to the provider's last byte, in milliseconds.
    pub synthesis_ms: Option<u64>,
    /// What the audition made of it: 0 to 1.
    pub quality: Option<f32>,
    /// `hit`, `shared`, `miss` or `bypass`; none when it did not come that far.
    pub cache: Option<String>,
    /// Every call that this request began, in order. One that was shared is told of the request that
    /// began it, so the calls of all records are the calls that providers had.
    pub attempts: Vec<AttemptRecord>,
    /// The SHA-256 of the text.
    pub text_sha256: AudioDigest,
    /// The text itself, only if [`HistorySettings::store_text`](super::HistorySettings::store_text).
    pub text: Option<String>,
}

/// The record of a request that came to the same as another.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    pub(super) of: Arc<RequestRecord>,
    pub(super) id: Arc<str>,
    pub(super) own: Own,
}

/// What a repeated request has of its own, beside its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Own {
    pub(super) at_ms: u64,
    pub(super) latency_ms: u64,
    pub(super) expires_at_ms: u64,
}

impl RequestRecord {
    /// The record of a request like this one, under another id.
    pub(super) fn repeated(&self, id: &str, own: Own) -> Self {
        let Own { at_ms, latency_ms, expires_at_ms } = own;
        Self { id: id.to_owned(), at_ms, latency_ms, expires_at_ms: Some(expires_at_ms), ..self.clone() }
    }

    /// What it calls by name: words of the client, of a plugin or of a service, of any length.
    pub(super) fn names(&mut self) -> impl Iterator<Item = &mut String> {
        let Self { task_id, user_id, route, provider, voice, language, character, emotion, .. } = self;
        let names = [task_id, user_id, route, provider, voice, language, character, emotion];
        names.into_iter().flatten().chain([&mut self.id])
    }

    /// A record of a request for `text` that came at `at_ms`, with the rest left open. The text
    /// is in it until [`History::record`](super::History::record) decides whether it stays.
    #[must_use]
    pub fn new(id: impl Into<String>, at_ms: u64, text: &str, status: RequestStatus) -> Self {
        Self {
            id: id.into(),
            at_ms,
            task_id: None,
            user_id: None,
            route: None,
            provider: None,
            voice: None,
            language: None,
            character: None,
            take: None,
            rate: None,
            pitch: None,
            volume: None,
            emotion: None,
            status,
            code: None,
            message: None,
            characters: text.chars().count() as u64,
            characters_billed: None,
            cost_micro_usd: None,
            audio_ms: None,
            audio_bytes: None,
            encoding: None,
            audio: None,
            expires_at_ms: None,
            latency_ms: 0,
            synthesis_ms: None,
            quality: None,
            cache: None,
            attempts: Vec::new(),
            text_sha256: AudioDigest(Sha256::digest(text).into()),
            text: Some(text.to_owned()),
        }
    }
}
