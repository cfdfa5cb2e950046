//! Kokoro-FastAPI: voices, streams and word times.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::openai::{Flavour, OpenAi};
use crate::testing::{builder, get, heard, post, send, start};
use crate::{Fault, Simulator};

fn kokoro() -> Simulator {
    start(OpenAi::new(Flavour::Kokoro))
}

async fn check(body: Value, status: u16, pointer: &str, expected: &str) {
    let answer = post(&kokoro(), "/v1/audio/speech", &body).await;
    assert_eq!(answer.at(pointer), (status, json!(expected)), "{}", answer.text());
}

#[tokio::test]
async fn it_streams_unless_told_not_to() {
    let simulator = kokoro();
    let answer = post(&simulator, "/v1/audio/speech", &json!({ "input": "Hello there, world." })).await;
    assert_eq!(
        (answer.header("transfer-encoding"), answer.header("content-type")),
        ("chunked", "audio/mpeg")
    );
    answer.audio(None);
    let whole = json!({ "input": "Hello there, world.", "stream": false, "response_format": "wav" });
    let answer = post(&simulator, "/v1/audio/speech", &whole).await;
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert!(!answer.audio(None).0.truncated);
}

#[tokio::test]
async fn voices_mixes_and_openais_names_are_known() {
    for voice in ["af_heart", "alloy", "af_bella(2)+af_sky", "am_adam-af_sky(0.5)"] {
        let answer = post(&kokoro(), "/v1/audio/speech", &json!({ "input": "Hello.", "voice": voice })).await;
        assert_eq!(answer.status, 200, "{voice}: {}", answer.text());
    }
    let simulator = kokoro();
    assert_eq!(get(&simulator, "/v1/audio/voices").await.at("/voices/2/id"), (200, json!("af_heart")));
    assert_eq!(
        get(&simulator, "/v1/audio/voices?legacy=true").await.at("/voices/2"),
        (200, json!("af_heart"))
    );
    assert_eq!(get(&simulator, "/health").await.at("/status"), (200, json!("healthy")));
}

#[tokio::test]
async fn each_refusal_is_wrapped_in_a_detail() {
    check(json!({ "input": "Hi.", "model": "tts-9" }), 400, "/detail/error", "invalid_model").await;
    check(json!({ "input": "Hi.", "voice": "nobody" }), 400, "/detail/error", "validation_error").await;
    check(json!({ "input": "Hi.", "lang_code": "q" }), 400, "/detail/error", "validation_error").await;
    check(json!({ "input": " " }), 400, "/detail/error", "validation_error").await;
    check(json!({}), 422, "/detail/0/type", "missing").await;
    check(json!({ "input": "Hi.", "speed": 5 }), 422, "/detail/0/type", "less_than_equal").await;
    check(json!({ "input": "Hi.", "speed": "x" }), 422, "/detail/0/type", "float_parsing").await;
    check(json!({ "input": "Hi.", "response_format": "ogg" }), 422, "/detail/0/type", "literal_error").await;
    let answer = send(builder(&kokoro(), "GET", "/v1/audio/speech")).await;
    assert_eq!(answer.at("/detail"), (405, json!("Method Not Allowed")));
    assert_eq!(get(&kokoro(), "/v2").await.at("/detail"), (404, json!("Not Found")));
}

#[tokio::test]
async fn unknown_fields_are_ignored_as_pydantic_does() {
    let body = json!({ "input": "Hello.", "normalization_options": { "normalize": true }, "whatever": 1 });
    assert_eq!(post(&kokoro(), "/v1/audio/speech", &body).await.status, 200);
}

const TEXT: &str = "Hello world, it is 5 o'clock. We are here!";

fn words_of(line: &Value) -> Vec<(String, f64, f64)> {
    let stamps = line["timestamps"].as_array().unwrap();
    stamps
        .iter()
        .map(|stamp| {
            let time = |name: &str| stamp[name].as_f64().unwrap();
            (stamp["word"].as_str().unwrap().to_owned(), time("start_time"), time("end_time"))
        })
        .collect()
}

#[tokio::test]
async fn captions_stream_by_the_sentence_with_absolute_times() {
    let answer = post(&kokoro(), "/dev/captioned_speech", &json!({ "input": TEXT })).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let text = answer.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["audio_format"] == "audio/mpeg"));
    let words: Vec<_> = lines.iter().flat_map(words_of).collect();
    let spelled: Vec<&str> = words.iter().map(|(word, _, _)| word.as_str()).collect();
    assert_eq!(
        spelled,
        ["Hello", "world", ",", "it", "is", "five", "o'clock", ".", "We", "are", "here", "!"]
    );
    assert!(words.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{words:?}");

    let audio: Vec<u8> =
        lines.iter().flat_map(|line| STANDARD.decode(line["audio"].as_str().unwrap()).unwrap()).collect();
    let length = heard(&audio, None).1.duration.as_secs_f64();
    assert!(words.last().unwrap().2 < length + 0.1, "{words:?} {length}");
}

#[tokio::test]
async fn captions_come_whole_and_only_in_english() {
    let whole = json!({ "input": TEXT, "stream": false, "response_format": "wav" });
    let answer = post(&kokoro(), "/dev/captioned_speech", &whole).await;
    assert_eq!(words_of(&answer.json()).len(), 12);
    let foreign = json!({ "input": "Hola.", "voice": "ef_dora", "stream": false });
    assert_eq!(post(&kokoro(), "/dev/captioned_speech", &foreign).await.at("/timestamps"), (200, json!([])));
    let without = json!({ "input": "Hello.", "stream": false, "return_timestamps": false });
    assert_eq!(
        post(&kokoro(), "/dev/captioned_speech", &without).await.at("/timestamps"),
        (200, Value::Null)
    );
}

#[tokio::test]
async fn a_failure_in_mid_stream_is_a_broken_connection() {
    let simulator = kokoro();
    simulator.faults().next(1, Fault::Cut { after: 3_000 });
    let answer = post(&simulator, "/v1/audio/speech", &json!({ "input": TEXT })).await;
    assert_eq!((answer.status, answer.broken, answer.body.len()), (200, true, 3_000));
}
