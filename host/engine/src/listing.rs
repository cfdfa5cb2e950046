//! What a provider lists, its voices or its characters, remembered for a while.
//!
//! Every listing is a call into a plugin, and for a cloud service a request over the network. The
//! list changes a few times a year and is wanted often: to show it, to map a client's voice name,
//! to say what a misspelt voice should have been. So it is kept, and the lock is held across the
//! call, so that a hundred clients who ask at once cost one listing, whether it comes or fails.
//!
//! An old list is not thrown away. Whoever looks for a stand-in does so because a provider is in
//! trouble, and must neither wait for that provider's list nor do without it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::error::SpeechError;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long nobody waits again for a list that did not come.
const MISSED: Duration = Duration::from_secs(30);

pub(crate) struct Listing<T> {
    listing: Mutex<()>,
    list: RwLock<Option<(Instant, Arc<[T]>)>>,
    refreshing: AtomicBool,
    missed: RwLock<Option<Instant>>,
    failed: RwLock<Option<(Instant, SpeechError)>>,
}

/// Somebody waits for a list. Dropped before that is over, it was waited for in vain.
pub(crate) struct Waiting<'list, T>(Option<&'list Listing<T>>);

impl<T> Waiting<'_, T> {
    pub(crate) fn end(mut self) {
        self.0 = None;
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if let Some(list) = self.0 {
            list.miss();
        }
    }
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            listing: Mutex::default(),
            list: RwLock::default(),
            refreshing: AtomicBool::default(),
            missed: RwLock::default(),
            failed: RwLock::default(),
        }
    }
}

impl<T> Listing<T> {
    /// The list, from memory while it is younger than `ttl`, else from `fetch`. A failure is told
    /// to all who have waited for it, and to nobody who asks later.
    pub(crate) async fn get(
        &self,
        ttl: Duration,
        fetch: impl Future<Output = Result<Vec<T>, SpeechError>>,
    ) -> Result<Arc<[T]>, SpeechError> {
        let asked = Instant::now();
        let _listing = self.listing.lock().await;
        if let Some(list) = self.last().filter(|_| self.is_fresh(ttl)) {
            return Ok(list);
        }
        if let Some(error) = self.failure_since(asked) {
            return Err(error);
        }
        let list: Arc<[T]> = fetch.await.inspect_err(|error| self.fail(error))?.into();
        let fresh = (Instant::now(), Arc::clone(&list));
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(list)
    }

    /// The list as it was last told, however long ago; none when it never was.
    pub(crate) fn last(&self) -> Option<Arc<[T]>> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().map(|(_, list)| Arc::clone(list))
    }

    pub(crate) fn is_fresh(&self, ttl: Duration) -> bool {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().is_some_and(|(since, _)| since.elapsed() < ttl)
    }

    fn fail(&self, error: &SpeechError) {
        let failed = (Instant::now(), error.clone());
        *self.failed.write().unwrap_or_else(PoisonError::into_inner) = Some(failed);
    }

    fn failure_since(&self, asked: Instant) -> Option<SpeechError> {
        let failed = self.failed.read().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().filter(|(at, _)| *at > asked).map(|(_, error)| error.clone())
    }

    /// Remembers that the list was waited for in vain.
    pub(crate) fn miss(&self) {
        *self.missed.write().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(crate) fn wait(&self) -> Waiting<'_, T> {
        Waiting(Some(self))
    }

    /// True for a while after [`Listing::miss`].
    pub(crate) fn is_missed(&self) -> bool {
        let missed = self.missed.read().unwrap_or_else(PoisonError::into_inner);
        missed.is_some_and(|since| since.elapsed() < MISSED)
    }

    /// True for one caller at a time: the one who now refreshes it, until [`Listing::refreshed`].
    pub(crate) fn may_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn refreshed(&self) {
        self.refreshing.store(false, Ordering::Release);
    }
}
