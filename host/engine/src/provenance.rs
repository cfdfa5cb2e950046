//! Where a take came from: what a client may show, and an operator ask about.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::cache::TakeKey;
use crate::error::SpeechError;
use crate::purchase::TakeSource;

/// Who spoke, and what became of the request on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// The request's id.
    pub request_id: Arc<str>,
    /// The provider that spoke.
    pub provider: String,
    /// The provider's own id of the voice that spoke; none when nobody chose and it did not say.
    pub voice: Option<String>,
    /// The version of the plugin that spoke it.
    pub plugin_version: String,
    /// Whether it came from the cache, from the call of another request, or was bought.
    pub cache: TakeSource,
    /// How long it had been in the cache, in milliseconds when serialized; none when it had not.
    #[serde(rename = "age_ms", serialize_with = "optional_milliseconds")]
    pub age: Option<Duration>,
    /// The key of the take: the same for the same request to the same provider. None without a
    /// store.
    pub take: Option<TakeKey>,
    /// What the audition made of it, 0 to 1; none when it was not scored, as a stream is not that
    /// nobody keeps.
    pub quality: Option<f32>,
    /// Every call that was made for it, in the order they ended; the last one is the take, unless
    /// that came from the cache. A call that was shared is told to all who shared it.
    pub attempts: Vec<Attempt>,
    /// Providers that stood before this one and were not called, and why.
    pub skipped: Vec<Skipped>,
    /// What was asked for, when somebody else spoke.
    pub substituted: Option<Substitution>,
    /// Fields the caller set that this provider cannot honour. It spoke without them.
    pub dropped: Vec<String>,
    /// What else was done to the request, in sentences.
    pub notes: Vec<String>,
    /// Characters of the text.
    pub characters: usize,
    /// Characters the service bills for this request, when it says so: 0 for a take from the cache,
    /// or of a call that is billed to another request.
    pub characters_billed: Option<u32>,
    /// The service's own id for the call that gave the take.
    pub provider_request_id: Option<String>,
    /// True when the audio is byte for byte what the provider sent.
    pub passed_through: bool,
    /// From that call to the provider's last byte, in milliseconds when serialized.
    #[serde(rename = "synthesis_ms", serialize_with = "milliseconds")]
    pub synthesis_time: Duration,
}

/// One call to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The provider called.
    pub provider: String,
    /// `ok`, or the error's code.
    pub outcome: &'static str,
    /// How long it took, in milliseconds when serialized.
    #[serde(rename = "ms", serialize_with = "milliseconds")]
    pub time: Duration,
}

/// A provider that was not called, though it stood in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The provider.
    pub provider: String,
    /// The reason's code.
    pub code: &'static str,
    /// The reason, in words.
    pub reason: String,
}

/// Somebody stood in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Substitution {
    /// What was asked for: a public voice id, the name of a voice of this server, or a provider.
    pub asked: String,
    /// Why it did not speak: an error's code, or `slow` when a rival was faster.
    pub why: &'static str,
    /// How the voice that spoke was found.
    #[serde(flatten)]
    pub casting: Casting,
}

/// How a voice was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Casting {
    /// In which way.
    pub how: How,
    /// How alike it is to the voice asked for, 0 to 1, when that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// What was compared, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// In which way a voice was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// The caller named it.
    Asked,
    /// Nobody named a voice; the provider chooses.
    Unnamed,
    /// The configuration casts it for the voice that was named.
    Mapped,
    /// It is the voice of the same name at a sister service.
    SameName,
    /// It is the most alike of those the provider has.
    Nearest,
}

impl Skipped {
    pub(crate) fn because(provider: &str, error: &SpeechError) -> Self {
        // Who it is stands beside the reason already.
        let reason = match error {
            SpeechError::Withheld { reason, .. } => reason.to_string(),
            SpeechError::NoStandIn { reason, .. } => reason.clone(),
            error => error.to_string(),
        };
        Self { provider: provider.to_owned(), code: error.code(), reason }
    }
}

impl Casting {
    pub(crate) const fn by(how: How) -> Self {
        Self { how, score: None, reasons: Vec::new() }
    }
}

/// What happened before a take, from its walk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) substituted: Option<Substitution>,
}

impl Story {
    /// The same when the take came from `source`. The walk takes its last step for a call, and a
    /// take from the cache was none.
    pub(crate) fn from(mut self, source: TakeSource) -> Self {
        if source == TakeSource::Cache {
            self.attempts.pop();
        }
        self
    }
}

impl Provenance {
    /// Tells the story of the walk.
    pub(crate) fn tell(&mut self, story: Story) {
        let Story { attempts, skipped, substituted } = story;
        (self.attempts, self.skipped, self.substituted) = (attempts, skipped, substituted);
    }
}

pub(crate) fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[allow(clippy::ref_option, reason = "serde's signature")]
pub(crate) fn optional_milliseconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => milliseconds(time, serializer),
        None => serializer.serialize_none(),
    }
}
