//! Providers that are left alone: after failures, or on their own word.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, advance};
use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{
    BreakerSettings, BreakerState, Cast, EngineSettings, Member, Probe, ProviderPolicy, SpeechRequest,
};
use understudy_speech::{AudioFormat, Encoding, Failure, Provider, ProviderError};

use crate::{TEXT, calls, engine_with, failing, good, request, route, status, told, unavailable};

const SECOND: Duration = Duration::from_secs(1);

fn once(names: &[&str]) -> EngineSettings {
    let policy =
        |name: &&str| ((*name).to_owned(), ProviderPolicy { max_retries: 0, ..ProviderPolicy::default() });
    EngineSettings { providers: names.iter().map(policy).collect(), ..route(names) }
}

#[tokio::test(start_paused = true)]
async fn a_dead_provider_costs_five_calls_and_then_nothing() {
    let first = failing("a", unavailable());
    let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
    for _ in 0..5 {
        assert!(engine.speak(request(TEXT)).await.is_ok());
    }
    assert_eq!(status(&engine, "a").breaker, BreakerState::Open);
    let began = Instant::now();
    let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!((calls(&provenance.attempts).as_str(), began.elapsed()), ("b:ok", Duration::ZERO));
    assert_eq!((provenance.skipped[0].provider.as_str(), provenance.skipped[0].code), ("a", "breaker_open"));
    assert_eq!(provenance.substituted.unwrap().why, "breaker_open");
    assert_eq!(first.requests().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn it_is_checked_first_and_asked_for_one_text_then() {
    let first = good("a");
    for _ in 0..5 {
        first.queue(vec![Step::Fail(unavailable().into())]);
    }
    let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
    for _ in 0..5 {
        engine.speak(request(TEXT)).await.unwrap();
    }
    advance(60 * SECOND).await;
    let served = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!(served.provider, "b", "nobody waits for the check");
    assert_eq!(status(&engine, "a").withheld["breaker_open"], 1, "and that is counted");
    first.until(|first| first.checks() == 1).await;
    while status(&engine, "a").breaker != BreakerState::HalfOpen {
        tokio::task::yield_now().await;
    }
    assert_eq!(first.requests().len(), 5, "no text was bought to find out");
    tokio::task::yield_now().await;
    let served = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!((served.provider.as_str(), status(&engine, "a").breaker), ("a", BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_leaves_it_alone_for_as_long_again() {
    let mut first = Scripted::new("a", vec![Step::Fail(unavailable().into())]);
    first.check = Err(unavailable().into());
    let first = Arc::new(first);
    let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
    for _ in 0..5 {
        engine.speak(request(TEXT)).await.unwrap();
    }
    for checks in 1..4 {
        advance(60 * SECOND).await;
        engine.speak(request(TEXT)).await.unwrap();
        first.until(|first| first.checks() == checks).await;
        tokio::task::yield_now().await;
        assert_eq!(engine.speak(request(TEXT)).await.unwrap().provenance.provider, "b");
        assert_eq!(status(&engine, "a").breaker, BreakerState::Open);
    }
    assert_eq!(first.requests().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_by_nobodys_fault_is_run_again_for_the_next_request() {
    for (nobodys, checks) in [
        (Failure::Busy { plugin: "a".to_owned() }, 3),
        (Failure::Replaced { plugin: "a".to_owned() }, 3),
        (ProviderError::RateLimited { retry_after: None }.into(), 1),
    ] {
        let mut first = Scripted::new("a", vec![Step::Fail(unavailable().into())]);
        first.check = Err(nobodys);
        let first = Arc::new(first);
        let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
        for _ in 0..5 {
            engine.speak(request(TEXT)).await.unwrap();
        }
        advance(60 * SECOND).await;
        for _ in 0..3 {
            engine.speak(request(TEXT)).await.unwrap();
            while status(&engine, "a").breaker != BreakerState::Open {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!((first.checks(), first.requests().len()), (checks, 5), "{:?}", first.check);
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_falls_through_to_the_next() {
    let first = failing("a", unavailable());
    let settings = EngineSettings {
        breaker: BreakerSettings { probe: Probe::Request, ..Default::default() },
        ..once(&["a", "b"])
    };
    let engine = engine_with(&[&first, &good("b")], settings);
    for _ in 0..5 {
        engine.speak(request(TEXT)).await.unwrap();
    }
    advance(60 * SECOND).await;
    let together = (0..10).map(|_| engine.speak(request(TEXT)));
    for speech in futures_util::future::join_all(together).await {
        assert_eq!(speech.unwrap().provenance.provider, "b");
    }
    assert_eq!((first.requests().len(), first.checks()), (6, 0), "one of ten was the probe");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_stands_alone_says_when_to_come_back_and_is_its_own_probe() {
    let first = good("a");
    for _ in 0..5 {
        first.queue(vec![Step::Fail(unavailable().into())]);
    }
    let engine = engine_with(&[&first], once(&["a"]));
    for _ in 0..5 {
        let error = engine.speak(request(TEXT)).await.unwrap_err();
        assert_eq!(error.code(), "provider_unavailable");
    }
    advance(20 * SECOND).await;
    let error = engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!(
        told(&error),
        "server breaker_open: provider a was not asked: it failed too often and is left alone"
    );
    assert_eq!(error.retry_after(), Some(40 * SECOND));
    assert!(error.is_worth_retrying());
    advance(40 * SECOND).await;
    assert!(engine.speak(request(TEXT)).await.is_ok());
    assert_eq!(first.checks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_between_two_tries_does_not_hide_why() {
    let first = failing("a", unavailable());
    let engine = engine_with(&[&first], route(&["a"]));
    for calls in [3, 5] {
        let error = engine.speak(request(TEXT)).await.unwrap_err();
        assert_eq!((error.code(), first.requests().len()), ("provider_unavailable", calls));
    }
    assert_eq!(engine.speak(request(TEXT)).await.unwrap_err().code(), "breaker_open");
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_enough_once() {
    let first = failing("a", ProviderError::Unauthorized("401".to_owned()));
    let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
    for _ in 0..3 {
        engine.speak(request(TEXT)).await.unwrap();
    }
    assert_eq!(first.requests().len(), 1);
}

fn limited(id: &str, seconds: Option<u64>) -> Arc<Scripted> {
    failing(id, ProviderError::RateLimited { retry_after: seconds.map(Duration::from_secs) })
}

#[tokio::test(start_paused = true)]
async fn a_long_retry_after_costs_the_caller_nothing_and_is_kept() {
    let first = limited("a", Some(30));
    let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
    for seconds in 0..30 {
        let began = Instant::now();
        let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
        assert_eq!((provenance.provider.as_str(), began.elapsed()), ("b", Duration::ZERO));
        assert_eq!(first.requests().len(), 1, "after {seconds} s");
        advance(SECOND).await;
    }
    engine.speak(request(TEXT)).await.unwrap();
    assert_eq!(first.requests().len(), 2);
    assert_eq!(status(&engine, "a").breaker, BreakerState::Closed, "to be asked too often is no failure");
}

#[tokio::test(start_paused = true)]
async fn when_all_are_limited_the_soonest_is_told_at_once() {
    let engine = engine_with(&[&limited("a", Some(30)), &limited("b", Some(7))], once(&["a", "b"]));
    for _ in 0..2 {
        let began = Instant::now();
        let error = engine.speak(request(TEXT)).await.unwrap_err();
        assert_eq!((error.code(), error.retry_after()), ("rate_limited", Some(7 * SECOND)));
        assert!(error.is_worth_retrying() && began.elapsed().is_zero());
    }
    let unsaid = engine_with(&[&limited("a", None), &limited("b", None)], once(&["a", "b"]));
    assert_eq!(unsaid.speak(request(TEXT)).await.unwrap_err().retry_after(), None);
    assert_eq!(unsaid.speak(request(TEXT)).await.unwrap_err().retry_after(), Some(5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn when_all_are_left_alone_the_caller_may_come_back_and_is_told_when() {
    let second = failing("b", ProviderError::Unauthorized("401".to_owned()));
    let engine = engine_with(&[&limited("a", Some(90)), &second], once(&["a", "b"]));
    let tried = engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!((tried.code(), tried.is_worth_retrying()), ("all_providers_failed", false));
    advance(20 * SECOND).await;
    let error = engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!(
        told(&error),
        "server all_providers_failed: no provider could speak, none was called: \
         provider b was not asked: it failed too often and is left alone"
    );
    assert_eq!((error.retry_after(), error.is_worth_retrying()), (Some(40 * SECOND), true));
}

#[tokio::test(start_paused = true)]
async fn a_client_in_a_hurry_silences_nobody() {
    let hangs = vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)), Step::Hang];
    let engine = engine_with(&[&Arc::new(Scripted::new("a", hangs))], once(&["a"]));
    let hurry = |deadline| SpeechRequest { deadline: Some(deadline), ..request(TEXT) };
    for _ in 0..20 {
        engine.speak(hurry(Duration::from_millis(1))).await.unwrap_err();
    }
    assert_eq!(status(&engine, "a").breaker, BreakerState::Closed);
    for _ in 0..5 {
        engine.speak(hurry(10 * SECOND)).await.unwrap_err();
    }
    assert_eq!(status(&engine, "a").breaker, BreakerState::Open, "ten seconds are a decent time");
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_behind_one_that_hangs_is_judged_by_the_time_that_was_left() {
    let hangs = || vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)), Step::Hang];
    let last = |deadline: Duration| async move {
        let (first, second) = (Scripted::new("a", hangs()), Scripted::new("b", hangs()));
        let engine = engine_with(&[&Arc::new(first), &Arc::new(second)], once(&["a", "b"]));
        for _ in 0..5 {
            let wanted = SpeechRequest { deadline: Some(deadline), ..request(TEXT) };
            engine.speak(wanted).await.unwrap_err();
        }
        status(&engine, "b").breaker
    };
    assert_eq!(last(12 * SECOND).await, BreakerState::Closed, "it had less than six seconds");
    assert_eq!(last(21 * SECOND).await, BreakerState::Open, "ten seconds are a decent time");
}

#[tokio::test(start_paused = true)]
async fn what_was_learnt_outlives_the_cast() {
    let first = failing("a", unavailable());
    let engine = engine_with(&[&first, &good("b")], once(&["a", "b"]));
    for _ in 0..5 {
        engine.speak(request(TEXT)).await.unwrap();
    }
    let member = |provider: &Arc<Scripted>| {
        let provider = Arc::clone(provider) as Arc<dyn Provider>;
        Member::new(provider.manifest().id.clone(), provider)
    };
    let mended = good("a");
    let engine = engine.recast(Cast::new(vec![member(&mended), member(&good("b"))]), once(&["a", "b"]));
    assert_eq!(engine.speak(request(TEXT)).await.unwrap().provenance.provider, "b");
    assert_eq!((status(&engine, "a").breaker, status(&engine, "a").calls), (BreakerState::Open, 5));
}

#[tokio::test(start_paused = true)]
async fn how_long_one_is_left_alone_is_as_configured_when_it_does_not_say_and_bounded_when_it_does() {
    let check = async |error: ProviderError, expected: u64| {
        let mut settings = once(&["a"]);
        settings.retry.rate_limit_hold = 6 * SECOND;
        settings.retry.quota_hold = 400 * SECOND;
        settings.retry.hold_max = 1_000 * SECOND;
        let engine = engine_with(&[&failing("a", error.clone())], settings);
        engine.speak(request(TEXT)).await.unwrap_err();
        let held = engine.speak(request(TEXT)).await.unwrap_err();
        assert_eq!(held.retry_after(), Some(Duration::from_secs(expected)), "{error}");
    };
    check(ProviderError::RateLimited { retry_after: None }, 6).await;
    check(ProviderError::QuotaExhausted { resets_in: None }, 400).await;
    check(ProviderError::RateLimited { retry_after: Some(9_999 * SECOND) }, 1_000).await;
    check(ProviderError::QuotaExhausted { resets_in: Some(9_999 * SECOND) }, 1_000).await;
}
