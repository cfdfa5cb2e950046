//! The plugin at its border: requests in, HTTP out, a scripted service in between.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what only tests call is a test too")]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

use serde_json::Value;
use understudy_elevenlabs::ElevenLabs;
use understudy_plugin::Request;
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Harness, Reply};

mod account;
mod errors;
mod speech;
mod words;

const BASE: &str = "https://api.elevenlabs.io";

fn service(reply: impl Fn(&Sent) -> Reply + 'static) -> Harness<ElevenLabs> {
    Harness::new().secret("api_key", "sk_1").http(move |request| Ok(reply(request)))
}

/// Two frames of MP3: MPEG-1 layer III, 44.1 kHz, mono, 128 kbit/s.
fn mp3() -> Vec<u8> {
    let mut frame = vec![0xFF, 0xFB, 0x90, 0xC4];
    frame.resize(417, 0);
    frame.repeat(2)
}

fn speaks(_: &Sent) -> Reply {
    Reply::ok(mp3()).header("request-id", "req-1").header("character-cost", "6")
}

fn hello() -> Request {
    Request::text("Hello.").voice("v1")
}

fn body(request: &Sent) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

/// The path and query of a request.
fn path(request: &Sent) -> &str {
    request.url.strip_prefix(BASE).unwrap()
}
