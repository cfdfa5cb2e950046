//! Asked as MoneyPrinterTurbo asks, and refused in every row of the error table.

use axum::http::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use understudy_speech::{AudioFormat, Encoding};

use super::*;
use crate::testing::{builder, get, post, send, start};
use crate::{Fault, Simulator};

const SPEECH: &str = "/v1/audio/speech";
const COSY: &str = "FunAudioLLM/CosyVoice2-0.5B";

fn request() -> Value {
    json!({
        "model": COSY, "input": "Hello world, how are you?", "voice": format!("{COSY}:alex"),
        "response_format": "mp3", "sample_rate": 32_000, "stream": false, "speed": 1.0, "gain": 0,
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut request = request();
    request[field] = value;
    request
}

async fn check(simulator: &Simulator, body: Value, code: u32) {
    let answer = post(simulator, SPEECH, &body).await;
    assert_eq!(answer.at("/code"), (400, json!(code)), "{}", answer.text());
    assert_eq!(answer.at("/data").1, Value::Null);
}

#[tokio::test]
async fn each_format_comes_at_each_of_its_rates() {
    let simulator = start(SiliconFlow::default());
    for (format, rate, encoding) in [
        ("mp3", 32_000, Encoding::Mp3),
        ("mp3", 44_100, Encoding::Mp3),
        ("opus", 48_000, Encoding::OggOpus),
        ("wav", 8_000, Encoding::Wav),
        ("wav", 24_000, Encoding::Wav),
        ("pcm", 16_000, Encoding::PcmS16le),
    ] {
        let mut body = with("response_format", json!(format));
        body["sample_rate"] = json!(rate);
        let raw = (format == "pcm").then(|| AudioFormat::mono(Encoding::PcmS16le, rate));
        let answer = post(&simulator, SPEECH, &body).await;
        assert!(answer.header("x-siliconcloud-trace-id").starts_with("ti_"));
        let (walked, _) = answer.audio(raw);
        assert_eq!((walked.format.encoding, walked.format.sample_rate), (encoding, rate));
    }
}

#[tokio::test]
async fn it_streams_unless_told_not_to() {
    let simulator = start(SiliconFlow::default());
    let plain = json!({ "model": COSY, "input": "Hello world.", "voice": format!("{COSY}:anna") });
    let answer = post(&simulator, SPEECH, &plain).await;
    assert_eq!(
        (answer.header("transfer-encoding"), answer.header("content-type")),
        ("chunked", "audio/mpeg")
    );
    assert_eq!(answer.audio(None).0.format.sample_rate, 44_100);
    assert_eq!(post(&simulator, SPEECH, &request()).await.header("transfer-encoding"), "");
}

#[tokio::test]
async fn gain_is_in_decibels_and_marks_are_not_read() {
    let simulator = start(SiliconFlow::default());
    let loud = post(&simulator, SPEECH, &request()).await.audio(None).1;
    let soft = post(&simulator, SPEECH, &with("gain", json!(-6))).await.audio(None).1;
    assert!((5.0..7.0).contains(&(loud.rms_dbfs - soft.rms_dbfs)), "{loud:?} {soft:?}");
    let marked = with("input", json!("[breath]Hello <strong>world</strong>, how are you?"));
    let marked = post(&simulator, SPEECH, &marked).await.audio(None).1;
    assert_eq!(marked.duration, loud.duration);
}

#[tokio::test]
async fn each_wrong_parameter_has_its_code() {
    let simulator = start(SiliconFlow::default());
    let simulator = &simulator;
    check(simulator, with("model", json!("nobody/nothing")), 20_012).await;
    let mut body = with("voice", json!("fnlp/MOSS-TTSD-v0.5:alex"));
    check(simulator, body, 20_015).await;
    check(simulator, with("voice", json!("alex")), 20_015).await;
    check(simulator, with("voice", json!("")), 20_015).await;
    check(simulator, with("voice", json!("speech:mine:cm0:none")), 20_015).await;
    check(simulator, with("response_format", json!("flac")), 20_015).await;
    check(simulator, with("sample_rate", json!(24_000)), 20_015).await;
    body = with("response_format", json!("opus"));
    body["sample_rate"] = json!(44_100);
    check(simulator, body, 20_015).await;
    for (field, value) in [
        ("speed", json!(0.2)),
        ("speed", json!(4.5)),
        ("gain", json!(11)),
        ("max_tokens", json!(2048)),
        ("input", json!("")),
        ("input", json!("x".repeat(128_001))),
        ("input", json!(5)),
        ("extra_body", json!({ "references": [] })),
        ("references", json!([{ "audio": "data:audio/mpeg;base64,AAAA", "text": "hello" }])),
    ] {
        check(simulator, with(field, value), 20_015).await;
    }
}

#[tokio::test]
async fn references_take_the_place_of_a_voice() {
    let simulator = start(SiliconFlow::default());
    let reference = json!({ "audio": "data:audio/mpeg;base64,AAAA", "text": "hello" });
    let mut body = with("voice", json!(""));
    body["references"] = json!([reference]);
    assert_eq!(post(&simulator, SPEECH, &body).await.status, 200);
    body["references"] = json!([reference, reference]);
    check(&simulator, body.clone(), 20_015).await;
    body["model"] = json!("fnlp/MOSS-TTSD-v0.5");
    assert_eq!(post(&simulator, SPEECH, &body).await.status, 200);
}

#[tokio::test]
async fn a_wrong_key_is_told_by_a_bare_string() {
    let simulator = start(SiliconFlow::default());
    for path in [SPEECH, "/v1/uploads/audio/voice", "/v1/audio/voice/deletions"] {
        let answer = send(builder(&simulator, "POST", path).bearer_auth("sk-other").json(&request())).await;
        assert_eq!((answer.status, answer.text().as_str()), (401, "\"Invalid token\""), "{path}");
    }
    assert_eq!(send(builder(&simulator, "GET", "/v1/user/info")).await.text(), "\"Invalid token\"");
    let info = get(&simulator, "/v1/user/info").await;
    assert_eq!(info.at("/data/totalBalance"), (200, json!("88.88")));
    assert_eq!(get(&simulator, "/v1/models?type=audio").await.at("/data/0/id"), (200, json!(COSY)));
}

#[tokio::test]
async fn an_unknown_path_or_method_is_a_page_not_found() {
    let simulator = start(SiliconFlow::default());
    for path in ["/v1/nothing", SPEECH] {
        let answer = get(&simulator, path).await;
        assert_eq!((answer.status, answer.text().as_str()), (404, "404 page not found"));
    }
}

#[tokio::test]
async fn a_voice_can_be_cloned_spoken_with_and_deleted() {
    for (list_key, name) in [(ListKey::Result, "/result"), (ListKey::Results, "/results")] {
        let simulator = start(SiliconFlow::listing_under(list_key));
        let list = "/v1/audio/voice/list";
        assert_eq!(get(&simulator, list).await.at(name), (200, json!([])));
        let form = Form::new()
            .text("model", COSY)
            .text("customName", "my-voice")
            .text("text", "What I said.")
            .part("file", Part::bytes(vec![1, 2, 3]).file_name("me.mp3"));
        let upload = builder(&simulator, "POST", "/v1/uploads/audio/voice").bearer_auth(simulator.key());
        let uri = send(upload.multipart(form)).await.json()["uri"].clone();
        assert!(uri.as_str().unwrap().starts_with("speech:my-voice:"));
        assert_eq!(get(&simulator, list).await.at(&format!("{name}/0/customName")).1, "my-voice");
        assert_eq!(post(&simulator, SPEECH, &with("voice", uri.clone())).await.status, 200);
        let deletion = json!({ "uri": uri });
        assert_eq!(post(&simulator, "/v1/audio/voice/deletions", &deletion).await.json(), json!({}));
        check(&simulator, with("voice", uri), 20_015).await;
    }
    let simulator = start(SiliconFlow::default());
    let upload =
        json!({ "model": COSY, "customName": "me", "text": "Hi.", "audio": "data:audio/wav;base64,AA" });
    assert_eq!(post(&simulator, "/v1/uploads/audio/voice", &upload).await.status, 200);
    let empty = json!({ "model": COSY, "customName": "me", "text": "Hi." });
    assert_eq!(post(&simulator, "/v1/uploads/audio/voice", &empty).await.at("/code").1, 20_015);
}

#[tokio::test]
async fn bytes_are_billed_not_characters() {
    let service = SiliconFlow::default();
    let simulator = start(service.clone());
    assert_eq!(post(&simulator, SPEECH, &with("input", json!("你好"))).await.status, 200);
    check(&simulator, with("speed", json!(9)), 20_015).await;
    assert_eq!(service.billed_bytes(), 6);
}

#[tokio::test]
async fn each_ordered_refusal_has_its_own_shape() {
    let simulator = start(SiliconFlow::default());
    let wait = Some(Duration::from_secs(5));
    for (fault, status, pointer, expected) in [
        (Fault::QuotaExhausted, 403, "/code", json!(30_001)),
        (Fault::Failing(StatusCode::SERVICE_UNAVAILABLE), 503, "/code", json!(50_505)),
        (Fault::Failing(StatusCode::GATEWAY_TIMEOUT), 504, "", json!("Gateway Timeout")),
        (Fault::Failing(StatusCode::INTERNAL_SERVER_ERROR), 500, "", json!("Internal Server Error")),
        (Fault::Unauthorized, 401, "", json!("Invalid token")),
        (Fault::RateLimited { retry_after: wait }, 429, "/data", Value::Null),
    ] {
        simulator.faults().next(1, fault);
        let answer = post(&simulator, SPEECH, &request()).await;
        assert_eq!(answer.at(pointer), (status, expected));
        assert_eq!(answer.header("retry-after"), "", "the service names no wait");
    }
}
