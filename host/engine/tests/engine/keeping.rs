//! Takes that are bought once: the cache and single flight inside the walk.

mod characters;
mod encores;
mod sharing;
mod streams;
mod voices;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use tokio::time::Instant;
use understudy_engine::cache::{AudioDigest, CacheSettings};
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{
    CacheUse, Cast, Engine, EngineSettings, Member, Output, ProviderPolicy, Route, Speech, SpeechRequest,
    Store, StoreSettings, WallClock,
};
use understudy_speech::{AudioFormat, Encoding, FormatSupport, Provider, ProviderError, Word, WordTimes};

use crate::{
    TEXT, WORDS, calls, engine_with, failing, good, request, route, status, told, unavailable, wanting,
};

/// A store in a folder of its own, whose clock follows tokio's.
pub(crate) fn store() -> (TempDir, Store) {
    store_with(CacheSettings::default())
}

fn store_with(cache: CacheSettings) -> (TempDir, Store) {
    let (folder, started) = (tempfile::tempdir().unwrap(), Instant::now());
    let clock = WallClock::new(move || UNIX_EPOCH + Duration::from_secs(1_700_000_000) + started.elapsed());
    let store = Store::open(folder.path(), StoreSettings { cache, ..StoreSettings::default() }, &clock);
    (folder, store)
}

/// An engine that keeps takes, and the folder it keeps them in.
fn keeping(providers: &[&Arc<Scripted>], settings: EngineSettings) -> (TempDir, Engine) {
    let (folder, store) = store();
    (folder, engine_with(providers, settings).with_store(store))
}

fn asked(provider: &Scripted) -> usize {
    provider.requests().len()
}

fn using(cache: CacheUse) -> SpeechRequest {
    SpeechRequest { cache, ..request(TEXT) }
}

/// Speaks; returns where the take came from.
async fn source(engine: &Engine, wanted: SpeechRequest) -> &'static str {
    let speech = engine.speak(wanted).await.unwrap();
    kept(engine).await;
    speech.provenance.cache.name()
}

/// Waits until what is being kept is kept.
async fn kept(engine: &Engine) {
    engine.store().unwrap().flush().await;
    // A flight that has landed may still be writing: it is over when its call can be made again.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn word_times_of_a_kept_take_are_estimated_when_they_are_wanted() {
    let mut mute = Scripted::speaking("a", 1, Vec::new());
    mute.manifest.capabilities.words = None;
    let mute = Arc::new(mute);
    let (_folder, engine) = keeping(&[&mute], EngineSettings::default());
    let plain = engine.speak(request(TEXT)).await.unwrap();
    kept(&engine).await;
    let mut wanted = request(TEXT);
    wanted.request.words = true;
    let timed = engine.speak(wanted).await.unwrap();
    assert_eq!((asked(&mute), timed.provenance.cache.name()), (1, "hit"));
    assert_eq!((plain.words.len(), plain.word_times), (0, None));
    assert_eq!((timed.words.len(), timed.word_times), (5, Some(WordTimes::Estimated)));
}

#[tokio::test(start_paused = true)]
async fn a_take_is_bought_once_and_the_second_time_it_is_the_same() {
    let provider = Arc::new(Scripted::speaking("a", 3, WORDS.to_vec()));
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let mut wanted = request(TEXT);
    wanted.request.words = true;
    let first = engine.speak(wanted.clone()).await.unwrap();
    kept(&engine).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let second = engine.speak(SpeechRequest { id: "r-2".into(), ..wanted }).await.unwrap();
    assert_eq!(asked(&provider), 1);
    assert_eq!(second.bytes().await.unwrap(), first.bytes().await.unwrap());
    assert_eq!((second.digest, first.digest), (first.digest, Some(AudioDigest::of(&tone(24_000)))));
    assert_eq!((&second.words, second.word_times), (&first.words, first.word_times));
    assert_eq!((second.duration, second.format), (first.duration, first.format));

    let (first, second) = (first.provenance, second.provenance);
    assert_eq!((first.cache.name(), first.age, second.cache.name()), ("miss", None, "hit"));
    assert!(second.age.unwrap() >= Duration::from_secs(30));
    assert_eq!((calls(&first.attempts), calls(&second.attempts)), ("a:ok".to_owned(), String::new()));
    assert_eq!((first.characters_billed, second.characters_billed), (None, Some(0)));
    assert_eq!((&*second.request_id, second.take, second.quality), ("r-2", first.take, first.quality));
    assert_eq!((second.quality, second.passed_through), (Some(1.0), true));
    let tally = engine.store().unwrap().cache().stats().providers["a"].tally;
    assert_eq!((tally.hits, tally.misses, tally.stored), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_a_store_buys_every_time() {
    let provider = good("a");
    let engine = engine_with(&[&provider], EngineSettings::default());
    let speech = engine.speak(request(TEXT)).await.unwrap();
    assert_eq!((speech.provenance.cache.name(), speech.provenance.take), ("bypass", None));
    let (_one, _two) = tokio::join!(engine.speak(request(TEXT)), engine.speak(request(TEXT)));
    assert_eq!(asked(&provider), 3);
}

#[tokio::test(start_paused = true)]
async fn a_hit_passes_an_open_breaker_and_a_spent_budget() {
    let provider = good("a");
    let policy = ProviderPolicy { characters_per_day: Some(20), ..ProviderPolicy::default() };
    let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a"]) };
    let (_folder, engine) = keeping(&[&provider], settings);
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    let spent = engine.speak(request("And on.")).await.unwrap_err();
    assert_eq!(spent.code(), "budget_used_up");
    assert_eq!(source(&engine, request(TEXT)).await, "hit");

    let provider = good("a");
    let (_folder, engine) = keeping(&[&provider], route(&["a"]));
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    provider.queue(vec![Step::Fail(ProviderError::Unauthorized("401".to_owned()).into())]);
    engine.speak(request("And on.")).await.unwrap_err();
    let before = status(&engine, "a");
    assert_eq!(engine.speak(request("And on.")).await.unwrap_err().code(), "breaker_open");
    assert_eq!(source(&engine, request(TEXT)).await, "hit");
    let after = status(&engine, "a");
    assert_eq!((after.calls, after.spending, asked(&provider)), (before.calls, before.spending, 2));
    assert_eq!(provider.listings() + provider.checks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_taken_away_does_not_answer_from_the_cache_until_it_is_back() {
    let (first, second) = (good("a"), good("b"));
    let (_folder, engine) = keeping(&[&first, &second], route(&["a", "b"]));
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    let cast = |providers: &[&Arc<Scripted>]| {
        let member = |provider: &&Arc<Scripted>| {
            Member::new(provider.manifest.id.clone(), Arc::clone(provider) as Arc<dyn Provider>)
        };
        Cast::new(providers.iter().map(member).collect())
    };
    let without = engine.recast(cast(&[&second]), route(&["a", "b"]));
    let speech = without.speak(request(TEXT)).await.unwrap();
    assert_eq!((speech.provenance.provider.as_str(), speech.provenance.cache.name()), ("b", "miss"));
    let again = without.recast(cast(&[&first, &second]), route(&["a", "b"]));
    let speech = again.speak(request(TEXT)).await.unwrap();
    assert_eq!((speech.provenance.provider.as_str(), speech.provenance.cache.name()), ("a", "hit"));
}

#[tokio::test(start_paused = true)]
async fn a_substitutes_take_answers_for_the_substitute_alone() {
    let (first, second) = (good("a"), good("b"));
    first.queue(vec![Step::Fail(unavailable().into())]);
    first.queue(vec![Step::Fail(unavailable().into())]);
    let policy = ProviderPolicy { max_retries: 0, ..ProviderPolicy::default() };
    let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a", "b"]) };
    let (_folder, engine) = keeping(&[&first, &second], settings);
    let mut heard = Vec::new();
    for _ in 0..4 {
        let provenance = engine.speak(request(TEXT)).await.unwrap().provenance;
        kept(&engine).await;
        let made = calls(&provenance.attempts);
        heard.push(format!("{} {} ({made})", provenance.provider, provenance.cache.name()));
    }
    // The primary is asked first, whatever is kept of its substitute.
    let failed = "a:provider_unavailable";
    let expected = [
        format!("b miss ({failed} b:ok)"),
        format!("b hit ({failed})"),
        "a miss (a:ok)".to_owned(),
        "a hit ()".to_owned(),
    ];
    assert_eq!(heard, expected);
    assert_eq!((asked(&first), asked(&second)), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn failures_are_never_kept() {
    let provider = good("a");
    provider.queue(vec![Step::Fail(ProviderError::Protocol("odd".to_owned()).into())]);
    provider.queue(vec![
        Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)),
        Step::Audio(vec![0; 48_000].into()),
    ]);
    let policy = ProviderPolicy { max_retries: 0, ..ProviderPolicy::default() };
    let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a"]) };
    let (_folder, engine) = keeping(&[&provider], settings);
    for code in ["provider_protocol", "provider_unusable_audio"] {
        assert_eq!(engine.speak(request(TEXT)).await.unwrap_err().code(), code);
        assert_eq!(engine.store().unwrap().cache().stats().takes, 0);
    }
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    assert_eq!(source(&engine, request(TEXT)).await, "hit");
}

#[tokio::test(start_paused = true)]
async fn other_settings_and_another_epoch_are_another_take() {
    let (_folder, store) = store();
    let engine = |settings: u8, epoch: u32| {
        let mut provider = Scripted::speaking("a", 1, Vec::new());
        provider.manifest.cache_epoch = epoch;
        let member = Member { settings: [settings; 32], ..Member::new("a", Arc::new(provider)) };
        Engine::new(Cast::new(vec![member]), EngineSettings::default()).with_store(store.clone())
    };
    for (settings, epoch) in [(0, 0), (1, 0), (0, 1)] {
        assert_eq!(source(&engine(settings, epoch), request(TEXT)).await, "miss", "{settings} {epoch}");
        assert_eq!(source(&engine(settings, epoch), request(TEXT)).await, "hit", "{settings} {epoch}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_buys_and_replaces_and_off_does_neither() {
    let provider = good("a");
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    assert_eq!(source(&engine, using(CacheUse::Off)).await, "bypass");
    assert_eq!(engine.store().unwrap().cache().stats().takes, 0);
    assert_eq!(source(&engine, using(CacheUse::Use)).await, "miss");
    let another = tone(23_000);
    provider.queue(vec![
        Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)),
        Step::Audio(another.clone().into()),
    ]);
    assert_eq!(source(&engine, using(CacheUse::Refresh)).await, "bypass");
    let speech = engine.speak(using(CacheUse::Use)).await.unwrap();
    assert_eq!((speech.provenance.cache.name(), speech.bytes().await.unwrap()), ("hit", another.into()));
    assert_eq!(source(&engine, using(CacheUse::Off)).await, "bypass");
    assert_eq!(asked(&provider), 4);
}

#[tokio::test(start_paused = true)]
async fn a_route_that_listens_closer_does_not_trust_a_take_from_one_that_did_not() {
    let provider = good("a");
    let settings = |audition, min_quality| {
        let mut settings = route(&["a"]);
        let main = settings.routes["main"].clone();
        settings.routes.insert("main".to_owned(), Route { audition, min_quality, ..main });
        settings
    };
    use understudy_engine::audition::Depth;
    let (_folder, lax) = keeping(&[&provider], settings(Depth::Off, 0.0));
    let walking = lax.recast(lax.cast_again(&provider), settings(Depth::Walk, 0.7));
    assert_eq!(source(&lax, request(TEXT)).await, "miss");
    assert_eq!(source(&lax, request(TEXT)).await, "hit");
    for (engine, expected) in [(&lax, true), (&walking, false)] {
        let rehearsal = engine.rehearse(request(TEXT)).await.unwrap();
        assert_eq!(rehearsal.candidates[0].cached, Some(expected));
    }
    assert_eq!(source(&walking, request(TEXT)).await, "miss");
    assert_eq!(source(&walking, request(TEXT)).await, "hit");
    assert_eq!(asked(&provider), 2);
}

/// Another cast of the same provider.
trait CastAgain {
    fn cast_again(&self, provider: &Arc<Scripted>) -> Cast;
}

impl CastAgain for Engine {
    fn cast_again(&self, provider: &Arc<Scripted>) -> Cast {
        Cast::new(vec![Member::new("a", Arc::clone(provider) as Arc<dyn Provider>)])
    }
}

#[tokio::test(start_paused = true)]
async fn words_of_a_hit_stand_in_the_spelling_of_whoever_asks() {
    // Composed and decomposed, and with a control character: one and the same when sent.
    let spellings = ["caf\u{e9} noir", "cafe\u{301} noir"];
    let marks = vec![
        Word { start_byte: 0, end_byte: 5, start_ms: 0, end_ms: 400 },
        Word { start_byte: 6, end_byte: 10, start_ms: 400, end_ms: 900 },
    ];
    let provider = Arc::new(Scripted::speaking("a", 1, marks));
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let mut heard = Vec::new();
    for spelling in spellings {
        let mut wanted = request(spelling);
        wanted.request.words = true;
        let speech = engine.speak(wanted).await.unwrap();
        kept(&engine).await;
        let words: Vec<_> = speech.words.iter().map(|word| word.in_text(spelling).unwrap()).collect();
        heard.push((speech.provenance.cache.name(), words.join("|")));
    }
    let expected = [("miss", "caf\u{e9}|noir".to_owned()), ("hit", "cafe\u{301}|noir".to_owned())];
    assert_eq!(heard, expected);
}

#[tokio::test(start_paused = true)]
async fn other_encodings_are_derived_and_kept_when_asked_for_often() {
    let provider = good("a");
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let takes = || engine.store().unwrap().cache().stats().takes;
    let mut first: Option<Speech> = None;
    for (round, kept_then) in [1, 1, 2, 2].into_iter().enumerate() {
        let speech = engine.speak(wanting(Encoding::Mp3, None)).await.unwrap();
        kept(&engine).await;
        let from = if round == 0 { "miss" } else { "hit" };
        assert_eq!((speech.provenance.cache.name(), takes()), (from, kept_then), "round {round}");
        assert!(!speech.provenance.passed_through);
        let audio = speech.bytes().await.unwrap();
        assert_eq!(speech.digest, Some(AudioDigest::of(&audio)));
        let first = first.get_or_insert(speech);
        assert_eq!((first.format.encoding, first.bytes().await.unwrap()), (Encoding::Mp3, audio));
    }
    // A take that is bought anew has other forms.
    provider.queue(vec![
        Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)),
        Step::Audio(tone(20_000).into()),
    ]);
    let anew = SpeechRequest { cache: CacheUse::Refresh, ..wanting(Encoding::Mp3, None) };
    engine.speak(anew).await.unwrap();
    kept(&engine).await;
    let speech = engine.speak(wanting(Encoding::Mp3, None)).await.unwrap();
    assert_ne!(speech.digest, first.unwrap().digest);
    assert_eq!(asked(&provider), 2);
}

#[tokio::test(start_paused = true)]
async fn a_take_is_brought_to_other_rates_unless_its_provider_has_a_choice() {
    let resampled = |sample_rate| {
        let output = Output { sample_rate: Some(sample_rate), ..Output::default() };
        SpeechRequest { output, ..request(TEXT) }
    };
    for (rates, calls) in [(vec![24_000], 1), (vec![16_000, 24_000], 3), (vec![], 3)] {
        let mut provider = Scripted::speaking("a", 1, Vec::new());
        provider.manifest.capabilities.formats =
            vec![FormatSupport { encoding: Encoding::PcmS16le, sample_rates: rates.clone() }];
        let provider = Arc::new(provider);
        let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
        assert_eq!(source(&engine, request(TEXT)).await, "miss");
        for sample_rate in [16_000, 48_000] {
            let speech = engine.speak(resampled(sample_rate)).await.unwrap();
            assert_eq!(speech.format.sample_rate, sample_rate, "{rates:?}");
        }
        assert_eq!(asked(&provider), calls, "{rates:?}");
        let told: Vec<_> = provider.requests().iter().map(|request| request.sample_rate).collect();
        assert_eq!(told, [None, Some(16_000), Some(48_000)][..calls], "{rates:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_take_stays_in_its_file() {
    let provider = good("a");
    let (_folder, store) = store_with(CacheSettings {
        memory_take_bytes_max: 1_000,
        at_once_bytes_max: 1_000,
        ..CacheSettings::default()
    });
    let engine = engine_with(&[&provider], EngineSettings::default()).with_store(store);
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    let speech = engine.speak(request(TEXT)).await.unwrap();
    assert!(matches!(speech.audio, understudy_engine::cache::HitAudio::File(_)));
    assert_eq!(speech.bytes().await.unwrap(), tone(24_000));
    let mp3 = engine.speak(wanting(Encoding::Mp3, None)).await.unwrap();
    assert_eq!(understudy_audio::sniff(&mp3.bytes().await.unwrap()), Some(Encoding::Mp3));
    assert_eq!(asked(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_tells_what_is_in_the_cache_and_touches_nothing() {
    let (first, second) = (good("a"), good("b"));
    let (_folder, engine) = keeping(&[&first, &second], route(&["a", "b"]));
    let cached = |engine: Engine, wanted| async move {
        let rehearsal = engine.rehearse(wanted).await.unwrap();
        let leader = rehearsal.leader().unwrap().provider.clone();
        (rehearsal.candidates.iter().map(|candidate| candidate.cached).collect::<Vec<_>>(), leader)
    };
    let told = |cached: &[Option<bool>]| (cached.to_vec(), "a".to_owned());
    assert_eq!(cached(engine.clone(), request(TEXT)).await, told(&[Some(false); 2]));
    assert_eq!(source(&engine, request(TEXT)).await, "miss");
    assert_eq!(cached(engine.clone(), request(TEXT)).await, told(&[Some(true), Some(false)]));
    assert_eq!(cached(engine.clone(), using(CacheUse::Refresh)).await, told(&[None; 2]));
    let tally = engine.store().unwrap().cache().stats().providers["a"].tally;
    assert_eq!((tally.hits, tally.misses), (0, 1));
    // Left alone, it still plays what is kept of it.
    first.queue(vec![Step::Fail(ProviderError::Unauthorized("401".to_owned()).into())]);
    engine.speak(request("And on.")).await.unwrap();
    assert_eq!(cached(engine.clone(), request(TEXT)).await, told(&[Some(true), Some(false)]));
}

/// In real time, because a shared call begins some microseconds into its attempt.
#[tokio::test]
async fn a_provider_that_hangs_is_left_alone_though_its_calls_are_shared() {
    let hanging = Arc::new(Scripted::new("a", vec![Step::Hang]));
    let mut settings = route(&["a", "b"]);
    settings.breaker.failures = 2;
    let hasty = ProviderPolicy { timeout: Some(Duration::from_millis(60)), ..ProviderPolicy::default() };
    settings.providers.insert("a".to_owned(), hasty);
    let (_folder, engine) = keeping(&[&hanging, &good("b")], settings);
    for text in ["One thing.", "Another thing.", "A third thing."] {
        engine.speak(request(text)).await.unwrap();
    }
    assert_eq!(asked(&hanging), 2, "its breaker is open");
}
