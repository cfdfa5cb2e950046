//! speaches, LocalAI and openedai-speech: where they differ from OpenAI, they differ here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_speech::{AudioFormat, Encoding};

use crate::openai::{Flavour, OpenAi};
use crate::testing::{builder, get, heard, post, send, start};
use crate::{Fault, Options, Simulator};

const SPEECH: &str = "/v1/audio/speech";
const KOKORO: &str = "speaches-ai/Kokoro-82M-v1.0-ONNX";

fn guarded(flavour: Flavour) -> Simulator {
    let options = Options { key: Some("sk-chosen".to_owned()), ..Options::default() };
    Simulator::start(OpenAi::new(flavour), options).unwrap()
}

async fn check(flavour: Flavour, body: Value, status: u16, pointer: &str, expected: Value) {
    let answer = post(&start(OpenAi::new(flavour)), SPEECH, &body).await;
    assert_eq!(answer.at(pointer), (status, expected), "{}", answer.text());
}

#[tokio::test]
async fn speaches_sends_pcm_in_events_whatever_was_asked() {
    let body = json!({
        "model": KOKORO, "input": "*Hello* world 😀.", "voice": "af_heart", "stream_format": "sse",
        "response_format": "mp3",
    });
    let answer = post(&start(OpenAi::new(Flavour::Speaches)), SPEECH, &body).await;
    let text = answer.text();
    let events: Vec<Value> = text
        .split_terminator("\n\n")
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect();
    let (last, deltas) = events.split_last().unwrap();
    assert_eq!(last["token_usage"]["total_tokens"], 0);
    assert!(last.get("usage").is_none());
    let audio: Vec<u8> =
        deltas.iter().flat_map(|event| STANDARD.decode(event["audio"].as_str().unwrap()).unwrap()).collect();
    heard(&audio, Some(AudioFormat::mono(Encoding::PcmS16le, 24_000)));
}

#[tokio::test]
async fn speaches_resamples_and_lists_voices_of_installed_models() {
    let simulator = start(OpenAi::new(Flavour::Speaches));
    let body = json!({
        "model": "speaches-ai/piper-en_US-amy-medium", "input": "Hello world.", "voice": "amy",
        "response_format": "wav",
    });
    assert_eq!(post(&simulator, SPEECH, &body).await.audio(None).0.format.sample_rate, 22_050);
    let mut low = body.clone();
    low["sample_rate"] = json!(8_000);
    assert_eq!(post(&simulator, SPEECH, &low).await.audio(None).0.format.sample_rate, 8_000);
    assert_eq!(get(&simulator, "/v1/audio/voices").await.at("/voices/0/name"), (200, json!("af_heart")));
    assert_eq!(get(&simulator, "/v1/audio/models").await.at("/data/0/id"), (200, json!(KOKORO)));
    assert_eq!(get(&simulator, &format!("/v1/models/{KOKORO}")).await.at("/task").0, 200);
}

#[tokio::test]
async fn speaches_refuses_with_a_detail() {
    let flavour = Flavour::Speaches;
    let with = |field: &str, value: Value| {
        let mut body = json!({ "model": KOKORO, "input": "Hi.", "voice": "af_heart" });
        body[field] = value;
        body
    };
    let answer = post(&start(OpenAi::new(flavour)), SPEECH, &with("model", json!("tts-1"))).await;
    assert_eq!(answer.status, 404);
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("Model 'tts-1' is not installed locally."));
    let answer = post(&start(OpenAi::new(flavour)), SPEECH, &with("speed", json!(3.5))).await;
    assert_eq!(answer.status, 422);
    assert!(answer.json()["detail"].as_str().unwrap().contains("speed must be between"));
    let missing = json!({ "model": KOKORO, "input": "Hi." });
    check(flavour, missing, 422, "/detail/0/loc/1", json!("voice")).await;
    check(flavour, with("sample_rate", json!(7_999)), 422, "/detail/0/type", json!("greater_than_equal"))
        .await;

    let simulator = guarded(flavour);
    let none = send(builder(&simulator, "GET", "/v1/audio/voices")).await;
    assert_eq!((none.status, none.header("www-authenticate")), (403, "Bearer"));
    let wrong = send(builder(&simulator, "GET", "/v1/audio/voices").bearer_auth("sk-other")).await;
    assert_eq!(wrong.at("/detail"), (403, json!("Invalid API key. The provided API key is incorrect.")));
    assert_eq!(get(&simulator, "/v1/audio/voices").await.status, 200);
}

#[tokio::test]
async fn localai_answers_with_a_file_on_every_path() {
    let simulator = start(OpenAi::new(Flavour::LocalAi));
    let body = json!({ "model": "tts-1", "input": "Hello world.", "stranger": true });
    for path in [SPEECH, "/audio/speech", "/tts"] {
        let answer = post(&simulator, path, &body).await;
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"tts.wav\"");
        assert_eq!(answer.header("content-type"), "audio/x-wav");
        answer.audio(None);
    }
    let eleven = json!({ "text": "Hello world.", "model_id": "kokoro" });
    post(&simulator, "/v1/text-to-speech/amy", &eleven).await.audio(None);
    let streamed =
        json!({ "model": "tts-1", "input": "Hello world.", "stream": true, "sample_rate": 16_000 });
    let answer = post(&simulator, SPEECH, &streamed).await;
    assert_eq!((answer.header("transfer-encoding"), &answer.body[40..44]), ("chunked", &[0xFF; 4][..]));
}

#[tokio::test]
async fn localai_refuses_with_a_number_for_a_code() {
    let flavour = Flavour::LocalAi;
    let body = |speed: Value| json!({ "model": "tts-1", "input": "Hi.", "speed": speed });
    check(flavour, body(json!(0)), 400, "/error/code", json!(400)).await;
    check(flavour, body(json!(4.5)), 400, "/error/type", json!("")).await;
    check(flavour, body(json!("fast")), 400, "/error/code", json!(400)).await;
    check(flavour, json!({ "model": "nope", "input": "Hi." }), 500, "/error/code", json!(500)).await;
    let format = json!({ "model": "tts-1", "input": "Hi.", "response_format": "midi" });
    check(flavour, format, 500, "/error/message", json!("unsupported format: midi")).await;
    let simulator = guarded(flavour);
    let none = send(builder(&simulator, "POST", SPEECH).json(&body(json!(1)))).await;
    assert_eq!(none.at("/error/message"), (401, json!("An authentication key is required")));
    assert_eq!(post(&simulator, SPEECH, &body(json!(1))).await.status, 200);
}

#[tokio::test]
async fn openedai_says_the_rate_in_the_media_type() {
    let simulator = start(OpenAi::new(Flavour::OpenedAi));
    for (model, rate) in [("tts-1", 22_050), ("tts-1-hd", 24_000)] {
        let body =
            json!({ "model": model, "input": "Hello world.", "voice": "nova", "response_format": "pcm" });
        let answer = post(&simulator, SPEECH, &body).await;
        assert_eq!(answer.header("content-type"), format!("audio/pcm;rate={rate}"));
        answer.audio(Some(AudioFormat::mono(Encoding::PcmS16le, rate)));
    }
    let opus = json!({ "input": "Hello world.", "response_format": "opus" });
    assert_eq!(post(&simulator, SPEECH, &opus).await.header("content-type"), "audio/ogg;codec=opus");
}

#[tokio::test]
async fn openedai_refuses_flat() {
    let flavour = Flavour::OpenedAi;
    check(flavour, json!({ "input": "Hi.", "voice": "verse" }), 400, "/param", json!("voice")).await;
    check(flavour, json!({ "input": "Hi.", "model": "x" }), 400, "/type", json!("BadRequestError")).await;
    check(flavour, json!({ "input": "" }), 400, "/message", json!("Empty Input")).await;
    check(flavour, json!({ "input": "Hi.", "response_format": "ogg" }), 400, "/code", json!(400)).await;
    check(flavour, json!({}), 422, "/detail/0/type", json!("missing")).await;
    let simulator = start(OpenAi::new(flavour));
    simulator.faults().next(1, Fault::Failing(axum::http::StatusCode::SERVICE_UNAVAILABLE));
    let answer = post(&simulator, SPEECH, &json!({ "input": "Hi." })).await;
    assert_eq!(answer.at("/type"), (503, json!("ServiceUnavailableError")));
}
