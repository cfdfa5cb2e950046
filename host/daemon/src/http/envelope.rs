//! What is around every request: its id, its log line, and an answer whatever happens.
//!
//! One service rather than a layer for each, because they need each other: the error body holds the id,
//! the log line the status of the panic that was caught. The line is written when the response's
//! body has been sent or dropped, not when the handler returns: only then are its bytes known, and
//! only then does a client that left in the middle show.

use std::any::Any;
use std::convert::Infallible;
use std::mem::take;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tower_service::Service;

use super::encore::Asked;
use super::error::{ApiError, Dialect};
use super::idempotency::{Idempotency, is_call};
use super::sendfile::{FileStream, Outbox, Part};
use crate::Understudy;

/// The longest id of a client's own that is taken over.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The status logged for a client that left before its answer, after nginx's 499.
const CLIENT_LEFT: u16 = 499;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) const PROCESSING: HeaderName = HeaderName::from_static("openai-processing-ms");

/// The id of a request; in the extensions of each.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// Who spoke; a handler puts it into its response's extensions for the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken(pub(crate) Arc<Who>);

#[derive(Debug, Default)]
pub(crate) struct Who {
    pub(crate) provider: String,
    pub(crate) voice: Option<String>,
    /// Where the take came from.
    pub(crate) cache: Option<&'static str>,
}

/// Everything the server answers, each answer in its envelope. Clones share it.
#[derive(Clone)]
pub struct Envelope {
    inside: Arc<Inside>,
    peer: Option<SocketAddr>,
    outbox: Option<Outbox>,
}

struct Inside {
    router: Router,
    idempotency: Idempotency,
    understudy: Arc<Understudy>,
}

impl Service<Request> for Envelope {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Self { inside, peer, outbox } = self.clone();
        let outbox = outbox.filter(|_| is_sent_in_turn(&request));
        Box::pin(async move { Ok(inside.answer(&mut request, peer, outbox).await) })
    }
}

impl Envelope {
    pub(super) fn new(router: Router, understudy: &Arc<Understudy>) -> Self {
        let understudy = Arc::clone(understudy);
        let idempotency = Idempotency::new(Arc::clone(&understudy));
        let inside = Arc::new(Inside { router, idempotency, understudy });
        Self { inside, peer: None, outbox: None }
    }

    /// The same for requests of `peer`, which come through `connection`.
    #[must_use]
    pub fn of(&self, peer: SocketAddr, connection: &FileStream) -> Self {
        Self { inside: Arc::clone(&self.inside), peer: Some(peer), outbox: connection.outbox() }
    }
}

impl Inside {
    async fn answer(
        self: &Arc<Self>,
        request: &mut Request,
        peer: Option<SocketAddr>,
        outbox: Option<Outbox>,
    ) -> Response {
        name_host(request);
        let id = request_id(request.headers());
        let mut line = Line::new(&id, request.method().clone(), request.uri().clone());
        let asking = AssertUnwindSafe(self.ask(request, peer, &mut line)).catch_unwind().await;
        let mut response = asking.unwrap_or_else(|panic| panicked(&id, panic.as_ref()));
        if let Some(error) = response.extensions_mut().remove().or_else(|| foreign(&response)) {
            if is_call(&line.method, &line.uri) {
                error.note(&self.understudy.stage().engine, &id, line.began.elapsed());
            }
            error.write(&mut response, Dialect::of(line.uri.path()), &id);
            line.error = Some(error.code);
        }
        if let Some(part) = response.extensions_mut().remove::<Part>()
            && outbox.is_some()
        {
            *response.body_mut() = Body::new(part.body(outbox));
        }
        if response.status() == StatusCode::NOT_MODIFIED {
            // The router takes the body that is left out for an empty one.
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, value);
        }
        headers.insert(PROCESSING, HeaderValue::from(line.milliseconds()));
        line.status = response.status().as_u16();
        let inside = Arc::clone(self);
        response.map(|body| Body::new(Logged { body, line, inside, cut: None, broken: None }))
    }

    /// At once, if the same request was answered from the cache before; else by whoever it is for.
    async fn ask(&self, request: &mut Request, peer: Option<SocketAddr>, line: &mut Line) -> Response {
        let asked = match Asked::of(request, self.understudy.config().server.max_body_bytes).await {
            Ok(asked) => asked,
            Err(error) => return error.into_response(),
        };
        // Only those who speak hold on to what plays now.
        let asked = asked.map(|asked| (asked, self.understudy.stage()));
        if let Some((asked, stage)) = &asked {
            let again = stage.encores.play(&stage.engine, asked, (&line.id, line.began));
            if let Some((response, spoken)) = again {
                line.spoken = spoken;
                return response;
            }
            *request.body_mut() = asked.body();
        }
        request.extensions_mut().insert(RequestId(Arc::clone(&line.id)));
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        // What is seldom needed and large must not be carried along by what is short.
        let mut response = Box::pin(self.idempotency.run(take(request), &self.router)).await;
        if let Some((asked, stage)) = asked {
            stage.encores.keep(&asked, &mut response);
        }
        line.spoken = response.extensions_mut().remove().unwrap_or_default();
        response
    }
}

/// Gives a request whose target names its host, as every one over HTTP/2 does, the header that says the same.
/// Where there are both, the target goes before (RFC 9112, section 3.2.2).
fn name_host(request: &mut Request) {
    let Some(authority) = request.uri().authority() else { return };
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    if let Ok(host) = HeaderValue::from_str(host) {
        request.headers_mut().insert(HOST, host);
    }
}

/// True when an answer has a body, and that goes to the connection whole and before any other.
fn is_sent_in_turn(request: &Request) -> bool {
    request.version() <= Version::HTTP_11 && request.method() != Method::HEAD
}

/// An error that no handler of ours made, such as axum's when a path is not UTF-8.
fn foreign(response: &Response) -> Option<ApiError> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let reason = status.canonical_reason().unwrap_or("error").to_lowercase();
    (is_error && !is_json)
        .then(|| ApiError::new(status, "invalid_request", format!("request was refused: {reason}")))
}

/// The client's own id when it is sane, else a new one: unique in this process, and told apart from
/// those of other processes by a random beginning.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let sane = |id: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
        !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX && id.bytes().all(plain)
    };
    match headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(sane) {
        Some(id) => id.into(),
        None => own_id(),
    }
}

fn own_id() -> Arc<str> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static PROCESS: LazyLock<String> = LazyLock::new(|| {
        use std::hash::{BuildHasher, RandomState};
        format!("req_{:016x}", RandomState::new().hash_one(std::process::id()))
    });
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut id = String::with_capacity(PROCESS.len() + 16);
    id.push_str(&PROCESS);
    // By hand: every request has one, and `{:08x}` costs as much as finding a take.
    let digits = (number.checked_ilog2().unwrap_or_default() / 4 + 1).max(8);
    let digit = |place: u32| char::from_digit((number >> (4 * place) & 0xf) as u32, 16);
    id.extend((0..digits).rev().filter_map(digit));
    id.into()
}

fn panicked(id: &str, panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    tracing::error!(request_id = id, panic = text, "request handler panicked");
    let error = ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the server failed to handle this request",
    );
    error.hint("report it with the request id").into_response()
}

/// One request's log line, written when it is dropped.
#[derive(Debug)]
struct Line {
    id: Arc<str>,
    method: Method,
    uri: Uri,
    began: Instant,
    status: u16,
    error: Option<&'static str>,
    spoken: Spoken,
    bytes: u64,
}

impl Line {
    fn new(id: &Arc<str>, method: Method, uri: Uri) -> Self {
        Self {
            id: Arc::clone(id),
            method,
            uri,
            began: Instant::now(),
            status: CLIENT_LEFT,
            error: None,
            spoken: Spoken::default(),
            bytes: 0,
        }
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let (ms, bytes, status) = (self.milliseconds(), self.bytes, self.status);
        let (method, path, request_id) = (self.method.as_str(), self.uri.path(), self.id.as_ref());
        if matches!(path, "/healthz" | "/readyz" | "/metrics") {
            tracing::debug!(method, path, status, ms, bytes, request_id, "request");
            return;
        }
        let Who { provider, voice, cache } = &*self.spoken.0;
        let provider = Some(provider.as_str()).filter(|name| !name.is_empty());
        let (voice, error) = (voice.as_deref(), self.error);
        tracing::info!(method, path, status, error, provider, voice, cache, ms, bytes, request_id, "request");
    }
}

/// A body that counts what is sent of it, and breaks off when requests are cut off.
struct Logged {
    body: Body,
    line: Line,
    inside: Arc<Inside>,
    /// Only bodies that keep their readers waiting have it.
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// Why it breaks off, until what went before is on its way.
    broken: Option<axum::Error>,
}

/// The server had no time left for the rest.
#[derive(Debug, thiserror::Error)]
#[error("server stopped before the answer was whole")]
struct CutOff;

impl Logged {
    fn is_cut_off(&mut self, context: &mut Context<'_>) -> bool {
        let inside = &self.inside;
        let cut = self.cut.get_or_insert_with(|| Box::pin(inside.understudy.cut().clone().cancelled_owned()));
        cut.as_mut().poll(context).is_ready()
    }
}

impl HttpBody for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let error = match frame {
            Poll::Ready(Some(Err(error))) => error,
            Poll::Pending if self.is_cut_off(context) => axum::Error::new(CutOff),
            frame => {
                if let Poll::Ready(Some(Ok(frame))) = &frame
                    && let Some(data) = frame.data_ref()
                {
                    self.line.bytes += data.len() as u64;
                }
                return frame;
            }
        };
        // Of an answer that fails, hyper throws away what it has not sent yet, and that may be all of it, head
        // and status too. So it is told at its next turn, when it has sent what it has.
        self.broken = Some(error);
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.broken.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
