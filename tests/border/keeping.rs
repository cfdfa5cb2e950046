//! What is bought once: the binary, its store on a real disk, and services that can be counted.

mod commands;
mod disk;
mod errors;
mod killing;
mod sharing;

use std::path::Path;

use reqwest::Response;
use serde_json::{Value, json};
use tempfile::TempDir;
use understudy_simulators::{Fault, Simulator};

use crate::providers::{PROVIDERS, Provider, leave_key};
use crate::support::Daemon;

const TEXT: &str = "The understudy knows every line.";

fn provider(name: &str) -> &'static Provider {
    PROVIDERS.iter().find(|provider| provider.name == name).expect("it is one of them")
}

/// The configuration of a server whose store is in `folder`.
fn kept_in(folder: &Path) -> String {
    format!("cache.folder = '{}'\n", folder.display())
}

async fn start(config: &str) -> Daemon {
    Daemon::start_with(config, leave_key).await
}

async fn speak(daemon: &Daemon, change: Value) -> Response {
    let mut body = json!({ "model": "tts-1", "input": TEXT });
    let fields = body.as_object_mut().expect("an object");
    fields.extend(change.as_object().expect("an object").clone());
    daemon.post("/v1/audio/speech", &body).send().await.expect("an answer")
}

fn header<'answer>(answer: &'answer Response, name: &str) -> &'answer str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

/// Where the take came from, and who spoke; the answer has to be whole.
async fn told(answer: Response) -> [String; 2] {
    let told = ["x-understudy-cache", "x-understudy-provider"].map(|name| header(&answer, name).to_owned());
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
    assert!(answer.bytes().await.expect("audio").len() > 1_000);
    told
}

/// Asks until the take is kept, which it is soon after it was sent.
async fn until_hit(daemon: &Daemon, change: &Value) {
    for _ in 0..500 {
        if told(speak(daemon, change.clone()).await).await[0] == "hit" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it is never kept:\n{}", daemon.log());
}

/// Ends a server as an operator does: what can be found by then is on the disk.
async fn stop(mut daemon: Daemon) {
    daemon.terminate();
    daemon.wait().await;
}

/// The calls that asked a service to speak.
fn syntheses(simulator: &Simulator) -> usize {
    simulator.requests().iter().filter(|request| !request.uri.path().contains("voices")).count()
}

#[tokio::test]
async fn a_thousand_equal_requests_at_once_are_one_call_and_one_answer() {
    let simulator = provider("azure").simulator();
    let daemon = start(&provider("azure").section(&simulator)).await;
    simulator.faults().set(Fault::Latency(std::time::Duration::from_millis(300)));
    let asking = (0..1_000).map(|_| async {
        let answer = speak(&daemon, json!({ "voice": "azure/en-US-JennyNeural" })).await;
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("audio")
    });
    let answers = futures_util::future::join_all(asking).await;
    assert!(answers[0].len() > 1_000);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "all are the same bytes");
    assert_eq!(syntheses(&simulator), 1);
}

#[tokio::test]
async fn audio_that_lies_in_a_file_is_sent_as_it_was_spoken_to_all_who_listen() {
    let folder = TempDir::new().expect("a temporary folder");
    let daemon = start(&(kept_in(folder.path()) + "cache.memory_mb = 0\n")).await;
    // Some megabytes: more than a socket takes at once, and more than is read at once.
    let wish = json!({ "input": TEXT.repeat(60), "response_format": "wav" });
    let spoken = speak(&daemon, wish.clone()).await.bytes().await.expect("audio");
    assert!(spoken.len() > 2_000_000, "{}", spoken.len());
    until_hit(&daemon, &wish).await;
    for _ in 0..3 {
        let asking = (0..8).map(|_| async {
            let answer = speak(&daemon, wish.clone()).await;
            assert_eq!(header(&answer, "x-understudy-cache"), "hit");
            let length = answer.content_length();
            let audio = answer.bytes().await.expect("audio");
            assert_eq!(length, Some(audio.len() as u64));
            audio
        });
        let answers = futures_util::future::join_all(asking).await;
        assert!(answers.iter().all(|answer| *answer == spoken), "all are the same bytes");
    }
    // Who reads slowly gets it as well, also when the take has been thrown away meanwhile.
    let mut slow = speak(&daemon, wish.clone()).await;
    let mut heard = slow.chunk().await.expect("audio").expect("some").to_vec();
    daemon.ok("/api/v1/admin/cache/clear", &json!({})).await;
    while let Some(piece) = slow.chunk().await.expect("audio") {
        heard.extend_from_slice(&piece);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(heard, spoken);
    assert_eq!(told(speak(&daemon, wish).await).await[0], "miss", "it is gone");
}

#[tokio::test]
async fn a_take_outlives_its_service_and_its_server() {
    let folder = TempDir::new().expect("a temporary folder");
    let simulator = provider("edge").simulator();
    let config = kept_in(folder.path()) + &provider("edge").section(&simulator);
    let wish = json!({ "text": TEXT, "provider": "edge", "words": true, "subtitles": "srt" });
    let daemon = start(&config).await;
    let bought = daemon.ok("/api/v1/tts/synthesize", &wish).await.json::<Value>().await.expect("JSON");
    until_hit(&daemon, &json!({ "model": "edge" })).await;
    drop(simulator);
    stop(daemon).await;
    let daemon = start(&config).await;
    let found = daemon.ok("/api/v1/tts/synthesize", &wish).await.json::<Value>().await.expect("JSON");
    assert_eq!(found["provenance"]["cache"], "hit");
    assert!(found["subtitles"].as_str().expect("subtitles").contains("-->"));
    for field in ["audio_content", "words", "subtitles", "word_times", "duration"] {
        assert_eq!(bought[field], found[field], "{field}");
    }
}

#[tokio::test]
async fn a_substitutes_take_never_answers_for_the_one_it_stood_in_for() {
    let simulators = ["azure", "edge"].map(|name| provider(name).simulator());
    let [azure, edge] = &simulators;
    let mut config = "default_route = \"main\"\nretry.backoff_seconds = 0.01\n".to_owned();
    config += "breaker.failures = 1_000\n[routes.main]\nprimary = [\"azure\", \"edge\"]\n";
    config += &provider("azure").section(azure);
    config += &provider("edge").section(edge);
    let daemon = start(&config).await;
    let wish = json!({ "voice": "azure/en-US-AriaNeural" });
    azure.faults().set(Fault::Failing(axum::http::StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(told(speak(&daemon, wish.clone()).await).await, ["miss", "edge"]);
    until_hit(&daemon, &wish).await;
    azure.faults().clear();
    assert_eq!(told(speak(&daemon, wish.clone()).await).await, ["miss", "azure"]);
    until_hit(&daemon, &wish).await;
    drop(simulators);
    assert_eq!(told(speak(&daemon, wish).await).await, ["hit", "azure"]);
}

#[tokio::test]
async fn other_settings_are_another_take() {
    let folder = TempDir::new().expect("a temporary folder");
    let simulator = provider("openai").simulator();
    let config = kept_in(folder.path()) + &provider("openai").section(&simulator);
    let wish = json!({ "voice": "openai/alloy", "fallback": false });
    let daemon = start(&config).await;
    assert_eq!(told(speak(&daemon, wish.clone()).await).await[0], "miss");
    until_hit(&daemon, &wish).await;
    stop(daemon).await;
    let daemon = start(&config).await;
    assert_eq!(told(speak(&daemon, wish.clone()).await).await[0], "hit");
    drop(daemon);
    let other = config.replace("model = \"gpt-4o-mini-tts\"", "model = \"tts-1-hd\"");
    assert_ne!(other, config);
    assert_eq!(told(speak(&start(&other).await, wish).await).await, ["miss", "openai"]);
    assert_eq!(syntheses(&simulator), 2);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_nobody_an_answer() {
    let daemon = start("cache.folder = \"/dev/null/store\"\n").await;
    for _ in 0..2 {
        assert_eq!(told(speak(&daemon, json!({})).await).await, ["miss", "flite"]);
    }
    let ready = daemon.json("/readyz").await;
    assert_eq!(
        (&ready["store"]["state"], &ready["store"]["code"]),
        (&json!("degraded"), &json!("store_failed"))
    );
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    assert!(metrics.contains("understudy_store_state{state=\"degraded\"} 1"), "{metrics}");
}
