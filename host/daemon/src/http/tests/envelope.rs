//! What is around every request.

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body::Body as _;
use serde_json::json;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;
use understudy_engine::scripted::{Scripted, Step};
use understudy_speech::{AudioFormat, Encoding};

use super::{app, app_with, flite, get, request, send, speak};
use crate::Config;

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
    let mut logged: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
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
