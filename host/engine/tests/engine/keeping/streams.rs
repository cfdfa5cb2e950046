//! Streams and the cache: replay, follow, and play what is kept.

use futures_util::future::join_all;
use understudy_engine::SpeechEvent;
use understudy_engine::cache::CacheSettings;
use understudy_engine::flight::FlightSettings;
use understudy_speech::WordTimes;

use super::*;
use crate::streaming::hear;

const SECOND: Duration = Duration::from_secs(1);

/// A second of sound in four pieces, a second apart, with words before the first and the third.
fn slow() -> Arc<Scripted> {
    let mut steps = vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))];
    for (index, piece) in tone(24_000).chunks(12_000).enumerate() {
        if index % 2 == 0 {
            steps.push(Step::Words(vec![WORDS[index / 2]]));
        }
        steps.extend([Step::Audio(piece.to_vec().into()), Step::Wait(SECOND)]);
    }
    Arc::new(Scripted::new("a", steps))
}

fn with_words(text: &str) -> SpeechRequest {
    let mut wanted = request(text);
    wanted.request.words = true;
    wanted
}

#[tokio::test(start_paused = true)]
async fn a_streamed_take_is_kept_and_the_next_stream_and_the_next_whole_are_hits() {
    let provider = slow();
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let first = engine.stream(with_words(TEXT)).await.unwrap();
    assert_eq!((first.cache().name(), first.attempts().len()), ("miss", 1));
    let first = hear(first).await;
    kept(&engine).await;
    let began = Instant::now();
    let second = engine.stream(with_words(TEXT)).await.unwrap();
    assert_eq!((second.cache().name(), second.attempts().len()), ("hit", 0));
    assert!(second.age().is_some());
    let second = hear(second).await;
    assert!(began.elapsed() < SECOND, "nobody waits for a provider");
    assert_eq!((&second.audio, &second.words, &second.error), (&first.audio, &first.words, &None));
    assert_eq!((&second.audio, second.words.as_slice()), (&tone(24_000), WORDS.as_slice()));
    let (first, second) = (first.finished.unwrap(), second.finished.unwrap());
    assert_eq!((second.duration, second.word_times), (Some(SECOND), Some(WordTimes::Native)));
    assert_eq!((first.provenance.cache.name(), second.provenance.cache.name()), ("miss", "hit"));
    assert_eq!((first.provenance.quality, second.provenance.quality), (Some(1.0), Some(1.0)));
    assert_eq!(second.provenance.attempts.len(), 0);
    let whole = engine.speak(with_words(TEXT)).await.unwrap();
    // A whole take is known to its end, which its words do not pass.
    let clipped = [WORDS[0], Word { end_ms: 1_000, ..WORDS[1] }];
    assert_eq!((whole.provenance.cache.name(), whole.words.as_slice()), ("hit", clipped.as_slice()));
    assert_eq!(asked(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_listener_hears_the_beginning_at_once_and_then_follows() {
    let provider = slow();
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let first = tokio::spawn(hear(engine.stream(with_words(TEXT)).await.unwrap()));
    tokio::time::sleep(SECOND * 5 / 2).await;
    let began = Instant::now();
    let mut late = engine.stream(with_words(TEXT)).await.unwrap();
    assert_eq!(late.cache().name(), "shared");
    let mut pieces = 0;
    while pieces < 3 {
        pieces += usize::from(matches!(late.next().await, Some(Ok(SpeechEvent::Audio(_)))));
    }
    assert!(began.elapsed() < SECOND / 10, "{:?}", began.elapsed());
    let rest = hear(late).await;
    assert_eq!((rest.pieces, rest.error), (1, None));
    let finished = rest.finished.unwrap();
    assert_eq!(
        (finished.provenance.cache.name(), finished.provenance.characters_billed),
        ("shared", Some(0))
    );
    // A whole take that is asked for meanwhile is the same call's.
    assert_eq!(first.await.unwrap().audio, tone(24_000));
    assert_eq!(asked(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn streams_and_whole_takes_share_one_call() {
    let provider = slow();
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let streams = join_all((0..100).map(|_| {
        let engine = engine.clone();
        tokio::spawn(async move { hear(engine.stream(with_words(TEXT)).await.unwrap()).await })
    }));
    let (streams, whole) = tokio::join!(streams, engine.speak(with_words(TEXT)));
    for heard in streams {
        let heard = heard.unwrap();
        assert_eq!((heard.audio, heard.words, heard.error), (tone(24_000), WORDS.to_vec(), None));
    }
    assert_eq!(whole.unwrap().bytes().await.unwrap(), tone(24_000));
    assert_eq!(asked(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_leaves_does_not_end_the_stream_of_others() {
    let provider = slow();
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let leader = engine.stream(with_words(TEXT)).await.unwrap();
    let follower = engine.stream(with_words(TEXT)).await.unwrap();
    drop(leader);
    let heard = hear(follower).await;
    assert_eq!((heard.audio, heard.error), (tone(24_000), None));
    assert_eq!((asked(&provider), status(&engine, "a").cancelled), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_falls_behind_the_replay_goes_on_from_the_whole_take() {
    let provider = slow();
    let flight = FlightSettings { replay_bytes_max: 20_000, ..FlightSettings::default() };
    let (_folder, engine) = keeping(&[&provider], EngineSettings { flight, ..EngineSettings::default() });
    let first = engine.stream(with_words(TEXT)).await.unwrap();
    let first = tokio::spawn(hear(first));
    tokio::time::sleep(SECOND * 5 / 2).await;
    // The beginning is forgotten already: all of it comes from the outcome.
    let late = hear(engine.stream(with_words(TEXT)).await.unwrap()).await;
    assert_eq!((late.audio, late.words, late.error), (tone(24_000), WORDS.to_vec(), None));
    assert_eq!(first.await.unwrap().audio, tone(24_000));
    assert_eq!(asked(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_its_audition_ends_with_that_and_is_not_kept() {
    let silence =
        vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)), Step::Audio(vec![0; 48_000].into())];
    let provider = Arc::new(Scripted::new("a", silence));
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let heard = hear(engine.stream(request(TEXT)).await.unwrap()).await;
    assert!(heard.error.unwrap().contains("provider_unusable_audio"));
    assert_eq!((heard.audio.len(), heard.finished.is_none()), (48_000, true));
    kept(&engine).await;
    assert_eq!(engine.store().unwrap().cache().stats().takes, 0);
    assert_eq!(status(&engine, "a").failures["provider_unusable_audio"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_shared_failure_falls_back_for_every_stream_once() {
    let fails = vec![Step::Wait(SECOND), Step::Fail(ProviderError::Protocol("odd".to_owned()).into())];
    let (first, second) = (Arc::new(Scripted::new("a", fails)), good("b"));
    let (_folder, engine) = keeping(&[&first, &second], route(&["a", "b"]));
    let heard = join_all((0..50).map(|_| async {
        let stream = engine.stream(request(TEXT)).await.unwrap();
        assert_eq!(stream.provider(), "b");
        hear(stream).await
    }));
    assert!(heard.await.iter().all(|heard| heard.audio == tone(24_000)));
    assert_eq!((asked(&first), asked(&second)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_kept_take_is_streamed_from_its_file_and_in_another_encoding() {
    let provider = slow();
    let settings =
        CacheSettings { memory_take_bytes_max: 1_000, at_once_bytes_max: 1_000, ..CacheSettings::default() };
    let (_folder, store) = store_with(settings);
    let engine = engine_with(&[&provider], EngineSettings::default()).with_store(store);
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    let heard = hear(engine.stream(request(TEXT)).await.unwrap()).await;
    assert_eq!((heard.audio, heard.error), (tone(24_000), None));
    let mp3 = engine.stream(wanting(Encoding::Mp3, None)).await.unwrap();
    assert_eq!(mp3.format().encoding, Encoding::Mp3);
    let mp3 = hear(mp3).await;
    assert_eq!(understudy_audio::sniff(&mp3.audio), Some(Encoding::Mp3));
    let whole = engine.speak(wanting(Encoding::Mp3, None)).await.unwrap();
    assert_eq!(whole.bytes().await.unwrap(), mp3.audio);
    assert!(!mp3.finished.unwrap().provenance.passed_through);
    assert_eq!(asked(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_past_the_cache_is_neither_shared_nor_kept() {
    let provider = slow();
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let off = || engine.stream(using(CacheUse::Off));
    let (one, two) = (off().await.unwrap(), off().await.unwrap());
    assert_eq!((one.cache().name(), two.cache().name()), ("bypass", "bypass"));
    let (one, two) = tokio::join!(hear(one), hear(two));
    assert_eq!((one.error, two.error), (None, None));
    let fresh = engine.stream(using(CacheUse::Refresh)).await.unwrap();
    assert_eq!(fresh.cache().name(), "bypass");
    assert_eq!(hear(fresh).await.finished.unwrap().provenance.cache.name(), "bypass");
    kept(&engine).await;
    assert_eq!((engine.store().unwrap().cache().stats().takes, asked(&provider)), (1, 3));
}
