//! A service performs the whole.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{ConversationRequest, EngineSettings};
use understudy_speech::{AudioFormat, Encoding, LineMark, Word};

use super::{SCENE, perform, performing, who};
use crate::characters::{TWO, house, voices};
use crate::{engine_with, route, unavailable};

/// Four lines of a second each, half a second apart, and when the service says they are heard.
pub(super) fn performance(shift_ms: u32) -> Vec<Step> {
    let mut pcm = Vec::new();
    for _ in 0..4 {
        pcm.extend(tone(24_000));
        pcm.extend(vec![0; 24_000]);
    }
    let mut steps =
        vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)), Step::Audio(Bytes::from(pcm))];
    for index in 0..4 {
        let start_ms = index * 1_500 + shift_ms;
        steps.push(Step::Line(LineMark { index, start_ms, end_ms: start_ms + 1_000 }));
    }
    // `Old`, in the third line of the text as the contract joins it.
    let third = u32::try_from("We sail at dawn!\nYou said so yesterday.\n".len()).unwrap();
    let word = Word { start_byte: third, end_byte: third + 4, start_ms: 3_100, end_ms: 3_300 };
    steps.insert(1, Step::Words(vec![word]));
    steps
}

/// A service whose characters know every feeling of the scene.
pub(super) fn feeling() -> Scripted {
    let mut house = house("box");
    for character in house.characters.iter_mut().flatten() {
        character.emotions.push("sad".to_owned());
    }
    house
}

pub(super) fn performer(steps: Vec<Step>) -> Arc<Scripted> {
    let mut performer = feeling();
    performer.whole = Some(steps);
    Arc::new(performer)
}

pub(super) fn settings() -> EngineSettings {
    EngineSettings {
        retry: understudy_engine::RetrySettings { backoff: Duration::ZERO, ..Default::default() },
        ..route(&["box", "b"])
    }
}

#[tokio::test(start_paused = true)]
async fn the_service_whose_characters_all_of_them_are_is_asked_first() {
    let performer = performer(performance(100));
    let engine = engine_with(&[&performer], settings());
    let conversation = perform(&engine, SCENE).await;
    assert_eq!(conversation.whole.as_deref(), Some("box"));
    assert_eq!(who(&conversation), "box/char_1, box/char_2, box/char_1, box/char_2");
    assert!(performer.requests().is_empty() && !conversation.is_substituted());
    let starts: Vec<u32> = conversation.lines.iter().map(|line| line.start_ms).collect();
    assert_eq!(starts, [0, 1_355, 3_365, 4_725], "as asked for, with 5 ms left where silence is cut");
    let word = conversation.lines[2].words[0];
    assert_eq!((word.start_byte, word.start_ms, word.end_ms), (0, 3_470, 3_670));
    let script = &performer.scripts()[0];
    let first = &script.lines[0];
    assert_eq!((first.character.as_str(), first.emotion.as_deref()), ("char_1", Some("happy")));
    assert_eq!(engine.character("Captain Nova").await.unwrap().usage_count, 2);
}

#[tokio::test(start_paused = true)]
async fn when_the_whole_fails_everybody_is_recast() {
    let performer = performer(vec![Step::Fail(unavailable().into())]);
    let engine = engine_with(&[&performer, &Arc::new(voices("b", &TWO))], settings());
    let conversation = perform(&engine, SCENE).await;
    assert_eq!(who(&conversation), "b/mary, b/mike, b/mary, b/mike");
    assert!(performer.requests().is_empty(), "who fails at the whole is not asked for its lines");
    let told = &conversation.recasts[0];
    assert_eq!((told.line, told.recast.len(), conversation.whole.is_none()), (None, 2, true));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_its_own_marks_is_the_services_failure() {
    let check = async |steps: Vec<Step>, expected: &str| {
        let engine = engine_with(&[&performer(steps), &Arc::new(voices("b", &TWO))], settings());
        let conversation = perform(&engine, SCENE).await;
        assert_eq!(conversation.recasts[0].reason, expected);
        assert_eq!(who(&conversation), "b/mary, b/mike, b/mary, b/mike");
    };
    let mut lacking = performance(0);
    lacking.pop();
    check(lacking, "provider box sent unusable audio: its conversation tells the times of 3 lines of 4")
        .await;
    let mut cut = performance(0);
    cut[2] = Step::Audio(Bytes::from(tone(24_000)));
    check(cut, "provider box sent unusable audio: its conversation is silent at line 2").await;
    let mut mixed = performance(0);
    mixed[4] = Step::Line(LineMark { index: 1, start_ms: 200, end_ms: 900 });
    check(mixed, "provider box sent unusable audio: its conversation has lines out of order at line 1").await;
    let mut silent = performance(0);
    let mut pcm = tone(36_000);
    pcm.extend(vec![0; 240_000]);
    silent[2] = Step::Audio(Bytes::from(pcm));
    check(silent, "provider box sent unusable audio: its conversation is silent at line 3").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_performs_no_whole_is_asked_line_by_line() {
    let house = Arc::new(feeling());
    let engine = engine_with(&[&house, &Arc::new(voices("b", &TWO))], settings());
    let conversation = perform(&engine, SCENE).await;
    assert_eq!(who(&conversation), "box/char_1, box/char_2, box/char_1, box/char_2");
    assert_eq!((conversation.recasts[0].code, house.requests().len()), ("unsupported", 4));
    assert!(!conversation.is_substituted());
}

#[tokio::test(start_paused = true)]
async fn a_feeling_that_a_character_lacks_is_carried_over_line_by_line_and_told() {
    let mut plain = house("box");
    plain.whole = Some(performance(0));
    let plain = Arc::new(plain);
    let engine = engine_with(&[&plain], settings());
    let conversation = perform(&engine, SCENE).await;
    assert_eq!((&conversation.whole, plain.scripts().len()), (&None, 0), "it would be left out there");
    assert_eq!(who(&conversation), "box/char_1, box/char_2, box/char_1, box/char_2");
    let told = |line: usize| conversation.lines[line].provenance.clone().unwrap();
    assert!(told(3).notes[0].starts_with("emotion sad was carried by"), "{:?}", told(3).notes);
    assert_eq!((told(0).notes.len(), plain.requests()[0].emotion.as_deref()), (0, Some("happy")));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_leaves_the_others_their_half_of_the_time() {
    let performer = performer(vec![Step::Hang]);
    let engine = engine_with(&[&performer, &Arc::new(voices("b", &TWO))], settings());
    let request = ConversationRequest { deadline: Some(Duration::from_secs(20)), ..performing(SCENE) };
    let conversation = engine.converse(request, |_| {}).await.unwrap();
    assert_eq!(who(&conversation), "b/mary, b/mike, b/mary, b/mike");
    assert_eq!(conversation.recasts[0].code, "deadline_exceeded");
    assert_eq!(performer.running(), 1, "and has a moment to take its order back");
    engine.part().await;
    assert_eq!(performer.running(), 0, "and is left");
}
