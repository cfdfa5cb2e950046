//! Streams fall back until their first audio, and never after it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{
    BreakerState, Engine, EngineSettings, Finished, ProviderPolicy, SpeechError, SpeechEvent,
};
use understudy_speech::{AudioFormat, Encoding, ProviderError};

use crate::streaming::hear;
use crate::{TEXT, calls, engine_with, failing, good, request, route, status, unavailable};

fn pcm() -> Step {
    Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))
}

/// Hears a stream to its end.
async fn finish(engine: &Engine) -> Result<Box<Finished>, String> {
    let mut stream = engine.stream(request(TEXT)).await.map_err(|error| error.to_string())?;
    loop {
        match stream.next().await.unwrap() {
            Ok(SpeechEvent::Finished(finished)) => return Ok(finished),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_before_the_first_audio_is_played_by_the_next() {
    let late = Arc::new(Scripted::new("a", vec![pcm(), Step::Hang]));
    let policy = ProviderPolicy { timeout: Some(Duration::from_secs(3)), ..ProviderPolicy::default() };
    for (first, code) in [(failing("a", unavailable()), "provider_unavailable"), (late, "deadline_exceeded")]
    {
        let providers = [("a".to_owned(), ProviderPolicy { max_retries: 0, ..policy.clone() })].into();
        let settings = EngineSettings { providers, ..route(&["a", "b"]) };
        let engine = engine_with(&[&first, &good("b")], settings);
        let began = Instant::now();
        let stream = engine.stream(request(TEXT)).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(4));
        assert_eq!((stream.provider(), stream.substituted().unwrap().why), ("b", code));
        drop(stream);
        let provenance = finish(&engine).await.unwrap().provenance;
        assert_eq!(calls(&provenance.attempts), format!("a:{code} b:ok"));
        assert_eq!(provenance.substituted.unwrap().asked, "a");
        assert_eq!(status(&engine, "a").failures.get(code), Some(&2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_later_ends_the_stream_and_counts() {
    let broken = vec![pcm(), Step::Audio(tone(10).into()), Step::Fail(unavailable().into())];
    let (first, second) = (Arc::new(Scripted::new("a", broken)), good("b"));
    let engine = engine_with(&[&first, &second], route(&["a", "b"]));
    for _ in 0..5 {
        let error = finish(&engine).await.unwrap_err();
        assert_eq!(error, "provider a failed: provider is unavailable: 503");
    }
    assert!(second.requests().is_empty());
    assert_eq!(status(&engine, "a").breaker, BreakerState::Open);
    assert_eq!(finish(&engine).await.unwrap().provenance.provider, "b");
}

#[tokio::test(start_paused = true)]
async fn what_fails_later_tells_the_calls_that_led_to_it() {
    let broken = vec![pcm(), Step::Audio(tone(10).into()), Step::Fail(unavailable().into())];
    let providers = [("a".to_owned(), ProviderPolicy { max_retries: 0, ..ProviderPolicy::default() })].into();
    let settings = EngineSettings { providers, ..route(&["a", "b"]) };
    let providers = [&failing("a", ProviderError::TimedOut), &Arc::new(Scripted::new("b", broken))];
    let engine = engine_with(&providers, settings);
    let mut stream = engine.stream(request(TEXT)).await.unwrap();
    let error = loop {
        if let Err(error) = stream.next().await.unwrap() {
            break error;
        }
    };
    let SpeechError::Tried { attempts, .. } = &error else { unreachable!("{error}") };
    assert_eq!(calls(attempts), "a:provider_timed_out b:provider_unavailable");
    assert_eq!((error.code(), error.is_worth_retrying()), ("provider_unavailable", false));
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_its_place_until_its_end() {
    let long = vec![pcm(), Step::Audio(tone(10).into()), Step::Wait(Duration::from_secs(60))];
    let first = Arc::new(Scripted::new("a", long));
    let policy = ProviderPolicy { concurrent_requests: 1.try_into().ok(), ..ProviderPolicy::default() };
    let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a", "b"]) };
    let engine = engine_with(&[&first, &good("b")], settings);
    let held = engine.stream(request(TEXT)).await.unwrap();
    assert_eq!(engine.stream(request(TEXT)).await.unwrap().provider(), "b");
    assert_eq!(status(&engine, "a").in_flight, 1);
    drop(held);
    first.until(|first| first.running() == 0).await;
    assert_eq!(engine.stream(request(TEXT)).await.unwrap().provider(), "a");
}

#[tokio::test(start_paused = true)]
async fn listeners_that_pause_silence_nobody() {
    let pieces = (0..1_000).map(|_| Step::Audio(tone(10).into()));
    let flowing = [pcm()].into_iter().chain(pieces).collect();
    let stuck = vec![pcm(), Step::Audio(tone(10).into()), Step::Hang];
    for (steps, expected) in [(flowing, (BreakerState::Closed, 5)), (stuck, (BreakerState::Open, 0))] {
        let provider = Arc::new(Scripted::new("a", steps));
        let (deadline, stream_deadline) = (Duration::from_secs(15), Duration::from_secs(20));
        let settings = EngineSettings { deadline, stream_deadline, ..route(&["a"]) };
        let engine = engine_with(&[&provider], settings);
        for _ in 0..5 {
            let stream = engine.stream(request(TEXT)).await.unwrap();
            provider.until(|provider| provider.running() == 0).await;
            assert!(hear(stream).await.error.unwrap().contains("did not finish within 20000 ms"));
        }
        let status = status(&engine, "a");
        assert_eq!((status.breaker, status.cancelled), expected);
    }
}
