//! The door from outside: requests in, whole answers out, over scripted providers.

mod audio;
mod cache;
mod caching;
mod characters;
mod encores;
mod envelope;
mod errors;
mod lists;
mod native;
mod page;
mod serving;
mod standing_in;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;
use understudy_engine::scripted::Scripted;
use understudy_engine::{Cast, Member};
use understudy_speech::{Gender, Provider, Word};

use crate::http::Envelope;
use crate::{Config, Understudy};

const WORDS: [Word; 2] = [
    Word { start_byte: 0, end_byte: 3, start_ms: 0, end_ms: 400 },
    Word { start_byte: 4, end_byte: 8, start_ms: 400, end_ms: 900 },
];

/// Where a request of a program on this machine comes from.
const HERE: ConnectInfo<SocketAddr> = ConnectInfo(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000));

/// A provider with two voices that speaks a second of tone in four pieces.
fn flite() -> Scripted {
    Scripted::speaking("flite", 4, WORDS.to_vec()).with_voice("amy", "en-US", Gender::Female).with_voice(
        "rob",
        "en-GB",
        Gender::Male,
    )
}

fn app_with(config: Config, providers: &[&Arc<Scripted>]) -> Envelope {
    let member = |provider: &&Arc<Scripted>| {
        let provider = Arc::clone(provider) as Arc<dyn Provider>;
        Member::new(provider.manifest().id.clone(), provider)
    };
    super::service(&Understudy::with_cast(config, Cast::new(providers.iter().map(member).collect())))
}

fn app(provider: Scripted) -> Envelope {
    app_with(Config::default(), &[&Arc::new(provider)])
}

/// A whole answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// None when the body broke off.
    body: Option<Bytes>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn bytes(&self) -> &Bytes {
        self.body.as_ref().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.bytes()).unwrap_or_else(|_| panic!("no JSON: {:?}", self.bytes()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

async fn send(app: &Envelope, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: to_bytes(body, usize::MAX).await.ok() }
}

fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("x-request-id", "r-1")
        .extension(HERE)
        .body(body.into())
        .unwrap()
}

async fn post(app: &Envelope, path: &str, body: &Value) -> Answer {
    send(app, request(Method::POST, path, body.to_string())).await
}

async fn get(app: &Envelope, path: &str) -> Answer {
    send(app, request(Method::GET, path, Body::empty())).await
}

/// A speech call with `change` on top of the least that works.
async fn speak(app: &Envelope, change: Value) -> Answer {
    post(
        app,
        "/v1/audio/speech",
        &merged(json!({ "model": "tts-1", "input": "The show must go on." }), change),
    )
    .await
}

async fn synthesize(app: &Envelope, change: Value) -> Answer {
    post(app, "/api/v1/tts/synthesize", &merged(json!({ "text": "The show must go on." }), change)).await
}

fn merged(mut base: Value, change: Value) -> Value {
    let (Some(base_fields), Value::Object(change)) = (base.as_object_mut(), change) else { return base };
    base_fields.extend(change);
    base
}

/// Times are of the moment.
fn without_times(mut value: Value) -> Value {
    fn visit(value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| match key.as_str() {
                "ms" | "synthesis_ms" => *value = json!(0),
                "audio_content" => *value = json!("…"),
                _ => visit(value),
            }),
            Value::Array(items) => items.iter_mut().for_each(visit),
            _ => {}
        }
    }
    visit(&mut value);
    value
}
