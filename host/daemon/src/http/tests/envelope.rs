//! What is around every request.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::serve::IncomingStream;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body::Body as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{ServiceExt, service_fn};
use tracing_subscriber::fmt::MakeWriter;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError};

use super::{app, app_with, flite, get, request, send, speak};
use crate::Config;
use crate::http::Envelope;

#[tokio::test]
async fn a_sane_id_is_taken_over_and_any_other_replaced() {
    let app = app(flite());
    let id = async |sent: Option<&str>| {
        let mut request = Request::builder().uri("/healthz");
        if let Some(sent) = sent {
            request = request.header("x-request-id", sent);
        }
        send(&app, request.body(Body::empty()).unwrap()).await.header("x-request-id").to_owned()
    };
    assert_eq!(id(Some("trace:1/2.3_4-5+6=")).await, "trace:1/2.3_4-5+6=");
    let made = id(None).await;
    assert!(made.starts_with("req_") && made.len() == 28, "{made}");
    for insane in ["", "two words", "<script>", &"x".repeat(129)] {
        assert!(id(Some(insane)).await.starts_with("req_"), "{insane}");
    }
    assert_ne!(id(None).await, made);
}

#[tokio::test]
async fn a_panic_is_a_typed_error() {
    let answer = speak(&app(Scripted::new("p", vec![Step::Panic])), json!({})).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["error"]["code"], "internal");
    assert_eq!(answer.json()["error"]["type"], "server_error");
}

#[tokio::test]
async fn an_answer_keeps_its_length_through_the_envelope() {
    let app = app(flite());
    let body = json!({ "input": "Hi.", "response_format": "pcm" }).to_string();
    let response = app.oneshot(request(Method::POST, "/v1/audio/speech", body)).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(48_000));
}

fn hanging() -> Arc<Scripted> {
    let begin = Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000));
    Arc::new(Scripted::new("p", vec![begin, Step::Hang]))
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_synthesis_along() {
    for stream in [false, true] {
        let provider = hanging();
        let app = app_with(Config::default(), &[&provider]);
        let body = json!({ "input": "Hi.", "stream": stream }).to_string();
        let mut waiting = Box::pin(app.oneshot(request(Method::POST, "/v1/audio/speech", body)));
        tokio::select! {
            biased;
            _ = &mut waiting => unreachable!("it hangs"),
            () = provider.until(|provider| provider.running() == 1) => {}
        }
        drop(waiting);
        provider.until(|provider| provider.running() == 0).await;
    }
}

/// All that a client gets that asks for `body` over a connection of its own.
async fn received(app: Envelope, body: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let doors = service_fn(move |_: IncomingStream<'_, TcpListener>| ready(Ok::<_, Infallible>(app.clone())));
    tokio::spawn(axum::serve(listener, doors).into_future());
    let body = body.to_string();
    let head = "POST /v1/audio/speech HTTP/1.1\r\nhost: here\r\ncontent-type: application/json";
    let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// A client that got nothing at all would have to take it for a broken connection.
#[tokio::test]
async fn a_stream_that_fails_at_once_has_a_head_and_no_end() {
    let steps = vec![
        Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)),
        Step::Audio(tone(24_000).into()),
        Step::Fail(Failure::Provider(ProviderError::Unavailable("503".to_owned()))),
    ];
    let asked = json!({ "model": "tts-1", "input": "Hi.", "stream": true, "response_format": "pcm" });
    let answer = received(app(Scripted::new("p", steps)), &asked).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(!answer.ends_with("\r\n0\r\n\r\n"), "it looks whole");
}

#[tokio::test]
async fn readiness_ends_before_life_does() {
    let understudy = crate::Understudy::with_cast(Config::default(), understudy_engine::Cast::default());
    let empty = crate::http::service(&understudy);
    assert_eq!(get(&empty, "/healthz").await.status, StatusCode::OK);
    let answer = get(&empty, "/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let store = json!({ "state": "off", "code": null, "reason": null, "hint": null });
    assert_eq!(
        answer.json(),
        json!({ "ready": false, "default_provider": null, "store": store, "plugins": [] })
    );
    let ready = get(&app(flite()), "/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json()["default_provider"], "flite");
}

/// Collects log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'writer> MakeWriter<'writer> for Lines {
    type Writer = Self;

    fn make_writer(&'writer self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_request_is_one_line_in_the_log() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = app(flite());
    // Whether a line is wanted is remembered by its place in the code, for all threads. Another test
    // may reach it first and find that nobody listens; so it is reached here, and asked about anew.
    get(&app, "/docs").await;
    tracing::callsite::rebuild_interest_cache();
    lines.0.lock().unwrap().clear();
    speak(&app, json!({ "voice": "amy", "response_format": "pcm" })).await;
    speak(&app, json!({ "model": "nope" })).await;
    get(&app, "/healthz").await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let mut logged: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &mut logged {
        let line = line.as_object_mut().unwrap();
        assert!(line.remove("ms").unwrap().is_u64());
        line.remove("timestamp");
        line.remove("target");
        line.remove("level");
    }
    let common = |status: u16, bytes: u64| {
        json!({
            "message": "request", "method": "POST", "path": "/v1/audio/speech", "status": status,
            "bytes": bytes, "request_id": "r-1",
        })
    };
    let spoken = super::merged(
        common(200, 48_000),
        json!({ "provider": "flite", "voice": "flite/amy", "cache": "bypass" }),
    );
    let refused_bytes = logged[1]["bytes"].as_u64().unwrap();
    let refused = super::merged(common(404, refused_bytes), json!({ "error": "model_not_found" }));
    assert_eq!(logged, [spoken, refused]);
}

#[tokio::test]
async fn a_host_in_the_target_is_the_one_that_was_asked() {
    let app = app(flite());
    let check = async |target: &str, headers: &[(&'static str, &'static str)], expected: StatusCode| {
        let path = "/api/v1/tts/requests";
        let mut request = request(Method::GET, &format!("{target}{path}"), Body::empty());
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        assert_eq!(send(&app, request).await.status, expected, "{target} {headers:?}");
    };
    let own = ("origin", "http://127.0.0.1:8750");
    // Whoever is let in hears that there is no history.
    check("http://127.0.0.1:8750", &[own], StatusCode::SERVICE_UNAVAILABLE).await;
    check("http://user@127.0.0.1:8750", &[own], StatusCode::SERVICE_UNAVAILABLE).await;
    check("http://127.0.0.1:8751", &[own], StatusCode::FORBIDDEN).await;
    check("http://evil.example", &[], StatusCode::FORBIDDEN).await;
    check("http://evil.example", &[("host", "127.0.0.1:8750")], StatusCode::FORBIDDEN).await;
}
