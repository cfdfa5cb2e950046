//! What a misbehaving plugin costs: its own call, and nobody else's.
//!
//! Every limit has a test in `host/sandbox`; these see the same from outside, through the daemon.

use serde_json::{Value, json};

use crate::plugins::misfit;
use crate::support::Daemon;

async fn daemon() -> Daemon {
    let config = format!(
        "fallback.voice_policy = \"strict\"\nbreaker.failures = 1_000\n\
         [providers.flite]\n[providers.misfit]\nplugin = {:?}\ngrants = []\n\
         limits = {{ cpu_ms = 200, memory_bytes = 16_777_216, output_bytes = 1_048_576 }}\n",
        misfit()
    );
    Daemon::start_with(&config, |_| ()).await
}

async fn ask_misfit(daemon: &Daemon, text: &str) -> (u16, Value) {
    let body = json!({ "provider": "misfit", "text": text });
    let response = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_plugin_that_misbehaves_costs_one_call_and_is_named() {
    let daemon = daemon().await;
    for (text, code) in [
        ("spin", "plugin_cpu_exceeded"),
        ("allocate", "plugin_limit_exceeded"),
        ("recurse", "plugin_trapped"),
        ("panic on purpose", "plugin_trapped"),
        ("wild-pointer", "plugin_trapped"),
        ("flood-audio", "plugin_limit_exceeded"),
        ("not-utf8", "plugin_broke_contract"),
    ] {
        let (status, answer) = ask_misfit(&daemon, text).await;
        assert_eq!(status, 502, "{text}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{text}: {answer}");
        assert!(
            answer["error"]["message"].as_str().is_some_and(|message| message.contains("misfit")),
            "{answer}"
        );
        let (status, answer) = ask_misfit(&daemon, "speak 1").await;
        assert_eq!(status, 200, "after {text}: {answer}");
    }
}

#[tokio::test]
async fn neighbours_speak_while_a_plugin_spins() {
    let daemon = daemon().await;
    let spinning = futures_util::future::join_all((0..4).map(|_| ask_misfit(&daemon, "spin")));
    let speaking = futures_util::future::join_all((0..8).map(|number| {
        let body = json!({ "model": "tts-1", "voice": "flite/kal", "input": format!("Number {number}.") });
        let daemon = &daemon;
        async move { daemon.ok("/v1/audio/speech", &body).await.bytes().await.expect("a body").len() }
    }));
    let (spun, spoken) = futures_util::future::join(spinning, speaking).await;
    assert!(spun.iter().all(|(status, _)| *status == 502), "{spun:?}");
    assert!(spoken.iter().all(|bytes| *bytes > 1000), "{spoken:?}");
}

#[tokio::test]
async fn a_plugin_reaches_nothing_it_was_not_granted() {
    let daemon = daemon().await;
    for (probe, found) in [
        ("http https://api.example.com/", "Denied"),
        ("http http://127.0.0.1:1/", "Denied"),
        ("websocket wss://api.example.com/", "Denied"),
        ("environment", "[] []"),
        ("file /etc/passwd", "Err("),
        ("socket 127.0.0.1:1", "Err("),
    ] {
        // What the probe found out comes back as its answer.
        let (status, answer) = ask_misfit(&daemon, probe).await;
        assert_eq!(answer["error"]["code"], "unsupported", "{probe}: {status} {answer}");
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(found), "{probe}: {answer}");
    }
}
