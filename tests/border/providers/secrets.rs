//! What was not granted is not reached, and a key is seen by its service alone.

use std::path::Path;

use axum::http::StatusCode;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use understudy_simulators::{Fault, Received, Simulator};

use super::{CANARY, PROVIDERS, everybody, leave_key};
use crate::support::{Daemon, understudy_with};

/// How a key can look in a file: as it is, and in base64 from each of the three places it can begin at.
fn spellings() -> Vec<String> {
    let encoded = |lead: usize| {
        let text = BASE64_STANDARD.encode("-".repeat(lead) + CANARY);
        // The first and last group hold what stands beside the key.
        text[4 * lead.div_ceil(3)..text.len() - 4].to_owned()
    };
    [CANARY.to_owned()].into_iter().chain((0..3).map(encoded)).collect()
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for spelling in spellings() {
        let around = text.find(&spelling).map(|at| {
            let (start, end) = (text.floor_char_boundary(at.saturating_sub(200)), at + spelling.len());
            &text[start..end]
        });
        assert_eq!(around, None, "the key is in {what}");
    }
}

/// Has every provider speak, refuse and fail; everything clients were told.
async fn everything_said(daemon: &Daemon, simulators: &[Simulator]) -> String {
    let mut told = String::new();
    let faults = [
        None,
        Some(Fault::Failing(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Fault::Html(StatusCode::OK)),
        Some(Fault::Cut { after: 1_000 }),
        Some(Fault::QuotaExhausted),
        Some(Fault::Unauthorized),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        for (provider, simulator) in PROVIDERS.iter().zip(simulators) {
            simulator.faults().clear();
            if let Some(fault) = &fault {
                simulator.faults().set(fault.clone());
            }
            for voice in [provider.voice, "nobody"] {
                let voice = format!("{}/{voice}", provider.name);
                let text = format!("The show must go on, {number} times.");
                let body = json!({ "voice_id": voice, "text": text, "words": provider.words });
                let answer = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
                told += &answer.text().await.expect("a body");
                let body = json!({ "voice": voice, "input": text, "stream_format": "sse" });
                let answer = daemon.post("/v1/audio/speech", &body).send().await.expect("an answer");
                told += &answer.text().await.unwrap_or_default();
            }
        }
    }
    for path in [
        "/api/v1/tts/providers",
        "/api/v1/tts/requests",
        "/api/v1/tts/voices",
        "/api/v1/plugins",
        "/api/v1/status",
        "/metrics",
        "/healthz",
        "/readyz",
    ] {
        let answer = daemon.get(path).send().await.expect("an answer");
        told += &answer.text().await.expect("a body");
    }
    told
}

/// What commands print that read the same configuration.
fn everything_printed(config: &Path) -> String {
    let mut told = String::new();
    for arguments in [
        &["plugin", "list", "--json"][..],
        &["plugin", "inspect", "openai"],
        &["config", "check"],
        &["config", "schema"],
        &["doctor"],
        &["explain", "Hello.", "-v", "azure/en-US-JennyNeural"],
        &["-vvv", "plugin", "list"],
        &["-vvv", "say", "Hello.", "-v", "openai/alloy"],
    ] {
        let run = understudy_with(arguments, b"", |folder| {
            leave_key(folder);
            std::fs::copy(config, folder.join("understudy.toml")).expect("copied");
        });
        told += &(String::from_utf8_lossy(&run.stdout).into_owned() + &run.stderr);
    }
    told
}

#[tokio::test]
async fn the_key_reaches_its_service_and_nobody_else() {
    let config = "[log]\nlevel = \"trace\"\n[history]\nstore_text = true\n[retry]\nbackoff_seconds = 0.01\n";
    let (mut daemon, simulators) = everybody(config).await;
    let said = everything_said(&daemon, &simulators).await;
    for (provider, simulator) in PROVIDERS.iter().zip(&simulators) {
        let with_key = |received: &Received| {
            received.headers.values().any(|value| value.to_str().is_ok_and(|value| value.contains(CANARY)))
        };
        assert_eq!(simulator.requests().iter().any(with_key), provider.has_key(), "{}", provider.name);
    }
    assert_clean("an answer", said.as_bytes());
    assert_clean("what is printed", everything_printed(&daemon.folder().join("understudy.toml")).as_bytes());

    daemon.terminate();
    daemon.wait().await;
    let log = daemon.log();
    assert!(log.lines().count() > 1_000, "there is little to search: {log}");
    assert_clean("the log", log.as_bytes());
    let (mut files, mut kept) = (0, 0);
    for entry in walkdir::WalkDir::new(daemon.folder()) {
        let entry = entry.expect("it can be read");
        if !entry.file_type().is_file() || entry.file_name() == "key" {
            continue;
        }
        let bytes = std::fs::read(entry.path()).expect("it can be read");
        assert_clean(&entry.path().display().to_string(), &bytes);
        (files, kept) = (files + 1, kept + bytes.len());
    }
    // The history, the cache's index and the takes of nine providers.
    assert!(files > 9 && kept > 100_000, "there is little to search: {files} files of {kept} bytes");
}

#[test]
fn the_search_would_find_a_key_in_any_spelling() {
    for lead in 0..6 {
        let text = BASE64_STANDARD.encode("x".repeat(lead) + CANARY + "tail");
        let found = std::panic::catch_unwind(|| assert_clean("base64", text.as_bytes()));
        assert!(found.is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_section_without_its_grant_waits_and_says_what_to_write() {
    let provider = PROVIDERS[0];
    let simulator = provider.simulator();
    let daemon = Daemon::start_with(&provider.section_with(&simulator, ""), leave_key).await;
    assert_eq!(daemon.json("/api/v1/tts/providers").await, json!(["flite"]));
    assert!(daemon.log().contains("plugin awaits a grant"), "{}", daemon.log());
    assert!(simulator.requests().is_empty());
}

#[tokio::test]
async fn half_a_grant_is_none_and_the_error_has_the_whole() {
    let provider = PROVIDERS[0];
    let simulator = provider.simulator();
    let address = simulator.address();
    let section =
        provider.section_with(&simulator, &format!("grants = [{{ host = \"{address}\", private = true }}]"));
    let alone = format!("fallback.voice_policy = \"strict\"\n{section}");
    let daemon = Daemon::start_with(&alone, leave_key).await;
    let body = json!({ "model": "tts-1", "voice": "openai/alloy", "input": "Hello." });
    let answer = daemon.post("/v1/audio/speech", &body).send().await.expect("an answer");
    assert_eq!(answer.status(), 502);
    let error: Value = answer.json().await.expect("JSON");
    assert_eq!(error["error"]["code"], "plugin_not_granted", "{error}");
    let grant = format!("{{ host = \"{address}\", private = true, plain_http = true }}");
    assert!(error.to_string().contains(&grant.replace('"', "\\\"")), "{error}");
    assert!(simulator.requests().is_empty());
}

#[tokio::test]
async fn a_key_that_is_not_where_it_should_be_is_told_and_the_others_speak() {
    let provider = PROVIDERS[0];
    let simulator = provider.simulator();
    let daemon = Daemon::start_with(&provider.section(&simulator), |_| ()).await;
    assert_eq!(daemon.json("/api/v1/tts/providers").await, json!(["flite"]));
    let log = daemon.log();
    assert!(log.contains("secret cannot be had: api_key") && log.contains("key"), "{log}");
}
