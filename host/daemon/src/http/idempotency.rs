//! `Idempotency-Key`: a client that lost its answer asks again and gets the very same one.
//!
//! Every call that speaks honours it, by the draft of the IETF's HTTP API group: the same key with the
//! same request has the same answer, the same key with another one is a mistake of the client's and
//! gets 422. A request under a key belongs to nobody: it goes on for a while when its client is gone,
//! because that client means to come back.
//!
//! Only whole answers that succeeded are remembered. An error is told to all who waited for it and
//! then forgotten, so that a retry tries; so is a batch of which a part failed. A stream cannot be handed to two, and is not remembered:
//! whoever asks again finds its take in the cache, or joins the call that is under way.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body::Body as _;
use sha2::{Digest, Sha256};
use tower_service::Service;
use understudy_engine::{Answer, IdempotencyError, IdempotencyKeys, IdempotencySettings};

use super::ROUTE;
use super::body;
use super::envelope::Spoken;
use super::error::ApiError;
use crate::Understudy;

pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The calls that speak; they honour a key.
const CALLS: [&str; 6] = [
    "/v1/audio/speech",
    "/audio/speech",
    "/api/v1/tts/synthesize",
    "/api/v1/tts/batch-synthesize",
    "/api/v1/characters/speak",
    "/api/v1/characters/conversation",
];

/// True for a call that speaks.
pub(super) fn is_call(method: &Method, uri: &Uri) -> bool {
    *method == Method::POST && CALLS.contains(&uri.path())
}

/// Headers that shape an answer, beside the body.
const SHAPING: [HeaderName; 4] = [ACCEPT, CACHE_CONTROL, IF_NONE_MATCH, ROUTE];

/// What an answer weighs beside its body.
const HEAD_BYTES: usize = 1_024;

/// The longest answer that is remembered: a longer one would push all others out.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The keys of one server. Clones share them.
#[derive(Clone)]
pub(crate) struct Idempotency {
    keys: IdempotencyKeys<Arc<Stored>, Passed>,
    understudy: Arc<Understudy>,
}

/// In the extensions of an answer that is a success and tells of a failure: it is not remembered.
#[derive(Clone, Copy)]
pub(crate) struct InPart;

/// An answer that is remembered.
struct Stored {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    spoken: Option<Spoken>,
}

/// An answer that is not.
#[derive(Clone)]
struct Passed {
    /// What all who waited are told.
    error: Option<ApiError>,
    /// The answer itself, for the first of them.
    response: Arc<Mutex<Option<Response>>>,
}

/// A request that can be made twice.
#[derive(Clone)]
struct Asked {
    parts: Parts,
    body: Bytes,
}

impl Idempotency {
    pub(crate) fn new(understudy: Arc<Understudy>) -> Self {
        let weigh = |stored: &Arc<Stored>| stored.body.len() + HEAD_BYTES;
        Self { keys: IdempotencyKeys::new(IdempotencySettings::default(), weigh), understudy }
    }

    /// Answers a request, once if it has a key.
    pub(crate) async fn run(&self, request: Request, router: &Router) -> Response {
        let Some(key) = request.headers().get(&KEY) else { return self.ask(router, request).await };
        if !is_call(request.method(), request.uri()) {
            return self.ask(router, request).await;
        }
        match key.to_str().map(str::to_owned) {
            Ok(key) => self.once(&key, request, router).await.unwrap_or_else(ApiError::into_response),
            Err(_) => bad_key("idempotency key is not plain text").into_response(),
        }
    }

    async fn once(&self, key: &str, request: Request, router: &Router) -> Result<Response, ApiError> {
        let (parts, body) = request.into_parts();
        let body = body::read(&parts.headers, body, self.understudy.config().server.max_body_bytes).await?;
        let asked = Asked { parts, body };
        let (again, own, first) = (asked.clone(), self.clone(), router.clone());
        let work = move || async move { keep(own.ask(&first, asked.request()).await).await };
        match self.keys.answer(key, again.digest(), work).map_err(|error| refused(&error))? {
            Answer::Remembered(stored) => Ok(stored.response(true)),
            Answer::UnderWay(ticket) => match ticket.outcome().await {
                Ok(Ok(stored)) => Ok(stored.response(!ticket.has_begun())),
                Ok(Err(passed)) => match (passed.take(), passed.error) {
                    (Some(response), _) => Ok(response),
                    (None, Some(error)) => Err(error),
                    (None, None) => Ok(self.ask(router, again.request()).await),
                },
                Err(lost) => {
                    tracing::error!(error = %lost, "request under an idempotency key was lost");
                    let message = "the server failed to handle this request";
                    Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message))
                }
            },
        }
    }

    /// What the routes answer, unless the server is out of time for it.
    async fn ask(&self, router: &Router, request: Request) -> Response {
        tokio::select! {
            biased;
            response = router.clone().call(request) => response.unwrap_or_else(|never| match never {}),
            () = self.understudy.cut().cancelled() => stopped().into_response(),
        }
    }
}

fn stopped() -> ApiError {
    let message = "the server stopped before it could answer";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "server_stopped", message)
        .hint("ask again, here once it is back or elsewhere")
}

impl Asked {
    fn request(self) -> Request {
        Request::from_parts(self.parts, Body::from(self.body))
    }

    /// Of everything that shapes the answer.
    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut take = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        take(self.parts.uri.path().as_bytes());
        for name in &SHAPING {
            let values = self.parts.headers.get_all(name);
            take(&[u8::try_from(values.iter().count()).unwrap_or(u8::MAX)]);
            values.iter().for_each(|value| take(value.as_bytes()));
        }
        take(&self.body);
        digest.finalize().into()
    }
}

/// An answer to be remembered, or to be passed on.
async fn keep(response: Response) -> Result<Arc<Stored>, Passed> {
    let length = response.body().size_hint().exact().and_then(|length| usize::try_from(length).ok());
    let is_success = response.status().is_success() && response.extensions().get::<InPart>().is_none();
    let is_kept = is_success && length.is_some_and(|length| length <= BODY_BYTES_MAX);
    if !is_kept {
        return Err(Passed::new(response));
    }
    let (mut parts, body) = response.into_parts();
    let spoken = parts.extensions.remove();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "answer could not be read");
        return Err(Passed::new(error.into_response()));
    };
    Ok(Arc::new(Stored { status: parts.status, headers: parts.headers, body, spoken }))
}

impl Stored {
    fn response(&self, replayed: bool) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        if replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        if let Some(spoken) = &self.spoken {
            response.extensions_mut().insert(spoken.clone());
        }
        response
    }
}

impl Passed {
    fn new(response: Response) -> Self {
        let error = response.extensions().get().cloned();
        Self { error, response: Arc::new(Mutex::new(Some(response))) }
    }

    fn take(&self) -> Option<Response> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn refused(error: &IdempotencyError) -> ApiError {
    match error {
        IdempotencyError::KeyReused(_) => {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string())
                .hint("a key names one request: take a new key for a new one")
        }
        IdempotencyError::BadKey { .. } => bad_key(error.to_string()),
    }
}

fn bad_key(message: impl Into<Box<str>>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid", message)
}
