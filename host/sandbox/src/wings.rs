//! The guest that waits for its call.
//!
//! To make an instance and to clear one away is a sixth of what a call costs, and nobody need wait for
//! either: a guest is cleared away when its answer is out, and then one is made for the next call. That one
//! is as fresh as any: it has met no request, and it is used once. One waits for each plugin that was
//! ever called, as long as most of the pool is free; a call that finds none makes its own. Where many
//! calls end at once the processor has nothing to spare, and a guest that waits to be cleared away
//! holds its memory: then it is done at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::abi::v1::Session;

/// Guests of one plugin that are cleared away behind their answers at the same time.
const CLEARED_AT_ONCE_MAX: usize = 4;

/// Where it waits.
pub(crate) struct Wings {
    spare: Mutex<Option<Session>>,
    turns: Arc<Semaphore>,
}

impl Default for Wings {
    fn default() -> Self {
        Self { spare: Mutex::default(), turns: Arc::new(Semaphore::new(CLEARED_AT_ONCE_MAX)) }
    }
}

impl Wings {
    /// The one that waits, if one does.
    pub(crate) fn take(&self) -> Option<Session> {
        self.spare().take()
    }

    /// Whether one waits.
    pub(crate) fn are_taken(&self) -> bool {
        self.spare().is_some()
    }

    /// Has this one wait, in place of another.
    pub(crate) fn put(&self, session: Session) {
        let another = self.spare().replace(session);
        drop(another);
    }

    /// A turn to clear a guest away behind its answer; none where it has to be done at once.
    pub(crate) fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    fn spare(&self) -> MutexGuard<'_, Option<Session>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
