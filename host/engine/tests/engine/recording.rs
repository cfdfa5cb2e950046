//! What is remembered of a request, whatever its end; and what outlives the engine.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::time::Instant;
use understudy_engine::history::{HistoryQuery, HistorySettings, RequestRecord, RequestStatus};
use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{
    Engine, EngineSettings, ProviderPolicy, SpeechEvent, SpeechRequest, Store, StoreSettings, WallClock,
};
use understudy_speech::{Failure, ProviderError};

use crate::{TEXT, engine_with, failing, good, request, route, unavailable};

/// The 14th of November 2023, 22:13:20 UTC.
const NOW: Duration = Duration::from_secs(1_700_000_000);

fn open(folder: &TempDir, history: HistorySettings) -> Store {
    let started = Instant::now();
    let clock = WallClock::new(move || UNIX_EPOCH + NOW + started.elapsed());
    Store::open(folder.path(), StoreSettings { history, ..StoreSettings::default() }, &clock)
}

fn recording(providers: &[&Arc<Scripted>], settings: EngineSettings) -> (TempDir, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, HistorySettings::default());
    (folder, engine_with(providers, settings).with_store(store))
}

/// The record of `id`, when everything that was done for it is over.
async fn record(engine: &Engine, id: &str) -> RequestRecord {
    let history = engine.store().unwrap().history();
    // Calls that nobody waits for any more end after their grace.
    tokio::time::sleep(Duration::from_secs(3)).await;
    history.flush().await;
    history.find(id).await.unwrap().unwrap()
}

fn named(id: &str) -> SpeechRequest {
    SpeechRequest { id: id.into(), ..request(TEXT) }
}

/// The calls of a record: `a:provider_unavailable b:ok`.
fn made(record: &RequestRecord) -> String {
    let call = |attempt: &understudy_engine::history::AttemptRecord| {
        format!("{}:{}", attempt.provider, attempt.outcome)
    };
    record.attempts.iter().map(call).collect::<Vec<_>>().join(" ")
}

#[tokio::test(start_paused = true)]
async fn a_spoken_request_is_remembered_with_all_that_was_asked_and_all_it_came_to() {
    let mut provider = Scripted::speaking("a", 1, Vec::new());
    provider.manifest.price_per_million_characters = Some(16.0);
    let provider = Arc::new(provider);
    let (_folder, engine) = recording(&[&provider], route(&["a"]));
    let mut wanted = named("r-1");
    (wanted.task, wanted.user) = (Some("task-7".to_owned()), Some("ann".to_owned()));
    (wanted.request.rate, wanted.request.pitch) = (Some(1.5), Some(-2.0));
    wanted.request.emotion = Some("calm".to_owned());
    wanted.request.language = "en-GB".parse().ok();
    wanted.request.voice = Some("a/amy".to_owned());
    let speech = engine.speak(wanted.clone()).await.unwrap();
    let first = record(&engine, "r-1").await;
    assert_eq!(
        (first.status, first.code.as_deref(), first.at_ms / 1_000),
        (RequestStatus::Completed, None, NOW.as_secs())
    );
    assert_eq!((first.task_id.as_deref(), first.user_id.as_deref()), (Some("task-7"), Some("ann")));
    assert_eq!((first.provider.as_deref(), first.voice.as_deref()), (Some("a"), Some("amy")));
    assert_eq!((first.route.as_deref(), first.language.as_deref()), (Some("main"), Some("en-GB")));
    assert_eq!((first.rate, first.pitch, first.emotion.as_deref()), (Some(1.5), Some(-2.0), Some("calm")));
    assert_eq!((first.characters, first.cost_micro_usd, first.quality), (20, Some(320), Some(1.0)));
    assert_eq!((first.audio_ms, first.audio_bytes), (Some(1_000), Some(48_000)));
    assert_eq!((first.encoding.as_deref(), first.cache.as_deref()), (Some("pcm-s16le"), Some("miss")));
    assert_eq!((first.take, first.text.as_deref()), (speech.provenance.take, None));
    assert_eq!(made(&first), "a:ok");

    engine.speak(SpeechRequest { id: "r-2".into(), ..wanted }).await.unwrap();
    let second = record(&engine, "r-2").await;
    assert_eq!((second.status, second.cache.as_deref()), (RequestStatus::Cached, Some("hit")));
    assert_eq!((second.cost_micro_usd, second.characters_billed), (Some(0), Some(0)));
    assert_eq!(
        (second.take, second.text_sha256, made(&second)),
        (first.take, first.text_sha256, String::new())
    );
}

#[tokio::test(start_paused = true)]
async fn refused_failed_and_cancelled_requests_are_remembered_too() {
    let (first, second) = (failing("a", unavailable()), Arc::new(Scripted::new("b", vec![Step::Hang])));
    let policy = ProviderPolicy { max_retries: 1, ..ProviderPolicy::default() };
    let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a", "b"]) };
    let (_folder, engine) = recording(&[&first, &second], settings);

    engine.speak(SpeechRequest { route: Some("mian".to_owned()), ..named("refused") }).await.unwrap_err();
    let refused = record(&engine, "refused").await;
    assert_eq!((refused.status, refused.code.as_deref()), (RequestStatus::Failed, Some("unknown_route")));
    assert_eq!((refused.message.as_deref(), made(&refused)), (Some("no such route: mian"), String::new()));

    let hurried = SpeechRequest { deadline: Some(Duration::from_secs(2)), ..named("failed") };
    engine.speak(hurried).await.unwrap_err();
    let failed = record(&engine, "failed").await;
    assert_eq!(
        (failed.status, failed.code.as_deref()),
        (RequestStatus::Failed, Some("all_providers_failed"))
    );
    assert_eq!(made(&failed), "a:provider_unavailable a:provider_unavailable b:deadline_exceeded");
    assert!((2_000..2_500).contains(&failed.latency_ms), "{}", failed.latency_ms);

    let patience = Duration::from_secs(5);
    tokio::time::timeout(patience, engine.speak(named("left"))).await.unwrap_err();
    let left = record(&engine, "left").await;
    assert_eq!((left.status, left.code.as_deref()), (RequestStatus::Cancelled, None));
    assert_eq!(
        (made(&left).as_str(), left.latency_ms),
        ("a:provider_unavailable a:provider_unavailable b:cancelled", 5_000)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_remembered_when_it_ends_breaks_off_or_is_left() {
    let broken = vec![Step::Fail(Failure::Provider(ProviderError::Protocol("odd".to_owned())))];
    let provider = good("a");
    let (_folder, engine) = recording(&[&provider], route(&["a"]));
    for (id, status) in [
        ("heard", RequestStatus::Completed),
        ("again", RequestStatus::Cached),
        ("left", RequestStatus::Cancelled),
    ] {
        let mut stream = engine.stream(named(id)).await.unwrap();
        while let Some(event) = stream.next().await {
            if id == "left" || matches!(event.unwrap(), SpeechEvent::Finished(_)) {
                break;
            }
        }
        drop(stream);
        let found = record(&engine, id).await;
        assert_eq!((found.status, made(&found).is_empty()), (status, id != "heard"), "{id}");
        let bytes = (status != RequestStatus::Cancelled).then_some(48_000);
        assert_eq!(found.audio_bytes, bytes, "{id}");
    }
    provider.queue(broken);
    engine.stream(SpeechRequest { id: "broken".into(), ..request("And on.") }).await.unwrap_err();
    let found = record(&engine, "broken").await;
    assert_eq!(
        (found.code.as_deref(), made(&found).as_str()),
        (Some("provider_protocol"), "a:provider_protocol")
    );
}

#[tokio::test(start_paused = true)]
async fn a_shared_call_is_told_of_whoever_began_it_even_if_it_left() {
    let slow = vec![
        Step::Wait(Duration::from_secs(9)),
        Step::Fail(ProviderError::Protocol("odd".to_owned()).into()),
    ];
    let provider = Arc::new(Scripted::new("a", slow));
    let (_folder, engine) = recording(&[&provider], route(&["a"]));
    let ask = |id: &'static str, seconds| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let speaking = engine.speak(named(id));
            tokio::time::timeout(Duration::from_secs(seconds), speaking).await
        })
    };
    let leader = ask("leader", 1);
    provider.until(|provider| provider.running() == 1).await;
    let _ = join_all([leader, ask("follower", 60)]).await;
    let (leader, follower) = (record(&engine, "leader").await, record(&engine, "follower").await);
    assert_eq!((leader.status, leader.latency_ms), (RequestStatus::Cancelled, 1_000));
    assert_eq!(made(&leader), "a:provider_protocol");
    assert_eq!((follower.status, made(&follower)), (RequestStatus::Failed, String::new()));
}

#[tokio::test(start_paused = true)]
async fn texts_are_kept_only_when_the_operator_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, HistorySettings { store_text: true, ..HistorySettings::default() });
    let engine = engine_with(&[&good("a")], EngineSettings::default()).with_store(store);
    engine.speak(named("r-1")).await.unwrap();
    assert_eq!(record(&engine, "r-1").await.text.as_deref(), Some(TEXT));

    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, HistorySettings { enabled: false, ..HistorySettings::default() });
    let engine = engine_with(&[&good("a")], EngineSettings::default()).with_store(store);
    engine.speak(named("r-1")).await.unwrap();
    let history = engine.store().unwrap().history();
    history.flush().await;
    assert_eq!(history.query(HistoryQuery::default(), 9).await.unwrap().records, []);
}

#[tokio::test(start_paused = true)]
async fn a_budget_stays_spent_over_a_restart_and_what_was_refused_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let provider = good("a");
    let policy = ProviderPolicy { characters_per_day: Some(30), max_retries: 0, ..ProviderPolicy::default() };
    let settings =
        || EngineSettings { providers: [("a".to_owned(), policy.clone())].into(), ..route(&["a"]) };
    let engine = engine_with(&[&provider], settings()).with_store(open(&folder, HistorySettings::default()));
    provider.queue(vec![Step::Fail(unavailable().into())]);
    engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!(engine.store().unwrap().counters().spoken("a").today, 0);
    engine.speak(request(TEXT)).await.unwrap();
    engine.speak(request(TEXT)).await.unwrap();
    assert_eq!(engine.store().unwrap().counters().spoken("a").today, 20, "a hit spends nothing");
    engine.store().unwrap().flush().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(engine);

    let engine = engine_with(&[&provider], settings()).with_store(open(&folder, HistorySettings::default()));
    let status = crate::status(&engine, "a");
    assert_eq!((status.spending.day_characters, status.spending.month_characters), (20, 20));
    let error = engine.speak(request("Twelve chars")).await.unwrap_err();
    assert_eq!(error.code(), "budget_used_up");
    engine.speak(request("Ten chars.")).await.unwrap();
    // Two hours later it is another day.
    tokio::time::sleep(Duration::from_secs(7_200)).await;
    engine.speak(request("Twelve chars")).await.unwrap();
    let status = crate::status(&engine, "a");
    assert_eq!((status.spending.day_characters, status.spending.month_characters), (12, 42));
}
