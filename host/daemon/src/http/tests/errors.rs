//! What a client is told when something is wrong. The bodies are snapshots: they are an interface.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use understudy_engine::scripted::{Scripted, Step};
use understudy_speech::{Failure, InvalidField, ProviderError, TextLimit, TextUnit};

use super::{Answer, app, app_with, flite, post, request, send, speak, synthesize, without_times};
use crate::Config;
use crate::http::Envelope;

/// An error on a few lines: status, the headers that matter, the body.
fn told(answer: &Answer) -> String {
    let mut told = answer.status.to_string();
    for name in ["allow", "retry-after", "retry-after-ms", "x-should-retry"] {
        if let Some(value) = answer.headers.get(name) {
            let _ = write!(told, "\n{name}: {}", value.to_str().unwrap());
        }
    }
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-request-id"), "r-1");
    let body = without_times(answer.json());
    for key in ["message", "type", "param", "code"] {
        assert!(body["error"].get(key).is_some(), "{key} is missing: {body}");
    }
    format!("{told}\n{}", serde_json::to_string_pretty(&body).unwrap())
}

/// The errors of many requests, each under its title.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn add(&mut self, title: &str, answer: &Answer) {
        let _ = writeln!(self.0, "## {title}\n{}\n", told(answer));
    }
}

fn raw(method: Method, path: &str, media_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = request(method, path, body);
    request.headers_mut().remove("content-type");
    if let Some(media_type) = media_type {
        request.headers_mut().insert("content-type", media_type.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn requests_that_are_no_requests() {
    let mut config = Config::default();
    config.server.max_body_bytes = 200;
    let app = app_with(config, &[&Arc::new(flite())]);
    let mut sheet = Sheet::default();
    let json = Some("application/json");
    let path = "/v1/audio/speech";
    for (title, request) in [
        ("unknown route", raw(Method::GET, "/v1/nope", None, "")),
        ("wrong method", raw(Method::GET, path, None, "")),
        ("no body", raw(Method::POST, path, None, "")),
        ("empty body", raw(Method::POST, path, json, " \n")),
        ("a form", raw(Method::POST, path, Some("application/x-www-form-urlencoded"), "input=hi")),
        ("a web page that does not say what it sends", {
            let mut request = raw(Method::POST, path, None, r#"{"input": "hi"}"#);
            request.headers_mut().insert("origin", "https://example.com".parse().unwrap());
            request
        }),
        ("broken JSON", raw(Method::POST, path, json, r#"{"input": "hi""#)),
        ("an array", raw(Method::POST, path, json, r#"["tts-1", "hi"]"#)),
        ("bytes that are no text", raw(Method::POST, path, json, vec![0xff, 0xfe, 0x00])),
        ("something after the end", raw(Method::POST, path, json, r#"{"input": "hi"} {}"#)),
        ("a large body", raw(Method::POST, path, json, "x".repeat(201))),
        ("a path that is no UTF-8", raw(Method::GET, "/v1/models/%ff", None, "")),
        ("a query that makes no sense", raw(Method::GET, "/v1/audio/voices?gender=a&gender=b", None, "")),
    ] {
        sheet.add(title, &send(&app, request).await);
    }
    insta::assert_snapshot!(sheet.0);
}

#[tokio::test]
async fn a_body_whose_length_is_not_told_is_limited_too() {
    let mut config = Config::default();
    config.server.max_body_bytes = 200;
    let app = app_with(config, &[&Arc::new(flite())]);
    let pieces = (0..30).map(|_| Ok::<_, std::io::Error>("0123456789"));
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let answer = send(&app, request(Method::POST, "/v1/audio/speech", body)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn speech_calls_that_are_wrong() {
    let app = app(flite());
    let mut sheet = Sheet::default();
    for change in [
        json!({ "model": "gpt-5" }),
        json!({ "input": "" }),
        json!({ "input": null }),
        json!({ "input": 5 }),
        json!({ "voice": 5 }),
        json!({ "voice": { "name": "amy" } }),
        json!({ "voice": "" }),
        json!({ "voice": "flight/amy" }),
        json!({ "response_format": "ogg" }),
        json!({ "speed": 9 }),
        json!({ "speed": 3 }),
        json!({ "speed": "fast" }),
        json!({ "stream_format": "websocket" }),
        json!({ "language": "english please" }),
        json!({ "sample_rate": 1 }),
    ] {
        sheet.add(&change.to_string(), &speak(&app, change).await);
    }
    sheet.add("no input", &post(&app, "/v1/audio/speech", &json!({ "model": "tts-1" })).await);
    insta::assert_snapshot!(sheet.0);
}

#[tokio::test]
async fn syntheses_that_are_wrong() {
    let app = app(flite());
    let mut sheet = Sheet::default();
    for change in [
        json!({ "provider": "flight" }),
        json!({ "text": "" }),
        json!({ "text": null }),
        json!({ "ssml": "<speak>hi</speak>" }),
        json!({ "output_format": "midi" }),
        json!({ "speaking_rate": 9 }),
        json!({ "volume_gain": 17 }),
        json!({ "gender": "tenor" }),
        json!({ "language_code": "english please" }),
        json!({ "subtitles": "ass" }),
        json!({ "provider": "flite", "voice_id": "flite/" }),
    ] {
        let title = change.to_string();
        let answer = synthesize(&app, change).await;
        if answer.status == StatusCode::OK {
            continue;
        }
        sheet.add(&title, &answer);
    }
    insta::assert_snapshot!(sheet.0);
}

#[tokio::test]
async fn a_name_that_is_too_long_is_told_as_the_client_calls_it() {
    let app = app(flite());
    for field in ["user_id", "task_id", "character_id", "route", "emotion"] {
        let answer = synthesize(&app, json!({ (field): "x".repeat(257) })).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["param"]),
            (StatusCode::BAD_REQUEST, &json!(field))
        );
    }
}

fn failing(failure: Failure) -> Envelope {
    app(Scripted::new("p", vec![Step::Fail(failure)]).with_voice(
        "amy",
        "en",
        understudy_speech::Gender::Female,
    ))
}

#[tokio::test]
async fn failures_of_a_provider_through_both_doors() {
    let mut sheet = Sheet::default();
    let plugin = || "p".to_owned();
    let minute = Some(Duration::from_millis(61_500));
    for failure in [
        ProviderError::VoiceNotFound("ammy".to_owned()).into(),
        ProviderError::InvalidRequest(InvalidField {
            field: "style".to_owned(),
            message: "is unknown".to_owned(),
        })
        .into(),
        ProviderError::TextTooLong(TextLimit { maximum: 10, unit: TextUnit::Bytes }).into(),
        ProviderError::Unsupported("language de".to_owned()).into(),
        ProviderError::ContentBlocked("violence".to_owned()).into(),
        ProviderError::Unauthorized("401".to_owned()).into(),
        ProviderError::QuotaExhausted { resets_in: minute }.into(),
        ProviderError::RateLimited { retry_after: minute }.into(),
        ProviderError::Unavailable("503".to_owned()).into(),
        ProviderError::TimedOut.into(),
        ProviderError::Protocol("no audio key".to_owned()).into(),
        ProviderError::NoAudio.into(),
        Failure::Trapped { plugin: plugin(), reason: "unreachable".to_owned() },
        Failure::CpuExceeded { plugin: plugin(), limit: Duration::from_secs(5) },
        Failure::BrokenContract { plugin: plugin(), reason: "audio before begin".to_owned() },
        Failure::NotGranted {
            plugin: plugin(),
            reason: "host is not granted to amy: https://a.example".to_owned(),
            hint: "under [providers.amy] write grants = [\"a.example\"]".to_owned(),
        },
        Failure::Busy { plugin: plugin() },
        Failure::Replaced { plugin: plugin() },
    ] {
        let app = failing(failure.clone());
        sheet.add(&format!("{failure} (OpenAI)"), &speak(&app, json!({ "voice": "ammy" })).await);
        let native: Value = json!({ "voice_id": "ammy" });
        // Asked anew: some failures close the provider's door for the next request.
        let answer = synthesize(&failing(failure.clone()), native).await;
        let _ = writeln!(sheet.0, "native: {} {}\n", answer.status, answer.json()["error"]["code"]);
    }
    insta::assert_snapshot!(sheet.0);
}

#[tokio::test]
async fn what_is_wrong_with_a_character_is_told_by_the_names_of_its_call() {
    let mut provider = flite();
    // Whoever cannot tell who its characters are may have anybody.
    provider.characters = Some(Vec::new());
    let app = super::characters::company_of(provider);
    let line = |change: Value| {
        let row = super::merged(json!({ "character_id": "bram", "text": "Hm." }), change);
        json!({ "lines": [{ "character_id": "nova", "text": "Ay." }, row] })
    };
    let (speak, converse) = ("/api/v1/characters/speak", "/api/v1/characters/conversation");
    let mut sheet = Sheet::default();
    for (path, body) in [
        (speak, json!({ "character_id": "nova", "text": "Ay.", "emotion_intensity": 1.5 })),
        (speak, json!({ "character_id": "nova", "text": "Ay.", "voice_settings": { "speed": 9 } })),
        (speak, json!({ "character_id": "nova", "text": "Ay.", "voice_settings": { "volume": 3 } })),
        (converse, line(json!({ "emotion_intensity": 1.5 }))),
        (converse, line(json!({ "voice_settings": { "volume": 3 } }))),
        (converse, line(json!({ "voice_settings": { "speed": 9 } }))),
        (converse, line(json!({ "pause_after": 61 }))),
        (converse, line(json!({ "character_id": "bran" }))),
        (converse, line(json!({ "text": "…" }))),
        (converse, json!({ "script": "Captain Nova: Ay.\nOld Bran: Hm." })),
        (converse, json!({ "script": "Old Bram [sad 9]: Hm." })),
    ] {
        sheet.add(&format!("{path} {body}"), &post(&app, path, &body).await);
    }
    insta::assert_snapshot!(sheet.0);
}

#[tokio::test]
async fn nobody_is_told_to_come_back_too_early() {
    let limited = || {
        let retry_after = Some(Duration::from_micros(61_500_200));
        failing(ProviderError::RateLimited { retry_after }.into())
    };
    let alone = synthesize(&limited(), json!({})).await;
    let told = ["retry-after", "retry-after-ms"].map(|name| alone.header(name));
    assert_eq!((told, &alone.json()["error"]["retry_after_ms"]), (["62", "61501"], &json!(61_501)));
    let batch = post(&limited(), "/api/v1/tts/batch-synthesize", &json!([{ "text": "Hi." }])).await.json();
    assert_eq!(batch[0]["error"]["retry_after_ms"], 61_501);
}

#[tokio::test]
async fn a_server_without_providers_says_so() {
    let app = app_with(Config::default(), &[]);
    let mut sheet = Sheet::default();
    sheet.add("speech", &speak(&app, json!({ "voice": "alloy" })).await);
    insta::assert_snapshot!(sheet.0);
}
