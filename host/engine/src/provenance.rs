//! Where a take came from: what a client may show, and an operator ask about.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// Who spoke, and what became of the request on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The request's id.
    pub request_id: Arc<str>,
    /// The provider that spoke.
    pub provider: String,
    /// The provider's own id of the voice that spoke; none when nobody chose and it did not say.
    pub voice: Option<String>,
    /// The plugin's version.
    pub plugin_version: String,
    /// Every call that was made for it, the last one being the take.
    pub attempts: Vec<Attempt>,
    /// Fields the caller set that this provider cannot honour. It spoke without them.
    pub dropped: Vec<String>,
    /// What else was done to the request, in sentences.
    pub notes: Vec<String>,
    /// Characters of the text.
    pub characters: usize,
    /// Characters the service bills, when it says so.
    pub characters_billed: Option<u32>,
    /// The service's own id for the call.
    pub provider_request_id: Option<String>,
    /// True when the audio is byte for byte what the provider sent.
    pub passed_through: bool,
    /// From the call to the provider's last byte, in milliseconds when serialized.
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

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
