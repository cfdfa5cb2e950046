//! What hostile plugins talk to: a server on the loopback that keeps what it was sent.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use futures_util::stream;
use tokio::net::TcpListener;

/// How long the service thinks before it speaks; real ones take longer.
const THOUGHT: Duration = Duration::from_millis(100);

/// A second of samples at 16 kHz.
const SPEECH_BYTES: usize = 32_000;

#[derive(Debug, Default)]
struct Seen {
    /// Head and body of every request that was echoed or redirected, as one text.
    requests: Mutex<Vec<String>>,
    /// Endless bodies that were begun, and those that nobody reads any more.
    begun: AtomicUsize,
    abandoned: AtomicUsize,
}

/// A running service; it ends with the test's runtime.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    seen: Arc<Seen>,
}

impl Service {
    pub(super) async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/echo", any(echo))
            .route("/redirect", any(redirect))
            .route("/endless", get(endless))
            .route("/speech", get(speech))
            .with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    /// `http://127.0.0.1:PORT` and this path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Endless bodies that are still being sent.
    pub(super) fn endless(&self) -> usize {
        self.seen.begun.load(SeqCst) - self.seen.abandoned.load(SeqCst)
    }
}

impl Seen {
    fn note(&self, text: String) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

async fn echo(State(seen): State<Arc<Seen>>, request: Request) -> String {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let text = format!("{} {} {:?} {}", head.method, head.uri, head.headers, String::from_utf8_lossy(&body));
    seen.note(text.clone());
    text
}

/// To wherever the query says.
async fn redirect(State(seen): State<Arc<Seen>>, request: Request) -> impl IntoResponse {
    let target = request.uri().query().unwrap_or_default().to_owned();
    seen.note(request.uri().to_string());
    (StatusCode::FOUND, [(header::LOCATION, target)])
}

struct Sending(Arc<Seen>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abandoned.fetch_add(1, SeqCst);
    }
}

async fn endless(State(seen): State<Arc<Seen>>) -> Body {
    seen.begun.fetch_add(1, SeqCst);
    let sending = Sending(seen);
    Body::from_stream(stream::repeat_with(move || {
        let _ = &sending;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16 << 10]))
    }))
}

/// A tone, after some thought.
#[expect(clippy::cast_possible_truncation, reason = "a sine of ten thousand fits")]
async fn speech() -> Vec<u8> {
    tokio::time::sleep(THOUGHT).await;
    let sample = |number: usize| (number as f64 * 0.17).sin() * 10_000.0;
    (0..SPEECH_BYTES / 2).flat_map(|number| (sample(number) as i16).to_le_bytes()).collect()
}
