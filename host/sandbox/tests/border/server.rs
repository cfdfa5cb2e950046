//! A service on the loopback that keeps what it was sent.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;

/// `gzip` of `hello gzip`.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x48,
    0xaf, 0xca, 0x2c, 0x00, 0x00, 0x19, 0x6a, 0xd2, 0xdf, 0x0a, 0x00, 0x00, 0x00,
];

/// What a service has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Every request's method, path and query, headers and body, as one text.
    pub(crate) requests: Mutex<Vec<String>>,
    /// Endless bodies that nobody reads any more.
    pub(crate) abandoned: AtomicUsize,
}

/// A running service; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT` and this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

fn router(seen: Arc<Seen>) -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route("/echo/{*rest}", any(echo))
        .route("/bytes/{count}", get(async |Path(count): Path<usize>| vec![b'x'; count]))
        .route("/gzip", get(async || ([(header::CONTENT_ENCODING, "gzip")], GZIP)))
        .route("/redirect", any(redirect))
        .route("/silent", any(async || std::future::pending::<()>().await))
        .route("/stall", get(async || Body::from_stream(begun().chain(stream::pending()))))
        .route("/cut", get(async || Body::from_stream(begun().chain(broken()))))
        .route("/endless", get(endless))
        .route("/socket", get(socket))
        .route("/socket/{length}", get(flooding_socket))
        .with_state(seen)
}

async fn echo(State(seen): State<Arc<Seen>>, request: Request) -> String {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 4 << 20).await.unwrap();
    let mut headers: Vec<String> =
        head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    let body =
        if body.len() > 10_000 { body.len().to_string().into() } else { String::from_utf8_lossy(&body) };
    let text = format!("{} {}\n{}\n\n{body}", head.method, head.uri, headers.join("\n"));
    seen.requests.lock().unwrap().push(text.clone());
    text
}

/// To `to` of the query, with the rest of the query repeated; with an umlaut as it is when asked.
async fn redirect(State(seen): State<Arc<Seen>>, request: Request) -> impl IntoResponse {
    let query = request.uri().query().unwrap_or_default();
    seen.requests.lock().unwrap().push(request.uri().to_string());
    let to = query.split('&').find_map(|pair| pair.strip_prefix("to=")).unwrap_or_default();
    let umlaut = if query.contains("as-utf8") { "ü" } else { "" };
    (StatusCode::FOUND, [(header::LOCATION, format!("{to}{umlaut}?{query}"))])
}

fn begun() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::iter([Ok(Bytes::from_static(b"begun"))])
}

fn broken() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    // The first piece must be on its way before the connection breaks.
    stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("broken off"))
    })
}

struct Abandoned(Arc<Seen>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.abandoned.fetch_add(1, SeqCst);
    }
}

async fn endless(State(seen): State<Arc<Seen>>) -> Body {
    let abandoned = Abandoned(seen);
    Body::from_stream(stream::repeat_with(move || {
        let _ = &abandoned;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16 << 10]))
    }))
}

/// Echoes one message, and then its own goodbye. Without a token it refuses.
async fn socket(State(seen): State<Arc<Seen>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let shown: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    seen.requests.lock().unwrap().push(shown.join("\n"));
    if !headers.contains_key("x-token") {
        let date = [(header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT"), (header::RETRY_AFTER, "7")];
        return (StatusCode::FORBIDDEN, date, "no token").into_response();
    }
    upgrade.protocols(["speech"]).on_upgrade(async move |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            match message {
                Message::Text(text) => {
                    seen.requests.lock().unwrap().push(text.to_string());
                    let _ = socket.send(Message::Ping(Bytes::from_static(b"are you there"))).await;
                    let _ = socket.send(Message::Text(format!("heard {text}").into())).await;
                }
                Message::Close(frame) => {
                    let frame = frame.map(|frame| format!("closed {} {}", frame.code, frame.reason));
                    // The next turn sends the answer to it and ends.
                    seen.requests.lock().unwrap().push(frame.unwrap_or_default());
                }
                _ => {}
            }
        }
    })
}

/// A short message, one of this length, and the end with a reason.
async fn flooding_socket(Path(length): Path<usize>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        let _ = socket.send(Message::Binary(Bytes::from_static(b"short"))).await;
        if length == 0 {
            std::future::pending::<()>().await;
        }
        let _ = socket.send(Message::Binary(vec![7; length].into())).await;
        let reason = CloseFrame { code: 4_001, reason: "enough".into() };
        let _ = socket.send(Message::Close(Some(reason))).await;
        while let Some(Ok(_)) = socket.recv().await {}
    })
}
