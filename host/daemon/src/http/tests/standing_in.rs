//! What an answer tells when somebody else spoke, or nobody could.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;
use understudy_engine::scripted::{Scripted, Step};
use understudy_speech::{Failure, Gender, ProviderError};

use super::{Answer, app_with, flite, get, merged, post, request, send, speak, synthesize, without_times};
use crate::Config;
use crate::http::Envelope;

fn failing(id: &str, failure: impl Into<Failure>) -> Scripted {
    Scripted::new(id, vec![Step::Fail(failure.into())]).with_voice("aria", "en-US", Gender::Female)
}

fn down() -> ProviderError {
    ProviderError::Unavailable("503".to_owned())
}

/// A door to a route of these providers in order.
fn route(providers: Vec<Scripted>) -> Envelope {
    let names: Vec<&str> = providers.iter().map(|provider| provider.manifest.id.as_str()).collect();
    let text =
        format!("default_route = \"main\"\nretry.backoff_seconds = 0\n[routes.main]\nprimary = {names:?}\n");
    let sections: String = names.iter().map(|name| format!("[providers.{name}]\n")).collect();
    let config = Config::parse(&(text + &sections), Path::new("understudy.toml")).unwrap();
    let providers: Vec<Arc<Scripted>> = providers.into_iter().map(Arc::new).collect();
    app_with(config, &providers.iter().collect::<Vec<_>>())
}

fn headers(answer: &Answer, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| answer.header(&format!("x-understudy-{name}")).to_owned()).collect()
}

#[tokio::test]
async fn the_headers_tell_who_stood_in_for_whom_and_why() {
    let app = route(vec![failing("azure", ProviderError::Unauthorized("401".to_owned())), flite()]);
    // The stand-in is found by what the lists say.
    get(&app, "/api/v1/tts/voices").await;
    for change in [json!({}), json!({ "stream": true }), json!({ "stream_format": "sse" })] {
        let answer = speak(&app, merged(json!({ "voice": "azure/aria" }), change)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let told = headers(&answer, &["provider", "voice", "substituted", "casting"]);
        assert_eq!(told, ["flite", "flite/amy", "azure/aria", "nearest"]);
        let score: f32 = answer.header("x-understudy-score").parse().unwrap();
        assert!((0.5..1.0).contains(&score), "{score}");
    }
    let answer = speak(&app, json!({ "voice": "azure/aria" })).await;
    assert_eq!(
        headers(&answer, &["substituted-why", "skipped"]),
        ["breaker_open", "azure;code=breaker_open"]
    );
    assert!(answer.header("x-understudy-attempts").starts_with("flite;outcome=ok;ms="));
}

#[tokio::test]
async fn the_json_tells_the_whole_story() {
    let app = route(vec![failing("azure", down()), failing("edge", down()), flite()]);
    get(&app, "/api/v1/tts/voices").await;
    let answer =
        synthesize(&app, json!({ "voice_id": "azure/aria", "fallback": true, "route": "main" })).await;
    let told = without_times(answer.json());
    insta::assert_json_snapshot!(told["provenance"]);
}

#[tokio::test]
async fn the_last_event_of_a_stream_tells_the_story_too() {
    let app = route(vec![failing("azure", down()), flite()]);
    let answer = speak(&app, json!({ "stream_format": "sse", "made_up": 1 })).await;
    let text = answer.text();
    let last = text.trim_end().rsplit_once("data: ").unwrap().1;
    let told = &serde_json::from_str::<Value>(last).unwrap()["understudy"];
    assert_eq!(told["provenance"]["substituted"]["why"], "provider_unavailable", "{told}");
    assert_eq!(told["provenance"]["ignored"], json!(["made_up"]));
    assert_eq!(told["duration"], 1.0);
}

#[tokio::test]
async fn a_stream_tells_its_duration_in_a_trailer() {
    use http_body_util::BodyExt;
    let app = super::app(flite());
    let body = json!({ "input": "Hi.", "stream": true, "response_format": "pcm" }).to_string();
    let response = app.oneshot(request(Method::POST, "/v1/audio/speech", body)).await.unwrap();
    assert_eq!(response.headers()["trailer"], "x-understudy-duration-ms");
    let collected = response.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-understudy-duration-ms"], "1000");
}

#[tokio::test]
async fn when_all_failed_the_error_lists_the_calls() {
    let app = route(vec![failing("azure", down()), failing("edge", ProviderError::NoAudio)]);
    for answer in [speak(&app, json!({})).await, synthesize(&app, json!({})).await] {
        assert_eq!(answer.header("x-should-retry"), "false");
        let told = without_times(answer.json());
        let error = &told["error"];
        assert_eq!(error["code"], "all_providers_failed", "{error}");
        assert!(error["attempts"].as_array().unwrap().len() >= 2, "{error}");
        assert!(
            error["message"].as_str().unwrap().starts_with("no provider could speak, 2 were called: "),
            "{error}"
        );
    }
}

#[tokio::test]
async fn all_of_them_limited_is_a_429_with_the_soonest_time() {
    let limited = |id: &str, seconds| {
        failing(id, ProviderError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) })
    };
    let app = route(vec![limited("azure", 60), limited("edge", 20)]);
    let answer = speak(&app, json!({})).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!((answer.header("retry-after"), answer.header("x-should-retry")), ("20", ""));
    assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn a_route_is_chosen_by_field_or_header_and_a_caller_can_refuse_a_stand_in() {
    let app = route(vec![failing("azure", down()), flite()]);
    let refused = synthesize(&app, json!({ "fallback": false })).await;
    assert_eq!(refused.json()["error"]["code"], "provider_unavailable");
    for path in ["/v1/audio/speech", "/api/v1/tts/synthesize", "/api/v1/tts/explain"] {
        let mut lost = request(Method::POST, path, json!({ "input": "Hi.", "text": "Hi." }).to_string());
        lost.headers_mut().insert("x-understudy-route", "mian".parse().unwrap());
        let answer = send(&app, lost).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let error = &answer.json()["error"];
        assert_eq!((&error["code"], &error["hint"]), (&json!("unknown_route"), &json!("did you mean main?")));
        let named = post(&app, path, &json!({ "input": "Hi.", "text": "Hi.", "route": "mian" })).await;
        assert_eq!(named.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn users_and_tasks_decide_about_rollouts() {
    let text = "[providers.azure]\nrollout_percent = 50\n[providers.flite]\n";
    let config = Config::parse(text, Path::new("understudy.toml")).unwrap();
    let azure = Scripted::speaking("azure", 1, Vec::new());
    let app = app_with(config, &[&Arc::new(azure), &Arc::new(flite())]);
    let mut led_by_azure = 0;
    for user in 0..20 {
        let mut spoke = Vec::new();
        for (path, text, field) in [
            ("/v1/audio/speech", "input", "user"),
            ("/api/v1/tts/synthesize", "text", "user"),
            ("/api/v1/tts/synthesize", "text", "user_id"),
            ("/api/v1/tts/synthesize", "text", "task_id"),
        ] {
            let answer = post(&app, path, &json!({ text: "Hi.", field: format!("u-{user}") })).await;
            spoke.push(answer.header("x-understudy-provider").to_owned());
        }
        spoke.dedup();
        assert_eq!(spoke.len(), 1, "the same caller, the same provider: {spoke:?}");
        led_by_azure += usize::from(spoke[0] == "azure");
    }
    assert!((4..17).contains(&led_by_azure), "{led_by_azure} of 20");
}

#[tokio::test(start_paused = true)]
async fn a_stock_voice_is_not_waited_for_when_its_provider_hangs() {
    let mut azure = failing("azure", down());
    azure.listing = vec![Step::Hang];
    let app = route(vec![azure, flite()]);
    let began = tokio::time::Instant::now();
    let answer = speak(&app, json!({ "voice": "alloy" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(headers(&answer, &["provider", "dropped"]), ["flite", "voice"]);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let again = tokio::time::Instant::now();
    assert_eq!(speak(&app, json!({ "voice": "alloy" })).await.status, StatusCode::OK);
    assert!(again.elapsed() < Duration::from_secs(1), "{:?}", again.elapsed());
}

#[tokio::test]
async fn a_plan_is_explained_without_a_call() {
    let mut azure = failing("azure", down());
    azure.manifest.price_per_million_characters = Some(16.0);
    let mut mute = Scripted::speaking("mute", 1, Vec::new()).with_voice("otto", "de-DE", Gender::Male);
    mute.manifest.capabilities.rate = None;
    let app = route(vec![azure, flite(), mute]);
    let body = json!({
        "text": "The show must go on.", "voice_id": "azure/aria", "speaking_rate": 1.2, "gender": "neutral",
        "made_up": true,
    });
    let plan = post(&app, "/api/v1/tts/explain", &body).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.text());
    insta::assert_json_snapshot!(plan.json());
    let wrong = post(&app, "/api/v1/tts/explain", &json!({ "text": " " })).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["param"]), (StatusCode::BAD_REQUEST, &json!("text")));
}

#[tokio::test]
async fn the_catalogue_tells_who_is_missing_and_hides_nobody_else() {
    let mut azure = failing("azure", down());
    azure.listing = vec![Step::Fail(down().into())];
    let app = route(vec![azure, flite()]);
    let page = get(&app, "/api/v1/tts/voices?language=en").await.json();
    insta::assert_json_snapshot!(page);
    for (query, param) in [
        ("gender=tenor", "gender"),
        ("language=!", "language"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("provider=flight", "provider"),
    ] {
        let answer = get(&app, &format!("/api/v1/tts/voices?{query}")).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["param"]),
            (StatusCode::BAD_REQUEST, &json!(param))
        );
    }
    let missing = get(&app, "/api/v1/tts/voices?provider=azure").await.json();
    assert_eq!((&missing["total"], &missing["unavailable"][0]["provider"]), (&json!(0), &json!("azure")));
}

#[tokio::test]
async fn status_and_metrics_count_the_same() {
    let app = route(vec![failing("azure", ProviderError::Unauthorized("401".to_owned())), flite()]);
    for _ in 0..3 {
        assert_eq!(speak(&app, json!({})).await.status, StatusCode::OK);
    }
    let mut status = get(&app, "/api/v1/status").await.json();
    for provider in status["providers"].as_array_mut().unwrap() {
        for time in ["retry_after_ms", "latency_p50_ms", "latency_p95_ms"] {
            provider[time] = json!(provider[time].is_u64());
        }
    }
    insta::assert_json_snapshot!(status);
    let answer = get(&app, "/metrics").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let moment = |line: &&str| {
        !line.contains("_bucket{") && !line.contains("_sum{") && !line.contains("alone_seconds{")
    };
    let text = answer.text();
    insta::assert_snapshot!(text.lines().filter(moment).collect::<Vec<_>>().join("\n"));
    assert!(
        text.contains("understudy_request_duration_seconds_bucket{provider=\"flite\",le=\"+Inf\"} 3\n"),
        "{text}"
    );
    assert!(text.ends_with('\n'));
}
