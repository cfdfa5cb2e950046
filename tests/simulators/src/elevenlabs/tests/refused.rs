//! The error table, row by row.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::Fault;
use crate::testing::start;

/// A refusal in both shapes: new status and code, old status and code.
async fn check(path: &str, body: Value, new: (u16, &str), old: (u16, &str)) {
    let account = |shape| start(ElevenLabs::new(Tier::Free, 100_000, shape));
    let answer = ask(&account(Shape::New), path, &body).await;
    assert_eq!(answer.at("/detail/code"), (new.0, json!(new.1)), "{}", answer.text());
    assert_eq!(answer.at("/detail/status").1, new.1);
    assert!(answer.at("/detail/request_id").1.is_string());
    let answer = ask(&account(Shape::Old), path, &body).await;
    assert_eq!(answer.at("/detail/status"), (old.0, json!(old.1)), "{}", answer.text());
    assert_eq!(answer.at("/detail/code").1, Value::Null);
}

#[tokio::test]
async fn each_wrong_request_is_told_in_both_shapes() {
    check(TTS, with("text", json!(" ")), (400, "empty_text"), (400, "empty_text")).await;
    let long = with("text", json!("é".repeat(10_001)));
    check(TTS, long, (400, "text_too_long"), (400, "max_character_limit_exceeded")).await;
    let nobody = "/v1/text-to-speech/nobody";
    check(nobody, request(), (404, "voice_not_found"), (400, "voice_not_found")).await;
    let model = with("model_id", json!("eleven_v9"));
    check(TTS, model, (404, "model_not_found"), (400, "model_not_found")).await;
    let mute = with("model_id", json!("eleven_multilingual_sts_v2"));
    check(TTS, mute, (400, "unsupported_model"), (400, "unsupported_model")).await;
    for settings in [json!({ "stability": 1.1 }), json!({ "speed": 0.6 }), json!({ "style": "much" })] {
        let body = with("voice_settings", settings);
        check(TTS, body, (400, "invalid_voice_settings"), (400, "invalid_voice_settings")).await;
    }
    let path = format!("{TTS}?output_format=mp3_44100_160");
    check(&path, request(), (400, "invalid_output_format"), (400, "invalid_output_format")).await;
    for format in ["mp3_44100_192", "pcm_44100", "wav_48000"] {
        let path = format!("{TTS}?output_format={format}");
        check(&path, request(), (403, "subscription_required"), (403, "output_format_not_allowed")).await;
    }
}

#[tokio::test]
async fn the_third_model_has_its_own_ways() {
    let mut body = with("model_id", json!("eleven_v3"));
    body["voice_settings"] = json!({ "stability": 0.4 });
    check(TTS, body.clone(), (400, "invalid_voice_settings"), (400, "invalid_voice_settings")).await;
    body["voice_settings"] = json!({ "stability": 0.5 });
    let simulator = start(ElevenLabs::default());
    assert_eq!(ask(&simulator, TTS, &body).await.status, 200);
    body["previous_text"] = json!("Before.");
    check(TTS, body, (400, "unsupported_model"), (400, "unsupported_model")).await;
    assert_eq!(ask(&simulator, TTS, &with("previous_text", json!("Before."))).await.status, 200);
}

#[tokio::test]
async fn fields_of_the_wrong_kind_are_listed() {
    let simulator = start(ElevenLabs::default());
    for (body, name) in [
        (json!({}), "text"),
        (with("text", json!(1)), "text"),
        (with("seed", json!(4_294_967_296_u64)), "seed"),
        (with("apply_text_normalization", json!("maybe")), "apply_text_normalization"),
        (with("previous_request_ids", json!(["a", "b", "c", "d"])), "previous_request_ids"),
    ] {
        assert_eq!(ask(&simulator, TTS, &body).await.at("/detail/0/loc"), (422, json!(["body", name])));
    }
    let path = format!("{TTS}?optimize_streaming_latency=5");
    assert_eq!(ask(&simulator, &path, &request()).await.at("/detail/0/loc/0"), (422, json!("query")));
    let dialogue = ask(&simulator, "/v1/text-to-dialogue", &json!({ "inputs": "x" })).await;
    assert_eq!(dialogue.at("/detail/0/loc/1"), (422, json!("inputs")));
    let crowd: Vec<Value> =
        (0..11).map(|index| json!({ "text": "Hi.", "voice_id": format!("v{index}") })).collect();
    let dialogue = ask(&simulator, "/v1/text-to-dialogue", &json!({ "inputs": crowd })).await;
    assert_eq!(dialogue.at("/detail/code"), (400, json!("too_many_voices")));
}

#[tokio::test]
async fn a_key_is_needed_in_its_own_header() {
    for (shape, pointer, missing) in [
        (Shape::New, "/detail/code", "missing_api_key"),
        (Shape::Old, "/detail/status", "needs_authorization"),
    ] {
        let simulator = start(ElevenLabs::new(Tier::Pro, 1_000, shape));
        let bearer = builder(&simulator, "POST", TTS).bearer_auth(simulator.key()).json(&request());
        assert_eq!(send(bearer).await.at(pointer), (401, json!(missing)));
        let wrong = builder(&simulator, "GET", "/v1/models").header("xi-api-key", "sk_other");
        assert_eq!(send(wrong).await.at(pointer), (401, json!("invalid_api_key")));
    }
}

#[tokio::test]
async fn credits_run_out_as_402_or_as_401() {
    for (shape, pointer, expected) in [
        (Shape::New, "/detail/code", (402, json!("insufficient_credits"))),
        (Shape::Old, "/detail/status", (401, json!("quota_exceeded"))),
    ] {
        let simulator = start(ElevenLabs::new(Tier::Free, 60, shape));
        assert_eq!(ask(&simulator, TTS, &request()).await.status, 200);
        assert_eq!(ask(&simulator, TTS, &request()).await.at(pointer), expected);
    }
}

#[tokio::test]
async fn one_more_at_once_than_the_tier_allows_is_refused() {
    let simulator = start(ElevenLabs::new(Tier::Free, 10_000, Shape::New));
    simulator.faults().next(2, Fault::Stall { after: 100 });
    let path = format!("{TTS}/stream");
    let mut held = Vec::new();
    for _ in 0..2 {
        let url = builder(&simulator, "POST", &path).header("xi-api-key", simulator.key()).json(&request());
        held.push(url.send().await.unwrap());
    }
    let third = ask(&simulator, &path, &request()).await;
    assert_eq!(third.at("/detail/code"), (429, json!("concurrent_limit_exceeded")));
    drop(held);
    let freed = async {
        while ask(&simulator, &path, &request()).await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), freed).await.unwrap();
}

#[tokio::test]
async fn each_ordered_refusal_is_in_its_words() {
    let simulator = start(ElevenLabs::default());
    let wait = Some(Duration::from_secs(7));
    for (fault, status, code, retry_after) in [
        (Fault::RateLimited { retry_after: wait }, 429, "rate_limit_exceeded", "7"),
        (Fault::RateLimited { retry_after: None }, 429, "rate_limit_exceeded", ""),
        (Fault::QuotaExhausted, 402, "insufficient_credits", ""),
        (Fault::Unauthorized, 401, "invalid_api_key", ""),
        (Fault::Failing(StatusCode::INTERNAL_SERVER_ERROR), 500, "internal_error", ""),
        (Fault::Failing(StatusCode::SERVICE_UNAVAILABLE), 503, "service_unavailable", ""),
    ] {
        simulator.faults().next(1, fault);
        let answer = ask(&simulator, TTS, &request()).await;
        assert_eq!(answer.at("/detail/code"), (status, json!(code)));
        assert_eq!(answer.header("retry-after"), retry_after);
    }
    assert_eq!(look(&simulator, "/v9").await.at("/detail"), (404, json!("Not Found")));
    assert_eq!(look(&simulator, TTS).await.at("/detail"), (405, json!("Method Not Allowed")));
}
