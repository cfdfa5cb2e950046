//! Single flight: who asks for the same at the same time shares one call.

use futures_util::future::join_all;
use understudy_engine::SpeechError;
use understudy_engine::audition::Depth;
use understudy_speech::Failure;

use super::*;

/// A provider that takes its time.
fn slow(id: &str, time: Duration) -> Arc<Scripted> {
    let steps = vec![
        Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)),
        Step::Wait(time),
        Step::Audio(tone(24_000).into()),
    ];
    Arc::new(Scripted::new(id, steps))
}

const SECOND: Duration = Duration::from_secs(1);

fn numbered(number: usize) -> SpeechRequest {
    SpeechRequest { id: format!("r-{number}").into(), ..request(TEXT) }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_identical_requests_cost_one_call_and_one_encoding() {
    let provider = slow("a", SECOND);
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    for (encoding, asked_then) in [(None, 1), (Some(Encoding::Mp3), 1)] {
        let output = Output { encoding, ..Output::default() };
        let speak = |number| {
            let (engine, wanted) = (engine.clone(), SpeechRequest { output, ..numbered(number) });
            tokio::spawn(async move { engine.speak(wanted).await.unwrap() })
        };
        let began = Instant::now();
        let answers: Vec<_> = join_all((0..1_000).map(speak)).await.into_iter().map(Result::unwrap).collect();
        assert!(began.elapsed() < 2 * SECOND);
        let first = answers[0].bytes().await.unwrap();
        for answer in &answers {
            assert_eq!((answer.bytes().await.unwrap(), answer.digest), (first.clone(), answers[0].digest));
        }
        let from = |name| answers.iter().filter(|answer| answer.provenance.cache.name() == name).count();
        let expected = if encoding.is_none() { (1, 999, 0) } else { (0, 0, 1_000) };
        assert_eq!((from("miss"), from("shared"), from("hit")), expected);
        assert_eq!(asked(&provider), asked_then);
        kept(&engine).await;
    }
    assert_eq!(status(&engine, "a").calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_leaves_takes_nothing_from_those_who_listen() {
    let provider = slow("a", 10 * SECOND);
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let leader = tokio::spawn({
        let engine = engine.clone();
        async move { engine.speak(numbered(0)).await }
    });
    provider.until(|provider| provider.running() == 1).await;
    let follower = tokio::spawn({
        let engine = engine.clone();
        async move { engine.speak(numbered(1)).await }
    });
    tokio::time::sleep(SECOND).await;
    leader.abort();
    let speech = follower.await.unwrap().unwrap();
    assert_eq!(speech.provenance.cache.name(), "shared");
    assert_eq!((asked(&provider), status(&engine, "a").cancelled), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_ends_after_the_grace_and_whoever_is_back_in_time_finds_it() {
    let provider = slow("a", 10 * SECOND);
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let hurried =
        |engine: Engine| async move { tokio::time::timeout(SECOND, engine.speak(numbered(0))).await };
    hurried(engine.clone()).await.unwrap_err();
    tokio::time::sleep(SECOND).await;
    assert_eq!(provider.running(), 1, "in its grace");
    let speech = engine.speak(numbered(1)).await.unwrap();
    assert_eq!((speech.provenance.cache.name(), asked(&provider)), ("shared", 1));
    kept(&engine).await;

    let again = SpeechRequest { cache: CacheUse::Refresh, ..numbered(2) };
    tokio::time::timeout(SECOND, engine.speak(again)).await.unwrap_err();
    provider.until(|provider| provider.running() == 0).await;
    assert_eq!((asked(&provider), status(&engine, "a").cancelled), (2, 1));
    assert_eq!(status(&engine, "a").failures.len(), 0, "nobody's fault");
}

#[tokio::test(start_paused = true)]
async fn a_failure_reaches_all_and_they_come_back_together() {
    // So quick that pauses drawn for each request would never meet in one call.
    let failure = vec![Step::Wait(SECOND / 1_000), Step::Fail(unavailable().into())];
    let provider = Arc::new(Scripted::new("a", failure));
    let (_folder, engine) = keeping(&[&provider], route(&["a"]));
    let speak = |number| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.speak(numbered(number)).await.unwrap_err() })
    };
    let errors: Vec<SpeechError> =
        join_all((0..100).map(speak)).await.into_iter().map(Result::unwrap).collect();
    let expected = told(&errors[0]);
    assert!(expected.contains("provider is unavailable: 503"), "{expected}");
    assert!(errors.iter().all(|error| told(error) == expected));
    assert_eq!(asked(&provider), 3, "the call and its two retries, each made once for all");
}

#[tokio::test(start_paused = true)]
async fn whoever_shares_falls_back_as_one() {
    let (first, second) = (failing("a", ProviderError::Protocol("odd".to_owned())), slow("b", SECOND));
    let (_folder, engine) = keeping(&[&first, &second], route(&["a", "b"]));
    let speak = |number| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.speak(numbered(number)).await.unwrap() })
    };
    for answer in join_all((0..100).map(speak)).await {
        assert_eq!(answer.unwrap().provenance.provider, "b");
    }
    assert_eq!(asked(&second), 1);
}

#[tokio::test(start_paused = true)]
async fn every_listener_has_a_deadline_of_its_own() {
    let provider = slow("a", 10 * SECOND);
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let speak = |number, seconds: u32| {
        let wanted = SpeechRequest { deadline: Some(seconds * SECOND), ..numbered(number) };
        let engine = engine.clone();
        tokio::spawn(async move {
            let began = Instant::now();
            let spoken = engine.speak(wanted).await;
            (
                spoken.map(|speech| speech.provenance.cache.name()).map_err(|error| error.code()),
                began.elapsed(),
            )
        })
    };
    // The leader has three seconds, and a listener that comes late has twenty: it asks again.
    let leader = speak(0, 3);
    provider.until(|provider| provider.running() == 1).await;
    let (hurried, patient) = (speak(1, 1), speak(2, 20));
    let (outcome, time) = hurried.await.unwrap();
    assert_eq!(outcome, Err("deadline_exceeded"));
    assert!(time < 2 * SECOND, "{time:?}");
    assert_eq!(leader.await.unwrap().0, Err("deadline_exceeded"));
    assert_eq!(patient.await.unwrap().0, Ok("miss"));
    assert_eq!(asked(&provider), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_listens_to_a_plugin_that_is_replaced_asks_its_successor() {
    let replaced = Step::Fail(Failure::Replaced { plugin: "a".to_owned() });
    let old = Arc::new(Scripted::new("a", vec![Step::Wait(SECOND), replaced]));
    let (_folder, engine) = keeping(&[&old], EngineSettings::default());
    let new = good("a");
    let reloaded = engine.recast(engine.cast_again(&new), EngineSettings::default());
    let before = tokio::spawn(async move { engine.speak(numbered(0)).await });
    old.until(|old| old.running() == 1).await;
    let whole = reloaded.speak(numbered(1));
    let streamed = async { reloaded.stream(numbered(2)).await.map(|stream| stream.provider().to_owned()) };
    let (whole, streamed) = tokio::join!(whole, streamed);
    assert_eq!(before.await.unwrap().unwrap_err().code(), "plugin_replaced");
    assert_eq!(whole.unwrap().provenance.provider, "a");
    assert_eq!(streamed.unwrap(), "a");
    assert_eq!((asked(&old), asked(&new)), (1, 1), "those who ask again share again");
}

#[tokio::test(start_paused = true)]
async fn a_panic_behind_a_shared_call_is_told_to_all() {
    let provider = Arc::new(Scripted::new("a", vec![Step::Wait(SECOND), Step::Panic]));
    let (_folder, engine) = keeping(&[&provider], EngineSettings::default());
    let (one, two) = tokio::join!(engine.speak(numbered(0)), engine.speak(numbered(1)));
    assert_eq!([one, two].map(|spoken| spoken.unwrap_err().code()), ["internal"; 2]);
    assert_eq!(asked(&provider), 1);
}

/// Has one take renewed by two routes at once, the one that listens to nothing first; where the takes
/// came from, and what they cost.
async fn renewed_at_once() -> ([&'static str; 3], usize) {
    let provider = slow("a", SECOND / 10);
    let mut settings = route(&["a"]);
    let draft = Route { audition: Depth::Off, ..settings.routes["main"].clone() };
    settings.routes.insert("draft".to_owned(), draft);
    let (_folder, engine) = keeping(&[&provider], settings);
    let renew = async |route: &str| {
        let wanted = SpeechRequest { route: Some(route.to_owned()), ..using(CacheUse::Refresh) };
        engine.speak(wanted).await.unwrap().provenance.cache.name()
    };
    let (draft, first, second) = tokio::join!(renew("draft"), renew("main"), renew("main"));
    ([draft, first, second], asked(&provider))
}

/// On a thread of its own, because a listener that never yields would keep the runtime from the very
/// call it waits for, and this test from its end.
#[test]
fn a_renewal_that_is_not_listened_to_keeps_nobody_from_one_that_is() {
    let (sender, outcome) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        sender.send(runtime.block_on(renewed_at_once())).ok();
    });
    let outcome = outcome.recv_timeout(20 * SECOND);
    assert_eq!(outcome, Ok((["bypass", "bypass", "shared"], 2)));
}
