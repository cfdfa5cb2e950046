//! OpenAI's speech API. `tests/openai_sdk/` runs the stock SDK against the same routes.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::{Daemon, decode};

const TEXT: &str = "The show must go on.";

#[tokio::test]
async fn every_format_is_what_its_header_says() {
    let daemon = Daemon::start().await;
    let formats = [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/opus"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ];
    let mut seconds = Vec::new();
    for (format, media_type) in formats {
        let body = json!({ "model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": format });
        let response = daemon.ok("/v1/audio/speech", &body).await;
        assert_eq!(response.headers()["content-type"], media_type);
        let audio = decode(&response.bytes().await.expect("a body"));
        seconds.push(audio.duration().as_secs_f64());
    }
    let body = json!({ "model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "pcm" });
    let response = daemon.ok("/audio/speech", &body).await;
    assert_eq!(response.headers()["content-type"], "audio/pcm");
    // 24 kHz, 16 bit, mono, no header.
    seconds.push(response.bytes().await.expect("a body").len() as f64 / 48_000.0);
    let shortest = seconds.iter().copied().fold(f64::MAX, f64::min);
    let longest = seconds.iter().copied().fold(0.0, f64::max);
    assert!(shortest > 1.0 && longest - shortest < 0.05, "{seconds:?}");
}

#[tokio::test]
async fn events_carry_the_same_audio_as_bytes() {
    let daemon = Daemon::start().await;
    let request = |stream: &str| json!({ "model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "wav", "stream_format": stream });
    let bytes = daemon.ok("/v1/audio/speech", &request("audio")).await.bytes().await.expect("a body");
    let events = daemon.ok("/v1/audio/speech", &request("sse")).await;
    assert!(events.headers()["content-type"].to_str().expect("text").starts_with("text/event-stream"));
    let events = events.text().await.expect("a body");
    let events: Vec<Value> = events
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    let (done, deltas) = events.split_last().expect("events");
    assert_eq!(done["type"], "speech.audio.done");
    for count in ["input_tokens", "output_tokens", "total_tokens"] {
        assert!(done["usage"][count].is_u64(), "{done}");
    }
    let audio: Vec<u8> = deltas.iter().flat_map(delta).collect();
    assert_eq!(decode(&audio).samples, decode(&bytes).samples);
}

fn delta(event: &Value) -> Vec<u8> {
    assert_eq!(event["type"], "speech.audio.delta");
    let audio = event["audio"].as_str().expect("base64 text");
    base64::engine::general_purpose::STANDARD.decode(audio).expect("base64")
}

#[tokio::test]
async fn a_stream_starts_before_the_text_is_spoken_to_its_end() {
    let daemon = Daemon::start().await;
    let text = [TEXT; 200].join(" ");
    let body = json!({ "model": "tts-1", "voice": "alloy", "input": text, "response_format": "wav", "stream": true });
    let mut response = daemon.ok("/v1/audio/speech", &body).await;
    assert!(response.headers().get("content-length").is_none(), "a stream has no length");
    let first = response.chunk().await.expect("a body").expect("a chunk");
    assert!(first.starts_with(b"RIFF"));
    let mut total = first.len();
    while let Some(chunk) = response.chunk().await.expect("the stream ends well") {
        total += chunk.len();
    }
    // Two hundred times a second and a half of 16-bit speech.
    assert!(total > 200 * 16_000 * 2, "{total}");
}

#[tokio::test]
async fn models_and_voices_are_listed_for_every_kind_of_client() {
    let daemon = Daemon::start().await;
    let models = daemon.json("/v1/models").await;
    assert_eq!(models["object"], "list");
    assert!(
        models["data"].as_array().expect("a list").iter().any(|model| model["id"] == "tts-1"),
        "{models}"
    );
    for path in ["/v1/audio/models", "/audio/models", "/models"] {
        assert!(daemon.json(path).await.is_object(), "{path}");
    }
    assert_eq!(daemon.json("/audio/voices").await, daemon.json("/v1/audio/voices").await);
}

#[tokio::test]
async fn a_voice_may_be_named_shortly_fully_or_as_an_object() {
    let daemon = Daemon::start().await;
    for voice in [json!("kal"), json!("flite/kal"), json!({ "id": "flite/kal" })] {
        let body = json!({ "model": "tts-1", "voice": voice, "input": TEXT, "response_format": "wav" });
        let response = daemon.ok("/v1/audio/speech", &body).await;
        assert_eq!(response.headers()["x-understudy-voice"], "flite/kal", "{voice}");
        assert_eq!(response.headers()["x-understudy-provider"], "flite");
    }
}
