//! Somebody fails in mid-scene.

use std::sync::Arc;

use understudy_engine::{ConversationRequest, EngineSettings, Recast};
use understudy_speech::{Gender, ProviderError};

use super::whole::feeling;
use super::{SCENE, dying, perform, performing, who};
use crate::characters::{TWO, house, voices};
use crate::{engine_with, failing, route, told};

/// One line at a time, so that it is known which one fails.
fn in_order() -> EngineSettings {
    let mut settings = route(&["box", "b"]);
    settings.conversation.parallel = 1;
    settings.retry.backoff = std::time::Duration::ZERO;
    settings
}

#[tokio::test(start_paused = true)]
async fn a_service_that_dies_is_recast_so_that_nobody_changes_voice() {
    let (dying, other) = (dying(feeling(), 2), Arc::new(voices("b", &TWO)));
    let engine = engine_with(&[&dying, &other], in_order());
    let conversation = perform(&engine, SCENE).await;
    assert_eq!(who(&conversation), "b/mary, b/mike, b/mary, b/mike");
    assert_eq!(conversation.recasts.len(), 2, "it performs no whole, and then it dies");
    let last = &conversation.recasts[1];
    assert_eq!((last.provider.as_str(), last.code, last.line), ("box", "provider_unavailable", Some(2)));
    assert_eq!((last.recast.join(", ").as_str(), last.lines_again), ("Captain Nova, Old Bram", 2));
    let substituted: Vec<_> = conversation.speakers.iter().map(|speaker| speaker.substituted).collect();
    assert_eq!(substituted, [Some("provider_unavailable"); 2]);
    assert!(conversation.is_substituted());
}

#[tokio::test(start_paused = true)]
async fn a_line_alone_is_recast_when_that_is_what_is_wanted() {
    let (dying, other) = (dying(house("box"), 2), Arc::new(voices("b", &TWO)));
    let engine = engine_with(&[&dying, &other], in_order());
    let request = ConversationRequest { recast: Some(Recast::Line), ..performing(SCENE) };
    let conversation = engine.converse(request, |_| {}).await.unwrap();
    assert_eq!(who(&conversation), "box/char_1, box/char_2, b/mary, b/mike");
    assert!(conversation.is_substituted());
    let line = conversation.lines[2].provenance.as_ref().unwrap();
    assert_eq!(line.substituted.as_ref().unwrap().asked, "box/char_1");
}

#[tokio::test(start_paused = true)]
async fn whoever_has_a_part_elsewhere_keeps_it_and_its_lines() {
    let (dying, keeper) = (dying(house("box"), 1), Arc::new(voices("b", &TWO)));
    let mut settings = in_order();
    let bram = understudy_engine::LocalCharacter {
        name: "Bram the Elder".to_owned(),
        gender: Some(Gender::Male),
        cast: vec![crate::characters::part(understudy_engine::Plays::Voice, "b", "mike")],
        ..Default::default()
    };
    settings.characters.insert("elder".to_owned(), bram);
    let engine = engine_with(&[&dying, &keeper], settings);
    let script = "Captain Nova: One.\nElder: Two.\nCaptain Nova: Three.\n";
    let conversation = perform(&engine, script).await;
    assert_eq!(who(&conversation), "b/mary, b/mike, b/mary");
    assert_eq!(conversation.recasts.last().unwrap().recast, ["Captain Nova"]);
    let spoken: Vec<_> = keeper.requests().iter().filter_map(|request| request.voice.clone()).collect();
    assert_eq!(spoken, ["mike", "mary", "mary"], "the elder's line was not bought again");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_not_for_a_voice_costs_its_character_the_part_and_nobody_else() {
    let steps = house("box").steps;
    let house = Arc::new(house("box"));
    house.queue(steps);
    house.queue(vec![understudy_engine::scripted::Step::Fail(
        ProviderError::Unsupported("this".to_owned()).into(),
    )]);
    let engine = engine_with(&[&house, &Arc::new(voices("b", &TWO))], in_order());
    assert_eq!(who(&perform(&engine, SCENE).await), "box/char_1, b/mike, box/char_1, b/mike");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_one_service_will_not_say_is_not_carried_to_others() {
    let mut blocking = house("box");
    blocking.steps = vec![understudy_engine::scripted::Step::Fail(
        ProviderError::ContentBlocked("violence".to_owned()).into(),
    )];
    let other = Arc::new(voices("b", &TWO));
    let engine = engine_with(&[&Arc::new(blocking), &other], in_order());
    let error = engine.converse(performing(SCENE), |_| {}).await.unwrap_err();
    assert_eq!(
        told(&error),
        "client content_blocked: line 1 of Captain Nova could not be spoken: \
         provider box refused: provider blocked the content: violence"
    );
    assert!(other.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_nobody_is_left_the_line_and_its_failure_are_told() {
    let engine = engine_with(&[&dying(house("box"), 1), &failing("b", crate::unavailable())], in_order());
    let error = engine.converse(performing(SCENE), |_| {}).await.unwrap_err();
    assert_eq!(
        told(&error),
        "server provider_unavailable: line 2 of Old Bram could not be spoken: \
         provider box failed: provider is unavailable: 503"
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_known_to_be_down_is_not_cast() {
    let mut dead = house("box");
    dead.steps = vec![understudy_engine::scripted::Step::Fail(crate::unavailable().into())];
    let dead = Arc::new(dead);
    let engine = engine_with(&[&dead, &Arc::new(voices("b", &TWO))], in_order());
    for _ in 0..3 {
        perform(&engine, SCENE).await;
    }
    let before = dead.requests().len();
    let conversation = perform(&engine, SCENE).await;
    assert_eq!((dead.requests().len(), conversation.recasts.len()), (before, 0));
    assert_eq!(conversation.speakers[0].substituted, Some("breaker_open"));
}
