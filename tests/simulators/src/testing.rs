//! A client for the tests: it sends what it is given and reads everything that comes back.

use reqwest::header::HeaderMap;
use serde_json::Value;
use understudy_audio::{Inspection, Measurement};
use understudy_speech::AudioFormat;

use crate::{Options, Service, Simulator};

/// A simulator with a key nobody chose.
pub(crate) fn start(service: impl Service) -> Simulator {
    Simulator::start(service, Options::default()).expect("a free port on loopback")
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The body broke off.
    pub(crate) broken: bool,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("not text"))
    }

    /// The status, and the value at a JSON pointer into the body.
    pub(crate) fn at(&self, pointer: &str) -> (u16, Value) {
        (self.status, self.json().pointer(pointer).cloned().unwrap_or(Value::Null))
    }

    /// What the audio is, once it was heard to be whole and loud.
    pub(crate) fn audio(&self, raw: Option<AudioFormat>) -> (Inspection, Measurement) {
        assert_eq!(self.status, 200, "{}", self.text());
        assert!(!self.broken, "the body broke off");
        heard(&self.body, raw)
    }
}

/// What some bytes of audio are, once they were heard to be loud.
pub(crate) fn heard(bytes: &[u8], raw: Option<AudioFormat>) -> (Inspection, Measurement) {
    let walked = understudy_audio::inspect(bytes, raw).expect("audio");
    let measured = understudy_audio::measure(&understudy_audio::decode(bytes, raw).expect("audio"));
    assert!(measured.peak_dbfs > -15.0, "too quiet to be speech: {measured:?}");
    (walked, measured)
}

/// Sends a request as it is.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let mut response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    Answer { status, headers, body, broken }
}

/// A POST of JSON with the simulator's key as a bearer token.
pub(crate) async fn post(simulator: &Simulator, path: &str, body: &Value) -> Answer {
    send(builder(simulator, "POST", path).bearer_auth(simulator.key()).json(body)).await
}

/// A GET with the simulator's key as a bearer token.
pub(crate) async fn get(simulator: &Simulator, path: &str) -> Answer {
    send(builder(simulator, "GET", path).bearer_auth(simulator.key())).await
}

/// A client. The services here speak plain HTTP, but in this workspace `reqwest` is built with a TLS
/// that has to be told its cryptography.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// A request with nothing on it yet.
pub(crate) fn builder(simulator: &Simulator, method: &str, path: &str) -> reqwest::RequestBuilder {
    let url = format!("{}{path}", simulator.base_url());
    client().request(method.parse().expect("a method"), url)
}
