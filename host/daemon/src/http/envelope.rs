//! What is around every request: its id, its log line, and an answer whatever happens.
//!
//! One layer rather than one for each, because they need each other: the error body holds the id,
//! the log line the status of the panic that was caught. The line is written when the response's
//! body has been sent or dropped, not when the handler returns: only then are its bytes known, and
//! only then does a client that left in the middle show.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use super::error::{ApiError, Dialect};
use super::idempotency::Idempotency;

/// The longest id of a client's own that is taken over.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The status logged for a client that left before its answer, after nginx's 499.
const CLIENT_LEFT: u16 = 499;

const REQUEST_ID: &str = "x-request-id";

/// The id of a request; in the extensions of each.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// Who spoke; a handler puts it into its response's extensions for the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken {
    pub(crate) provider: String,
    pub(crate) voice: Option<String>,
    /// Where the take came from.
    pub(crate) cache: Option<&'static str>,
}

/// The layer.
pub(crate) async fn envelope(
    State(idempotency): State<Idempotency>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id(request.headers());
    let dialect = Dialect::of(request.uri().path());
    let mut line = Line::new(&id, request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let answered = AssertUnwindSafe(idempotency.run(request, next)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| panicked(&id, panic.as_ref()));
    if let Some(error) = response.extensions_mut().remove().or_else(|| foreign(&response)) {
        error.write(&mut response, dialect, &id);
        line.error = Some(error.code);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert("openai-processing-ms", HeaderValue::from(line.milliseconds()));
    line.status = response.status().as_u16();
    line.spoken = response.extensions_mut().remove::<Spoken>().unwrap_or_default();
    response.map(|body| Body::new(Logged { body, line }))
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
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static PROCESS: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id())
    });
    let sane = |id: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
        !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX && id.bytes().all(plain)
    };
    match headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(sane) {
        Some(id) => id.into(),
        None => format!("req_{:016x}{:08x}", *PROCESS, NEXT.fetch_add(1, Ordering::Relaxed)).into(),
    }
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
    axum::response::IntoResponse::into_response(error.hint("report it with the request id"))
}

/// One request's log line, written when it is dropped.
#[derive(Debug)]
struct Line {
    id: Arc<str>,
    method: Method,
    path: String,
    began: Instant,
    status: u16,
    error: Option<&'static str>,
    spoken: Spoken,
    bytes: u64,
}

impl Line {
    fn new(id: &Arc<str>, method: Method, path: String) -> Self {
        Self {
            id: Arc::clone(id),
            method,
            path,
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
        let (ms, bytes, status) = (self.milliseconds(), self.bytes, self.status);
        let (method, path, request_id) = (self.method.as_str(), self.path.as_str(), self.id.as_ref());
        if matches!(path, "/healthz" | "/readyz" | "/metrics") {
            tracing::debug!(method, path, status, ms, bytes, request_id, "request");
            return;
        }
        let provider = Some(self.spoken.provider.as_str()).filter(|name| !name.is_empty());
        let (voice, cache, error) = (self.spoken.voice.as_deref(), self.spoken.cache, self.error);
        tracing::info!(method, path, status, error, provider, voice, cache, ms, bytes, request_id, "request");
    }
}

/// A body that counts what is sent of it.
struct Logged {
    body: Body,
    line: Line,
}

impl HttpBody for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.line.bytes += data.len() as u64;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
