//! One call for all who want the same, as clients of the server meet it: some leave, some come back.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::Response;
use serde_json::{Value, json};
use understudy_simulators::{Fault, Simulator};

use super::{TEXT, header, provider, speak, start, syntheses, told, until_hit};
use crate::support::{Daemon, client};

/// How long the service thinks: time for others to come and go.
const THOUGHT: Duration = Duration::from_millis(800);

async fn slow() -> (Daemon, Simulator) {
    let openai = provider("openai");
    let simulator = openai.simulator();
    let daemon = start(&openai.section(&simulator)).await;
    simulator.faults().set(Fault::Latency(THOUGHT));
    (daemon, simulator)
}

fn wish() -> Value {
    json!({ "model": "tts-1", "input": TEXT, "voice": "openai/alloy", "fallback": false })
}

/// Asks, and is gone after `patience`: the connection with it.
async fn leave_after(daemon: &Daemon, patience: Duration) {
    let asking = client().post(daemon.url("/v1/audio/speech")).json(&wish()).timeout(patience).send();
    assert!(asking.await.expect_err("it does not wait").is_timeout());
}

async fn until_asked(simulator: &Simulator) {
    while syntheses(simulator) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn every_format_is_made_of_one_take() {
    let (daemon, simulator) = slow().await;
    // All but raw samples, which OpenAI's clients want at a rate of its own: a provider may speak another take
    // for that.
    let formats = ["mp3", "wav", "opus", "flac", "aac"];
    let ask = |format: &'static str| {
        let daemon = &daemon;
        async move { speak(daemon, json!({ "voice": "openai/alloy", "response_format": format })).await }
    };
    // At the same time, and one after the other.
    for answer in futures_util::future::join_all(formats.map(ask)).await {
        assert_eq!(told(answer).await[1], "openai");
    }
    until_hit(&daemon, &json!({ "voice": "openai/alloy" })).await;
    for format in formats {
        assert_eq!(told(ask(format).await).await[0], "hit", "{format}");
    }
    assert_eq!(syntheses(&simulator), 1);
}

#[tokio::test]
async fn the_first_to_ask_may_hang_up_on_the_others() {
    let (daemon, simulator) = slow().await;
    let others = futures_util::future::join_all((0..20).map(|_| async {
        until_asked(&simulator).await;
        told(speak(&daemon, wish()).await).await
    }));
    let ((), heard) = tokio::join!(leave_after(&daemon, THOUGHT / 4), others);
    assert!(heard.iter().all(|told| *told == ["shared", "openai"]), "{heard:?}");
    assert_eq!(syntheses(&simulator), 1);
}

#[tokio::test]
async fn who_hangs_up_and_asks_again_at_once_pays_once() {
    let (daemon, simulator) = slow().await;
    for _ in 0..3 {
        leave_after(&daemon, THOUGHT / 6).await;
    }
    assert_eq!(told(speak(&daemon, wish()).await).await, ["shared", "openai"]);
    assert_eq!(syntheses(&simulator), 1);
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_wait_and_the_next_asks_anew() {
    let (daemon, simulator) = slow().await;
    simulator.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    let answers =
        futures_util::future::join_all((0..50).map(|_| async { speak(&daemon, wish()).await })).await;
    let mut codes = Vec::new();
    for answer in answers {
        assert!(answer.status().is_server_error());
        codes.push(answer.json::<Value>().await.expect("JSON")["error"]["code"].clone());
    }
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    let tried = syntheses(&simulator);
    assert!(tried <= 3, "the call and its retries, each made once for all: {tried}");
    simulator.faults().clear();
    assert_eq!(told(speak(&daemon, wish()).await).await, ["miss", "openai"]);
}

#[tokio::test]
async fn a_key_joins_a_retry_to_the_request_that_was_given_up() {
    let (daemon, simulator) = slow().await;
    let once = || {
        let request = client().post(daemon.url("/v1/audio/speech")).json(&wish());
        request.header("idempotency-key", "k-1").header("cache-control", "no-store")
    };
    assert!(once().timeout(THOUGHT / 4).send().await.expect_err("it does not wait").is_timeout());
    let second: Response = once().send().await.expect("an answer");
    assert_eq!((second.status(), header(&second, "idempotent-replayed")), (StatusCode::OK, "true"));
    let third = once().send().await.expect("an answer");
    let (second, third) = (second.bytes().await.expect("audio"), third.bytes().await.expect("audio"));
    assert!(second == third && second.len() > 1_000);
    assert_eq!(syntheses(&simulator), 1);
}

#[tokio::test]
async fn a_scene_and_a_characters_line_have_one_answer_under_a_key() {
    let daemon = start("[characters.ann]\ncast = [{ provider = \"flite\", voice = \"ada\" }]\n").await;
    let wishes = [
        ("/api/v1/characters/conversation", json!({ "script": "Ann: We sail at dawn.\nAnn: Or at noon." })),
        ("/api/v1/characters/speak", json!({ "character_id": "ann", "text": "We sail at dawn." })),
    ];
    for (path, wish) in wishes {
        let once = || daemon.post(path, &wish).header("idempotency-key", path).send();
        let (first, second) = (once().await.expect("an answer"), once().await.expect("an answer"));
        let replayed = [&first, &second].map(|answer| header(answer, "idempotent-replayed").to_owned());
        assert_eq!(
            (first.status(), replayed),
            (StatusCode::OK, [String::new(), "true".to_owned()]),
            "{path}"
        );
        let (first, second) = (first.text().await.expect("text"), second.text().await.expect("text"));
        assert!(first == second && first.len() > 1_000, "{path}");
    }
}
