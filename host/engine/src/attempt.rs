//! One call to a provider, under way.
//!
//! The call and its take are polled by the same task: nothing is spawned here, so that dropping a
//! [`Performance`] drops the provider's future with everything it had under way, which is all that
//! cancellation is. A provider that has returned may have left events in the channel; they are
//! handed out before its outcome. A sink that outlives its call (a plugin host may keep a clone)
//! must not keep the listener waiting, so after the outcome only what is already there is read.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::task::unconstrained;
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
