//! How much may be asked of whom: places, requests a minute, budgets, rollouts, and the one queue.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::join_all;
use tokio::time::{Instant, advance};
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{
    Cast, Engine, EngineSettings, GlobalLimits, Member, ProviderPolicy, SpeechError, SpeechRequest, Withheld,
};
use understudy_speech::{AudioFormat, Encoding, Provider};

use crate::{TEXT, engine_with, good, request, route, status};

const SECOND: Duration = Duration::from_secs(1);

fn slow(id: &str, seconds: u32) -> Arc<Scripted> {
    let begin = Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000));
    let wait = Step::Wait(seconds * SECOND);
    Arc::new(Scripted::new(id, vec![begin, wait, Step::Audio(tone(24_000).into())]))
}

fn with(policy: ProviderPolicy, names: &[&str]) -> EngineSettings {
    EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(names) }
}

/// Who spoke each of `count` requests made together, in alphabetical order; errors by their codes.
async fn together(engine: &Engine, count: usize) -> Vec<String> {
    let speak = |_| async {
        match engine.speak(request(TEXT)).await {
            Ok(speech) => speech.provenance.provider,
            Err(error) => error.code().to_owned(),
        }
    };
    let mut spoken = join_all((0..count).map(speak)).await;
    spoken.sort();
    spoken
}

fn places(count: u32) -> ProviderPolicy {
    ProviderPolicy { concurrent_requests: count.try_into().ok(), ..ProviderPolicy::default() }
}

#[tokio::test(start_paused = true)]
async fn a_full_provider_is_passed_over() {
    let first = slow("a", 5);
    let engine = engine_with(&[&first, &slow("b", 5)], with(places(2), &["a", "b"]));
    assert_eq!(together(&engine, 5).await, ["a", "a", "b", "b", "b"]);
    assert_eq!(first.running_max(), 2);
    assert_eq!(status(&engine, "a").withheld.get("concurrent_requests_reached"), Some(&3));
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_under_the_limits_of_old_and_new_settings() {
    let (first, second) = (slow("a", 5), slow("b", 5));
    let under = |count| with(places(count), &["a", "b"]);
    let old = engine_with(&[&first, &second], under(2));
    let member =
        |provider: &Arc<Scripted>, name| Member::new(name, Arc::clone(provider) as Arc<dyn Provider>);
    let cast = || Cast::new(vec![member(&first, "a"), member(&second, "b")]);
    let (wider, narrower) = (old.recast(cast(), under(3)), old.recast(cast(), under(1)));
    let speak = |engine: &Engine| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.speak(request(TEXT)).await.unwrap().provenance.provider })
    };
    let mut spoken = Vec::new();
    for engine in [&old, &old, &old, &wider, &old, &narrower, &wider] {
        spoken.push(speak(engine));
        tokio::time::sleep(SECOND / 100).await;
    }
    let spoken: Vec<_> = join_all(spoken).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(spoken, ["a", "a", "b", "a", "b", "b", "b"]);
    assert_eq!(first.running_max(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_has_nowhere_else_to_go_waits_in_line() {
    let first = slow("a", 5);
    let engine = engine_with(&[&first], with(places(2), &["a"]));
    let began = Instant::now();
    assert_eq!(together(&engine, 6).await, ["a"; 6]);
    assert_eq!((began.elapsed(), first.running_max()), (15 * SECOND, 2));
    let limits = GlobalLimits { queue_deadline: 8 * SECOND, ..GlobalLimits::default() };
    let engine = engine_with(&[&first], EngineSettings { limits, ..with(places(2), &["a"]) });
    let busy = together(&engine, 7).await;
    assert_eq!(busy, ["a", "a", "a", "a", "busy", "busy", "busy"], "eight seconds in line are enough");
    assert_eq!(first.running_max(), 2);
}

#[tokio::test(start_paused = true)]
async fn so_many_are_spoken_so_many_wait_and_the_rest_comes_back_later() {
    let first = slow("a", 5);
    let limits = GlobalLimits { max_concurrent_syntheses: 2, queue_depth: 2, queue_deadline: 6 * SECOND };
    let engine = engine_with(&[&first], EngineSettings { limits, ..route(&["a"]) });
    assert_eq!(together(&engine, 6).await, ["a", "a", "a", "a", "busy", "busy"]);
    assert_eq!(first.running_max(), 2);
    let status = engine.status();
    assert_eq!((status.speaking, status.waiting), (0, 0), "nobody is left behind");
    let error = SpeechError::Busy { retry_after: SECOND };
    assert!(error.is_worth_retrying() && !error.is_client_fault());
}

#[tokio::test(start_paused = true)]
async fn a_minute_holds_as_many_requests_as_it_may() {
    let first = good("a");
    let policy = ProviderPolicy { requests_per_minute: 3.try_into().ok(), ..ProviderPolicy::default() };
    let engine = engine_with(&[&first], with(policy.clone(), &["a"]));
    assert_eq!(together(&engine, 3).await, ["a"; 3]);
    advance(15 * SECOND).await;
    let error = engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), ("requests_per_minute_reached", Some(45 * SECOND)));
    advance(45 * SECOND).await;
    assert_eq!(together(&engine, 4).await, ["a", "a", "a", "requests_per_minute_reached"]);
    let engine = engine_with(&[&first, &good("b")], with(policy, &["a", "b"]));
    assert_eq!(together(&engine, 4).await, ["a", "a", "a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_not_overdrawn_and_is_new_every_day() {
    // TEXT has 20 characters.
    let first = good("a");
    let policy = ProviderPolicy { characters_per_day: Some(50), ..ProviderPolicy::default() };
    let engine = engine_with(&[&first, &good("b")], with(policy.clone(), &["a", "b"]));
    assert_eq!(together(&engine, 3).await, ["a", "a", "b"]);
    advance(86_400 * SECOND).await;
    assert_eq!(together(&engine, 1).await, ["a"]);
    assert_eq!(status(&engine, "a").spending.day_characters, 20);

    // The 31st of December, an hour before midnight UTC.
    let december = UNIX_EPOCH + Duration::from_secs(1_798_758_000);
    let started = Instant::now();
    let policy = ProviderPolicy { characters_per_month: Some(50), ..policy };
    let alone = engine_with(&[&first], with(policy, &["a"])).dated(move || december + started.elapsed());
    alone.restore_spending(engine.spending());
    assert_eq!(together(&alone, 3).await, ["a", "a", "budget_used_up"]);
    let error = alone.speak(request(TEXT)).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(3_600 * SECOND));
    advance(3_600 * SECOND).await;
    assert_eq!(together(&alone, 1).await, ["a"]);
    assert_eq!(alone.spending()["a"].month_characters, 20);
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_refused_was_not_spent() {
    let first = good("a");
    for _ in 0..9 {
        first.queue(vec![Step::Fail(crate::unavailable().into())]);
    }
    let policy = ProviderPolicy { characters_per_day: Some(20), max_retries: 9, ..ProviderPolicy::default() };
    let mut settings = with(policy, &["a"]);
    settings.breaker.failures = 100;
    settings.breaker.failure_percent = 100;
    let engine = engine_with(&[&first], settings);
    assert_eq!(together(&engine, 1).await, ["a"]);
    assert_eq!(status(&engine, "a").spending.day_characters, 20);
}

#[tokio::test(start_paused = true)]
async fn a_rollout_belongs_to_the_user() {
    let policy = ProviderPolicy { rollout_percent: 25, ..ProviderPolicy::default() };
    let engine = engine_with(&[&good("a"), &good("b")], with(policy, &["a", "b"]));
    let speak = |user: usize| {
        let engine = engine.clone();
        async move {
            let wanted = SpeechRequest { user: Some(format!("user-{user}")), ..request(TEXT) };
            engine.speak(wanted).await.unwrap().provenance
        }
    };
    let mut inside = 0;
    for user in 0..200 {
        let (first, second) = (speak(user).await, speak(user).await);
        assert_eq!(first.provider, second.provider, "a user is in or out");
        inside += usize::from(first.provider == "a");
        if first.provider == "b" {
            assert_eq!(
                (first.skipped[0].code, first.substituted.unwrap().why),
                ("not_rolled_out", "not_rolled_out")
            );
        }
    }
    assert!((30..70).contains(&inside), "{inside} of 200 at 25 percent");
    let nobody = ProviderPolicy { rollout_percent: 0, ..ProviderPolicy::default() };
    let error = engine_with(&[&good("a")], with(nobody, &["a"])).speak(request(TEXT)).await.unwrap_err();
    assert!(matches!(error, SpeechError::Withheld { reason: Withheld::NotRolledOut, .. }), "{error}");
    assert!(!error.is_worth_retrying());
}

#[tokio::test(start_paused = true)]
async fn a_text_past_the_policys_length_goes_to_the_next() {
    let policy = ProviderPolicy { max_text_length: Some(19), ..ProviderPolicy::default() };
    let engine = engine_with(&[&good("a"), &good("b")], with(policy, &["a", "b"]));
    let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
    assert_eq!((provenance.provider.as_str(), provenance.skipped[0].code), ("b", "text_too_long"));
    assert!(engine.speak(request("Short.")).await.is_ok());
}
