//! Every row of the service's error table, and what the engine is told.

use super::*;

fn check_request(request: Request, status: u16, document: &Value, expected: Error) {
    let text = document.to_string();
    let mut harness = server(move |_| Reply::status(status).piece(text.clone()));
    assert_eq!(harness.synthesize(request).unwrap_err(), expected);
}

fn check(message: &str, expected: Error) {
    check_request(Request::text("Hi").language("en"), 400, &json!({ "message": message }), expected);
}

fn failed(exception: &str, expected: Error) {
    let document = json!({ "message": "tts failed", "Exception": exception });
    check_request(Request::text("Hi").voice("ann"), 400, &document, expected);
}

#[test]
fn each_refusal_before_the_work_has_its_error() {
    let bob = || Error::voice_not_found("bob");
    check("ref_audio_path is required", bob());
    check("text is required", Error::protocol("status 400: text is required"));
    check("text_lang is required", Error::protocol("status 400: text_lang is required"));
    check(
        "text_lang: en is not supported in version v2",
        Error::unsupported("language en: text_lang: en is not supported in version v2"),
    );
    check("prompt_lang is required", bob());
    check("prompt_lang: xx is not supported in version v2", bob());
    for message in [
        "media_type: mp3 is not supported",
        "text_split_method:cutX is not supported",
        "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)",
    ] {
        check(message, Error::unauthorized(format!("server refused the settings: {message}")));
    }
    let message = "text_split_method:cutX is not supported";
    check_request(
        Request::text("Hi").option("text_split_method", "cutX"),
        400,
        &json!({ "message": message }),
        Error::invalid("options", format!("has a field the service refuses, text_split_method: {message}")),
    );
}

#[test]
fn each_failure_at_work_has_its_error() {
    failed("/v/ann.wav not exists", Error::voice_not_found("ann"));
    failed("参考音频在3~10秒范围外，请更换！", Error::voice_not_found("ann"));
    failed("prompt_text cannot be empty when using SoVITS_V3", Error::voice_not_found("ann"));
    failed(
        "CUDA out of memory. Tried to allocate",
        Error::unavailable("synthesis failed: CUDA out of memory. Tried to allocate"),
    );
    failed("", Error::protocol("synthesis failed: "));
    failed("division by zero", Error::protocol("synthesis failed: division by zero"));
}

#[test]
fn an_unusable_voice_is_told_to_the_operator() {
    let mut harness = server(|_| {
        Reply::status(400).piece(r#"{"message":"tts failed","Exception":"/v/ann.wav not exists"}"#)
    });
    assert!(harness.synthesize(Request::text("Hi")).is_err());
    let [line] = harness.logs() else { panic!("{:?}", harness.logs()) };
    assert!(line.fields.contains(&("reason".to_owned(), "/v/ann.wav not exists".to_owned())));
}

#[test]
fn other_statuses_have_theirs() {
    let hi = || Request::text("Hi");
    let fault =
        json!({ "detail": [{ "loc": ["body", "top_k"], "msg": "not an integer", "type": "int_parsing" }] });
    check_request(
        hi().option("top_k", "x"),
        422,
        &fault,
        Error::invalid("options", "has a field the service refuses, top_k: top_k: not an integer"),
    );
    check_request(hi(), 422, &fault, Error::protocol("status 422: top_k: not an integer"));
    check_request(
        hi(),
        500,
        &json!("Internal Server Error"),
        Error::unavailable("status 500: Internal Server Error"),
    );
    check_request(
        hi(),
        404,
        &json!({ "detail": "Not Found" }),
        Error::unauthorized("no such program at base_url, perhaps it is api = \"v1\": Not Found"),
    );
    let message = "未指定参考音频且接口无预设";
    let mut older = Harness::<GptSovits>::new()
        .settings(json!({ "api": "v1", "voices": voices() }))
        .http(move |_| Ok(Reply::status(400).piece(json!({ "code": 400, "message": message }).to_string())));
    assert_eq!(older.synthesize(hi()).unwrap_err(), Error::voice_not_found("ann"));
}

#[test]
fn a_success_that_is_none_is_an_error() {
    let check = |reply: Reply, expected: Error| {
        let mut harness = server(move |_| reply.clone());
        assert_eq!(harness.synthesize(Request::text("Hi")).unwrap_err(), expected);
    };
    check(Reply::ok(wave(16_000, &[0; 16_000])), Error::unsupported("a text the model finds nothing in"));
    check(Reply::ok(wave(32_000, &[])), Error::NoAudio);
    check(Reply::status(200), Error::NoAudio);
    let cut = Reply::ok(wave(32_000, &[1; 10])).then_fails(http::Error::Protocol("cut".into()));
    check(cut, Error::protocol("server broke http: cut"));
}
