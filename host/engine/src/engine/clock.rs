//! One deadline, from its start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use understudy_speech::{Call, Failure, ProviderError};

use crate::error::SpeechError;

/// How much later than the deadline the engine itself ends a call. A provider ends its calls by
/// the deadline and knows better what happened; this is for one that does not.
const GRACE: Duration = Duration::from_millis(250);

/// What a call may have lost of its time before it was begun. It is still blamed for a timeout; without
/// this no provider with a timeout, and no candidate on trial, would ever be.
const HANDED_ON: Duration = Duration::from_millis(50);

/// The longest deadline; a longer one is cut to it.
const DEADLINE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// One deadline, from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) started: Instant,
    deadline: Instant,
    /// The time given, as it is told.
    limit: Duration,
}

impl Clock {
    pub(crate) fn start(limit: Duration) -> Self {
        let (started, limit) = (Instant::now(), limit.min(DEADLINE_MAX));
        Self { started, deadline: started + limit, limit }
    }

    /// One that starts now and ends after `limit`, or with this one when that is sooner; in that
    /// case what was given is what this one was given.
    pub(crate) fn within(self, limit: Duration) -> Self {
        let started = Instant::now();
        let deadline = started + limit.min(DEADLINE_MAX);
        if deadline < self.deadline { Self { started, deadline, limit } } else { Self { started, ..self } }
    }

    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The time left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// True when whoever begins now has `time`, and may be blamed for not using it.
    pub(crate) fn leaves(&self, time: Duration) -> bool {
        self.left().saturating_add(HANDED_ON) >= time
    }

    pub(crate) fn call(&self, request_id: impl Into<Arc<str>>) -> Call {
        Call { request_id: request_id.into(), deadline: self.deadline }
    }

    /// Ends `work` shortly after the deadline.
    pub(crate) async fn hold<T>(
        &self,
        provider: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, SpeechError> {
        timeout_at(self.deadline + GRACE, work).await.map_err(|_| self.exceeded(provider))
    }

    pub(crate) fn exceeded(&self, provider: &str) -> SpeechError {
        SpeechError::DeadlineExceeded { provider: provider.to_owned(), limit: self.limit }
    }

    /// A provider's failure as a client is told. A call that ended because this clock ran out is
    /// not the provider's failure but the deadline's, whoever noticed it first.
    pub(crate) fn blame(&self, provider: &str, failure: Failure) -> SpeechError {
        let provider = provider.to_owned();
        match failure {
            Failure::DeadlineExceeded { .. } if Instant::now() >= self.deadline => self.exceeded(&provider),
            Failure::Provider(ProviderError::VoiceNotFound(voice)) => {
                SpeechError::UnknownVoice { provider, voice, suggestion: None, known: Vec::new() }
            }
            failure => SpeechError::Failed { provider, failure },
        }
    }
}
