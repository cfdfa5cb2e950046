//! When one candidate fails, the next one plays; and what is told about it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{
    BreakerState, EngineSettings, HedgeSettings, ProviderPolicy, SpeechError, SpeechRequest, VoicePolicy,
};
use understudy_speech::{AudioFormat, Encoding, Failure, InvalidField, ProviderError, TextLimit, TextUnit};

use crate::{TEXT, calls, engine_with, failing, good, request, route, status, told, unavailable};

const SECOND: Duration = Duration::from_secs(1);

fn pcm() -> Step {
    Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))
}

fn hanging(id: &str) -> Arc<Scripted> {
    Arc::new(Scripted::new(id, vec![pcm(), Step::Audio(tone(24).into()), Step::Hang]))
}

/// Speaks at `first` with `b` behind it; the calls made and why `b` stood in.
async fn check(first: Arc<Scripted>, expected: &str) {
    let engine = engine_with(&[&first, &good("b")], route(&["a", "b"]));
    let speech = engine.speak(request(TEXT)).await.unwrap();
    let provenance = speech.provenance;
    let why = provenance.substituted.as_ref().map(|told| format!("{} for {}", told.why, told.asked));
    let found = format!("{} ({})", calls(&provenance.attempts), why.unwrap_or_default());
    assert_eq!(found, expected);
    assert_eq!(provenance.provider, "b");
    assert_eq!(speech.duration, SECOND);
}

#[tokio::test(start_paused = true)]
async fn whatever_befalls_the_first_the_second_speaks() {
    check(failing("a", ProviderError::TimedOut), "a:provider_timed_out b:ok (provider_timed_out for a)")
        .await;
    check(
        failing("a", ProviderError::Unauthorized("401".to_owned())),
        "a:provider_unauthorized b:ok (provider_unauthorized for a)",
    )
    .await;
    check(
        failing("a", ProviderError::QuotaExhausted { resets_in: None }),
        "a:provider_quota_exhausted b:ok (provider_quota_exhausted for a)",
    )
    .await;
    check(
        failing("a", Failure::Trapped { plugin: "a".to_owned(), reason: "unreachable".to_owned() }),
        "a:plugin_trapped b:ok (plugin_trapped for a)",
    )
    .await;
    check(failing("a", Failure::Busy { plugin: "a".to_owned() }), "a:plugin_busy b:ok (plugin_busy for a)")
        .await;
    check(hanging("a"), "a:deadline_exceeded b:ok (deadline_exceeded for a)").await;
}

#[tokio::test(start_paused = true)]
async fn what_may_be_a_matter_of_the_moment_is_tried_again_first() {
    let thrice = |code: &str| format!("a:{code} a:{code} a:{code} b:ok ({code} for a)");
    check(failing("a", unavailable()), &thrice("provider_unavailable")).await;
    check(failing("a", ProviderError::NoAudio), &thrice("provider_no_audio")).await;
    let cut = vec![pcm(), Step::Audio(Bytes::from_static(b"abc"))];
    check(Arc::new(Scripted::new("a", cut)), &thrice("provider_unusable_audio")).await;
    let broken = vec![pcm(), Step::Audio(tone(99).into()), Step::Fail(unavailable().into())];
    check(Arc::new(Scripted::new("a", broken)), &thrice("provider_unavailable")).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_succeeds_is_no_substitution() {
    let first = good("a");
    first.queue(vec![Step::Fail(unavailable().into())]);
    let engine = engine_with(&[&first, &good("b")], route(&["a", "b"]));
    let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!(calls(&provenance.attempts), "a:provider_unavailable a:ok");
    assert_eq!(provenance.substituted, None);
    assert_eq!(status(&engine, "a").retries, 1);
}

#[tokio::test(start_paused = true)]
async fn retries_are_counted_by_the_providers_own_policy() {
    let first = failing("a", unavailable());
    let policy = ProviderPolicy { max_retries: 0, ..ProviderPolicy::default() };
    let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a", "b"]) };
    let engine = engine_with(&[&first, &good("b")], settings);
    let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!(calls(&provenance.attempts), "a:provider_unavailable b:ok");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_refused_is_not_shopped_around() {
    let invalid = InvalidField { field: "style".to_owned(), message: "is unknown".to_owned() };
    for error in
        [ProviderError::ContentBlocked("violence".to_owned()), ProviderError::InvalidRequest(invalid)]
    {
        let (first, second) = (failing("a", error.clone()), good("b"));
        let engine = engine_with(&[&first, &second], route(&["a", "b"]));
        for _ in 0..10 {
            let found = engine.speak(request(TEXT)).await.unwrap_err();
            assert_eq!(found.code(), error.code());
            assert!(found.is_client_fault());
        }
        assert!(second.requests().is_empty());
        assert_eq!((first.requests().len(), status(&engine, "a").breaker), (10, BreakerState::Closed));
    }
}

fn refusals() -> [ProviderError; 3] {
    [
        ProviderError::TextTooLong(TextLimit { maximum: 9, unit: TextUnit::Bytes }),
        ProviderError::VoiceNotFound("amy".to_owned()),
        ProviderError::Unsupported("ssml".to_owned()),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_one_provider_cannot_do_another_may_and_nobody_is_blamed() {
    for error in refusals() {
        let first = failing("a", error.clone());
        let engine = engine_with(&[&first, &good("b")], route(&["a", "b"]));
        for _ in 0..10 {
            let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
            assert_eq!(calls(&provenance.attempts), format!("a:{} b:ok", error.code()));
        }
        assert_eq!(status(&engine, "a").breaker, BreakerState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn when_everybody_refuses_the_first_refusal_is_told() {
    for error in refusals() {
        let second = failing("b", ProviderError::Unsupported("anything".to_owned()));
        let engine = engine_with(&[&failing("a", error.clone()), &second], route(&["a", "b"]));
        let found = engine.speak(request(TEXT)).await.unwrap_err();
        assert_eq!((found.code(), found.provider()), (error.code(), Some("a")));
        assert!(found.is_client_fault() && !found.is_worth_retrying());
        assert_eq!(second.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_every_call_is_told() {
    let (first, second) = (failing("a", ProviderError::TimedOut), failing("b", unavailable()));
    let engine = engine_with(&[&first, &second], route(&["a", "b", "gone"]));
    let error = engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!(
        told(&error),
        "server all_providers_failed: no provider could speak, 2 were called: \
         provider a failed: provider timed out"
    );
    assert!(!error.is_worth_retrying(), "every candidate was tried");
    let SpeechError::AllFailed { attempts, skipped, .. } = error else { panic!("{error}") };
    assert_eq!(
        calls(&attempts),
        "a:provider_timed_out b:provider_unavailable b:provider_unavailable b:provider_unavailable"
    );
    assert_eq!((skipped[0].provider.as_str(), skipped[0].code), ("gone", "not_loaded"));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_first_leaves_the_second_its_time() {
    let policy = ProviderPolicy { timeout: Some(2 * SECOND), ..ProviderPolicy::default() };
    let set = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a", "b"]) };
    for (settings, seconds) in [(set, 2), (route(&["a", "b"]), 50)] {
        let first = hanging("a");
        let engine = engine_with(&[&first, &good("b")], settings);
        let began = Instant::now();
        let speech = engine.speak(request(TEXT)).await.unwrap();
        assert_eq!(speech.provenance.provider, "b");
        // The engine gives a provider a moment more, to end its call by itself.
        assert_eq!(began.elapsed(), seconds * SECOND + Duration::from_millis(250));
        assert_eq!(first.running(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_left_in_time_is_a_deadline_and_in_time_is_kept() {
    let third = good("c");
    let policy = |seconds| ProviderPolicy { timeout: Some(seconds * SECOND), ..ProviderPolicy::default() };
    let providers = [("a".to_owned(), policy(5)), ("b".to_owned(), policy(5)), ("c".to_owned(), policy(0))];
    let settings = EngineSettings { providers: providers.into(), ..route(&["a", "b", "c"]) };
    let engine = engine_with(&[&hanging("a"), &hanging("b"), &third], settings);
    let began = Instant::now();
    let wanted = SpeechRequest { deadline: Some(10 * SECOND), ..request(TEXT) };
    let error = engine.speak(wanted).await.unwrap_err();
    assert!(began.elapsed() <= 10 * SECOND + Duration::from_millis(250), "{:?}", began.elapsed());
    assert_eq!(error.code(), "all_providers_failed");
    assert!(error.to_string().ends_with("provider a did not finish within 5000 ms"), "{error}");
    assert!(third.requests().is_empty(), "nobody is asked when the time is over");
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_want_the_first_or_nobody() {
    let second = good("b");
    let engine = engine_with(&[&failing("a", unavailable()), &second], route(&["a", "b"]));
    let alone = SpeechRequest { fallback: Some(false), ..request(TEXT) };
    let error = engine.speak(alone).await.unwrap_err();
    assert_eq!(error.to_string(), "provider a failed: provider is unavailable: 503");
    assert!(second.requests().is_empty());

    let mut settings = route(&["a", "b"]);
    settings.routes.get_mut("main").unwrap().voice_policy = VoicePolicy::Strict;
    let engine = engine_with(&[&failing("a", unavailable()), &second], settings);
    let named = SpeechRequest { provider: Some("a".to_owned()), ..request(TEXT) };
    let error = engine.speak(named).await.unwrap_err();
    assert_eq!(error.to_string(), "provider a failed: provider is unavailable: 503");
    assert!(engine.speak(request(TEXT)).await.is_ok(), "who names nobody is strict about nobody");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_and_counts_against_nobody() {
    let (first, second) = (hanging("a"), good("b"));
    let engine = engine_with(&[&first, &second], route(&["a", "b"]));
    for round in 1..=10 {
        let mut speaking = Box::pin(engine.speak(request(TEXT)));
        tokio::select! {
            biased;
            _ = &mut speaking => unreachable!("it hangs"),
            () = first.until(|first| first.requests().len() == round) => {}
        }
        drop(speaking);
        assert_eq!(first.running(), 0);
    }
    let status = status(&engine, "a");
    assert_eq!((status.breaker, status.cancelled, status.in_flight), (BreakerState::Closed, 10, 0));
    assert!(second.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slow_first_gets_a_rival_when_that_is_wanted() {
    let slow = || vec![pcm(), Step::Wait(5 * SECOND), Step::Audio(tone(24_000).into())];
    let hedge = HedgeSettings { enabled: true, after: Some(SECOND) };
    let first = Arc::new(Scripted::new("a", slow()));
    let settings = EngineSettings { hedge, ..route(&["a", "b"]) };
    let engine = engine_with(&[&first, &good("b")], settings);
    let began = Instant::now();
    let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!((began.elapsed(), provenance.provider.as_str()), (SECOND, "b"));
    assert_eq!(provenance.substituted.unwrap().why, "slow");
    assert_eq!((first.running(), status(&engine, "a").cancelled), (0, 1));

    let (first, second) = (Arc::new(Scripted::new("a", slow())), good("b"));
    let engine = engine_with(&[&first, &second], route(&["a", "b"]));
    assert_eq!(engine.speak(request(TEXT)).await.unwrap().provenance.provider, "a");
    assert!(second.requests().is_empty(), "nothing is bought twice unless asked for");
}

#[tokio::test(start_paused = true)]
async fn a_rival_that_refuses_does_not_speak_for_the_one_that_is_waited_for() {
    let hedge = HedgeSettings { enabled: true, after: Some(SECOND) };
    let settings = || EngineSettings { hedge: hedge.clone(), ..route(&["a", "b", "c"]) };
    let invalid =
        || ProviderError::InvalidRequest(InvalidField { field: "b".to_owned(), message: "no".to_owned() });
    let after =
        |id, seconds: u32, then| Arc::new(Scripted::new(id, vec![pcm(), Step::Wait(seconds * SECOND), then]));
    let (rival, third) = (failing("b", invalid()), good("c"));

    let first = after("a", 5, Step::Audio(tone(24_000).into()));
    let engine = engine_with(&[&first, &rival, &third], settings());
    let (began, provenance) = (Instant::now(), engine.speak(request(TEXT)).await.unwrap().provenance);
    assert_eq!(calls(&provenance.attempts), format!("b:{} a:ok", invalid().code()));
    assert_eq!((provenance.substituted, began.elapsed()), (None, 5 * SECOND));

    let first = after("a", 5, Step::Fail(unavailable().into()));
    let engine = engine_with(&[&first, &rival, &third], settings());
    let (began, error) = (Instant::now(), engine.speak(request(TEXT)).await.unwrap_err());
    assert_eq!((error.code(), began.elapsed()), (invalid().code(), 5 * SECOND));

    let blocked = ProviderError::ContentBlocked("violence".to_owned());
    let first = after("a", 2, Step::Fail(blocked.clone().into()));
    let engine = engine_with(&[&first, &after("b", 5, Step::Audio(tone(24_000).into()))], settings());
    let (began, error) = (Instant::now(), engine.speak(request(TEXT)).await.unwrap_err());
    assert_eq!((error.code(), began.elapsed()), (blocked.code(), 2 * SECOND), "it is not shopped around");
    assert!(third.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_time_of_its_own_a_rival_comes_when_nineteen_of_twenty_calls_would_be_over() {
    let takes = |seconds: u32| vec![pcm(), Step::Wait(seconds * SECOND), Step::Audio(tone(24_000).into())];
    let first = Arc::new(Scripted::new("a", takes(30)));
    for _ in 0..20 {
        first.queue(takes(2));
    }
    let (second, hedge) = (good("b"), HedgeSettings { enabled: true, after: None });
    let engine = engine_with(&[&first, &second], EngineSettings { hedge, ..route(&["a", "b"]) });
    for _ in 0..20 {
        assert_eq!(engine.speak(request(TEXT)).await.unwrap().provenance.provider, "a");
    }
    assert!(second.requests().is_empty(), "a provider that is as it always is has no rival");
    let began = Instant::now();
    let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!((provenance.provider.as_str(), provenance.substituted.unwrap().why), ("b", "slow"));
    let waited = began.elapsed().as_secs_f64();
    assert!((2.0..2.5).contains(&waited), "{waited}");
    assert_eq!((first.requests().len(), second.requests().len(), first.running()), (21, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_stands_alone_tells_its_calls_and_after_retries_of_its_own_wants_no_more() {
    for (max_retries, is_worth) in [(0, true), (2, false)] {
        let policy = ProviderPolicy { max_retries, ..ProviderPolicy::default() };
        let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a"]) };
        let engine = engine_with(&[&failing("a", unavailable())], settings);
        let error = engine.speak(request(TEXT)).await.unwrap_err();
        assert_eq!((error.code(), error.is_worth_retrying()), ("provider_unavailable", is_worth));
        let SpeechError::Tried { attempts, .. } = error else { panic!("{error}") };
        assert_eq!(attempts.len(), max_retries as usize + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn options_are_for_the_plugin_that_was_asked_and_instructions_for_whoever_takes_them() {
    let mut told = Scripted::speaking("b", 10, Vec::new());
    told.manifest.settings_schema = serde_json::json!({ "properties": { "instructions": {} } });
    let (first, second) = (failing("a", ProviderError::TimedOut), Arc::new(told));
    let engine = engine_with(&[&first, &second], route(&["a", "b"]));
    let mut wanted = request(TEXT);
    let options = serde_json::json!({ "role": "Girl", "instructions": "Whisper." });
    wanted.request.options = options.as_object().cloned();
    let provenance = engine.speak(wanted).await.unwrap().provenance;
    let asked = |provider: &Scripted| serde_json::json!(provider.requests()[0].options);
    assert_eq!(asked(&first), serde_json::json!({ "role": "Girl" }));
    assert_eq!(asked(&second), serde_json::json!({ "instructions": "Whisper." }));
    assert_eq!(provenance.dropped, ["options"]);
}
