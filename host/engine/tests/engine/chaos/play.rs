//! The schedule of the chaos: five providers that fail in every way they can, what a seed makes of
//! them, and what must hold whatever happens. `benches/chaos.rs` plays it too.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};
use understudy_engine::history::{HistoryQuery, PAGE_MAX, RequestRecord, RequestStatus};
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{
    CacheUse, Cast, Engine, EngineSettings, GlobalLimits, Member, ProviderPolicy, ProviderStatus, Route,
    SpeechError, SpeechEvent, SpeechRequest, Store, StoreSettings, TakeSource, WallClock,
};
use understudy_speech::{
    AudioFormat, Encoding, Failure, Provider, ProviderError, Request, TextLimit, TextUnit,
};

const TEXT: &str = "The show must go on.";
pub(super) const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const DEADLINE: Duration = Duration::from_secs(20);
/// What the engine gives a provider beyond its deadline, to end its call by itself.
const GRACE: Duration = Duration::from_millis(250);
/// Requests come at twenty a second.
const SPAN_OF_A_REQUEST_MS: u64 = 50;
/// How a request may end.
const ENDINGS: [&str; 11] = [
    "ok",
    "left",
    "busy",
    "all_providers_failed",
    "rate_limited",
    "deadline_exceeded",
    // Only a stream that broke off after its first audio tells its provider's own failure.
    "provider_unavailable",
    "provider_unusable_audio",
    // Everybody who was asked refused it.
    "voice_not_found",
    "unsupported",
    "text_too_long",
];
/// Different takes that are asked for.
const TAKES: u64 = 600;
const PLACES: u32 = 6;
const A_MINUTE: u32 = 400;

/// SplitMix64: the same numbers on every machine.
pub(super) struct Lots(pub(super) u64);

impl Lots {
    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

pub(super) fn pcm() -> Step {
    Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))
}

/// A second of sound: long enough for the text, and shared by thousands of scripts.
pub(super) fn spoken() -> Bytes {
    static SPOKEN: LazyLock<Bytes> = LazyLock::new(|| tone(24_000).into());
    SPOKEN.clone()
}

/// What one call to a provider does.
fn script(lots: &mut Lots, seconds: Option<Duration>) -> Vec<Step> {
    let wait = Step::Wait(Duration::from_millis(lots.next(800)));
    let fail = |error: ProviderError| vec![wait.clone(), Step::Fail(error.into())];
    let plugin = || "chaos".to_owned();
    match lots.next(90) {
        0 => fail(ProviderError::Unavailable("503".to_owned())),
        1 => fail(ProviderError::TimedOut),
        2 if lots.next(9) == 0 => fail(ProviderError::RateLimited { retry_after: seconds }),
        3 if lots.next(40) == 0 => fail(ProviderError::QuotaExhausted { resets_in: seconds }),
        4 => fail(ProviderError::Protocol("no audio key".to_owned())),
        5 => fail(ProviderError::NoAudio),
        6 => fail(ProviderError::VoiceNotFound("amy".to_owned())),
        7 => fail(ProviderError::Unsupported("language".to_owned())),
        8 => fail(ProviderError::TextTooLong(TextLimit { maximum: 9, unit: TextUnit::Bytes })),
        9 => vec![Step::Fail(Failure::Trapped { plugin: plugin(), reason: "unreachable".to_owned() })],
        10 => vec![Step::Fail(Failure::Busy { plugin: plugin() })],
        11 => vec![Step::Fail(Failure::BrokenContract { plugin: plugin(), reason: "odd".to_owned() })],
        12 => vec![pcm(), Step::Audio(tone(99).into()), Step::Hang],
        13 => vec![Step::Hang],
        14 => vec![pcm(), Step::Audio(Bytes::from_static(b"cut"))],
        15 => vec![
            pcm(),
            Step::Audio(tone(99).into()),
            Step::Fail(ProviderError::Unavailable("reset".to_owned()).into()),
        ],
        16 => vec![Step::Audio(Bytes::from_static(b"ab"))],
        17 if lots.next(20) == 0 => fail(ProviderError::Unauthorized("401".to_owned())),
        // A millisecond is no sentence, and silence is none either.
        18 => vec![pcm(), Step::Audio(tone(24).into())],
        19 => vec![pcm(), Step::Audio(vec![0; 48_000].into())],
        _ => vec![pcm(), wait, Step::Audio(spoken())],
    }
}

fn cast(seed: u64, requests: u64) -> Vec<Arc<Scripted>> {
    let mut lots = Lots(seed);
    let provider = |name: &&str| {
        let provider = Scripted::new(name, vec![pcm(), Step::Audio(spoken())]);
        for _ in 0..3 * requests {
            let seconds = (lots.next(2) == 0).then(|| Duration::from_secs(lots.next(40)));
            provider.queue(script(&mut lots, seconds));
        }
        Arc::new(provider)
    };
    NAMES.iter().map(provider).collect()
}

pub(super) fn settings() -> EngineSettings {
    let policy = |name: &&str| {
        let policy = ProviderPolicy {
            timeout: Some(Duration::from_secs(4)),
            concurrent_requests: PLACES.try_into().ok(),
            requests_per_minute: A_MINUTE.try_into().ok(),
            weight: Some(1),
            ..ProviderPolicy::default()
        };
        ((*name).to_owned(), policy)
    };
    let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let route = Route {
        primary: some(&NAMES[..2]),
        fallback: some(&NAMES[2..4]),
        emergency: some(&NAMES[4..]),
        deadline: Some(DEADLINE),
        ..Route::default()
    };
    EngineSettings {
        providers: NAMES.iter().map(policy).collect(),
        routes: [("main".to_owned(), route)].into(),
        default_route: Some("main".to_owned()),
        limits: GlobalLimits {
            max_concurrent_syntheses: 24,
            queue_depth: 12,
            queue_deadline: Duration::from_secs(5),
        },
        ..EngineSettings::default()
    }
}

/// What request `id` wants: one of some hundred takes, or the one that others want just now.
fn wanted(id: u64, arrival_ms: u64) -> SpeechRequest {
    let (mut lots, mut request) = (Lots(id), Request::text(TEXT));
    let take = if lots.next(2) == 0 { TAKES + arrival_ms / 500 } else { lots.next(TAKES) };
    request.options = json!({ "take": take }).as_object().cloned();
    let cache = match lots.next(20) {
        0 => CacheUse::Refresh,
        1 => CacheUse::Off,
        _ => CacheUse::Use,
    };
    SpeechRequest { cache, ..SpeechRequest::new(id.to_string(), request) }
}

/// What became of one request: `ok`, `left`, or the error's code.
async fn one(engine: Engine, id: u64, span_ms: u64, mut lots: Lots) -> String {
    let arrival_ms = lots.next(span_ms);
    sleep(Duration::from_millis(arrival_ms)).await;
    let wanted = wanted(id, arrival_ms);
    let began = Instant::now();
    let kind = lots.next(10);
    let outcome = if kind == 0 {
        // A client that leaves.
        let patience = Duration::from_millis(lots.next(3_000));
        match tokio::time::timeout(patience, engine.speak(wanted)).await {
            Ok(spoken) => spoken.map(|_| ()),
            Err(_) => return "left".to_owned(),
        }
    } else if kind == 1 {
        hear(&engine, wanted).await
    } else {
        engine.speak(wanted).await.map(|speech| {
            assert_eq!(speech.audio.length() % 2, 0, "audio that passed the audition");
            assert!(!speech.duration.is_zero());
            match (speech.provenance.cache, speech.provenance.attempts.last()) {
                (TakeSource::Cache, last) => assert!(last.is_none_or(|last| last.outcome != "ok")),
                (_, last) => {
                    let last = last.unwrap();
                    assert_eq!((last.outcome, &last.provider), ("ok", &speech.provenance.provider));
                }
            }
        })
    };
    if kind != 1 {
        assert!(began.elapsed() <= DEADLINE + GRACE, "{:?} of {DEADLINE:?}: {outcome:?}", began.elapsed());
    }
    outcome.map_or_else(|error| error.code().to_owned(), |()| "ok".to_owned())
}

async fn hear(engine: &Engine, wanted: SpeechRequest) -> Result<(), SpeechError> {
    let began = Instant::now();
    let opened = engine.stream(wanted).await;
    assert!(began.elapsed() <= DEADLINE + GRACE);
    let mut stream = opened?;
    while let Some(event) = stream.next().await {
        if let SpeechEvent::Finished(_) = event? {
            return Ok(());
        }
    }
    unreachable!("a stream ends with its last event or an error");
}

/// An engine whose cast is `providers`, named by their manifests' ids.
pub(super) fn engine_of(providers: &[Arc<Scripted>], settings: EngineSettings) -> Engine {
    let member = |provider: &Arc<Scripted>| {
        let provider = Arc::clone(provider) as Arc<dyn Provider>;
        Member::new(provider.manifest().id.clone(), provider)
    };
    Engine::new(Cast::new(providers.iter().map(member).collect()), settings)
}

/// What became of the requests of one play.
#[derive(Debug)]
pub(crate) struct Told {
    /// How many ended in which way.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// How the providers stood in the end.
    pub(crate) providers: Vec<ProviderStatus>,
    /// From the first request to the last answer, by tokio's clock.
    pub(crate) time: Duration,
}

/// Plays `requests` on the schedule of `seed`, and asserts everything that must hold.
pub(crate) async fn play(seed: u64, requests: u64) -> Told {
    acted(seed, requests, None).await
}

/// The same with a store, whose history must have every request and every call.
pub(crate) async fn play_kept(seed: u64, requests: u64) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let clock = WallClock::new(move || UNIX_EPOCH + started.elapsed());
    acted(seed, requests, Some(Store::open(folder.path(), StoreSettings::default(), &clock))).await
}

async fn acted(seed: u64, requests: u64, store: Option<Store>) -> Told {
    let cast = cast(seed, requests);
    let engine = engine_of(&cast, settings());
    let engine = match store {
        Some(store) => engine.with_store(store),
        None => engine,
    };
    let began = Instant::now();
    let span = SPAN_OF_A_REQUEST_MS * requests;
    let tasks = (0..requests).map(|id| tokio::spawn(one(engine.clone(), id, span, Lots(seed ^ (id << 20)))));
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for outcome in join_all(tasks).await {
        *outcomes.entry(outcome.unwrap()).or_default() += 1;
    }
    let time = began.elapsed();
    let good = outcomes.get("ok").copied().unwrap_or_default();
    assert!(good * 10 > requests * 8, "nearly all are spoken: {outcomes:?}");
    assert!(outcomes.keys().all(|code| ENDINGS.contains(&code.as_str())), "{outcomes:?}");
    for provider in &cast {
        provider.until(|provider| provider.running() == 0).await;
        held(&engine, provider);
    }
    let status = engine.status();
    assert_eq!((status.speaking, status.waiting), (0, 0), "nobody is left behind");
    if let Some(store) = engine.store() {
        remembered(store, &cast, &outcomes).await;
    }
    Told { outcomes, providers: status.providers, time }
}

async fn whole_history(store: &Store) -> Vec<RequestRecord> {
    store.history().flush().await;
    let (mut records, mut query) = (Vec::new(), HistoryQuery::default());
    loop {
        let page = store.history().query(query.clone(), PAGE_MAX).await.unwrap();
        records.extend(page.records);
        query.after = page.next;
        if query.after.is_none() {
            return records;
        }
    }
}

/// The history has every request with its end, and every call that a provider had once.
async fn remembered(store: &Store, cast: &[Arc<Scripted>], outcomes: &BTreeMap<String, u64>) {
    let records = whole_history(store).await;
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for record in &records {
        let end = match record.status {
            RequestStatus::Completed | RequestStatus::Cached => "ok",
            RequestStatus::Cancelled => "left",
            RequestStatus::Failed => record.code.as_deref().unwrap(),
        };
        *ends.entry(end.to_owned()).or_default() += 1;
    }
    assert_eq!(&ends, outcomes);
    for provider in cast {
        let calls = records.iter().flat_map(|record| &record.attempts);
        let calls = calls.filter(|call| call.provider == provider.manifest.id).count();
        assert_eq!(calls, provider.requests().len(), "{}", provider.manifest.id);
    }
    let from = |name| records.iter().filter(|record| record.cache.as_deref() == Some(name)).count() as u64;
    let sources = ["hit", "shared", "miss", "bypass"].map(from);
    assert!(sources.iter().all(|count| *count > 20), "{sources:?}");
    assert_eq!(sources.iter().sum::<u64>(), outcomes["ok"]);
}

/// What was counted is what the provider saw, and no limit was passed.
fn held(engine: &Engine, provider: &Scripted) {
    let status = engine.status().providers.into_iter().find(|status| status.name == provider.manifest.id);
    let status = status.unwrap();
    let failures: u64 = status.failures.values().sum();
    assert_eq!(status.calls, provider.requests().len() as u64, "{}", status.name);
    assert_eq!(status.calls, status.successes + status.cancelled + failures, "{status:?}");
    assert_eq!((status.in_flight, status.durations.count), (0, status.successes));
    assert!(provider.running_max() <= PLACES as usize, "{} at once", provider.running_max());
    let calls = provider.calls();
    for (index, call) in calls.iter().enumerate() {
        let minute =
            calls[index..].iter().take_while(|other| **other < *call + Duration::from_secs(60)).count();
        assert!(minute <= A_MINUTE as usize, "{minute} in a minute");
    }
}
