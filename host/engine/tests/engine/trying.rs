//! A candidate on trial: whom it plays for, and what its failures cost.

use std::sync::Arc;

use understudy_engine::scripted::Scripted;
use understudy_engine::{BreakerState, Cast, Engine, EngineSettings, Member, SpeechRequest, Sticky, Trial};
use understudy_speech::Provider;

use crate::{TEXT, calls, failing, good, request, status, unavailable};

/// An engine whose `a` has `candidate` on trial for this share of callers.
fn engine(stable: &Arc<Scripted>, candidate: &Arc<Scripted>, percent: u8, sticky: Sticky) -> Engine {
    let provider = Arc::clone(candidate) as Arc<dyn Provider>;
    let member = Member {
        trial: Some(Trial { provider, percent, sticky }),
        ..Member::new("a", Arc::clone(stable) as Arc<dyn Provider>)
    };
    Engine::new(Cast::new(vec![member]), EngineSettings::default())
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

#[tokio::test(start_paused = true)]
async fn without_a_fallback_the_candidate_alone_is_asked() {
    let (stable, candidate) = (good("a"), good("a"));
    let engine = engine(&stable, &candidate, 100, Sticky::None);
    let wanted = SpeechRequest { fallback: Some(false), ..of(None, None, 1) };
    engine.speak(wanted).await.unwrap();
    assert_eq!((stable.calls().len(), candidate.calls().len()), (0, 1));
}
