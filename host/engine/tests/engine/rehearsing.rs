//! A rehearsal tells what a request would do, and does nothing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{Engine, EngineSettings, ProviderPolicy, SpeechRequest};
use understudy_speech::{Gender, ProviderError};

use crate::{TEXT, engine_with, good, request, route};

#[tokio::test(start_paused = true)]
async fn every_candidate_is_told_with_its_voice_its_price_and_what_keeps_it() {
    let limited = ProviderError::RateLimited { retry_after: Some(Duration::from_secs(30)) };
    let mut first =
        Scripted::new("a", vec![Step::Fail(limited.into())]).with_voice("amy", "en-US", Gender::Female);
    first.manifest.price_per_million_characters = Some(16.0);
    let mut second = Scripted::speaking("b", 1, Vec::new()).with_voice("bella", "en-GB", Gender::Female);
    second.manifest.capabilities.styles = false;
    let (first, second, third) = (Arc::new(first), Arc::new(second), good("c"));
    let priced = ProviderPolicy { price_per_million_characters: Some(4.0), ..ProviderPolicy::default() };
    let settings =
        EngineSettings { providers: [("b".to_owned(), priced)].into(), ..route(&["a", "b", "c", "gone"]) };
    let engine = engine_with(&[&first, &second, &third], settings);
    let mut wanted = request(TEXT);
    (wanted.request.voice, wanted.request.style) = (Some("a/amy".to_owned()), Some("news".to_owned()));
    engine.speak(wanted.clone()).await.unwrap();
    let asked = [first.requests().len(), second.requests().len(), third.requests().len()];

    let rehearsal = engine.rehearse(wanted.clone()).await.unwrap();
    let told = serde_json::to_value(&rehearsal).unwrap();
    assert_eq!(told["asked"], "a/amy");
    assert_eq!(
        (&told["route"], &told["characters"], &told["deadline_ms"]),
        (&json!("main"), &json!(20), &json!(100_000))
    );
    let [a, b, c, gone] = told["candidates"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&a["voice"], &a["how"], &a["price"]), (&json!("a/amy"), &json!("asked"), &json!(0.000_32)));
    let reason = "it asked to be left alone";
    assert_eq!(
        a["withheld"],
        json!({ "code": "provider_rate_limited", "reason": reason, "retry_after_ms": 30_000 })
    );
    assert_eq!(
        (&b["voice"], &b["how"], &b["price"]),
        (&json!("b/bella"), &json!("nearest"), &json!(0.000_08))
    );
    assert_eq!((&b["dropped"], &b["withheld"]), (&json!(["style"]), &json!(null)));
    assert!(b["score"].as_f64().unwrap() > 0.5 && b["reasons"].as_array().unwrap().len() > 1, "{b}");
    assert_eq!((&c["skipped"]["code"], &c["voice"]), (&json!("no_stand_in"), &json!(null)));
    assert_eq!(
        gone["skipped"],
        json!({ "provider": "gone", "code": "not_loaded", "reason": "it is not loaded" })
    );

    assert_eq!(rehearsal.leader().unwrap().provider, "b");
    let spoken = engine.speak(wanted).await.unwrap().provenance;
    assert_eq!((spoken.provider.as_str(), spoken.voice.as_deref()), ("b", Some("bella")));
    let now = [first.requests().len(), second.requests().len() - 1, third.requests().len()];
    assert_eq!(now, asked, "a rehearsal buys nothing");
}

/// A provider that fails five times, so that it is left alone, and then plays.
fn mended() -> Arc<Scripted> {
    let mended = good("a");
    for _ in 0..5 {
        mended.queue(vec![Step::Fail(ProviderError::TimedOut.into())]);
    }
    mended
}

/// Rehearses and speaks: the two tell the same provider, which is returned, or nobody.
async fn leader(engine: &Engine) -> Option<String> {
    let told = engine.rehearse(request(TEXT)).await.unwrap();
    let spoken = engine.speak(request(TEXT)).await.ok().map(|speech| speech.provenance.provider);
    assert_eq!(told.leader().map(|leader| leader.provider.clone()), spoken);
    spoken
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_proving_itself_leads_when_it_would_be_asked_and_not_before() {
    let engine = engine_with(&[&mended(), &good("b")], route(&["a", "b"]));
    for _ in 0..5 {
        engine.speak(request(TEXT)).await.unwrap();
    }
    assert_eq!(leader(&engine).await.as_deref(), Some("b"), "it is left alone");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(leader(&engine).await.as_deref(), Some("b"), "its check comes first");
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(leader(&engine).await.as_deref(), Some("a"), "the next request is the probe");

    let alone = engine_with(&[&mended()], route(&["a"]));
    for _ in 0..5 {
        alone.speak(request(TEXT)).await.unwrap_err();
    }
    assert_eq!(leader(&alone).await, None);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(leader(&alone).await.as_deref(), Some("a"), "it is the probe itself");
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_draws_the_same_lot_as_its_request() {
    let weighted = |weight| ProviderPolicy { weight: Some(weight), ..ProviderPolicy::default() };
    let providers = [("a".to_owned(), weighted(1)), ("b".to_owned(), weighted(2))].into();
    let engine = engine_with(&[&good("a"), &good("b")], EngineSettings { providers, ..route(&["a", "b"]) });
    let mut led_by_a = 0;
    for id in 0..100 {
        let wanted = SpeechRequest { id: id.to_string().into(), ..request(TEXT) };
        let rehearsal = engine.rehearse(wanted.clone()).await.unwrap();
        let spoken = engine.speak(wanted).await.unwrap().provenance;
        assert_eq!(rehearsal.leader().unwrap().provider, spoken.provider);
        assert_eq!(spoken.substituted, None, "whom the lot falls on is nobody's substitute");
        led_by_a += usize::from(spoken.provider == "a");
    }
    assert!((15..55).contains(&led_by_a), "{led_by_a} of 100 at one in three");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_has_no_rehearsal() {
    let engine = engine_with(&[&good("a")], route(&["a"]));
    let lost = SpeechRequest { route: Some("mian".to_owned()), ..request(TEXT) };
    let error = engine.rehearse(lost).await.unwrap_err();
    assert_eq!(crate::told(&error), "client unknown_route: no such route: mian (did you mean main?)");
    assert_eq!(engine.rehearse(request(" ")).await.unwrap_err().code(), "invalid_value");
}
