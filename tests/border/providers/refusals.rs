//! What a client is told when a service does not do its part.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::Response;
use serde_json::{Value, json};
use understudy_simulators::{Fault, Simulator};

use super::{PROVIDERS, Provider, everybody};
use crate::support::Daemon;

async fn speak(daemon: &Daemon, provider: &Provider) -> Response {
    let voice = format!("{}/{}", provider.name, provider.voice);
    let body = json!({ "model": "tts-1", "voice": voice, "input": "The show must go on." });
    daemon.post("/v1/audio/speech", &body).send().await.expect("an answer")
}

/// Every provider meets the fault, and each answer is one of `expected`: status and code.
async fn check(daemon: &Daemon, simulators: &[Simulator], fault: Fault, expected: &[(u16, &str)]) {
    for (provider, simulator) in PROVIDERS.iter().zip(simulators) {
        simulator.faults().set(fault.clone());
        let answer = speak(daemon, provider).await;
        simulator.faults().clear();
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").cloned();
        let body = answer.text().await.expect("a body");
        let error: Value = serde_json::from_str(&body).unwrap_or_default();
        let code = error["error"]["code"].as_str().unwrap_or("none");
        let context = format!("{} under {fault:?}: {status} {body:.300}", provider.name);
        assert!(expected.contains(&(status, code)), "{context}");
        if let Fault::RateLimited { retry_after: Some(wait) } = &fault {
            let told = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            assert!(told.is_none_or(|told| Duration::from_secs(told) == *wait), "{context}");
        }
    }
}

#[tokio::test]
async fn every_provider_s_bad_day_is_a_typed_error() {
    let (daemon, simulators) = everybody("limits.deadline_seconds = 2\n").await;
    let wait = Some(Duration::from_secs(7));
    check(&daemon, &simulators, Fault::RateLimited { retry_after: wait }, &[(429, "rate_limit_exceeded")])
        .await;
    check(
        &daemon,
        &simulators,
        Fault::Failing(StatusCode::SERVICE_UNAVAILABLE),
        &[(503, "provider_unavailable")],
    )
    .await;
    check(&daemon, &simulators, Fault::Html(StatusCode::BAD_GATEWAY), &[(503, "provider_unavailable")]).await;
    check(&daemon, &simulators, Fault::Hang, &[(504, "deadline_exceeded")]).await;
    let broken = [(502, "provider_protocol"), (502, "provider_no_audio"), (502, "provider_unusable_audio")];
    check(&daemon, &simulators, Fault::EmptyAudio, &broken).await;
    // A WebSocket that just ends is the network's doing, and worth another try.
    let cut = [&broken[..], &[(503, "provider_unavailable")]].concat();
    check(&daemon, &simulators, Fault::Cut { after: 1_000 }, &cut).await;
    check(&daemon, &simulators, Fault::Html(StatusCode::OK), &broken).await;
    for provider in &PROVIDERS {
        let well = speak(&daemon, provider).await;
        assert_eq!(well.status(), 200, "{} did not recover", provider.name);
    }
}

#[tokio::test]
async fn a_refused_key_is_the_operator_s_matter_and_not_the_client_s() {
    let (daemon, simulators) = everybody("").await;
    for (provider, simulator) in PROVIDERS.iter().zip(&simulators).filter(|(provider, _)| provider.has_key())
    {
        simulator.faults().next(1, Fault::Unauthorized);
        let answer = speak(&daemon, provider).await;
        assert_eq!(answer.status(), 502, "{}", provider.name);
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["error"]["code"], "provider_unauthorized", "{}: {error}", provider.name);
        simulator.faults().next(1, Fault::QuotaExhausted);
        let answer = speak(&daemon, provider).await;
        assert_eq!(answer.status(), 429, "{}", provider.name);
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["error"]["code"], "insufficient_quota", "{}: {error}", provider.name);
    }
}

#[tokio::test]
async fn a_voice_nobody_has_is_the_client_s_mistake() {
    let (daemon, _simulators) = everybody("").await;
    for provider in &PROVIDERS {
        let body = json!({
            "model": "tts-1", "voice": format!("{}/nobody-at-all", provider.name), "input": "Hello."
        });
        let answer = daemon.post("/v1/audio/speech", &body).send().await.expect("an answer");
        let status = answer.status();
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(status, 400, "{}: {error}", provider.name);
        assert_eq!(error["error"]["param"], "voice", "{}: {error}", provider.name);
    }
}
