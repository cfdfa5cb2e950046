//! What a misbehaving plugin costs: its own call, and nobody else's.
//!
//! Every limit has a test in `host/sandbox`; these see the same from outside, through the daemon.

mod limits;
mod neighbours;
mod network;
mod secrets;
mod service;

use serde_json::{Value, json};

use crate::support::Daemon;

/// Nobody stands in for anybody, nobody is left alone for failing, and nothing is answered twice.
const EACH_FOR_ITSELF: &str =
    "fallback.voice_policy = \"strict\"\nbreaker.failures = 1_000\ncache.enabled = false\n";

/// Has a provider do as the text says: the status, and the JSON.
async fn ask(daemon: &Daemon, provider: &str, text: &str) -> (u16, Value) {
    let body = json!({ "provider": provider, "text": text });
    let response = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

/// What the misfit found out, which it answers as `unsupported`.
async fn report(daemon: &Daemon, provider: &str, text: &str) -> String {
    let (status, answer) = ask(daemon, provider, text).await;
    assert_eq!(answer["error"]["code"], "unsupported", "{text}: {status} {answer}");
    answer["error"]["message"].as_str().expect("a message").to_owned()
}

/// The call fails with this code and an error that names the provider and says this.
async fn assert_fails(daemon: &Daemon, provider: &str, text: &str, code: &str, says: &str) {
    let (status, answer) = ask(daemon, provider, text).await;
    assert_eq!((status, &answer["error"]["code"]), (502, &json!(code)), "{text}: {answer}");
    let message = answer["error"]["message"].as_str().expect("a message");
    assert!(message.contains(provider) && message.contains(says), "{text}: {answer}");
}

/// The same plugin speaks as if nothing had been.
async fn assert_speaks(daemon: &Daemon, provider: &str, after: &str) {
    let (status, answer) = ask(daemon, provider, "speak 1").await;
    assert_eq!(status, 200, "after {after}: {answer}");
}

/// What was logged, as soon as this is in it: the log is read on a thread of its own.
async fn logged(daemon: &Daemon, text: &str) -> String {
    for _ in 0..500 {
        let log = daemon.log();
        if log.contains(text) {
            return log;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{text} is never logged:\n{}", daemon.log());
}
