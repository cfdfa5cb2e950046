//! Every row of the service's error table, and what the engine is told.

use std::time::Duration;

use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Error, Request, TextLimit, http};

use super::{hello, mp3, service};

fn check_reply(request: Request, reply: Reply, expected: Error) {
    let mut harness = service(move |_| reply.clone());
    assert_eq!(harness.synthesize(request).unwrap_err(), expected);
}

/// The code in the new shape and in the old one must mean the same.
fn check(status: u16, code: &str, expected: Error) {
    let shapes = [
        json!({ "detail": { "type": "some_error", "code": code, "message": "m", "status": "other", "request_id": "r" } }),
        json!({ "detail": { "status": code, "message": "m" } }),
    ];
    for shape in shapes {
        check_reply(hello(), Reply::status(status).piece(shape.to_string()), expected.clone());
    }
}

#[test]
fn each_row_of_the_table_has_its_error() {
    let too_long = || Error::TextTooLong(TextLimit::characters(10_000));
    check(400, "text_too_long", too_long());
    check(400, "max_character_limit_exceeded", too_long());
    check(400, "empty_text", Error::unsupported("text in which nothing can be spoken"));
    check(400, "invalid_voice_settings", Error::unsupported("what was asked: m"));
    check(400, "invalid_output_format", Error::unsupported("what was asked: m"));
    check(400, "unsupported_model", Error::unauthorized("model of the settings was refused: m"));
    for status in [400, 404] {
        check(status, "voice_not_found", Error::voice_not_found("v1"));
    }
    check(403, "voice_access_denied", Error::voice_not_found("v1"));
    for status in [400, 401] {
        check(status, "quota_exceeded", Error::QuotaExhausted { resets_in: None });
    }
    check(402, "insufficient_credits", Error::QuotaExhausted { resets_in: None });
    check(402, "payment_required", Error::QuotaExhausted { resets_in: None });
    for code in ["invalid_api_key", "missing_api_key", "detected_unusual_activity", "missing_permissions"] {
        check(401, code, Error::unauthorized("status 401: m"));
    }
    for code in ["feature_not_available", "subscription_required", "only_for_creator+"] {
        check(403, code, Error::unsupported("what was asked, for the account's plan lacks it: m"));
    }
    check(403, "insufficient_permissions", Error::unauthorized("status 403: m"));
    check(403, "model_access_denied", Error::unauthorized("model of the settings was refused: m"));
    check(404, "model_not_found", Error::unauthorized("model of the settings was refused: m"));
    for code in
        ["rate_limit_exceeded", "concurrent_limit_exceeded", "too_many_concurrent_requests", "system_busy"]
    {
        check(429, code, Error::RateLimited { retry_after: None });
    }
    check(500, "internal_error", Error::unavailable("status 500: m"));
    check(503, "service_unavailable", Error::unavailable("status 503: m"));
}

#[test]
fn without_a_code_the_status_decides() {
    let check = |status: u16, body: &str, expected: Error| {
        check_reply(hello(), Reply::status(status).piece(body), expected);
    };
    let fault =
        r#"{"detail":[{"loc":["body","voice_settings","speed"],"msg":"too fast","type":"less_than_equal"}]}"#;
    check(422, fault, Error::unsupported("what was asked: voice_settings.speed: too fast"));
    check_reply(
        hello().option("voice_settings", json!({ "speed": 9 })),
        Reply::status(422).piece(fault),
        Error::invalid(
            "options",
            "has a field the service refuses, voice_settings: voice_settings.speed: too fast",
        ),
    );
    check(400, "<html>", Error::protocol("status 400: <html>"));
    check(404, "{\"detail\":\"Not Found\"}", Error::unauthorized("no such service at base_url: Not Found"));
    check(409, "", Error::unavailable("status 409: "));
    check(502, "<html>", Error::unavailable("status 502: <html>"));
    check(504, "", Error::TimedOut);
    let busy = || Reply::status(429).header("retry-after", "2");
    check_reply(hello(), busy(), Error::RateLimited { retry_after: Some(Duration::from_secs(2)) });
}

#[test]
fn a_model_of_the_callers_is_the_callers() {
    let reply = Reply::status(404).piece(r#"{"detail":{"code":"model_not_found","message":"m"}}"#);
    check_reply(hello().option("model_id", "x"), reply, Error::unsupported("the model of the options: m"));
}

#[test]
fn a_success_that_is_none_is_an_error() {
    check_reply(hello(), Reply::status(200), Error::NoAudio);
    check_reply(hello(), Reply::ok("{\"oops\":1}"), Error::protocol("answer is no audio: {\"oops\":1}"));
    let cut = Reply::ok(mp3()).then_fails(http::Error::Protocol("cut".into()));
    check_reply(hello(), cut, Error::protocol("server broke http: cut"));
}
