//! One loaded plugin, from the swap that brought it on to its last byte.
//!
//! A request keeps the generation it was planned with, so a replaced one goes on playing for those
//! who had come before. It goes when the last of them does, by reference count; nobody tells it.
//! Two things do not come by themselves. A call that never ends would keep old code for ever, so a
//! generation can be ended: its calls are interrupted and its code let go, whoever still holds the
//! shell. And old code that is gone must be seen to be gone, so the end is in the log.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use understudy_engine::{Score, Scored};
use understudy_speech::{
    Call, Character, Failure, Manifest, Provider, Request, Script, Summary, TakeSink, Voice,
};
use utoipa::ToSchema;

/// A plugin under one provider's name, the how-manieth of it.
pub(crate) struct Generation {
    provider: String,
    number: u64,
    manifest: Manifest,
    /// None once it was ended.
    plugin: RwLock<Option<Arc<dyn Provider>>>,
    ended: CancellationToken,
    /// Where the engine counts its calls.
    score: Arc<Score>,
    /// Rings when a generation has gone.
    gone: Arc<Notify>,
}

/// What a generation has done so far. Only calls that speak are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GenerationTally {
    /// Calls under way.
    pub in_flight: usize,
    /// Calls made.
    pub calls: u64,
    /// Calls that gave a take.
    pub successes: u64,
    /// Calls that failed by its fault: what it sent could not be believed, or it took too long.
    pub failures: u64,
    /// Calls that it refused for what was asked of it.
    #[serde(default)]
    pub declined: u64,
    /// Calls that nobody waited for any more.
    pub cancelled: u64,
    /// What all successes took together.
    pub success_ms: u64,
}

impl GenerationTally {
    /// What was done after `begun`.
    pub(crate) const fn since(&self, begun: &Self) -> Self {
        Self {
            in_flight: self.in_flight,
            calls: self.calls.saturating_sub(begun.calls),
            successes: self.successes.saturating_sub(begun.successes),
            failures: self.failures.saturating_sub(begun.failures),
            declined: self.declined.saturating_sub(begun.declined),
            cancelled: self.cancelled.saturating_sub(begun.cancelled),
            success_ms: self.success_ms.saturating_sub(begun.success_ms),
        }
    }
}

impl Generation {
    pub(crate) fn new(
        provider: &str,
        number: u64,
        plugin: Arc<dyn Provider>,
        gone: Arc<Notify>,
    ) -> Arc<Self> {
        Arc::new(Self {
            provider: provider.to_owned(),
            number,
            manifest: plugin.manifest().clone(),
            plugin: RwLock::new(Some(plugin)),
            ended: CancellationToken::new(),
            score: Arc::default(),
            gone,
        })
    }

    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    /// From 1, for every name.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Where the engine counts its calls.
    pub(crate) fn score(&self) -> Arc<Score> {
        Arc::clone(&self.score)
    }

    pub(crate) fn tally(&self) -> GenerationTally {
        self.score.now().into()
    }

    /// Interrupts every call and lets the code go. Later calls are refused.
    pub(crate) fn end(&self) {
        *self.plugin.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.ended.cancel();
    }

    fn plugin(&self) -> Result<Arc<dyn Provider>, Failure> {
        let plugin = self.plugin.read().unwrap_or_else(PoisonError::into_inner);
        plugin.clone().ok_or_else(|| self.interrupted())
    }

    fn interrupted(&self) -> Failure {
        Failure::Replaced { plugin: self.provider.clone() }
    }

    /// The work, unless the generation is ended before it is done.
    async fn hold<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            outcome = work => outcome,
            () = self.ended.cancelled() => Err(self.interrupted()),
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        let (plugin, generation, calls) = (&self.provider, self.number, self.tally().calls);
        tracing::info!(plugin, generation, calls, "plugin generation dropped");
        self.gone.notify_one();
    }
}

impl From<Scored> for GenerationTally {
    fn from(scored: Scored) -> Self {
        let Scored { in_flight, calls, successes, failures, declined, cancelled, success_time } = scored;
        let success_ms = u64::try_from(success_time.as_millis()).unwrap_or(u64::MAX);
        Self { in_flight, calls, successes, failures, declined, cancelled, success_ms }
    }
}

#[async_trait]
impl Provider for Generation {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn check(&self, call: Call) -> Result<(), Failure> {
        self.hold(self.plugin()?.check(call)).await
    }

    async fn voices(&self, call: Call) -> Result<Vec<Voice>, Failure> {
        self.hold(self.plugin()?.voices(call)).await
    }

    async fn synthesize(
        &self,
        call: Call,
        request: Arc<Request>,
        take: TakeSink,
    ) -> Result<Summary, Failure> {
        self.hold(self.plugin()?.synthesize(call, request, take)).await
    }

    async fn characters(&self, call: Call) -> Result<Vec<Character>, Failure> {
        self.hold(self.plugin()?.characters(call)).await
    }

    async fn converse(&self, call: Call, script: Arc<Script>, take: TakeSink) -> Result<Summary, Failure> {
        self.hold(self.plugin()?.converse(call, script, take)).await
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generation")
            .field("provider", &self.provider)
            .field("number", &self.number)
            .field("tally", &self.tally())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use understudy_engine::scripted::{Scripted, Step};
    use understudy_speech::take_channel;

    use super::*;

    fn call() -> Call {
        Call { request_id: "r-1".into(), deadline: Instant::now() + Duration::from_secs(60) }
    }

    fn generation(steps: Vec<Step>) -> (Arc<Generation>, Arc<Scripted>, Arc<Notify>) {
        let (plugin, gone) = (Arc::new(Scripted::new("amy", steps)), Arc::new(Notify::new()));
        let generation =
            Generation::new("amy", 3, Arc::clone(&plugin) as Arc<dyn Provider>, Arc::clone(&gone));
        (generation, plugin, gone)
    }

    async fn speak(generation: &Generation) -> Result<Summary, Failure> {
        let (sink, _stream) = take_channel(8);
        generation.synthesize(call(), Arc::new(Request::text("x")), sink).await
    }

    #[tokio::test]
    async fn an_ended_generation_interrupts_its_calls_and_lets_its_code_go() {
        let (generation, plugin, gone) = generation(vec![Step::Hang]);
        let speaking = tokio::spawn({
            let generation = Arc::clone(&generation);
            async move { speak(&generation).await }
        });
        plugin.until(|plugin| plugin.running() == 1).await;
        generation.end();
        assert_eq!(speaking.await.unwrap().unwrap_err().code(), "plugin_replaced");
        assert_eq!(speak(&generation).await.unwrap_err().code(), "plugin_replaced");
        assert_eq!(Arc::strong_count(&plugin), 1, "nobody but this test has the code");
        drop(generation);
        gone.notified().await;
    }
}
