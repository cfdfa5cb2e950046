//! The plugin at its border: requests in, HTTP out, a scripted service in between.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what only tests call is a test too"
)]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_google::Google;
use understudy_plugin::Request;
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Harness, Reply};

mod account;
mod answers;
mod documents;
mod errors;
mod families;
mod speech;
mod voices;
mod words;

const BASE: &str = "https://texttospeech.googleapis.com";

/// A service that lists its voices and answers everything else with `reply`.
fn service(reply: impl Fn(&Sent) -> Reply + 'static) -> Harness<Google> {
    keyless(reply).secret("api_key", "AIza-1")
}

/// The same before anybody set a secret.
fn keyless(reply: impl Fn(&Sent) -> Reply + 'static) -> Harness<Google> {
    Harness::new().http(move |request| {
        Ok(if path(request) == "/v1/voices" { Reply::json(&list()) } else { reply(request) })
    })
}

/// A voice of every family.
fn list() -> Value {
    let names = [
        ("en-US-Standard-C", "FEMALE"),
        ("en-US-Wavenet-D", "MALE"),
        ("en-US-Neural2-C", "FEMALE"),
        ("en-US-Studio-O", "FEMALE"),
        ("en-US-Journey-D", "MALE"),
        ("en-US-Chirp-HD-D", "MALE"),
        ("en-US-Chirp3-HD-Kore", "FEMALE"),
        ("en-US-Chirp9-HD-Kore", "FEMALE"),
        ("cmn-CN-Wavenet-A", "FEMALE"),
        ("Kore", "FEMALE"),
    ];
    let voice = |(name, gender): &(&str, &str)| {
        let locale: Vec<&str> = name.splitn(3, '-').take(2).collect();
        json!({ "languageCodes": [locale.join("-")], "name": name, "ssmlGender": gender, "naturalSampleRateHertz": 24_000 })
    };
    json!({ "voices": names.iter().map(voice).collect::<Vec<_>>() })
}

/// MPEG-2 layer III, 24 kHz, mono, 32 kbit/s: 96 bytes and 24 ms a frame.
fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF3, 0x44, 0xC4];
    frame.resize(96, 0);
    frame.repeat(frames)
}

/// WAVE of 16-bit samples at 24 kHz.
fn wave(milliseconds: u32) -> Vec<u8> {
    let length = milliseconds * 48;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(24_000_u32.to_le_bytes());
    bytes.extend(48_000_u32.to_le_bytes());
    bytes.extend([2, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend(length.to_le_bytes());
    bytes.extend([1, 0].repeat(length as usize / 2));
    bytes
}

fn audio(bytes: &[u8]) -> Reply {
    Reply::json(&json!({ "audioContent": STANDARD.encode(bytes) }))
}

/// Audio in the encoding asked for, half a second of it.
fn speaks(request: &Sent) -> Reply {
    match body(request)["audioConfig"]["audioEncoding"].as_str() {
        Some("LINEAR16") => audio(&wave(500)),
        _ => audio(&mp3(20)),
    }
}

fn hello() -> Request {
    Request::text("Hello.").voice("en-US-Neural2-C")
}

fn body(request: &Sent) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

/// The path and query of a request.
fn path(request: &Sent) -> &str {
    request.url.strip_prefix(BASE).unwrap_or(&request.url)
}

/// The requests for speech.
fn spoken(harness: &Harness<Google>) -> Vec<Sent> {
    harness.requests().iter().filter(|request| path(request).ends_with(":synthesize")).cloned().collect()
}
