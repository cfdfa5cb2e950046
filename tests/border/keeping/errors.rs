//! What a service sends in place of speech is told, and never kept: not one answer later is made of it.
//!
//! A speech router that keeps by status alone served a cached 503 as 200 for ever. So each thing a
//! service can do wrong is done here, whole and streamed, and the cache is looked into after each.

use axum::http::StatusCode;
use reqwest::Response;
use serde_json::{Value, json};
use understudy_simulators::{Fault, Simulator};

use super::{header, provider, speak, start, syntheses, told, until_hit};
use crate::support::Daemon;

/// Nobody is left alone for long.
const PATIENT: &str = "breaker.failures = 1_000\nbreaker.recovery_seconds = 0.1\nbreaker.probe = \"request\"\n\
    retry.rate_limit_hold_seconds = 0.1\nretry.quota_hold_seconds = 0.1\n";

fn faults() -> Vec<Fault> {
    let failing = [500, 502, 503, 504].map(|code| Fault::Failing(StatusCode::from_u16(code).expect("one")));
    let pages = [StatusCode::OK, StatusCode::BAD_GATEWAY].map(Fault::Html);
    let others = [
        Fault::RateLimited { retry_after: None },
        Fault::QuotaExhausted,
        Fault::Unauthorized,
        Fault::Cut { after: 1_500 },
        Fault::EmptyAudio,
    ];
    failing.into_iter().chain(pages).chain(others).collect()
}

async fn takes(daemon: &Daemon) -> u64 {
    daemon.json("/api/v1/status").await["cache"]["takes"].as_u64().expect("a number")
}

/// True when the answer is whole speech; a stream that was cut is not.
async fn is_speech(answer: Response) -> bool {
    let is_success = answer.status().is_success();
    let is_audio = header(&answer, "content-type").starts_with("audio/");
    is_success && is_audio && answer.bytes().await.is_ok_and(|audio| audio.len() > 1_500)
}

async fn check(daemon: &Daemon, simulator: &Simulator, fault: Fault, wish: Value) {
    let case = format!("{fault:?} {wish}");
    simulator.faults().set(fault);
    // The service is left alone for a moment after some of these: it has to have been asked twice.
    let (before, mut asked) = (syntheses(simulator), 0);
    while syntheses(simulator) < before + 2 {
        let answer = speak(daemon, wish.clone()).await;
        assert!(!is_speech(answer).await, "{case}: it is no speech\n{}", daemon.log());
        asked += 1;
        assert!(asked < 500, "{case}: the service is not asked\n{}", daemon.log());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    simulator.faults().clear();
    assert_eq!(takes(daemon).await, 0, "{case}: it is kept");
}

#[tokio::test]
async fn no_failure_of_a_service_is_ever_kept_or_served() {
    let openai = provider("openai");
    let simulator = openai.simulator();
    let section = openai.section(&simulator).replacen("plugin =", "max_retries = 0\nplugin =", 1);
    let daemon = start(&(PATIENT.to_owned() + &section)).await;
    let wish = json!({ "voice": "openai/alloy", "fallback": false });
    for fault in faults() {
        for stream in [false, true] {
            let mut wish = wish.clone();
            wish["stream"] = json!(stream);
            check(&daemon, &simulator, fault.clone(), wish).await;
        }
    }
    // The same wish is spoken as soon as the service is well again and believed to be, and is kept then.
    while !speak(&daemon, wish.clone()).await.status().is_success() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    until_hit(&daemon, &wish).await;
    let bought = syntheses(&simulator);
    // What is kept is answered whatever the service does.
    simulator.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(told(speak(&daemon, wish).await).await, ["hit", "openai"]);
    assert_eq!((syntheses(&simulator), takes(&daemon).await), (bought, 1));
}
