//! The `Idempotency-Key`: one key, one request, one answer.
//!
//! A client that lost its connection cannot know whether it was charged. With a key it may ask
//! again: while the request is under way it is joined to it, afterwards it gets the very answer of
//! the first, whichever provider that came from. The same key with another request is a mistake in
//! the client, and answering either of the two would hide it: it is refused.
//!
//! Only successes are remembered. A failure was told to those who waited, and a retry is meant to
//! try again. Answers are held in memory, bounded by age, number and bytes: after a restart the
//! cache still makes the retry free. What is under way weighs nothing and is forgotten last; that its key
//! came with another request is then not noticed, but no request is ever joined to another's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashlink::LinkedHashMap;
use tokio::time::Instant;

use crate::flight::{FlightSettings, Flights, Ticket};

/// The settings of idempotency keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencySettings {
    /// How long an answer is remembered. Default 24 h, as clients of payment services know it.
    pub ttl: Duration,
    /// The most keys remembered. Default 10,000.
    pub keys_max: usize,
    /// The most memory the answers may weigh, in bytes. Default 64 MiB.
    pub bytes_max: usize,
    /// How long a request goes on when its client has gone. Default 30 s: a client with a key
    /// means to come back.
    pub grace: Duration,
}

impl Default for IdempotencySettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(24 * 60 * 60),
            keys_max: 10_000,
            bytes_max: 64 * 1024 * 1024,
            grace: Duration::from_secs(30),
        }
    }
}

/// Why a key is not honoured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyError {
    /// The key came with another request before.
    #[error("idempotency key belongs to another request: {0}")]
    KeyReused(String),
    /// The key is empty or too long.
    #[error("idempotency key must have 1 to {limit} bytes, got {length}")]
    BadKey {
        /// Its length in bytes.
        length: usize,
        /// The longest key, in bytes.
        limit: usize,
    },
}

impl IdempotencyError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyReused(_) => "idempotency_key_reused",
            Self::BadKey { .. } => "idempotency_key_invalid",
        }
    }
}

/// What a key comes to.
#[derive(Debug)]
pub enum Answer<A: Clone, E: Clone> {
    /// The request was answered before.
    Remembered(A),
    /// It is under way.
    UnderWay(Ticket<Result<A, E>>),
}

/// The keys, and the answers they had. Clones share them.
#[derive(Debug)]
pub struct IdempotencyKeys<A, E>(Arc<Inner<A, E>>);

/// A key, and the request it came with.
type Claim = (String, [u8; 32]);

#[derive(Debug)]
struct Inner<A, E> {
    settings: IdempotencySettings,
    weigh: fn(&A) -> usize,
    held: Mutex<Held<A>>,
    flights: Flights<Claim, Result<A, E>>,
}

#[derive(Debug)]
struct Held<A> {
    /// Oldest first.
    keys: LinkedHashMap<String, Key<A>>,
    bytes: usize,
}

#[derive(Debug)]
struct Key<A> {
    request: [u8; 32],
    since: Instant,
    answer: Option<(A, usize)>,
}

impl<A, E> Clone for IdempotencyKeys<A, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, E> IdempotencyKeys<A, E> {
    /// The longest key, in bytes.
    pub const KEY_BYTES_MAX: usize = 255;
}

impl<A, E> IdempotencyKeys<A, E>
where
    A: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// No keys. `weigh` says what an answer costs in bytes of memory.
    #[must_use]
    pub fn new(settings: IdempotencySettings, weigh: fn(&A) -> usize) -> Self {
        let flights = Flights::new(FlightSettings { grace: settings.grace, ..FlightSettings::default() });
        let held = Mutex::new(Held { keys: LinkedHashMap::new(), bytes: 0 });
        Self(Arc::new(Inner { settings, weigh, held, flights }))
    }

    /// Answers the request under `key`, or has `work` do it. `request` is a SHA-256 over all of the
    /// request that shapes its answer; whose key it is belongs into `key`, so that two clients may
    /// choose the same.
    ///
    /// # Errors
    /// The key belongs to another request, or is no key.
    pub fn answer<W, F>(
        &self,
        key: &str,
        request: [u8; 32],
        work: W,
    ) -> Result<Answer<A, E>, IdempotencyError>
    where
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<A, E>> + Send + 'static,
    {
        if !(1..=Self::KEY_BYTES_MAX).contains(&key.len()) {
            return Err(IdempotencyError::BadKey { length: key.len(), limit: Self::KEY_BYTES_MAX });
        }
        if let Some(answer) = self.0.claim(key, request)? {
            return Ok(Answer::Remembered(answer));
        }
        let (this, name) = (self.clone(), key.to_owned());
        let ticket = self.0.flights.join((key.to_owned(), request), move |_| async move {
            let result = work().await;
            this.0.remember(&name, request, result.as_ref().ok());
            result
        });
        Ok(Answer::UnderWay(ticket))
    }
}

impl<A: Clone, E> Inner<A, E> {
    fn held(&self) -> MutexGuard<'_, Held<A>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the key for this request, or gives its answer.
    fn claim(&self, key: &str, request: [u8; 32]) -> Result<Option<A>, IdempotencyError> {
        let mut held = self.held();
        let now = Instant::now();
        while held.keys.front().is_some_and(|(_, oldest)| now - oldest.since >= self.settings.ttl) {
            held.forget_oldest();
        }
        match held.keys.get(key) {
            Some(known) if known.request != request => Err(IdempotencyError::KeyReused(key.to_owned())),
            Some(known) => Ok(known.answer.as_ref().map(|(answer, _)| answer.clone())),
            None => {
                if held.keys.len() >= self.settings.keys_max && !held.forget_oldest_answered() {
                    held.forget_oldest();
                }
                held.keys.insert(key.to_owned(), Key { request, since: now, answer: None });
                Ok(None)
            }
        }
    }

    fn remember(&self, key: &str, request: [u8; 32], answer: Option<&A>) {
        let mut held = self.held();
        let Some(answer) = answer else {
            held.forget(key, request);
            return;
        };
        let weight = (self.weigh)(answer);
        if weight > self.settings.bytes_max {
            held.forget(key, request);
            return;
        }
        let Some(known) = held.keys.get_mut(key).filter(|known| known.request == request) else { return };
        if known.answer.is_none() {
            known.answer = Some((answer.clone(), weight));
            held.bytes += weight;
        }
        while held.bytes > self.settings.bytes_max && held.forget_oldest_answered() {}
    }
}

impl<A> Held<A> {
    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.keys.pop_front() {
            self.bytes -= key.weight();
        }
    }

    /// Forgets the oldest key whose request is not under way; false when there is none.
    fn forget_oldest_answered(&mut self) -> bool {
        let answered = self.keys.iter().find(|(_, key)| key.answer.is_some());
        let Some(name) = answered.map(|(name, _)| name.clone()) else { return false };
        if let Some(key) = self.keys.remove(&name) {
            self.bytes -= key.weight();
        }
        true
    }

    /// Forgets a key that has no answer.
    fn forget(&mut self, key: &str, request: [u8; 32]) {
        if self.keys.get(key).is_some_and(|known| known.request == request && known.answer.is_none()) {
            self.keys.remove(key);
        }
    }
}

impl<A> Key<A> {
    /// What its answer weighs.
    fn weight(&self) -> usize {
        self.answer.as_ref().map_or(0, |(_, weight)| *weight)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    type Keys = IdempotencyKeys<String, &'static str>;

    fn keys() -> Keys {
        let settings = IdempotencySettings { keys_max: 3, bytes_max: 10, ..IdempotencySettings::default() };
        IdempotencyKeys::new(settings, String::len)
    }

    /// Asks, and waits for the answer; beside it whether the work was done for it.
    async fn ask(
        keys: &Keys,
        key: &str,
        request: u8,
        answer: &'static str,
    ) -> (Result<String, String>, bool) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let asked = keys.answer(key, [request; 32], move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            if answer.is_empty() { Err("declined") } else { Ok(answer.to_owned()) }
        });
        let told = match asked {
            Err(error) => Err(error.code().to_owned()),
            Ok(Answer::Remembered(answer)) => Ok(answer),
            Ok(Answer::UnderWay(ticket)) => ticket.outcome().await.unwrap().map_err(str::to_owned),
        };
        (told, count.load(Ordering::SeqCst) > 0)
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_request_has_the_same_answer_and_another_is_refused() {
        let keys = keys();
        let (first, second) = tokio::join!(ask(&keys, "k", 1, "one"), ask(&keys, "k", 1, "two"));
        assert_eq!((first, second), ((Ok("one".to_owned()), true), (Ok("one".to_owned()), false)));
        assert_eq!(ask(&keys, "k", 1, "three").await, (Ok("one".to_owned()), false));
        assert_eq!(ask(&keys, "k", 2, "x").await, (Err("idempotency_key_reused".to_owned()), false));
        assert_eq!(ask(&keys, "other", 2, "x").await, (Ok("x".to_owned()), true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_left_finds_its_request_done() {
        let keys = keys();
        assert!(tokio::time::timeout(Duration::from_millis(10), ask(&keys, "k", 1, "one")).await.is_err());
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(ask(&keys, "k", 1, "two").await, (Ok("one".to_owned()), false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_remembered_and_an_answer_not_for_ever() {
        let keys = keys();
        assert_eq!(ask(&keys, "k", 1, "").await, (Err("declined".to_owned()), true));
        assert_eq!(ask(&keys, "k", 2, "two").await, (Ok("two".to_owned()), true));
        tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
        assert_eq!(ask(&keys, "k", 3, "three").await, (Ok("three".to_owned()), true));
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_keys_are_forgotten_past_their_number_or_weight() {
        let keys = keys();
        for (key, answer) in [("a", "1234"), ("b", "1234"), ("c", "1234")] {
            assert!(ask(&keys, key, 1, answer).await.1);
        }
        assert_eq!(ask(&keys, "b", 1, "").await.0, Ok("1234".to_owned()));
        assert_eq!(ask(&keys, "a", 2, "new").await, (Ok("new".to_owned()), true));
        assert!(ask(&keys, "d", 2, "far too long to keep").await.1);
        assert!(ask(&keys, "d", 2, "5").await.1);
        assert!(keys.0.held().bytes <= 10 && keys.0.held().keys.len() <= 3);
    }

    /// Asks for what never comes; true when it was begun for this.
    fn hang(keys: &Keys, key: &str, request: u8) -> Result<bool, IdempotencyError> {
        match keys.answer(key, [request; 32], std::future::pending)? {
            Answer::UnderWay(ticket) => Ok(ticket.has_begun()),
            Answer::Remembered(answer) => panic!("it is answered: {answer}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_under_way_is_its_requests_whatever_is_answered_meanwhile() {
        let keys = keys();
        assert_eq!(hang(&keys, "k", 1), Ok(true));
        for key in ["a", "b", "c", "d"] {
            assert!(ask(&keys, key, 1, "1234567").await.1);
        }
        assert_eq!(hang(&keys, "k", 2), Err(IdempotencyError::KeyReused("k".to_owned())));
        assert_eq!(hang(&keys, "k", 1), Ok(false));
        assert_eq!(keys.0.held().keys.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_keys_under_way_none_is_joined_to_another_request() {
        let keys = keys();
        for key in ["k", "a", "b", "c"] {
            assert_eq!(hang(&keys, key, 1), Ok(true));
        }
        assert_eq!(keys.0.held().keys.len(), 3);
        assert_eq!(hang(&keys, "k", 2), Ok(true), "its first request is forgotten");
    }

    #[tokio::test]
    async fn a_key_has_a_length() {
        for key in [String::new(), "k".repeat(256)] {
            assert_eq!(ask(&keys(), &key, 1, "x").await.0, Err("idempotency_key_invalid".to_owned()));
        }
    }
}
