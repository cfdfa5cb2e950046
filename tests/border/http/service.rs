//! The seed's API, health and documentation.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Daemon, mp3_duration};

#[tokio::test]
async fn the_seed_api_speaks_with_its_own_field_names() {
    let daemon = Daemon::start().await;
    assert_eq!(daemon.json("/api/v1/tts/providers").await, json!(["flite"]));
    let voices = daemon.json("/api/v1/tts/voices/flite").await;
    assert_eq!(voices["provider"], "flite");
    let first = &voices["voices"][0];
    for field in ["voice_id", "name", "display_name", "language_code", "gender", "sample_rate", "is_neural"] {
        assert!(!first[field].is_null(), "{field} of {first}");
    }

    let body = json!({
        "provider": "flite", "text": "Hello world test", "voice_name": first["voice_id"],
        "language_code": "en-US", "speaking_rate": 1.0, "output_format": "mp3",
    });
    let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
    assert!(take["audio_content"].as_str().is_some_and(|audio| audio.len() > 1000));
    assert_eq!(take["audio_format"], "mp3");
    assert!(take["duration"].as_f64().is_some_and(|seconds| seconds > 0.5));
    assert_eq!(take["voice_info"]["name"], first["voice_id"]);
}

#[tokio::test]
async fn accept_audio_gives_the_bytes_themselves() {
    let daemon = Daemon::start().await;
    let body = json!({ "text": "Hello world.", "output_format": "mp3" });
    let request = daemon.post("/api/v1/tts/synthesize", &body).header("accept", "audio/mpeg");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "audio/mpeg");
    assert!(mp3_duration(&response.bytes().await.expect("a body")) > Duration::from_millis(700));
}

#[tokio::test]
async fn a_batch_keeps_its_order_and_one_failure_spoils_no_other() {
    let daemon = Daemon::start().await;
    let body = json!([
        { "text": "One." },
        { "text": "Two.", "voice_name": "nobody" },
        { "text": "Three hundred and thirty three." },
    ]);
    let takes: Value = daemon.ok("/api/v1/tts/batch-synthesize", &body).await.json().await.expect("JSON");
    let takes = takes.as_array().expect("a list");
    assert_eq!(takes.len(), 3);
    assert!(takes[0]["audio_content"].is_string() && takes[2]["audio_content"].is_string());
    assert_eq!(takes[1]["error"]["code"], "voice_not_found", "{}", takes[1]);
    assert!(takes[2]["duration"].as_f64() > takes[0]["duration"].as_f64());
}

#[tokio::test]
async fn audio_has_an_address_and_a_true_length_over_http_2() {
    let characters = include_str!("../../../config/examples/characters.toml");
    let daemon = Daemon::start_with(characters, |_| ()).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let body = json!({ "character_id": "captain-nova", "text": "We sail at dawn!" });
    let spoken = client.post(daemon.url("/api/v1/characters/speak")).json(&body).send().await;
    let spoken = spoken.expect("an answer");
    assert_eq!((spoken.status().as_u16(), spoken.version()), (200, reqwest::Version::HTTP_2));
    let spoken: Value = spoken.json().await.expect("JSON");
    let url = spoken["audio_url"].as_str().expect("an address");
    assert!(url.starts_with(&daemon.url("/api/v1/tts/takes/")), "{url}");
    let head = client.head(url).send().await.expect("an answer");
    let (length, tag) = (&head.headers()["content-length"], &head.headers()["etag"]);
    let whole = client.get(url).send().await.expect("an answer").bytes().await.expect("audio");
    assert_eq!(length.to_str().ok(), Some(whole.len().to_string().as_str()));
    let known = client.get(url).header("if-none-match", tag).send().await.expect("an answer");
    assert_eq!((known.status().as_u16(), known.headers().get("content-length")), (304, None));
}

#[tokio::test]
async fn health_and_documentation_answer() {
    let daemon = Daemon::start().await;
    assert_eq!(daemon.get("/healthz").send().await.expect("an answer").status(), 200);
    let ready = daemon.json("/readyz").await;
    assert!(ready.is_object(), "{ready}");
    let openapi = daemon.json("/openapi.json").await;
    assert!(openapi["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    let served = [
        "/v1/audio/speech",
        "/v1/models",
        "/v1/audio/voices",
        "/api/v1/tts/providers",
        "/api/v1/tts/voices/{provider}",
        "/api/v1/tts/synthesize",
        "/api/v1/tts/batch-synthesize",
        "/healthz",
        "/readyz",
    ];
    for path in served {
        assert!(openapi["paths"][path].is_object(), "{path} is not described");
    }
    let docs = daemon.get("/docs").send().await.expect("an answer");
    assert_eq!(docs.status(), 200);
    assert!(docs.text().await.expect("a body").contains("<html"));
}

#[tokio::test]
async fn a_termination_signal_lets_the_request_in_flight_finish() {
    let mut daemon = Daemon::start().await;
    let text = ["The show must go on."; 400].join(" ");
    let body = json!({ "model": "tts-1", "voice": "alloy", "input": text, "stream": true });
    let mut response = daemon.ok("/v1/audio/speech", &body).await;
    response.chunk().await.expect("a body").expect("a first chunk");
    daemon.terminate();
    let mut total = 0;
    while let Some(chunk) = response.chunk().await.expect("the stream is not cut") {
        total += chunk.len();
    }
    assert!(total > 400 * 4_000, "{total}");
    assert!(daemon.wait().await.success(), "{}", daemon.log());
}

#[tokio::test]
async fn as_many_threads_serve_as_are_configured() {
    for threads in [1, 3] {
        let daemon = Daemon::start_with(&format!("[server]\nworker_threads = {threads}\n"), |_| ()).await;
        let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
        assert!(metrics.contains(&format!("\nunderstudy_worker_threads {threads}\n")), "{metrics}");
    }
}
