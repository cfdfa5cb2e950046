//! What a provider lists, its voices or its characters, remembered for a while.
//!
//! Every listing is a call into a plugin, and for a cloud service a request over the network. The
//! list changes a few times a year and is wanted often: to show it, to map a client's voice name,
//! to say what a misspelt voice should have been. So it is kept, and the lock is held across the
//! call, so that a hundred clients who ask at once cost one listing.
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
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            listing: Mutex::default(),
            list: RwLock::default(),
            refreshing: AtomicBool::default(),
            missed: RwLock::default(),
        }
    }
}

impl<T> Listing<T> {
    /// The list, from memory while it is younger than `ttl`, else from `fetch`. A failure is told
    /// to its caller and not remembered.
    pub(crate) async fn get(
        &self,
        ttl: Duration,
        fetch: impl Future<Output = Result<Vec<T>, SpeechError>>,
    ) -> Result<Arc<[T]>, SpeechError> {
        let _listing = self.listing.lock().await;
        if let Some(list) = self.last().filter(|_| self.is_fresh(ttl)) {
            return Ok(list);
        }
        let list: Arc<[T]> = fetch.await?.into();
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

    /// Remembers that the list was waited for in vain.
    pub(crate) fn miss(&self) {
        *self.missed.write().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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
