//! What was answered from the cache, played again without being planned again.

use std::collections::BTreeMap;

use understudy_engine::cache::ClearFilter;
use understudy_engine::history::{HistoryQuery, RequestRecord};
use understudy_engine::{Again, Encore, LogicalVoice, Sticky, Trial, VoicePart};

use super::*;

/// Speaks until it is a hit; what that leaves.
async fn encore(engine: &Engine, wanted: &SpeechRequest) -> Option<Arc<Encore>> {
    engine.speak(wanted.clone()).await.unwrap();
    kept(engine).await;
    let speech = engine.speak(wanted.clone()).await.unwrap();
    assert_eq!(speech.provenance.cache.name(), "hit");
    speech.encore
}

async fn records(engine: &Engine) -> Vec<RequestRecord> {
    let history = engine.store().unwrap().history();
    history.flush().await;
    history.query(HistoryQuery::default(), 100).await.unwrap().records
}

fn again(engine: &Engine, encore: &Encore, id: &str) -> Option<Again> {
    engine.again(encore, &id.into(), Instant::now())
}

#[tokio::test(start_paused = true)]
async fn an_encore_is_the_same_take_and_the_same_record_under_another_id() {
    let provider = good("a");
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let wanted = SpeechRequest { user: Some("u".to_owned()), ..request(TEXT) };
    let encore = encore(&engine, &wanted).await.unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    let heard = again(&engine, &encore, "r-3").unwrap();
    assert_eq!(heard.audio.bytes().await.unwrap(), tone(24_000));
    assert_eq!(heard.age.as_secs(), 7);
    let tally = engine.store().unwrap().cache().stats().providers["a"].tally;
    assert_eq!((asked(&provider), tally.hits, tally.misses), (1, 2, 1));
    let records = records(&engine).await;
    let [last, before, _] = records.as_slice() else { unreachable!("{records:?}") };
    assert_eq!((last.id.as_str(), before.id.as_str()), ("r-3", "r-1"));
    assert_eq!(last.at_ms - before.at_ms, 7_000);
    let expected = RequestRecord { id: "r-3".to_owned(), at_ms: last.at_ms, ..before.clone() };
    assert_eq!(*last, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_thrown_away_too_old_or_another_take_is_not_played_again() {
    let provider = good("a");
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let wanted = request(TEXT);
    let first = encore(&engine, &wanted).await.unwrap();
    let cache = engine.store().unwrap().cache().clone();
    let hits = || cache.stats().providers["a"].tally.hits;
    cache.clear(ClearFilter::default()).await.unwrap();
    let before = hits();
    assert!(again(&engine, &first, "r-2").is_none());
    // The same audio is the same take.
    let same = encore(&engine, &wanted).await.unwrap();
    assert!(again(&engine, &first, "r-3").is_some() && again(&engine, &same, "r-4").is_some());
    tokio::time::sleep(cache.settings().ttl).await;
    assert!(again(&engine, &same, "r-5").is_none());
    assert_eq!(hits() - before, 3, "what was not played is no hit");
}

#[tokio::test(start_paused = true)]
async fn a_take_that_was_bought_anew_with_another_sound_is_not_played_for_the_old_one() {
    let provider = good("a");
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let first = encore(&engine, &request(TEXT)).await.unwrap();
    let format = AudioFormat::mono(Encoding::PcmS16le, 24_000);
    provider.queue(vec![Step::Begin(format), Step::Audio(tone(36_000).into())]);
    engine.speak(using(CacheUse::Refresh)).await.unwrap();
    kept(&engine).await;
    assert!(again(&engine, &first, "r-2").is_none());
    let second = engine.speak(request(TEXT)).await.unwrap().encore.unwrap();
    assert_eq!(again(&engine, &second, "r-3").unwrap().audio.length(), 72_000);
}

#[tokio::test(start_paused = true)]
async fn a_form_leaves_an_encore_once_it_is_kept() {
    let provider = good("a");
    let cache = CacheSettings { derived_after: 2, ..CacheSettings::default() };
    let (_folder, store) = store_with(cache);
    let engine = engine_with(&[&provider], EngineSettings::default()).with_store(store);
    let wanted = wanting(Encoding::Flac, None);
    let mut left = Vec::new();
    for _ in 0..4 {
        let speech = engine.speak(wanted.clone()).await.unwrap();
        left.push(speech.encore.is_some());
        kept(&engine).await;
    }
    assert_eq!(left, [false, false, true, true]);
    let speech = engine.speak(wanted).await.unwrap();
    let heard = again(&engine, &speech.encore.unwrap(), "r-2").unwrap();
    assert_eq!(heard.audio.bytes().await.unwrap(), speech.audio.bytes().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn only_what_the_request_alone_decides_leaves_an_encore() {
    let check = async |engine: Engine, wanted: SpeechRequest, expected: bool, what: &str| {
        assert_eq!(encore(&engine, &wanted).await.is_some(), expected, "{what}");
    };
    let policy =
        |policy| EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a", "b"]) };
    let (one, other) = (good("a"), good("b"));
    let user = || SpeechRequest { user: Some("u".to_owned()), ..request(TEXT) };
    let (_folder, engine) = keeping(&[&one, &other], route(&["a", "b"]));
    check(engine, user(), true, "a route").await;
    let weight = ProviderPolicy { weight: Some(1), ..ProviderPolicy::default() };
    let (_folder, engine) = keeping(&[&one, &other], policy(weight));
    check(engine, user(), false, "a weight").await;
    let rollout = ProviderPolicy { rollout_percent: 99, ..ProviderPolicy::default() };
    let (_folder, engine) = keeping(&[&one, &other], policy(rollout));
    check(engine, user(), false, "a rollout").await;

    let trial = Trial {
        provider: Arc::clone(&other) as Arc<dyn Provider>,
        identity: String::new(),
        score: Arc::default(),
        percent: 1,
        sticky: Sticky::User,
    };
    let member = Member { trial: Some(trial), ..Member::new("a", Arc::clone(&one) as Arc<dyn Provider>) };
    let (_folder, kept_in) = store();
    let trying = Engine::new(Cast::new(vec![member]), EngineSettings::default()).with_store(kept_in);
    check(trying, user(), false, "a trial").await;

    let dead = failing("a", unavailable());
    let settings = route(&["a", "b"]);
    let (_folder, standing_in) = keeping(&[&dead, &other], settings);
    check(standing_in, request(TEXT), false, "a stand-in").await;

    let part = |voice: &str| VoicePart {
        provider: "a".to_owned(),
        voice: voice.to_owned(),
        rate: None,
        pitch: None,
        volume: None,
        styles: BTreeMap::new(),
    };
    let narrator = LogicalVoice { cast: vec![part("aria"), part("jenny")] };
    let voices = [("narrator".to_owned(), narrator)].into();
    let sulking = good("a");
    for _ in 0..2 {
        sulking.queue(vec![Step::Fail(ProviderError::VoiceNotFound("aria".to_owned()).into())]);
        sulking.queue(sulking.steps.clone());
    }
    let (_folder, engine) = keeping(&[&sulking], EngineSettings { voices, ..route(&["a"]) });
    let mut narrated = request(TEXT);
    narrated.request.voice = Some("narrator".to_owned());
    check(engine, narrated, false, "a stand-in of the same provider").await;

    let (_folder, engine) = keeping(&[&one], EngineSettings::default());
    let refreshed = engine.speak(using(CacheUse::Refresh)).await.unwrap();
    assert!(refreshed.encore.is_none(), "a take that was bought");
}

#[tokio::test(start_paused = true)]
async fn a_take_in_a_file_is_played_again_from_there() {
    let provider = good("a");
    for at_once_bytes_max in [100, 1_000_000] {
        let cache =
            CacheSettings { memory_take_bytes_max: 100, at_once_bytes_max, ..CacheSettings::default() };
        let (_folder, store) = store_with(cache);
        let engine = engine_with(&[&provider], EngineSettings::default()).with_store(store);
        let encore = encore(&engine, &request(TEXT)).await.unwrap();
        // Only Linux can be asked, and it may be busy with the name.
        let heard = (0..100).find_map(|_| again(&engine, &encore, "r-2"));
        assert_eq!(heard.is_some(), cfg!(target_os = "linux"));
        if let Some(heard) = heard {
            assert_eq!(heard.audio.bytes().await.unwrap(), tone(24_000));
        }
    }
}
