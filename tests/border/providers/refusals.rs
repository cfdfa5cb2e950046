//! What a client is told when a service does not do its part.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::Response;
use serde_json::{Value, json};
use understudy_simulators::{Fault, Order};

use super::{PROVIDERS, Provider, everybody};
use crate::support::{Daemon, decode};

async fn speak(daemon: &Daemon, provider: &Provider) -> Response {
    let voice = format!("{}/{}", provider.name, provider.voice);
    let body = json!({ "model": "tts-1", "voice": voice, "input": "The show must go on." });
    daemon.post("/v1/audio/speech", &body).send().await.expect("an answer")
}

/// Every provider meets the fault, each answer is one of `expected` (status and code), and whoever is
/// not left alone for a while speaks again afterwards.
async fn check(fault: Fault, expected: &[(u16, &str)]) {
    let (daemon, simulators) = everybody("limits.deadline_seconds = 3\n").await;
    for (provider, simulator) in PROVIDERS.iter().zip(&simulators) {
        let unknown = matches!(fault, Fault::Unauthorized | Fault::QuotaExhausted) && !provider.has_key();
        if unknown {
            continue;
        }
        simulator.faults().set(fault.clone());
        let answer = speak(&daemon, provider).await;
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
            assert!(told.is_none_or(|told| Duration::from_secs(told) <= *wait), "{context}");
        }
        if status != 429 && code != "provider_unauthorized" {
            assert_eq!(speak(&daemon, provider).await.status(), 200, "{} did not recover", provider.name);
        }
    }
}

/// What a provider's service does in its next requests, and what the plugin or the engine makes good.
async fn check_overcome(order: Order) {
    let (daemon, simulators) = everybody("retry.backoff_seconds = 0.01\n").await;
    for (provider, simulator) in PROVIDERS.iter().zip(&simulators) {
        // CharacterBox promises what its audio is, and is held to it.
        if provider.name == "characterbox" && matches!(order.fault, Fault::ContentType(_)) {
            continue;
        }
        simulator.faults().order(order.clone());
        let answer = speak(&daemon, provider).await;
        let status = answer.status();
        let body = answer.bytes().await.expect("a body");
        let said = String::from_utf8_lossy(&body);
        assert_eq!(status, 200, "{} under {order:?}: {said:.300}", provider.name);
        let seconds = decode(&body).duration().as_secs_f64();
        assert!((0.8..3.0).contains(&seconds), "{} under {order:?}: {seconds} s", provider.name);
    }
}

#[tokio::test]
async fn a_service_that_limits_its_rate_is_a_429() {
    let wait = Some(Duration::from_secs(7));
    check(Fault::RateLimited { retry_after: wait }, &[(429, "rate_limit_exceeded")]).await;
    check(Fault::RateLimited { retry_after: None }, &[(429, "rate_limit_exceeded")]).await;
}

#[tokio::test]
async fn a_service_that_is_slow_falters_once_or_mislabels_its_audio_still_speaks() {
    let always = |fault: Fault| Order { fault, path: None, times: None };
    check_overcome(always(Fault::Latency(Duration::from_millis(50)))).await;
    check_overcome(always(Fault::ContentType("text/plain".to_owned()))).await;
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE] {
        check_overcome(Order { times: Some(1), ..always(Fault::Failing(status)) }).await;
    }
}

#[tokio::test]
async fn a_service_that_is_down_is_a_503() {
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE] {
        check(Fault::Failing(status), &[(503, "provider_unavailable")]).await;
    }
    check(Fault::Html(StatusCode::BAD_GATEWAY), &[(503, "provider_unavailable")]).await;
}

#[tokio::test]
async fn a_service_that_hangs_ends_with_the_deadline() {
    let given_up = [(504, "deadline_exceeded"), (504, "provider_timed_out")];
    check(Fault::Hang, &given_up).await;
    check(Fault::Stall { after: 1_000 }, &given_up).await;
}

#[tokio::test]
async fn what_is_no_whole_audio_is_never_sent() {
    let broken = [(502, "provider_protocol"), (502, "provider_no_audio"), (502, "provider_unusable_audio")];
    check(Fault::EmptyAudio, &broken).await;
    check(Fault::Html(StatusCode::OK), &broken).await;
    // A WebSocket that just ends is the network's doing, and worth another try.
    let cut = [&broken[..], &[(503, "provider_unavailable")]].concat();
    check(Fault::Cut { after: 1_000 }, &cut).await;
}

#[tokio::test]
async fn a_refused_key_is_the_operator_s_matter_and_not_the_client_s() {
    check(Fault::Unauthorized, &[(502, "provider_unauthorized")]).await;
    check(Fault::QuotaExhausted, &[(429, "insufficient_quota")]).await;
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
