//! Conversations: at once, later, never.

use std::time::Duration;

use super::*;

fn lines(lines: Value) -> Value {
    let mut scene = scene();
    scene["lines"] = lines;
    scene
}

#[tokio::test]
async fn segments_lie_on_the_timeline_of_the_whole() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    let mut body = lines(json!([
        { "character_id": "char_123", "text": "Hello, Bram!", "emotion": "happy", "pause_after": 1.0 },
        { "character_id": "char_bram", "text": "Go away." },
        { "character_id": "char_123", "text": "No." },
    ]));
    body["timestamps"] = json!("word");
    body["gap"] = json!(0.5);
    let scene = post(&simulator, "/conversations", &body).await.json();
    let at = |index: usize, name: &str| scene["segments"][index][name].as_f64().unwrap();
    assert!((at(1, "start") - at(0, "duration") - 1.0).abs() < 0.001);
    assert!((at(2, "start") - at(1, "start") - at(1, "duration") - 0.5).abs() < 0.001);
    let total = scene["total_duration"].as_f64().unwrap();
    assert!((total - at(2, "start") - at(2, "duration")).abs() < 0.001);
    let length =
        download(&simulator, &scene["combined_audio_url"]).await.audio(None).0.duration.as_secs_f64();
    assert!((length - total).abs() < 0.2, "{length} {total}");
    assert_eq!(scene["segments"][1]["words"][0]["text"], "Go");
    assert_eq!((scene["usage"]["characters"].as_u64(), service.spent()), (Some(23), 23));
    assert_eq!(scene["characters"].as_array().unwrap().len(), 2);
    let mut apart = body.clone();
    apart["combine"] = json!(false);
    assert_eq!(
        post(&simulator, "/conversations", &apart).await.at("/combined_audio_url"),
        (200, Value::Null)
    );
}

#[tokio::test]
async fn each_wrong_conversation_has_its_code() {
    let simulator = start(CharacterBox::default());
    let simulator = &simulator;
    let check = async |body: Value, status: u16, code: &str| {
        let answer = post(simulator, "/conversations", &body).await;
        assert_eq!(answer.at("/error/code"), (status, json!(code)), "{}", answer.text());
    };
    let with = |field: &str, value: Value| {
        let mut scene = scene();
        scene[field] = value;
        scene
    };
    let line = |text: &str| json!({ "character_id": "char_123", "text": text });
    check(with("characters", json!(["char_123"])), 400, "invalid_field").await;
    check(with("characters", json!(["char_123", "char_123"])), 400, "invalid_field").await;
    check(with("characters", json!(["char_123", "nobody"])), 404, "character_not_found").await;
    check(with("conversation_type", json!("duel")), 400, "invalid_field").await;
    check(with("script", json!("Nobody: Hi.")), 400, "unknown_speaker").await;
    check(with("gap", json!(11)), 400, "invalid_field").await;
    check(with("mood", json!("tense")), 400, "invalid_field").await;
    check(json!({ "characters": ["char_123", "char_bram"] }), 400, "missing_field").await;
    check(lines(json!([{ "character_id": "char_pip", "text": "Hi" }])), 400, "invalid_field").await;
    check(lines(json!([line(" ")])), 400, "empty_text").await;
    check(lines(json!([])), 400, "empty_text").await;
    check(lines(json!([line(&"a".repeat(2_001))])), 413, "text_too_long").await;
    check(lines(json!(vec![line("a"); 201])), 413, "script_too_long").await;
    check(lines(json!(vec![line(&"a".repeat(1_900)); 11])), 413, "script_too_long").await;
    check(lines(json!([line("simulated blocked words")])), 403, "content_blocked").await;
    assert_eq!(
        get(simulator, "/conversations/conv_7").await.at("/error/code"),
        (404, json!("conversation_not_found"))
    );
    assert_eq!(delete(simulator, "/conversations/conv_7").await.status, 404);
}

#[tokio::test]
async fn a_long_one_is_polled_and_can_be_taken_back() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    service.mishaps().set(Mishap::SlowConversations { polls: 2, poll_after: Duration::from_millis(1_500) });
    let answer = post(&simulator, "/conversations", &scene()).await;
    assert_eq!(answer.header("location"), "/conversations/conv_00000001");
    assert_eq!((answer.at("/status"), answer.at("/poll_after").1), ((202, json!("processing")), json!(1.5)));
    let poll = "/conversations/conv_00000001";
    assert_eq!(get(&simulator, poll).await.at("/progress"), (200, json!(0.5)));
    let done = get(&simulator, poll).await;
    assert_eq!(done.at("/status"), (200, json!("completed")));
    post(&simulator, "/conversations", &scene()).await;
    assert_eq!(delete(&simulator, "/conversations/conv_00000002").await.status, 204);
    assert_eq!(get(&simulator, "/conversations/conv_00000002").await.at("/status"), (200, json!("canceled")));
    assert_eq!(service.conversations(), ["completed", "canceled"]);
}

#[tokio::test]
async fn one_that_dies_says_at_which_line() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    service.mishaps().set(Mishap::DiesAtLine(1));
    assert_eq!(post(&simulator, "/conversations", &scene()).await.status, 202);
    let failed = get(&simulator, "/conversations/conv_00000001").await;
    assert_eq!((failed.at("/status"), failed.at("/error/line").1), ((200, json!("failed")), json!(1)));
    let mut short = scene();
    short["script"] = json!("char_123: Hi.");
    assert_eq!(post(&simulator, "/conversations", &short).await.at("/status"), (200, json!("completed")));
    service.mishaps().set(Mishap::NoConversations);
    assert_eq!(
        post(&simulator, "/conversations", &scene()).await.at("/error/type"),
        (501, json!("not_supported"))
    );
}
