//! The same request again.

use std::time::Duration;

use understudy_engine::history::{HistoryQuery, RequestRecord};

use super::caching::{Kept, kept};
use super::*;

const SPEECH: &str = "/v1/audio/speech";

impl Kept {
    /// Sends the same bytes twice: bought, then found. What comes after is an encore.
    async fn rehearsed(&self, path: &str, body: &Value) -> Answer {
        let answer = self.ask(path, body).await;
        assert_eq!((answer.status, answer.header("x-understudy-cache")), (StatusCode::OK, "miss"));
        self.understudy.settle().await;
        let answer = self.ask(path, body).await;
        assert_eq!(answer.header("x-understudy-cache"), "hit");
        assert_eq!(self.encores(), 1);
        answer
    }

    async fn ask(&self, path: &str, body: &Value) -> Answer {
        send(&self.app, asking(path, body)).await
    }

    fn encores(&self) -> usize {
        self.understudy.stage().encores.fresh()
    }

    async fn records(&self) -> Vec<RequestRecord> {
        let engine = self.understudy.engine();
        let history = engine.store().unwrap().history();
        history.flush().await;
        history.query(HistoryQuery::default(), 100).await.unwrap().records
    }
}

/// A request for audio as the provider makes it: another form is kept only when it is often asked for.
fn asking(path: &str, body: &Value) -> Request<Body> {
    let mut body = body.clone();
    if path != "/api/v1/tts/synthesize" {
        body["response_format"] = json!("pcm");
    }
    let mut request = request(Method::POST, path, body.to_string());
    request.headers_mut().remove("x-request-id");
    request.headers_mut().insert("accept", http::HeaderValue::from_static("audio/pcm"));
    request
}

fn headers(answer: &Answer) -> HeaderMap {
    let mut headers = answer.headers.clone();
    for own in ["x-request-id", "openai-processing-ms"] {
        assert!(headers.remove(own).is_some(), "{own}");
    }
    headers
}

#[tokio::test]
async fn the_same_request_again_has_the_same_answer_and_leaves_the_same_record() {
    for (path, text) in [(SPEECH, "input"), ("/audio/speech", "input"), ("/api/v1/tts/synthesize", "text")] {
        let kept = kept();
        let body = json!({ text: "The show must go on.", "speed": 1.2, "nonsense": true, "user": "u" });
        let before = kept.rehearsed(path, &body).await;
        let again = kept.ask(path, &body).await;
        assert_eq!(headers(&again), headers(&before), "{path}");
        assert_eq!((again.status, again.bytes()), (before.status, before.bytes()));
        assert_ne!(again.header("x-request-id"), before.header("x-request-id"));
        let records = kept.records().await;
        let [last, second, _] = records.as_slice() else { unreachable!("{records:?}") };
        assert_eq!(last.id, again.header("x-request-id"));
        let same = RequestRecord { id: last.id.clone(), at_ms: last.at_ms, ..second.clone() };
        let same = RequestRecord { latency_ms: last.latency_ms, expires_at_ms: last.expires_at_ms, ..same };
        assert_eq!(*last, same);
        assert!(last.expires_at_ms.unwrap().abs_diff(second.expires_at_ms.unwrap()) < 1_000);
    }
}

#[tokio::test]
async fn what_is_accepted_on_a_further_line_is_part_of_a_request() {
    let kept = kept();
    let ask = async |second: &'static str| {
        let mut asked = asking("/api/v1/tts/synthesize", &json!({ "text": "The show must go on." }));
        asked.headers_mut().insert("accept", http::HeaderValue::from_static("text/html"));
        asked.headers_mut().append("accept", http::HeaderValue::from_static(second));
        send(&kept.app, asked).await.header("content-type").to_owned()
    };
    for _ in 0..3 {
        assert!(ask("audio/*").await.starts_with("audio/"));
        kept.records().await;
    }
    assert_eq!(ask("application/json").await, "application/json");
}

#[tokio::test]
async fn another_request_is_another_one() {
    let kept = kept();
    let body = json!({ "input": "The show must go on." });
    let before = kept.rehearsed(SPEECH, &body).await;
    let louder = kept.ask(SPEECH, &json!({ "input": "The show must go on!" })).await;
    assert_eq!(louder.header("x-understudy-cache"), "miss");
    let mut routed = asking(SPEECH, &body);
    routed.headers_mut().insert("x-understudy-route", http::HeaderValue::from_static("nowhere"));
    assert_eq!(send(&kept.app, routed).await.json()["error"]["code"], "unknown_route");
    let mut fresh = asking(SPEECH, &body);
    fresh.headers_mut().insert("cache-control", http::HeaderValue::from_static("no-store"));
    assert_eq!(send(&kept.app, fresh).await.header("x-understudy-cache"), "bypass");
    let mut known = asking(SPEECH, &body);
    known.headers_mut().insert("if-none-match", before.headers["etag"].clone());
    assert_eq!(send(&kept.app, known).await.status, StatusCode::NOT_MODIFIED);
    let mut plain = asking(SPEECH, &body);
    plain.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
    assert_eq!(send(&kept.app, plain).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let stream = kept.ask(SPEECH, &json!({ "input": "The show must go on.", "stream": true })).await;
    assert_eq!((stream.header("x-understudy-cache"), stream.header("content-length")), ("hit", ""));
    let json = send(
        &kept.app,
        request(Method::POST, "/api/v1/tts/synthesize", json!({ "text": "Hi." }).to_string()),
    );
    assert_eq!(json.await.header("content-type"), "application/json");
    assert_eq!(kept.encores(), 1, "only one of these was answered with audio from the cache");
}

#[tokio::test]
async fn what_is_not_there_any_more_is_bought_anew() {
    let kept = kept();
    let body = json!({ "input": "The show must go on." });
    kept.rehearsed(SPEECH, &body).await;
    let engine = kept.understudy.engine();
    engine.store().unwrap().cache().clear(Default::default()).await.unwrap();
    assert_eq!(kept.ask(SPEECH, &body).await.header("x-understudy-cache"), "miss");
}

#[tokio::test]
async fn nothing_is_answered_as_it_was_before_a_reload() {
    let kept = kept();
    let body = json!({ "input": "The show must go on." });
    kept.rehearsed(SPEECH, &body).await;
    assert_eq!(kept.ask(SPEECH, &body).await.status, StatusCode::OK);
    // Nobody plays any more.
    kept.understudy.put_on(kept.understudy.config(), Vec::new());
    assert_eq!(kept.encores(), 0);
    assert_eq!(kept.ask(SPEECH, &body).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn every_minute_the_long_way_is_walked_again() {
    let kept = kept();
    let body = json!({ "input": "The show must go on." });
    kept.rehearsed(SPEECH, &body).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(kept.encores(), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(kept.encores(), 0);
    tokio::time::resume();
    assert_eq!(kept.ask(SPEECH, &body).await.header("x-understudy-cache"), "hit");
    assert_eq!(kept.encores(), 1);
}

#[tokio::test]
async fn what_is_too_long_to_remember_is_answered_all_the_same() {
    let kept = kept();
    let body = json!({ "input": "The show must go on.", "nonsense": "x".repeat(9_000) });
    for expected in ["miss", "hit", "hit"] {
        let answer = kept.ask(SPEECH, &body).await;
        assert_eq!((answer.status, answer.header("x-understudy-cache")), (StatusCode::OK, expected));
        kept.understudy.settle().await;
    }
    assert_eq!(kept.encores(), 0);
}

#[tokio::test]
async fn a_request_with_a_long_head_is_not_remembered() {
    let kept = kept();
    let body = json!({ "input": "The show must go on." });
    for expected in ["miss", "hit", "hit"] {
        let mut asked = asking(SPEECH, &body);
        let long = format!("audio/pcm, {}", "audio/x, ".repeat(1_000));
        asked.headers_mut().insert("accept", long.parse().unwrap());
        let answer = send(&kept.app, asked).await;
        assert_eq!((answer.status, answer.header("x-understudy-cache")), (StatusCode::OK, expected));
        kept.understudy.settle().await;
    }
    assert_eq!(kept.encores(), 0);
}
