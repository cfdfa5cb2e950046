//! One call to a provider, under way.
//!
//! The call and its take are polled by the same task: nothing is spawned here, so that dropping a
//! [`Performance`] drops the provider's future with everything it had under way, which is all that
//! cancellation is. A provider that has returned may have left events in the channel; they are
//! handed out before its outcome. A sink that outlives its call (a plugin host may keep a clone)
//! must not keep the listener waiting, so after the outcome only what is already there is read.
//!
//! One thing is not over when nobody listens: a conversation that a service performs goes on there, and
//! is paid for. Its call is parted with instead of dropped ([`Performance::part`]): the provider finds
//! its sink closed and has a moment to take the order back.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::task::{JoinSet, unconstrained};
use tokio::time::{Instant, timeout};
use understudy_speech::{
    Call, Failure, Provider, Request, Script, Summary, TakeEvent, TakeStream, take_channel,
};

pub(crate) struct Performance {
    call: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    take: TakeStream,
    stage: Stage,
}

type Outcome = Result<Summary, Failure>;

enum Stage {
    Playing,
    /// The sink is gone and the call has not returned yet.
    Silent,
    Returned(Box<Outcome>),
    Over,
}

/// How long a provider that is told that nobody listens any more may take to take its order back: it
/// looks once a second, and has one request to make.
const PARTING: Duration = Duration::from_secs(5);

/// Calls that nobody listens to any more, which their providers are taking back. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partings(Arc<Mutex<JoinSet<()>>>);

pub(crate) enum Step {
    Event(TakeEvent),
    Ended(Box<Outcome>),
}

impl Performance {
    pub(crate) fn begin(
        provider: Arc<dyn Provider>,
        call: Call,
        request: Arc<Request>,
        buffer: usize,
    ) -> Self {
        let (sink, take) = take_channel(buffer);
        let call = Box::pin(async move { provider.synthesize(call, request, sink).await });
        Self { call, take, stage: Stage::Playing }
    }

    /// A whole conversation.
    pub(crate) fn converse(
        provider: Arc<dyn Provider>,
        call: Call,
        script: Arc<Script>,
        buffer: usize,
    ) -> Self {
        let (sink, take) = take_channel(buffer);
        let call = Box::pin(async move { provider.converse(call, script, sink).await });
        Self { call, take, stage: Stage::Playing }
    }

    /// Leaves the call with its sink closed, for a provider that has ordered what goes on without it.
    pub(crate) fn part(self, partings: &Partings) {
        let Self { call, take, stage } = self;
        drop(take);
        if matches!(stage, Stage::Playing | Stage::Silent) {
            partings.watch(call);
        }
    }

    /// The next event, or the outcome; none after the outcome. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Option<Step> {
        loop {
            match self.stage {
                Stage::Playing => tokio::select! {
                    biased;
                    event = self.take.next() => match event {
                        Some(event) => return Some(Step::Event(event)),
                        None => self.stage = Stage::Silent,
                    },
                    outcome = &mut self.call => self.stage = Stage::Returned(Box::new(outcome)),
                },
                Stage::Silent => self.stage = Stage::Returned(Box::new((&mut self.call).await)),
                Stage::Returned(_) => {
                    // Unconstrained: a spent cooperative budget would look like an empty channel.
                    if let Some(Some(event)) = unconstrained(self.take.next()).now_or_never() {
                        return Some(Step::Event(event));
                    }
                    if let Stage::Returned(outcome) = std::mem::replace(&mut self.stage, Stage::Over) {
                        return Some(Step::Ended(outcome));
                    }
                }
                Stage::Over => return None,
            }
        }
    }
}

impl Partings {
    /// The deadline of a call that may be parted with at `deadline`.
    pub(crate) fn after(deadline: Instant) -> Instant {
        deadline + PARTING
    }

    fn watch(&self, call: Pin<Box<dyn Future<Output = Outcome> + Send>>) {
        let Ok(runtime) = Handle::try_current() else { return };
        let mut calls = self.calls();
        while calls.try_join_next().is_some() {}
        calls.spawn_on(async move { timeout(PARTING, call).await.map_or((), drop) }, &runtime);
    }

    /// Returns when all of them are over.
    pub(crate) async fn over(&self) {
        let mut calls = std::mem::take(&mut *self.calls());
        while calls.join_next().await.is_some() {}
    }

    fn calls(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
