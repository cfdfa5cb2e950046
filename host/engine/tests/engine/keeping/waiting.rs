//! Places among all requests, and calls that are shared.

use futures_util::future::join_all;
use understudy_engine::GlobalLimits;

use super::*;
use crate::streaming::hear;

const SECOND: Duration = Duration::from_secs(1);

fn after(id: &str, time: Duration, then: Step) -> Arc<Scripted> {
    let begin = Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000));
    Arc::new(Scripted::new(id, vec![begin, Step::Wait(time), then]))
}

fn slow(id: &str, time: Duration) -> Arc<Scripted> {
    after(id, time, Step::Audio(tone(24_000).into()))
}

/// So many at once, and a queue that is left after `patience`.
fn places(count: usize, patience: Duration) -> GlobalLimits {
    GlobalLimits { max_concurrent_syntheses: count, queue_depth: 2, queue_deadline: patience }
}

/// An engine whose two places are taken for eight seconds, and whose providers `a` and `b` have three.
async fn full(patience: Duration) -> (TempDir, Engine, [Arc<Scripted>; 2]) {
    let policy = || ProviderPolicy { timeout: Some(3 * SECOND), ..ProviderPolicy::default() };
    let providers = ["a", "b"].map(|name| (name.to_owned(), policy())).into();
    let limits = places(2, patience);
    let settings = EngineSettings { providers, limits, ..route(&["a", "b"]) };
    let (busy, first, second) = (slow("busy", 8 * SECOND), slow("a", SECOND), good("b"));
    let (folder, engine) = keeping(&[&busy, &first, &second], settings);
    for text in ["One.", "Two."] {
        let wanted = SpeechRequest { provider: Some("busy".to_owned()), ..request(text) };
        let engine = engine.clone();
        tokio::spawn(async move { engine.speak(wanted).await.unwrap() });
    }
    busy.until(|busy| busy.running() == 2).await;
    (folder, engine, [first, second])
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_place_does_not_count_against_a_provider() {
    let (_folder, engine, _) = full(30 * SECOND).await;
    let began = Instant::now();
    let speech = engine.speak(request(TEXT)).await.unwrap();
    assert_eq!((calls(&speech.provenance.attempts).as_str(), began.elapsed()), ("a:ok", 9 * SECOND));

    let (_folder, engine, _) = full(30 * SECOND).await;
    let began = Instant::now();
    let stream = engine.stream(request(TEXT)).await.unwrap();
    assert_eq!((calls(stream.attempts()).as_str(), began.elapsed()), ("a:ok", 9 * SECOND));
    assert_eq!(hear(stream).await.error, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_gets_no_place_called_nobody_and_may_come_back() {
    for (patience, deadline) in [(5 * SECOND, None), (30 * SECOND, Some(5 * SECOND))] {
        let (_folder, engine, providers) = full(patience).await;
        let began = Instant::now();
        let hurried = || SpeechRequest { deadline, ..request(TEXT) };
        let (whole, stream) = tokio::join!(engine.speak(hurried()), engine.stream(hurried()));
        for error in [whole.unwrap_err(), stream.unwrap_err()] {
            assert_eq!((error.code(), error.retry_after()), ("busy", Some(SECOND)));
        }
        assert_eq!(began.elapsed(), 5 * SECOND);
        assert!(providers.iter().all(|provider| provider.requests().is_empty()));
    }
}

#[tokio::test(start_paused = true)]
async fn identical_requests_wait_for_one_place_and_share_what_comes() {
    let (_folder, engine, [first, _]) = full(30 * SECOND).await;
    let spoken = join_all((0..100).map(|_| engine.speak(request(TEXT)))).await;
    assert!(spoken.into_iter().all(|speech| speech.unwrap().provenance.provider == "a"));
    assert_eq!((asked(&first), engine.status().waiting, engine.status().speaking), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_had_without_a_place() {
    let (provider, busy) = (good("a"), slow("busy", 8 * SECOND));
    let settings = EngineSettings { limits: places(1, SECOND), ..route(&["a"]) };
    let (_folder, engine) = keeping(&[&provider, &busy], settings);
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    let other = SpeechRequest { provider: Some("busy".to_owned()), ..request("One.") };
    let (other, kept) = tokio::join!(engine.speak(other), async {
        busy.until(|busy| busy.running() == 1).await;
        let began = Instant::now();
        (engine.speak(request(TEXT)).await.unwrap().provenance.cache.name(), began.elapsed())
    });
    assert!(other.is_ok());
    assert_eq!(kept, ("hit", Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn whoever_follows_a_call_that_waits_for_a_place_does_not_hold_that_place() {
    let odd = Step::Fail(ProviderError::Protocol("odd".to_owned()).into());
    let (first, second) = (after("a", SECOND, odd), slow("b", SECOND));
    let settings = EngineSettings { limits: places(1, 30 * SECOND), ..route(&["a", "b"]) };
    let (_folder, engine) = keeping(&[&first, &second], settings);
    let began = Instant::now();
    let (walking, waiting) = tokio::join!(engine.speak(request(TEXT)), async {
        first.until(|first| first.running() == 1).await;
        let at_second = SpeechRequest { provider: Some("b".to_owned()), ..request(TEXT) };
        engine.speak(at_second).await
    });
    let (walking, waiting) = (walking.unwrap().provenance, waiting.unwrap().provenance);
    assert_eq!((walking.cache.name(), waiting.cache.name()), ("shared", "miss"));
    assert_eq!((asked(&second), began.elapsed()), (1, 2 * SECOND));
}
