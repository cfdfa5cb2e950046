//! Both programs, asked as their clients ask, and refused in the order they check.

use std::time::Duration;

use serde_json::{Value, json};
use understudy_speech::{AudioFormat, Encoding};

use super::*;
use crate::testing::{Answer, builder, get, heard, post, send, start};
use crate::{Fault, Simulator};

fn request() -> Value {
    json!({
        "text": "Hello world, how are you?", "text_lang": "en", "ref_audio_path": REFERENCE,
        "prompt_text": "I am the hero.", "prompt_lang": "en",
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut request = request();
    request[field] = value;
    request
}

fn of(generation: Generation) -> Simulator {
    start(GptSovits::new(Api::V2, generation))
}

async fn tts(simulator: &Simulator, body: &Value) -> Answer {
    post(simulator, "/tts", body).await
}

#[tokio::test]
async fn each_media_type_is_speech_of_its_kind() {
    let simulator = of(Generation::V2);
    for (media_type, encoding) in [
        ("wav", Encoding::Wav),
        ("raw", Encoding::PcmS16le),
        ("ogg", Encoding::OggVorbis),
        ("aac", Encoding::Aac),
    ] {
        let answer = tts(&simulator, &with("media_type", json!(media_type))).await;
        assert_eq!(answer.header("content-type"), format!("audio/{media_type}"));
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        let raw = (media_type == "raw").then(|| AudioFormat::mono(Encoding::PcmS16le, 32_000));
        let (walked, _) = answer.audio(raw);
        assert_eq!((walked.format.encoding, walked.format.sample_rate), (encoding, 32_000));
    }
}

#[tokio::test]
async fn the_rate_follows_the_generation() {
    for (generation, super_sampling, rate) in [
        (Generation::V1, false, 32_000),
        (Generation::V2Pro, true, 32_000),
        (Generation::V3, false, 24_000),
        (Generation::V3, true, 48_000),
        (Generation::V4, false, 48_000),
    ] {
        let answer = tts(&of(generation), &with("super_sampling", json!(super_sampling))).await;
        assert_eq!(answer.audio(None).0.format.sample_rate, rate, "{generation:?}");
    }
}

#[tokio::test]
async fn a_streamed_wav_has_no_size_and_a_streamed_raw_no_header() {
    let simulator = of(Generation::V2);
    for mode in [json!(true), json!(1), json!(3)] {
        let answer = tts(&simulator, &with("streaming_mode", mode)).await;
        assert_eq!(answer.header("transfer-encoding"), "chunked");
        assert_eq!((&answer.body[4..8], &answer.body[40..44]), (&[36, 0, 0, 0][..], &[0; 4][..]));
        heard(&answer.body[44..], Some(AudioFormat::mono(Encoding::PcmS16le, 32_000)));
    }
    let mut body = with("streaming_mode", json!(2));
    body["media_type"] = json!("raw");
    let answer = tts(&simulator, &body).await;
    heard(&answer.body, Some(AudioFormat::mono(Encoding::PcmS16le, 32_000)));
}

#[tokio::test]
async fn nothing_to_say_is_a_second_of_silence_at_sixteen_kilohertz() {
    let answer = tts(&of(Generation::V4), &with("text", json!("…!?"))).await;
    let walked = understudy_audio::inspect(&answer.body, None).unwrap();
    assert_eq!((walked.format.sample_rate, walked.duration), (16_000, Duration::from_secs(1)));
}

async fn check(simulator: &Simulator, body: Value, expected: Value) {
    let answer = tts(simulator, &body).await;
    assert_eq!((answer.status, answer.json()), (400, expected));
}

#[tokio::test]
async fn checks_come_in_the_programs_order() {
    let simulator = of(Generation::V2);
    let mut body = json!({});
    for (next, value, message) in [
        ("ref_audio_path", json!(REFERENCE), "ref_audio_path is required"),
        ("text", json!("Hi."), "text is required"),
        ("text_lang", json!("xx"), "text_lang is required"),
        ("text_lang", json!("en"), "text_lang: xx is not supported in version v2"),
        ("prompt_lang", json!("xx"), "prompt_lang is required"),
        ("prompt_lang", json!("zh"), "prompt_lang: xx is not supported in version v2"),
    ] {
        check(&simulator, body.clone(), json!({ "message": message })).await;
        body[next] = value;
    }
    assert_eq!(tts(&simulator, &body).await.status, 200);
    body["streaming_mode"] = json!(4);
    let message = "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)";
    check(&simulator, body.clone(), json!({ "message": message })).await;
    body["text_split_method"] = json!("cut9");
    check(&simulator, body.clone(), json!({ "message": "text_split_method:cut9 is not supported" })).await;
    body["media_type"] = json!("mp3");
    check(&simulator, body, json!({ "message": "media_type: mp3 is not supported" })).await;
}

#[tokio::test]
async fn languages_grow_with_the_generation() {
    let old = of(Generation::V1);
    let message = json!({ "message": "text_lang: ko is not supported in version v1" });
    check(&old, with("text_lang", json!("ko")), message).await;
    assert_eq!(tts(&of(Generation::V2), &with("text_lang", json!("ko"))).await.status, 200);
}

#[tokio::test]
async fn a_run_that_fails_is_still_a_bad_request() {
    let simulator = of(Generation::V2);
    for (body, exception) in [
        (with("ref_audio_path", json!("nowhere.wav")), "nowhere.wav not exists"),
        (with("ref_audio_path", json!("references/short.wav")), "参考音频在3~10秒范围外，请更换！"),
        (with("ref_audio_path", json!("references/long.wav")), "参考音频在3~10秒范围外，请更换！"),
        (with("text_lang", json!("EN")), ""),
    ] {
        check(&simulator, body, json!({ "message": "tts failed", "Exception": exception })).await;
    }
    let silent =
        json!({ "message": "tts failed", "Exception": "prompt_text cannot be empty when using SoVITS_V3" });
    check(&of(Generation::V3), with("prompt_text", json!("")), silent).await;
}

#[tokio::test]
async fn a_run_that_fails_while_streaming_breaks_after_the_success() {
    let mut body = with("ref_audio_path", json!("nowhere.wav"));
    body["streaming_mode"] = json!(true);
    let answer = tts(&of(Generation::V2), &body).await;
    assert_eq!((answer.status, answer.broken, answer.body.len()), (200, true, 0));
}

#[tokio::test]
async fn wrong_types_are_the_frameworks_to_refuse() {
    let simulator = of(Generation::V2);
    let answer = tts(&simulator, &with("top_k", json!("many"))).await;
    assert_eq!(answer.at("/detail/0/loc"), (422, json!(["body", "top_k"])));
    assert_eq!(send(builder(&simulator, "POST", "/tts")).await.status, 422);
    assert_eq!(
        send(builder(&simulator, "PUT", "/tts")).await.at("/detail"),
        (405, json!("Method Not Allowed"))
    );
    assert_eq!(get(&simulator, "/health").await.at("/detail"), (404, json!("Not Found")));
    assert_eq!(get(&simulator, "/openapi.json").await.at("/paths/~1tts").0, 200);
}

#[tokio::test]
async fn a_query_asks_the_same_and_trips_over_a_missing_language() {
    let simulator = of(Generation::V2);
    let path = format!("/tts?text=Hello+world&text_lang=EN&ref_audio_path={REFERENCE}&prompt_lang=en");
    get(&simulator, &path).await.audio(None);
    let answer = get(&simulator, "/tts?text=Hello").await;
    assert_eq!((answer.status, answer.text().as_str()), (500, "Internal Server Error"));
}

#[tokio::test]
async fn weights_are_switched_for_everybody_and_are_heard() {
    let simulator = of(Generation::V2);
    let before = tts(&simulator, &request()).await.body;
    let set = "/set_gpt_weights?weights_path=weights/second-e10.ckpt";
    assert_eq!(get(&simulator, set).await.at("/message"), (200, json!("success")));
    assert_ne!(tts(&simulator, &request()).await.body, before);
    let set = "/set_sovits_weights?weights_path=weights/hero_e8_s200.pth";
    assert_eq!(get(&simulator, set).await.status, 200);
    let set = format!("/set_refer_audio?refer_audio_path={REFERENCE}");
    assert_eq!(get(&simulator, &set).await.status, 200);
    for (path, message) in [
        ("/set_gpt_weights", "gpt weight path is required"),
        ("/set_sovits_weights", "sovits weight path is required"),
        ("/set_gpt_weights?weights_path=no.ckpt", "change gpt weight failed"),
        ("/set_sovits_weights?weights_path=no.pth", "change sovits weight failed"),
        ("/set_refer_audio?refer_audio_path=no.wav", "set refer audio failed"),
        ("/control", "command is required"),
    ] {
        assert_eq!(get(&simulator, path).await.at("/message"), (400, json!(message)), "{path}");
    }
}

#[tokio::test]
async fn an_exit_drops_the_connection() {
    let simulator = of(Generation::V2);
    let answer = builder(&simulator, "GET", "/control?command=exit").send().await;
    let gone = match answer {
        Err(_) => true,
        Ok(answer) => answer.bytes().await.is_err(),
    };
    assert!(gone);
}

#[tokio::test]
async fn ordered_faults_come_from_what_stands_in_front() {
    let simulator = of(Generation::V2);
    simulator.faults().next(1, Fault::Failing(StatusCode::BAD_GATEWAY));
    assert_eq!(tts(&simulator, &request()).await.text(), "Bad Gateway");
    simulator.faults().next(1, Fault::Cut { after: 2_000 });
    let answer = tts(&simulator, &with("streaming_mode", json!(true))).await;
    assert_eq!((answer.status, answer.broken, answer.body.len()), (200, true, 2_000));
}

#[tokio::test]
async fn the_older_program_speaks_at_the_root() {
    let simulator = start(GptSovits::new(Api::V1, Generation::V2));
    let body = json!({
        "text": "Hello world.", "text_language": "英文", "refer_wav_path": REFERENCE,
        "prompt_text": "I am the hero.", "prompt_language": "en",
    });
    post(&simulator, "/", &body).await.audio(None);
    let bare = json!({ "text": "Hello world.", "text_language": "en" });
    let answer = post(&simulator, "/", &bare).await;
    assert_eq!(answer.json(), json!({ "code": 400, "message": "未指定参考音频且接口无预设" }));
    let change = json!({ "refer_wav_path": REFERENCE, "prompt_text": "I am.", "prompt_language": "en" });
    assert_eq!(
        post(&simulator, "/change_refer", &change).await.json(),
        json!({ "code": 0, "message": "Success" })
    );
    post(&simulator, "/", &bare).await.audio(None);
    let model = "/set_model?gpt_model_path=weights/hero-e15.ckpt&sovits_model_path=weights/hero_e8_s200.pth";
    assert_eq!(get(&simulator, model).await.at("/code"), (200, json!(0)));
    assert_eq!(get(&simulator, "/set_model?gpt_model_path=no.ckpt").await.at("/code"), (400, json!(400)));
    assert_eq!(get(&simulator, "/change_refer").await.at("/code"), (400, json!(400)));
    assert_eq!(get(&simulator, "/openapi.json").await.at("/paths/~1tts"), (200, Value::Null));
}
