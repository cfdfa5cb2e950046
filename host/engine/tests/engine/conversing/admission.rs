//! What a text is held to, a conversation is held to, whether one performs the whole or each a line.

use std::sync::Arc;

use understudy_engine::history::{HistoryQuery, RequestStatus};
use understudy_engine::text::BlockedPatterns;
use understudy_engine::{ConversationRequest, EngineSettings, Output, ProviderPolicy};
use understudy_speech::Encoding;

use super::whole::{performance, performer, settings};
use super::{SCENE, company, perform, performing, who};
use crate::characters::{TWO, voices};
use crate::keeping::store;
use crate::{engine_with, told};

/// Has `script` refused by a service that would perform the whole and by one that would speak its lines,
/// before either is asked.
async fn check(script: &str, hold: impl Fn(&mut EngineSettings), expected: &str) {
    let (whole, other) = (performer(performance(0)), Arc::new(voices("b", &TWO)));
    for (provider, mut settings) in [(&whole, settings()), (&other, company())] {
        hold(&mut settings);
        let engine = engine_with(&[provider], settings);
        let error = engine.converse(performing(script), |_| {}).await.unwrap_err();
        assert_eq!(told(&error), expected);
    }
    assert!(whole.scripts().is_empty() && whole.requests().is_empty() && other.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_blocked_line_is_refused_before_any_line_is_bought() {
    let blocking = |settings: &mut EngineSettings| {
        settings.text.blocked = BlockedPatterns::new([("cards", r"\b\d{16}\b")]).unwrap();
    };
    let card = SCENE.replace("We are old.", "It is 4111111111111111.");
    let refused =
        "client invalid_value: line 4 of Old Bram could not be spoken: text matches a blocked pattern: cards";
    check(&card, blocking, refused).await;
    // What nobody sees hides nothing.
    let hidden = card.replace("4111", "41\u{200b}11");
    check(&hidden, blocking, refused).await;
    let mut settings = settings();
    blocking(&mut settings);
    let engine = engine_with(&[&performer(performance(0))], settings);
    assert_eq!(perform(&engine, SCENE).await.whole.as_deref(), Some("box"), "others are spoken");
}

#[tokio::test(start_paused = true)]
async fn a_script_is_no_longer_than_any_text_may_be() {
    let refused = "client text_too_long: text is longer than 65 characters: 66 characters (split the text)";
    check(SCENE, |settings| settings.text.max_characters = 65, refused).await;
    let refused = "client text_too_long: text is longer than 65 bytes: 66 bytes (split the text)";
    check(SCENE, |settings| settings.text.max_bytes = 65, refused).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_given_so_long_a_text_is_asked_line_by_line() {
    let check = async |maximum: u32, expected: Option<&str>| {
        let performer = performer(performance(0));
        let policy = ProviderPolicy { max_text_length: Some(maximum), ..ProviderPolicy::default() };
        let settings = EngineSettings { providers: [("box".to_owned(), policy)].into(), ..settings() };
        let engine = engine_with(&[&performer], settings);
        let conversation = perform(&engine, SCENE).await;
        assert_eq!(who(&conversation), "box/char_1, box/char_2, box/char_1, box/char_2");
        assert_eq!((conversation.whole.as_deref(), conversation.recasts.len()), (expected, 0));
    };
    check(66, Some("box")).await;
    check(65, None).await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_is_sent_repaired_and_told_as_it_was_written() {
    let performer = performer(performance(0));
    let engine = engine_with(&[&performer], settings());
    let written = "Th\u{ad}en we\u{7}are late.";
    let conversation = perform(&engine, &SCENE.replace("Then we are late.", written)).await;
    assert_eq!(conversation.whole.as_deref(), Some("box"));
    assert_eq!(performer.scripts()[0].lines[2].text, "Then we are late.");
    let line = &conversation.lines[2];
    assert_eq!(line.text, written);
    let words: Vec<&str> = line.words.iter().map(|word| &written[word.span()]).collect();
    assert_eq!(words, ["Th\u{ad}en"]);
}

#[tokio::test(start_paused = true)]
async fn silence_that_no_file_may_hold_is_refused_before_any_line_is_bought() {
    let script = "Captain Nova: Hi.\n(pause 60)\nOld Bram: Hm.\n(pause 60)";
    let refused = "client audio_too_large: audio as mp3 at 8000 Hz takes more than 400000 bytes: 480000 \
                   (ask for a lower sample_rate or a compressed encoding, split the text, or raise \
                   limits.max_audio_bytes)";
    check(script, |settings| settings.max_audio_bytes = 400_000, refused).await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_too_large_for_its_form_is_the_clients_to_change() {
    let settings = EngineSettings { max_audio_bytes: 1_000_000, ..company() };
    let engine = engine_with(&[&Arc::new(voices("b", &TWO))], settings);
    let output = |sample_rate| Output { encoding: Some(Encoding::Wav), sample_rate, bit_rate: None };
    let request = ConversationRequest { output: output(Some(192_000)), ..performing(SCENE) };
    let error = engine.converse(request, |_| {}).await.unwrap_err();
    assert_eq!((error.code(), error.field()), ("audio_too_large", Some("sample_rate")), "{error}");
    assert!(error.is_client_fault());
    let request = ConversationRequest { output: output(None), ..performing(SCENE) };
    engine.converse(request, |_| {}).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_scene_that_is_refused_is_in_the_history_and_one_that_is_spoken_is_there_by_its_lines() {
    let (_folder, store) = store();
    let engine = engine_with(&[&Arc::new(voices("b", &TWO))], company()).with_store(store);
    let asked = |script: &str| ConversationRequest { task: Some("t-1".to_owned()), ..performing(script) };
    for wrong in ["Old Bran: Hm.", "Old Bram: …", "Old Bram [sad 9]: Hm."] {
        engine.converse(asked(wrong), |_| {}).await.unwrap_err();
    }
    engine.converse(asked("Captain Nova: Ay.\nOld Bram: No."), |_| {}).await.unwrap();
    let history = engine.store().unwrap().history();
    history.flush().await;
    let records = history.query(HistoryQuery::default(), 100).await.unwrap().records;
    let told = |status| {
        let found = records.iter().filter(|record| record.status == status);
        let mut told: Vec<_> = found.map(|record| (&*record.id, record.code.as_deref())).collect();
        told.sort_unstable();
        told
    };
    let refused = ["empty_text", "invalid_value", "unknown_speaker"].map(|code| ("c-1", Some(code)));
    assert_eq!(told(RequestStatus::Failed), refused);
    assert_eq!(told(RequestStatus::Completed), [("c-1-1", None), ("c-1-2", None)]);
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record.task_id.as_deref() == Some("t-1")));
}
