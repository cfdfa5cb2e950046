//! The seam between the engine and whatever speaks.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{Character, Failure, Manifest, ProviderError, Request, Script, Summary, TakeSink, Voice};

/// The circumstances of one call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The id of the client's request, for logs.
    pub request_id: Arc<str>,
    /// When the caller stops waiting. The call ends by then with
    /// [`Failure::DeadlineExceeded`].
    pub deadline: Instant,
}

/// Something that speaks: in production a sandboxed plugin, in the engine's tests a script.
///
/// Dropping a returned future cancels the call, and everything it had under way.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Who it is and what it can do.
    fn manifest(&self) -> &Manifest;

    /// Checks configuration and credentials, free of charge where the service allows.
    async fn check(&self, call: Call) -> Result<(), Failure>;

    /// Lists the voices.
    async fn voices(&self, call: Call) -> Result<Vec<Voice>, Failure>;

    /// Speaks into `take`.
    async fn synthesize(&self, call: Call, request: Arc<Request>, take: TakeSink)
    -> Result<Summary, Failure>;

    /// Lists the characters. Only called when the manifest says `characters`.
    async fn characters(&self, _call: Call) -> Result<Vec<Character>, Failure> {
        Err(ProviderError::Unsupported("characters".to_owned()).into())
    }

    /// Performs a script into `take`. Only called when the manifest says `characters`.
    async fn converse(&self, _call: Call, _script: Arc<Script>, _take: TakeSink) -> Result<Summary, Failure> {
        Err(ProviderError::Unsupported("conversations".to_owned()).into())
    }
}
