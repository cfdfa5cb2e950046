//! The plugin at its border: requests in, HTTP out, scripted servers in between.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what only tests call is a test too")]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

use serde_json::{Value, json};
use understudy_openai::OpenAi;
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Harness, Reply};

mod captions;
mod errors;
mod listing;
mod speech;

const OFFICIAL: &str = "https://api.openai.com/v1/audio/speech";
const KOKORO: &str = "http://localhost:8880";

fn official() -> Harness<OpenAi> {
    Harness::new().secret("api_key", "sk-1")
}

fn at(base_url: &str) -> Harness<OpenAi> {
    Harness::new().settings(json!({ "base_url": base_url }))
}

/// A WAVE file as servers stream it: without a length.
fn wave(samples: &[i16]) -> Vec<u8> {
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend(24_000_u32.to_le_bytes());
    bytes.extend(48_000_u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// Two frames of MP3: MPEG-2 layer III, 24 kHz, mono, 64 kbit/s.
fn mp3() -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF3, 0x84, 0xC4];
    frame.resize(192, 0);
    frame.repeat(2)
}

fn body(request: &Sent) -> Value {
    request.body.as_deref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap())
}

/// All of a request: method, URL, headers and body.
fn whole(request: &Sent) -> (&str, &str, Vec<(&str, &str)>, Value) {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    (request.method.as_str(), request.url.as_str(), headers, body(request))
}

/// Kokoro's voice list in its two shapes, and its speech.
fn kokoro(request: &Sent) -> Reply {
    match request.url.strip_prefix(KOKORO) {
        Some("/v1/audio/voices") => Reply::json(
            &json!({ "voices": [{ "id": "af_heart", "name": "af_heart" }, { "id": "bm_george", "name": "bm_george" }, { "id": "ff_siwis" }] }),
        ),
        Some("/v1/audio/speech") => Reply::ok(wave(&[1; 2_400])),
        _ => Reply::status(404).piece(r#"{"detail":"Not Found"}"#),
    }
}
