//! What all that is done for one request shares.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit};
use tokio::time::Instant;

use crate::book::Book;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::gate::Queue;
use crate::request::SpeechRequest;

/// What all steps of one request share, and the calls that outlive it.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) id: Arc<str>,
    /// The request's place among all that are being spoken, from its first call to its end, or until it
    /// steps aside.
    place: Mutex<Option<Arc<OwnedSemaphorePermit>>>,
    /// Absent without a history.
    book: Option<Book>,
}

impl Errand {
    pub(crate) fn new(engine: &Engine, wanted: &SpeechRequest) -> Arc<Self> {
        let book = Book::open(engine.stock.as_deref(), wanted);
        Arc::new(Self { id: Arc::clone(&wanted.id), place: Mutex::default(), book })
    }

    /// The request's place, which it waits for in `queue` until `deadline` if it has none.
    pub(crate) async fn enter(
        &self,
        queue: &Queue,
        deadline: Instant,
    ) -> Result<Arc<OwnedSemaphorePermit>, SpeechError> {
        let mut place = self.place.lock().await;
        if let Some(place) = &*place {
            return Ok(Arc::clone(place));
        }
        let entered = Arc::new(queue.enter(deadline).await?);
        *place = Some(Arc::clone(&entered));
        Ok(entered)
    }

    /// Gives the place back, once no call of the request's own needs it. For whoever follows a call that
    /// waits for a place: it may be this one.
    pub(crate) fn step_aside(&self) {
        // Whoever holds the lock is waiting for a place, so there is none.
        if let Ok(mut place) = self.place.try_lock() {
            *place = None;
        }
    }

    pub(crate) const fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// Writes into the record of the request, if there is one.
    pub(crate) fn note(&self, write: impl FnOnce(&Book)) {
        if let Some(book) = &self.book {
            write(book);
        }
    }

    /// Takes down a call that begins now.
    pub(crate) fn call(self: &Arc<Self>, provider: &str) -> CallNote {
        let place = self.book.as_ref().map_or(0, |book| book.call(provider));
        CallNote { errand: Arc::clone(self), place, began: Instant::now(), outcome: None }
    }

    /// The client's presence: its end is that of the request.
    pub(crate) fn client(self: &Arc<Self>) -> Client {
        Client(Arc::clone(self))
    }
}

/// One call in the record. Dropped without an outcome it was cancelled.
#[derive(Debug)]
pub(crate) struct CallNote {
    errand: Arc<Errand>,
    place: usize,
    began: Instant,
    outcome: Option<&'static str>,
}

impl CallNote {
    pub(crate) fn ended(mut self, outcome: &'static str) {
        self.outcome = Some(outcome);
    }
}

impl Drop for CallNote {
    fn drop(&mut self) {
        let (place, outcome, time) = (self.place, self.outcome, self.began.elapsed());
        self.errand.note(|book| book.called(place, outcome, time));
    }
}

/// A client that waits. Dropped before its request has ended, it has left.
#[derive(Debug)]
pub(crate) struct Client(Arc<Errand>);

impl Client {
    pub(crate) fn note(&self, write: impl FnOnce(&Book)) {
        self.0.note(write);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.note(Book::left);
    }
}
