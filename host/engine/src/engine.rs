//! The engine's public face.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use understudy_speech::{Call, Failure, Manifest, ProviderError, Voice};

use crate::cast::{Cast, ProviderInfo, Seat};
use crate::error::SpeechError;
use crate::request::SpeechRequest;
use crate::settings::EngineSettings;
use crate::speak::{self, Speech};
use crate::stream::{self, SpeechStream};
use crate::suggest::nearest;
use crate::voice_id::VoiceId;

/// How much later than the deadline the engine itself ends a call. A provider ends its calls by
/// the deadline and knows better what happened; this is for one that does not.
const GRACE: Duration = Duration::from_millis(250);

/// The longest deadline; a longer one is cut to it.
const DEADLINE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an error message may wait for the voice list that would make it helpful.
const SUGGESTION_PATIENCE: Duration = Duration::from_secs(2);

/// Carries requests for speech to a cast of providers. Clones share everything.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) cast: Cast,
    pub(crate) settings: Arc<EngineSettings>,
    pub(crate) encoders: Arc<Semaphore>,
}

impl Engine {
    /// An engine for `cast`.
    #[must_use]
    pub fn new(cast: Cast, settings: EngineSettings) -> Self {
        let encoders = Arc::new(Semaphore::new(settings.encoders.max(1)));
        Self { cast, settings: Arc::new(settings), encoders }
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        &self.settings
    }

    /// The providers, in the cast's order.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderInfo> {
        let info = |seat: &Arc<Seat>| ProviderInfo {
            name: seat.member.name.clone(),
            manifest: seat.member.provider.manifest().clone(),
        };
        self.cast.seats().iter().map(info).collect()
    }

    /// The providers' names, in the cast's order.
    pub fn provider_names(&self) -> impl Iterator<Item = &str> {
        self.cast.names()
    }

    /// A provider's own description.
    #[must_use]
    pub fn manifest(&self, provider: &str) -> Option<&Manifest> {
        self.cast.find(provider).map(|seat| seat.member.provider.manifest())
    }

    /// Who plays when nobody is named: the configured default, or whoever is alone in the cast.
    #[must_use]
    pub fn default_provider(&self) -> Option<&str> {
        match (self.settings.default_provider.as_deref(), self.cast.seats()) {
            (Some(name), _) => self.cast.find(name).map(|seat| seat.member.name.as_str()),
            (None, [only]) => Some(&only.member.name),
            (None, _) => None,
        }
    }

    /// The voices of `provider`, at most [`EngineSettings::voices_ttl`] old.
    ///
    /// # Errors
    /// No such provider, or it failed to list them.
    pub async fn voices(&self, provider: &str) -> Result<Vec<Voice>, SpeechError> {
        Ok(self.voice_list(provider).await?.to_vec())
    }

    /// The same list, shared instead of copied.
    ///
    /// # Errors
    /// As [`Engine::voices`].
    pub async fn voice_list(&self, provider: &str) -> Result<Arc<[Voice]>, SpeechError> {
        let seat = self.cast.require(provider)?;
        let clock = Clock::start(self.settings.deadline);
        seat.voices
            .get(self.settings.voices_ttl, async {
                let called = seat.member.provider.voices(clock.call("voices"));
                clock.hold(provider, called).await?.map_err(|failure| clock.blame(provider, failure))
            })
            .await
    }

    /// Checks configuration and credentials of `provider`.
    ///
    /// # Errors
    /// No such provider, or what it found wrong.
    pub async fn check(&self, provider: &str) -> Result<(), SpeechError> {
        let seat = self.cast.require(provider)?;
        let clock = Clock::start(self.settings.deadline);
        let called = seat.member.provider.check(clock.call("check"));
        clock.hold(provider, called).await?.map_err(|failure| clock.blame(provider, failure))
    }

    /// Speaks, and answers with the whole take: checked, and in the encoding asked for. Dropping
    /// the future cancels the provider's work.
    ///
    /// # Errors
    /// Every [`SpeechError`].
    pub async fn speak(&self, request: SpeechRequest) -> Result<Speech, SpeechError> {
        speak::speak(self, request).await
    }

    /// Speaks, and sends audio on while it comes. Resolves when the first audio is there, so that
    /// whatever fails before it is still an error like any other. Dropping the future or the
    /// stream cancels the provider's work.
    ///
    /// # Errors
    /// Every [`SpeechError`]; later ones end the stream.
    pub async fn stream(&self, request: SpeechRequest) -> Result<SpeechStream, SpeechError> {
        stream::stream(self, request).await
    }

    /// A provider's failure as its client is told, with a suggestion where that helps.
    pub(crate) async fn explain(&self, seat: &Seat, clock: &Clock, failure: Failure) -> SpeechError {
        let provider = &seat.member.name;
        let Failure::Provider(ProviderError::VoiceNotFound(voice)) = failure else {
            tracing::debug!(provider, code = failure.code(), %failure, "call failed");
            return clock.blame(provider, failure);
        };
        let patience = Instant::now() + SUGGESTION_PATIENCE;
        let voices = timeout_at(patience, self.voice_list(provider)).await.ok().and_then(Result::ok);
        let suggestion = voices.as_ref().and_then(|voices| {
            let found = nearest(&voice, voices.iter().map(|voice| voice.id.as_str()))?;
            Some(VoiceId::new(provider.as_str(), found).to_string())
        });
        SpeechError::UnknownVoice { provider: provider.clone(), voice, suggestion }
    }
}

/// One deadline, from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) started: Instant,
    limit: Duration,
}

impl Clock {
    pub(crate) fn start(limit: Duration) -> Self {
        Self { started: Instant::now(), limit: limit.min(DEADLINE_MAX) }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.started + self.limit
    }

    pub(crate) fn call(&self, request_id: impl Into<Arc<str>>) -> Call {
        Call { request_id: request_id.into(), deadline: self.deadline() }
    }

    /// Ends `work` shortly after the deadline.
    pub(crate) async fn hold<T>(
        &self,
        provider: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, SpeechError> {
        timeout_at(self.deadline() + GRACE, work).await.map_err(|_| self.exceeded(provider))
    }

    pub(crate) fn exceeded(&self, provider: &str) -> SpeechError {
        SpeechError::DeadlineExceeded { provider: provider.to_owned(), limit: self.limit }
    }

    /// A call that ended because this clock ran out is not the provider's failure but the
    /// deadline's, whoever noticed it first.
    fn blame(&self, provider: &str, failure: Failure) -> SpeechError {
        match failure {
            Failure::DeadlineExceeded { .. } if Instant::now() >= self.deadline() => self.exceeded(provider),
            failure => SpeechError::Failed { provider: provider.to_owned(), failure },
        }
    }
}
