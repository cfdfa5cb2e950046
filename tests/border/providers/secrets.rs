//! What was not granted is not reached, and a key is seen by its service alone.

use serde_json::{Value, json};

use super::{CANARY, PROVIDERS, everybody, leave_key};
use crate::support::{Daemon, understudy_with};

#[tokio::test]
async fn the_key_reaches_its_service_and_nobody_else() {
    let (daemon, simulators) = everybody("[log]\nlevel = \"trace\"\n").await;
    let mut told = String::new();
    for (provider, simulator) in PROVIDERS.iter().zip(&simulators) {
        let voice = format!("{}/{}", provider.name, provider.voice);
        for voice in [voice.as_str(), &format!("{}/nobody", provider.name)] {
            let body = json!({ "voice_id": voice, "text": "The show must go on.", "words": provider.words });
            let answer = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
            told += &answer.text().await.expect("a body");
        }
        let with_key = |received: &understudy_simulators::Received| {
            received.headers.values().any(|value| value.to_str().is_ok_and(|value| value.contains(CANARY)))
        };
        let asked = simulator.requests();
        assert_eq!(asked.iter().any(with_key), provider.has_key(), "{}", provider.name);
    }
    for path in ["/api/v1/tts/providers", "/api/v1/plugins", "/metrics", "/healthz", "/readyz"] {
        let answer = daemon.get(path).send().await.expect("an answer");
        told += &answer.text().await.expect("a body");
    }
    let config = daemon.folder().join("understudy.toml");
    for arguments in
        [&["plugin", "list", "--json"][..], &["config", "check"], &["doctor"], &["-vvv", "plugin", "list"]]
    {
        let run = understudy_with(arguments, b"", |folder| {
            leave_key(folder);
            std::fs::copy(&config, folder.join("understudy.toml")).expect("copied");
        });
        told += &(String::from_utf8_lossy(&run.stdout).into_owned() + &run.stderr);
    }
    let log = daemon.log();
    assert!(log.lines().count() > 100, "there is little to search: {log}");
    for (what, text) in [("an answer", told), ("the log", log)] {
        let found = text.lines().find(|line| line.contains(CANARY));
        assert_eq!(found, None, "the key is in {what}");
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
