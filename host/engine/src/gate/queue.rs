//! The one queue of all requests: so many are spoken at once, so many more wait, the rest is told
//! to come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::error::SpeechError;
use crate::settings::GlobalLimits;

/// How soon a client may come back when the queue is full.
const BUSY_RETRY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Queue {
    limits: GlobalLimits,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One who waits, for as long as it does.
struct Waiting<'queue>(&'queue AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Queue {
    pub(crate) fn new(limits: &GlobalLimits) -> Self {
        let places = limits.max_concurrent_syntheses.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            limits: limits.clone(),
            places: Arc::new(Semaphore::new(places)),
            waiting: AtomicUsize::new(0),
        }
    }

    pub(crate) const fn limits(&self) -> &GlobalLimits {
        &self.limits
    }

    /// A place, after a wait of no longer than the queue's deadline or `deadline`.
    pub(crate) async fn enter(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, SpeechError> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.limits.queue_depth {
            return Err(Self::busy());
        }
        let until = deadline.min(Instant::now() + self.limits.queue_deadline);
        let waited = timeout_at(until, Arc::clone(&self.places).acquire_owned()).await;
        waited.ok().and_then(Result::ok).ok_or_else(Self::busy)
    }

    /// What whoever got no place is told.
    pub(crate) const fn busy() -> SpeechError {
        SpeechError::Busy { retry_after: BUSY_RETRY }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Requests being spoken.
    pub(crate) fn speaking(&self) -> usize {
        let places = self.limits.max_concurrent_syntheses.clamp(1, Semaphore::MAX_PERMITS);
        places.saturating_sub(self.places.available_permits())
    }
}
