//! The same request again: answered at once, from the cache.
//!
//! A pipeline that renders a video twice, or ten players of one message, send the same bytes. What
//! those bytes mean was found out the first time, and an answer from the cache brings its
//! [`Encore`] along; so the next request of the same bytes is neither parsed nor planned, and the
//! cache alone is asked whether the take is still there. Everything else goes the long way: what has
//! wishes about the cache, a condition or an idempotency key, and what is too long to remember.
//!
//! [`Encores`] belong to a stage and go with it, so nothing is answered as it was before a reload.
//! Within a stage an answer can still change, when a provider tells other voices than before, so
//! the long way is walked again every minute.

use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use hashlink::LruCache;
use http::header::{ACCEPT, AGE, CACHE_CONTROL, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::time::Instant;
use understudy_engine::{Encore, Engine};

use super::body;
use super::envelope::{PROCESSING, REQUEST_ID, Spoken};
use super::error::ApiError;
use super::idempotency::KEY;
use super::{ROUTE, serving};

/// The calls that answer with audio as it lies in the cache.
const CALLS: [&str; 3] = ["/v1/audio/speech", "/audio/speech", "/api/v1/tts/synthesize"];

/// What makes a request one of a kind.
const SINGULAR: [http::HeaderName; 3] = [CACHE_CONTROL, IF_NONE_MATCH, KEY];

/// How long an answer is given without looking whether it would still be the same.
const LASTS: Duration = Duration::from_secs(60);

/// Requests that are remembered, and the longest of them, its head included: some megabytes at most.
const REQUESTS_MAX: usize = 1_024;
const BYTES_MAX: usize = 8 * 1024;

/// A request, as far as it shapes its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    call: &'static str,
    /// Those headers that say how it is to be spoken.
    heads: [Option<HeaderValue>; 2],
    body: Bytes,
}

/// An answer, but for its audio and age.
#[derive(Debug)]
struct Answer {
    encore: Arc<Encore>,
    headers: HeaderMap,
    spoken: Spoken,
    until: Instant,
}

/// The answers that can be given again on one stage.
#[derive(Debug)]
pub(crate) struct Encores(Mutex<LruCache<Asked, Arc<Answer>>>);

impl Default for Encores {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REQUESTS_MAX)))
    }
}

impl Asked {
    /// What is asked, when a request like it may have been answered. Its body is read then, and in here.
    ///
    /// # Errors
    /// Its body is none that can be read.
    pub(super) async fn of(request: &mut Request, bytes_max: usize) -> Result<Option<Self>, ApiError> {
        let Some(call) = call(request) else { return Ok(None) };
        let body = take(request.body_mut());
        let body = body::read(request.headers(), body, bytes_max).await?;
        let heads = [ACCEPT, ROUTE].map(|name| request.headers().get(name).cloned());
        Ok(Some(Self { call, heads, body }))
    }

    /// The body that was read.
    pub(super) fn body(&self) -> Body {
        Body::from(self.body.clone())
    }

    fn is_short(&self) -> bool {
        let heads = self.heads.iter().flatten().map(HeaderValue::len).sum::<usize>();
        self.body.len() + heads <= BYTES_MAX
    }

    /// The same in memory of its own. What came is a part of what its connection has read, which must not
    /// stay for its sake.
    fn copied(&self) -> Self {
        let copied = |head: &Option<HeaderValue>| HeaderValue::from_bytes(head.as_ref()?.as_bytes()).ok();
        let heads = self.heads.each_ref().map(copied);
        Self { call: self.call, heads, body: Bytes::copy_from_slice(&self.body) }
    }
}

fn call(request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    let path = request.uri().path();
    let call = CALLS.into_iter().find(|call| *call == path)?;
    let says_more = headers.get_all(ACCEPT).iter().nth(1).is_some();
    let is_plain = !says_more && !SINGULAR.iter().any(|name| headers.contains_key(name));
    (request.method() == Method::POST && is_plain).then_some(call)
}

/// Has `response` leave `encore`. One without some field does not: a voice that was not known may be known
/// the next time.
pub(super) fn leave(response: &mut Response, encore: Option<Arc<Encore>>, dropped: &[String]) {
    if let Some(encore) = encore.filter(|_| dropped.is_empty()) {
        response.extensions_mut().insert(encore);
    }
}

impl Encores {
    /// The answer to `asked`, which came at `began`, if it can be given at once.
    pub(super) fn play(
        &self,
        engine: &Engine,
        asked: &Asked,
        (id, began): (&Arc<str>, Instant),
    ) -> Option<(Response, Spoken)> {
        if !asked.is_short() {
            return None;
        }
        let answer = self.known().get(asked).filter(|answer| began < answer.until).cloned()?;
        let again = engine.again(&answer.encore, id, began)?;
        let length = again.audio.length();
        let mut response = serving::response(again.audio, 0, length);
        response.headers_mut().clone_from(&answer.headers);
        response.headers_mut().insert(AGE, HeaderValue::from(again.age.as_secs()));
        Some((response, answer.spoken.clone()))
    }

    /// Remembers `response` to `asked`, if it leaves an encore.
    pub(super) fn keep(&self, asked: &Asked, response: &mut Response) {
        let Some(encore) = response.extensions_mut().remove::<Arc<Encore>>() else { return };
        let Some(spoken) = response.extensions().get::<Spoken>().cloned() else { return };
        if response.status() != StatusCode::OK || !asked.is_short() {
            return;
        }
        let (mut headers, until) = (response.headers().clone(), Instant::now() + LASTS);
        // They have their places already when they come.
        for own in [REQUEST_ID, PROCESSING] {
            headers.insert(own, HeaderValue::from_static(""));
        }
        self.known().insert(asked.copied(), Arc::new(Answer { encore, headers, spoken, until }));
    }

    /// How many there are that can be given now.
    #[cfg(test)]
    pub(crate) fn fresh(&self) -> usize {
        let now = Instant::now();
        self.known().iter().filter(|(_, answer)| now < answer.until).count()
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Asked, Arc<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
