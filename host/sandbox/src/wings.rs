//! The guest that waits for its call.
//!
//! To make an instance and to clear one away is a sixth of what a call costs, and nobody need wait for
//! either: a guest is cleared away when its answer is out, and then one is made for the next call. That one
//! is as fresh as any: it has met no request, and it is used once. One waits for each plugin that was
//! ever called, as long as most of the pool is free; a call that finds none makes its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::v1::Session;

/// Where it waits.
#[derive(Default)]
pub(crate) struct Wings(Mutex<Option<Session>>);

impl Wings {
    /// The one that waits, if one does.
    pub(crate) fn take(&self) -> Option<Session> {
        self.place().take()
    }

    /// Whether one waits.
    pub(crate) fn are_taken(&self) -> bool {
        self.place().is_some()
    }

    /// Has this one wait, in place of another.
    pub(crate) fn put(&self, session: Session) {
        let another = self.place().replace(session);
        drop(another);
    }

    fn place(&self) -> MutexGuard<'_, Option<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
