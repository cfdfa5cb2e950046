//! Plugins that take too much, end badly, or send what nobody can read.

use serde_json::{Value, json};

use super::{EACH_FOR_ITSELF, ask, assert_fails, assert_speaks, logged, report};
use crate::plugins::misfit;
use crate::support::Daemon;

async fn daemon() -> Daemon {
    let config = format!(
        "{EACH_FOR_ITSELF}[providers.misfit]\nplugin = {:?}\ngrants = []\n\
         limits = {{ cpu_ms = 200, memory_bytes = 16_777_216, output_bytes = 1_048_576 }}\n",
        misfit()
    );
    Daemon::start_with(&config, |_| ()).await
}

#[tokio::test]
async fn a_plugin_that_misbehaves_costs_one_call_and_the_error_says_what_was_hit() {
    let daemon = daemon().await;
    for (text, code, says) in [
        ("spin", "plugin_cpu_exceeded", "used up its processor time of 200 ms"),
        ("spin-in-imports", "plugin_cpu_exceeded", "used up its processor time of 200 ms"),
        ("allocate", "plugin_limit_exceeded", "passed its limit of 16777216 bytes of memory"),
        ("recurse", "plugin_trapped", ""),
        ("panic on purpose", "plugin_trapped", "unreachable"),
        ("wild-pointer", "plugin_trapped", "out of bounds memory access"),
        ("flood-audio", "plugin_limit_exceeded", "passed its limit of 1048576 bytes of audio"),
        ("not-utf8", "plugin_broke_contract", "utf-8"),
        ("hoard", "plugin_limit_exceeded", "passed its limit of 1000 open resources"),
        ("babble 1", "plugin_cpu_exceeded", "used up its processor time of 200 ms"),
    ] {
        assert_fails(&daemon, "misfit", text, code, says).await;
        assert_speaks(&daemon, "misfit", text).await;
    }
}

/// As the example in `config/examples` has it. The breaker is the default one, which five failures open.
#[tokio::test]
async fn texts_past_a_plugins_limit_are_refused_and_nobody_is_blamed() {
    let daemon = Daemon::start_with(include_str!("../../../config/examples/providers.toml"), |_| ()).await;
    let text = "She knows every line. ".repeat(100);
    for number in 1..=5 {
        let body = json!({ "provider": "prompter", "text": format!("{text}{number}"), "fallback": false });
        let answer = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
        let (status, answer): (_, Value) = (answer.status(), answer.json().await.expect("JSON"));
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!("text_too_long")), "{answer}");
    }
    let (status, answer) = ask(&daemon, "prompter", "A short line.").await;
    assert_eq!(status, 200, "{}", answer["error"]);
    let status = daemon.json("/api/v1/status").await;
    let providers = status["providers"].as_array().expect("a list");
    let prompter = providers.iter().find(|provider| provider["name"] == "prompter").expect("it is there");
    assert_eq!(prompter["breaker"], "closed", "{status}");
    assert_eq!(prompter["characters_today"], 13, "only what was spoken: {status}");
}

/// A guest has no more than 4 GiB of addresses, so this is the longest length it can claim.
#[tokio::test]
async fn a_length_of_four_gibibytes_is_not_believed() {
    let daemon = daemon().await;
    for text in ["endless-lengths text", "endless-lengths audio", "endless-lengths answer"] {
        let (status, answer) = ask(&daemon, "misfit", text).await;
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        assert_eq!(status, 502, "{text}: {answer}");
        assert!(["plugin_limit_exceeded", "plugin_broke_contract"].contains(&code), "{text}: {answer}");
        assert_speaks(&daemon, "misfit", text).await;
    }
}

/// A megabyte a millisecond, as long as the plugin's processor time lasts: what is kept of it is
/// what one call may write, and the operator is told what is missing.
#[tokio::test]
async fn a_plugin_that_babbles_fills_no_log() {
    let daemon = daemon().await;
    let before = daemon.log().len();
    assert_fails(&daemon, "misfit", "babble 1", "plugin_cpu_exceeded", "processor time").await;
    let log = logged(&daemon, "plugin wrote too much").await;
    let written = log.get(before..).unwrap_or_default();
    assert!(written.len() < 100 << 10, "{} bytes", written.len());
}

#[tokio::test]
async fn a_plugin_without_grants_reaches_nothing() {
    let daemon = daemon().await;
    for (probe, found) in [
        ("http https://api.example.com/", "Denied"),
        ("http http://127.0.0.1:1/", "Denied"),
        ("websocket wss://api.example.com/", "Denied"),
        ("environment", "[] []"),
        ("file /etc/passwd", "Err("),
        ("socket 127.0.0.1:1", "Err("),
    ] {
        let told = report(&daemon, "misfit", probe).await;
        assert!(told.contains(found), "{probe}: {told}");
    }
}
