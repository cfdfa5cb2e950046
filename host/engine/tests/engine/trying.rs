//! A candidate on trial: whom it plays for, and what its failures cost.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{
    BreakerState, Cast, Engine, EngineSettings, Member, Score, Scored, SpeechRequest, Sticky, Store,
    StoreSettings, Trial, WallClock,
};
use understudy_speech::{AudioFormat, Encoding, InvalidField, Provider, ProviderError};

use crate::{TEXT, calls, failing, good, request, status, unavailable};

const PCM: AudioFormat = AudioFormat::mono(Encoding::PcmS16le, 24_000);

/// An engine whose `a` has `candidate` on trial for this share of callers.
fn engine(stable: &Arc<Scripted>, candidate: &Arc<Scripted>, percent: u8, sticky: Sticky) -> Engine {
    scored(stable, candidate, percent, sticky).0
}

/// The same, and where the candidate's calls are counted.
fn scored(
    stable: &Arc<Scripted>,
    candidate: &Arc<Scripted>,
    percent: u8,
    sticky: Sticky,
) -> (Engine, Arc<Score>) {
    let (provider, score) = (Arc::clone(candidate) as Arc<dyn Provider>, Arc::<Score>::default());
    let identity = candidate.manifest.version.clone();
    let member = Member {
        trial: Some(Trial { provider, identity, score: Arc::clone(&score), percent, sticky }),
        ..Member::new("a", Arc::clone(stable) as Arc<dyn Provider>)
    };
    (Engine::new(Cast::new(vec![member]), EngineSettings::default()), score)
}

fn of(user: Option<&str>, task: Option<&str>, id: usize) -> SpeechRequest {
    SpeechRequest {
        user: user.map(str::to_owned),
        task: task.map(str::to_owned),
        id: format!("r-{id}").into(),
        ..request(TEXT)
    }
}

/// How many of a hundred requests the candidate played.
async fn played(percent: u8, sticky: Sticky, wanted: impl Fn(usize) -> SpeechRequest) -> usize {
    let (stable, candidate) = (good("a"), good("a"));
    let engine = engine(&stable, &candidate, percent, sticky);
    for id in 0..100 {
        engine.speak(wanted(id)).await.unwrap();
    }
    assert_eq!(stable.calls().len() + candidate.calls().len(), 100);
    candidate.calls().len()
}

#[tokio::test(start_paused = true)]
async fn a_share_of_the_callers_hears_the_candidate_and_always_the_same_ones() {
    assert_eq!(played(0, Sticky::None, |id| of(None, None, id)).await, 0);
    let any = played(30, Sticky::None, |id| of(Some("u"), None, id)).await;
    assert!((15..=45).contains(&any), "{any}");
    let user = played(50, Sticky::User, |id| of(Some("u"), None, id)).await;
    assert!(user == 0 || user == 100, "one user hears one of them: {user}");
    let users = played(30, Sticky::User, |id| of(Some(&format!("u-{id}")), Some("t"), id)).await;
    assert!((15..=45).contains(&users), "{users}");
    let task = played(50, Sticky::Task, |id| of(Some(&format!("u-{id}")), Some("t"), id)).await;
    assert!(task == 0 || task == 100, "{task}");
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_fails_moves_no_breaker_and_the_one_it_would_replace_steps_in() {
    let (stable, candidate) = (good("a"), failing("a", unavailable()));
    let engine = engine(&stable, &candidate, 100, Sticky::None);
    for id in 0..20 {
        let speech = engine.speak(of(None, None, id)).await.unwrap();
        assert!(speech.provenance.substituted.is_none(), "it is the same provider");
        assert!(calls(&speech.provenance.attempts).ends_with("a:ok"));
    }
    assert_eq!(status(&engine, "a").breaker, BreakerState::Closed);
    assert_eq!(stable.calls().len(), 20);
}

/// What ten requests made of the candidate's calls, when the one behind it plays them all.
async fn ten_calls(candidate: Arc<Scripted>) -> Scored {
    let stable = good("a");
    let (engine, score) = scored(&stable, &candidate, 100, Sticky::None);
    for id in 0..10 {
        engine.speak(of(None, None, id)).await.unwrap();
    }
    assert_eq!(stable.calls().len(), 10);
    score.now()
}

#[tokio::test(start_paused = true)]
async fn a_candidate_is_judged_by_what_is_heard_of_it_and_not_by_its_word() {
    let silent = Scripted::new("a", vec![Step::Begin(PCM), Step::Audio(Bytes::from(vec![0; 48_000]))]);
    let silent = ten_calls(Arc::new(silent)).await;
    assert_eq!((silent.successes, silent.failures, silent.calls), (0, silent.calls, silent.failures));
    let stuck = ten_calls(Arc::new(Scripted::new("a", vec![Step::Hang]))).await;
    assert_eq!((stuck.successes, stuck.failures, stuck.cancelled), (0, 10, 0));
    assert_eq!(stuck.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_candidate_refuses_and_the_one_behind_it_plays_is_the_candidates_fault() {
    let field = InvalidField { field: "text".to_owned(), message: "is beneath it".to_owned() };
    for refusal in [ProviderError::InvalidRequest(field), ProviderError::VoiceNotFound("ann".to_owned())] {
        let picky = ten_calls(failing("a", refusal)).await;
        assert_eq!((picky.failures, picky.declined), (10, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_both_refuse_is_the_clients_mistake() {
    let blocked = || failing("a", ProviderError::ContentBlocked("violence".to_owned()));
    let (stable, candidate) = (blocked(), blocked());
    let (engine, score) = scored(&stable, &candidate, 100, Sticky::None);
    let error = engine.speak(of(None, None, 1)).await.unwrap_err();
    assert!(error.is_client_fault(), "{error}");
    assert_eq!((score.now().failures, score.now().declined), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn without_a_fallback_the_candidate_alone_is_asked() {
    let (stable, candidate) = (good("a"), good("a"));
    let engine = engine(&stable, &candidate, 100, Sticky::None);
    let wanted = SpeechRequest { fallback: Some(false), ..of(None, None, 1) };
    engine.speak(wanted).await.unwrap();
    assert_eq!((stable.calls().len(), candidate.calls().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_take_of_the_candidate_is_not_one_of_the_provider_it_would_replace() {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::new(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let store = Store::open(folder.path(), StoreSettings::default(), &clock);
    let (stable, candidate) = (good("a"), good("a"));
    for (percent, expected) in [(100, ["miss", "hit"]), (0, ["miss", "hit"])] {
        let engine = engine(&stable, &candidate, percent, Sticky::None).with_store(store.clone());
        for expected in expected {
            let speech = engine.speak(of(None, None, 1)).await.unwrap();
            engine.settle(Duration::from_secs(5)).await;
            assert_eq!(speech.provenance.cache.name(), expected, "{percent} %");
        }
    }
    assert_eq!((stable.calls().len(), candidate.calls().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_take_of_one_candidate_is_not_one_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::new(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let store = Store::open(folder.path(), StoreSettings::default(), &clock);
    let of_version = |version: &str| {
        let mut candidate = Scripted::speaking("a", 1, Vec::new());
        candidate.manifest.version = version.to_owned();
        Arc::new(candidate)
    };
    let (stable, rejected, next) = (good("a"), of_version("2"), of_version("3"));
    for (candidate, expected) in [(&rejected, "miss"), (&next, "miss"), (&rejected, "hit"), (&next, "hit")] {
        let engine = engine(&stable, candidate, 100, Sticky::None).with_store(store.clone());
        let speech = engine.speak(of(None, None, 1)).await.unwrap();
        engine.settle(Duration::from_secs(5)).await;
        assert_eq!(speech.provenance.cache.name(), expected, "{}", candidate.manifest.version);
    }
    assert_eq!((rejected.calls().len(), next.calls().len(), stable.calls().len()), (1, 1, 0));
}
