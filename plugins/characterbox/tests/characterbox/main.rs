//! The plugin at its border: requests in, HTTP out, a scripted service in between.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what only tests call is a test too"
)]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use understudy_characterbox::CharacterBox;
use understudy_plugin::http::{self, Request as Sent};
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Line, Request, Script};

mod audio;
mod conversations;
mod emulation;
mod errors;
mod listing;
mod retries;
mod speech;

const BASE: &str = "https://api.characterbox.ai";
const CDN: &str = "https://cdn.characterbox.ai";

type Answered = Result<Reply, http::Error>;

/// A service that is asked `reply`, with how many were asked before.
fn service(mut reply: impl FnMut(&Sent, usize) -> Answered + 'static) -> Harness<CharacterBox> {
    let mut count = 0;
    Harness::new().secret("api_key", "cb_1").http(move |request| {
        count += 1;
        reply(request, count - 1)
    })
}

/// A service all of whose audio is this.
fn speaks(audio: Vec<u8>) -> Harness<CharacterBox> {
    service(move |request, _| {
        Ok(if request.url.starts_with(CDN) { Reply::ok(audio.clone()) } else { Reply::json(&answer(&audio)) })
    })
}

/// What the service says of its audio.
fn answer(audio: &[u8]) -> Value {
    json!({
        "audio_url": format!("{CDN}/a/1.mp3?sig=s"), "duration": 1.0, "size_bytes": audio.len(), "sha256": sum(audio),
        "character_info": { "character_id": "char_1", "name": "Nova", "personality_traits": ["bold"] },
        "emotion_score": 0.87, "usage": { "characters": 6, "cost_usd": 0.1 }, "request_id": "req_1",
    })
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
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

fn refusal(status: u16, code: &str) -> Reply {
    let error = json!({ "type": "t", "code": code, "message": "m", "param": null });
    Reply::status(status).piece(json!({ "error": error }).to_string())
}

fn hello() -> Request {
    Request::text("Hello.").character("char_1")
}

fn scene() -> Script {
    Script::new([
        Line::new("char_a", "Hello, Bram!").emotion("happy").pause_ms(1_000),
        Line::new("char_b", "Go away."),
        Line::new("char_a", "No."),
    ])
}

fn body(request: &Sent) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

fn path(request: &Sent) -> &str {
    request.url.strip_prefix(BASE).unwrap_or(&request.url)
}

/// Method and path of every request.
fn asked(harness: &Harness<CharacterBox>) -> Vec<String> {
    harness.requests().iter().map(|sent| format!("{} {}", sent.method, path(sent))).collect()
}
