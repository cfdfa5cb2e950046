//! OpenAI itself, asked as its Python SDK asks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_speech::{AudioFormat, Encoding};

use crate::openai::OpenAi;
use crate::testing::{Answer, builder, get, heard, post, send, start};
use crate::{Fault, Simulator};

const SPEECH: &str = "/v1/audio/speech";
const TEXT: &str = "The quick brown fox jumps over the lazy dog.";

fn request() -> Value {
    json!({ "model": "gpt-4o-mini-tts", "input": TEXT, "voice": "alloy" })
}

fn with(field: &str, value: Value) -> Value {
    let mut request = request();
    request[field] = value;
    request
}

async fn check(simulator: &Simulator, body: &Value, status: u16, param: Value, code: Value) -> Answer {
    let answer = post(simulator, SPEECH, body).await;
    assert_eq!(answer.at("/error/param"), (status, param), "{}", answer.text());
    assert_eq!(answer.at("/error/code"), (status, code), "{}", answer.text());
    assert_eq!(answer.at("/error/type").1, "invalid_request_error");
    assert!(answer.header("x-request-id").starts_with("req_"));
    answer
}

#[tokio::test]
async fn every_format_is_speech_in_that_format() {
    let simulator = start(OpenAi::default());
    for (format, media_type, encoding) in [
        ("mp3", "audio/mpeg", Encoding::Mp3),
        ("opus", "audio/opus", Encoding::OggOpus),
        ("aac", "audio/aac", Encoding::Aac),
        ("flac", "audio/flac", Encoding::Flac),
        ("wav", "audio/wav", Encoding::Wav),
        ("pcm", "audio/pcm", Encoding::PcmS16le),
    ] {
        let answer = post(&simulator, SPEECH, &with("response_format", json!(format))).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("transfer-encoding"), "chunked");
        let raw = (format == "pcm").then(|| AudioFormat::mono(Encoding::PcmS16le, 24_000));
        let (walked, measured) = answer.audio(raw);
        assert_eq!(walked.format.encoding, encoding);
        assert!((1.5..6.0).contains(&measured.duration.as_secs_f64()), "{format}: {measured:?}");
    }
}

#[tokio::test]
async fn a_streamed_wav_does_not_know_its_length() {
    let answer = post(&start(OpenAi::default()), SPEECH, &with("response_format", json!("wav"))).await;
    assert_eq!(answer.body[40..44], [0xFF; 4]);
}

#[tokio::test]
async fn speed_is_heard() {
    let simulator = start(OpenAi::default());
    let plain = post(&simulator, SPEECH, &request()).await.audio(None).1.duration;
    let fast = post(&simulator, SPEECH, &with("speed", json!(2.0))).await.audio(None).1.duration;
    assert!(plain.as_secs_f64() > 1.6 * fast.as_secs_f64(), "{plain:?} {fast:?}");
}

#[tokio::test]
async fn events_carry_the_audio_and_end_with_the_usage() {
    let answer = post(&start(OpenAi::default()), SPEECH, &with("stream_format", json!("sse"))).await;
    assert_eq!(answer.header("content-type"), "text/event-stream; charset=utf-8");
    let text = answer.text();
    let events: Vec<Value> = text
        .split_terminator("\n\n")
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect();
    let (last, deltas) = events.split_last().unwrap();
    assert!(deltas.len() > 2 && deltas.iter().all(|event| event["type"] == "speech.audio.delta"));
    assert_eq!(last["type"], "speech.audio.done");
    assert!(last["usage"]["total_tokens"].as_f64().unwrap() > 11.0);
    let audio: Vec<u8> =
        deltas.iter().flat_map(|event| STANDARD.decode(event["audio"].as_str().unwrap()).unwrap()).collect();
    assert_eq!(heard(&audio, None).0.format.encoding, Encoding::Mp3);
}

#[tokio::test]
async fn each_field_is_refused_by_name() {
    let simulator = start(OpenAi::default());
    let simulator = &simulator;
    for name in ["model", "input", "voice"] {
        let mut body = request();
        body.as_object_mut().unwrap().remove(name);
        check(simulator, &body, 400, json!(name), json!("missing_required_parameter")).await;
    }
    let long = "é".repeat(4097);
    for (body, status, param, code) in [
        (with("lang_code", json!("a")), 400, json!("lang_code"), json!("unknown_parameter")),
        (with("model", json!("tts-2")), 404, Value::Null, json!("model_not_found")),
        (with("input", json!(long)), 400, json!("input"), json!("string_above_max_length")),
        (with("input", json!("")), 400, json!("input"), json!("empty_string")),
        (with("input", json!(7)), 400, json!("input"), json!("invalid_type")),
        (with("voice", json!("Alloy")), 400, json!("voice"), json!("invalid_value")),
        (with("voice", json!({ "id": "voice_nobody" })), 404, Value::Null, json!("not_found")),
        (with("response_format", json!("ogg")), 400, json!("response_format"), json!("invalid_value")),
        (with("speed", json!(0.2)), 400, json!("speed"), json!("decimal_below_min_value")),
        (with("speed", json!(4.1)), 400, json!("speed"), json!("decimal_above_max_value")),
        (with("speed", json!("fast")), 400, json!("speed"), json!("invalid_type")),
        (with("stream_format", json!("ws")), 400, json!("stream_format"), json!("invalid_value")),
    ] {
        check(simulator, &body, status, param, code).await;
    }
}

#[tokio::test]
async fn the_limit_is_in_characters_and_the_bounds_are_inside() {
    let simulator = start(OpenAi::default());
    assert_eq!(post(&simulator, SPEECH, &with("input", json!("…".repeat(4096)))).await.status, 200);
    assert_eq!(post(&simulator, SPEECH, &with("speed", json!(4.0))).await.status, 200);
    assert_eq!(post(&simulator, SPEECH, &with("speed", json!(0.25))).await.status, 200);
    let custom = with("voice", json!({ "id": "voice_simulated1234" }));
    assert_eq!(post(&simulator, SPEECH, &custom).await.status, 200);
}

#[tokio::test]
async fn the_first_models_have_fewer_voices_and_neither_events_nor_instructions() {
    let simulator = start(OpenAi::default());
    let first = json!({ "model": "tts-1", "input": TEXT, "voice": "verse" });
    check(&simulator, &first, 400, json!("voice"), json!("invalid_value")).await;
    let first = json!({ "model": "tts-1-hd", "input": TEXT, "voice": "nova", "stream_format": "sse" });
    check(&simulator, &first, 400, json!("stream_format"), json!("unsupported_value")).await;
    let first = json!({ "model": "tts-1", "input": TEXT, "voice": "nova", "instructions": "Calmly." });
    check(&simulator, &first, 400, json!("instructions"), json!("unsupported_parameter")).await;
}

#[tokio::test]
async fn a_key_is_needed_and_a_wrong_one_is_quoted_starred() {
    let simulator = start(OpenAi::default());
    let answer = send(builder(&simulator, "POST", SPEECH).json(&request())).await;
    assert_eq!(answer.at("/error/code"), (401, Value::Null));
    let wrong = "sk-wrong-0123456789-4321";
    let answer = send(builder(&simulator, "POST", SPEECH).bearer_auth(wrong).json(&request())).await;
    assert_eq!(answer.at("/error/code"), (401, json!("invalid_api_key")));
    assert!(answer.text().contains("Incorrect API key provided: sk-wrong********4321."), "{}", answer.text());
    assert!(!answer.text().contains(wrong));
}

#[tokio::test]
async fn what_is_no_speech_request_is_told_so() {
    let simulator = start(OpenAi::default());
    let key = simulator.key();
    let answer = send(builder(&simulator, "GET", SPEECH).bearer_auth(key)).await;
    assert_eq!(answer.at("/error/code"), (405, json!("method_not_supported")));
    let answer = post(&simulator, "/v1/audio/nope", &request()).await;
    assert_eq!(answer.at("/error/message"), (404, json!("Invalid URL (POST /v1/audio/nope)")));
    let answer = send(builder(&simulator, "POST", SPEECH).bearer_auth(key).body("{}")).await;
    assert_eq!(answer.at("/error/code"), (415, json!("unsupported_content_type")));
    let typed =
        builder(&simulator, "POST", SPEECH).bearer_auth(key).header("content-type", "application/json");
    assert_eq!(send(typed.body("{")).await.at("/error/type"), (400, json!("invalid_request_error")));
}

#[tokio::test]
async fn models_and_a_voice_of_the_account_can_be_looked_up() {
    let simulator = start(OpenAi::default());
    assert_eq!(get(&simulator, "/v1/models").await.at("/data/2/id"), (200, json!("gpt-4o-mini-tts")));
    assert_eq!(get(&simulator, "/v1/models/tts-1").await.at("/object"), (200, json!("model")));
    assert_eq!(get(&simulator, "/v1/models/tts-9").await.at("/error/code"), (404, json!("model_not_found")));
    assert_eq!(get(&simulator, "/v1/audio/voices/voice_simulated1234").await.at("/object").1, "audio.voice");
}

#[tokio::test]
async fn each_ordered_refusal_is_in_openais_words() {
    let simulator = start(OpenAi::default());
    let wait = std::time::Duration::from_millis(1500);
    simulator.faults().next(1, Fault::RateLimited { retry_after: Some(wait) });
    let answer = post(&simulator, SPEECH, &request()).await;
    assert_eq!(answer.at("/error/code"), (429, json!("rate_limit_exceeded")));
    assert_eq!((answer.header("retry-after-ms"), answer.header("retry-after")), ("1500", "1"));

    simulator.faults().next(1, Fault::RateLimited { retry_after: None });
    assert_eq!(post(&simulator, SPEECH, &request()).await.header("retry-after"), "");

    simulator.faults().next(1, Fault::QuotaExhausted);
    let answer = post(&simulator, SPEECH, &request()).await;
    assert_eq!(answer.at("/error/code"), (429, json!("insufficient_quota")));
    assert_eq!(answer.header("x-should-retry"), "false");

    simulator.faults().next(1, Fault::Unauthorized);
    assert_eq!(post(&simulator, SPEECH, &request()).await.at("/error/code").0, 401);

    simulator.faults().next(1, Fault::Failing(axum::http::StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(post(&simulator, SPEECH, &request()).await.at("/error/type"), (503, json!("server_error")));
    assert_eq!(post(&simulator, SPEECH, &request()).await.status, 200);
}
