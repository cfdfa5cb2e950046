//! One performance for all who ask for the same scene at the same time.
//!
//! A performance belongs to the request that began it, unlike the call for a take: when its client leaves,
//! the service is told and may take its order back (`whole`). So nothing is handed to a task of its own.
//! Whoever asks second waits for the first and has what came of that, a failure too. Only when the first
//! leaves, or ends for want of time or with a plugin that was replaced, does one of those who wait begin
//! anew: its own client is still there.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::whole::Had;
use crate::cache::TakeKey;
use crate::engine::Clock;
use crate::error::SpeechError;
use crate::flight::{FlightSettings, Flights};
use crate::purchase::TakeSource;

/// What a performance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    /// The key of its first line, of which the whole script is part.
    pub(super) first: TakeKey,
    /// An earlier one will not do.
    pub(super) anew: bool,
}

/// None: whoever performed has left.
type Outcome = Option<Result<Arc<Had>, SpeechError>>;

/// The performances under way.
#[derive(Debug)]
pub(crate) struct Performances(Flights<Wish, Outcome>);

impl Performances {
    pub(crate) fn new(settings: FlightSettings) -> Self {
        Self(Flights::new(settings))
    }

    /// Returns when none is under way.
    pub(crate) async fn until_empty(&self) {
        self.0.until_empty().await;
    }

    /// What `perform` gives, or what it gave to whoever asked `provider` for the same before and waits yet.
    pub(super) async fn share<F>(
        &self,
        wish: Wish,
        provider: &str,
        clock: Clock,
        perform: impl FnOnce() -> F,
    ) -> Result<Arc<Had>, SpeechError>
    where
        F: Future<Output = Result<Had, SpeechError>>,
    {
        loop {
            let (tell, told) = oneshot::channel();
            let ticket = self.0.join(wish, move |_| async move { told.await.ok() });
            if ticket.has_begun() {
                let had = perform().await.map(Arc::new);
                tell.send(had.clone()).ok();
                return had;
            }
            match clock.hold(provider, ticket.outcome()).await? {
                Ok(Some(Ok(had))) => return Ok(Arc::new(had.shared())),
                Ok(Some(Err(error))) if !asks_again(&error, clock) => return Err(error),
                // It may be gone a moment after it was told.
                _ => tokio::task::yield_now().await,
            }
        }
    }
}

/// True for the end of a time that was shorter than the listener's, or of a plugin that the listener may
/// have the successor of.
fn asks_again(error: &SpeechError, clock: Clock) -> bool {
    let is_of_another = matches!(error, SpeechError::DeadlineExceeded { .. }) || error.is_replacement();
    is_of_another && !clock.left().is_zero()
}

impl Had {
    /// The same for whoever did not ask for it.
    fn shared(&self) -> Self {
        let is_kept = self.source == TakeSource::Cache;
        let source = if is_kept { TakeSource::Cache } else { TakeSource::Shared };
        Self { billed: None, source, ..self.clone() }
    }
}
