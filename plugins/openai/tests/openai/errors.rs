//! Every row of the service's error table, and what the engine is told.

use std::time::Duration;

use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Encoding, Error, Request, TextLimit, http};

use super::{KOKORO, at, kokoro, official, wave};

fn refused(status: u16, body: &str) -> Reply {
    Reply::status(status).header("content-type", "application/json").piece(body)
}

/// OpenAI's answer to a request with a voice and an option.
fn check(reply: Reply, expected: Error) {
    let mut harness = official().http(move |_| Ok(reply.clone()));
    let request = Request::text("Hi").voice("nope").option("odd", 1);
    assert_eq!(harness.synthesize(request).unwrap_err(), expected);
}

fn openai(status: u16, code: &str, param: &str, message: &str) -> Reply {
    let error = json!({ "error": { "message": message, "type": "invalid_request_error", "param": param, "code": code } });
    refused(status, &error.to_string())
}

#[test]
fn each_row_of_openais_table_has_its_error() {
    check(openai(400, "invalid_value", "voice", "Invalid value: 'nope'."), Error::voice_not_found("nope"));
    check(
        openai(400, "string_above_max_length", "input", "too long"),
        Error::TextTooLong(TextLimit::characters(4096)),
    );
    check(
        openai(400, "unknown_parameter", "odd", "Unknown parameter: 'odd'."),
        Error::invalid("options", "has a field the service refuses, odd: Unknown parameter: 'odd'."),
    );
    check(
        openai(400, "unsupported_value", "speed", "No speed."),
        Error::unsupported("what was asked: No speed."),
    );
    check(openai(400, "content_policy_violation", "input", "No."), Error::content_blocked("No."));
    check(
        openai(401, "invalid_api_key", "", "Incorrect key"),
        Error::unauthorized("status 401: Incorrect key"),
    );
    check(
        openai(403, "unsupported_country_region_territory", "", "Not there"),
        Error::unauthorized("status 403: Not there"),
    );
    check(
        openai(404, "model_not_found", "model", "No such model"),
        Error::unauthorized("model of the settings was refused: No such model"),
    );
    check(openai(409, "conflict", "", "Busy"), Error::unavailable("status 409: Busy"));
    check(openai(422, "unprocessable", "", "What?"), Error::unsupported("what was asked: What?"));
    check(openai(429, "insufficient_quota", "", "Pay"), Error::QuotaExhausted { resets_in: None });
    for status in [500, 502, 503] {
        check(
            openai(status, "server_error", "", "oops"),
            Error::unavailable(format!("status {status}: oops")),
        );
    }
    check(openai(504, "", "", ""), Error::TimedOut);
    check(openai(408, "", "", ""), Error::TimedOut);
    check(refused(302, ""), Error::protocol("status 302: "));
    check(refused(400, "<html>"), Error::protocol("status 400: <html>"));
}

#[test]
fn a_rate_limit_says_when() {
    let limited =
        |name: &str, value: &str| openai(429, "rate_limit_exceeded", "", "slow").header(name, value);
    let after = |millis: u64| Error::RateLimited { retry_after: Some(Duration::from_millis(millis)) };
    check(limited("retry-after-ms", "1500").header("retry-after", "9"), after(1_500));
    check(limited("Retry-After", "2"), after(2_000));
    check(limited("x-should-retry", "false"), Error::RateLimited { retry_after: None });
}

#[test]
fn what_would_be_refused_again_is_not_tried_again() {
    let failed = |status: u16, told: &str| openai(status, "", "", "oops").header("x-should-retry", told);
    let again = "provider is unavailable: status 500: oops, and so would be again";
    check(failed(500, "false"), Error::protocol(again));
    check(failed(504, "false"), Error::protocol("provider timed out, and so would be again"));
    check(failed(500, "true"), Error::unavailable("status 500: oops"));
    check(failed(401, "false"), Error::unauthorized("status 401: oops"));
}

#[test]
fn a_model_of_the_callers_is_the_callers() {
    let mut harness = official().http(|_| Ok(openai(404, "model_not_found", "model", "No such model")));
    let error = harness.synthesize(Request::text("Hi").option("model", "x")).unwrap_err();
    assert_eq!(error, Error::unsupported("the model of the options: No such model"));
}

#[test]
fn compatible_servers_are_understood() {
    let check = |status: u16, body: &str, expected: Error| {
        let reply = refused(status, body);
        let mut harness = at(KOKORO)
            .http(move |request| Ok(if request.method == "POST" { reply.clone() } else { kokoro(request) }));
        assert_eq!(harness.synthesize(Request::text("Hi").voice("nope")).unwrap_err(), expected);
    };
    check(
        400,
        r#"{"detail":{"error":"invalid_model","message":"Unsupported model: X","type":"invalid_request_error"}}"#,
        Error::unauthorized("model of the settings was refused: Unsupported model: X"),
    );
    check(
        400,
        r#"{"detail":{"error":"validation_error","message":"Voice 'nope' not found. Available voices: a","type":"invalid_request_error"}}"#,
        Error::voice_not_found("nope"),
    );
    check(
        500,
        r#"{"detail":{"error":"processing_error","message":"boom","type":"server_error"}}"#,
        Error::unavailable("status 500: boom"),
    );
    check(
        422,
        r#"{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required"}]}"#,
        Error::unauthorized("model of the settings was refused: model: Field required"),
    );
    check(
        404,
        r#"{"detail":"Model 'x' is not installed locally."}"#,
        Error::unauthorized("model of the settings was refused: Model 'x' is not installed locally."),
    );
    check(
        422,
        r#"{"detail":"speed must be between 0.5 and 2.0"}"#,
        Error::unsupported("what was asked: speed must be between 0.5 and 2.0"),
    );
    check(403, r#"{"detail":"Invalid API key."}"#, Error::unauthorized("status 403: Invalid API key."));
    check(
        500,
        r#"{"error":{"code":500,"message":"backend died","type":""}}"#,
        Error::unavailable("status 500: backend died"),
    );
    check(
        400,
        r#"{"message":"Invalid speed","code":"400","type":"BadRequestError","param":"speed"}"#,
        Error::unsupported("what was asked: Invalid speed"),
    );
    check(404, "not here", Error::unauthorized("no such service at base_url: not here"));
    check(502, "<html>Bad gateway</html>", Error::unavailable("status 502: <html>Bad gateway</html>"));
}

#[test]
fn a_success_that_is_none_is_an_error() {
    check(
        Reply::ok("<html>Sign in to the network</html>"),
        Error::protocol("answer is no audio: <html>Sign in to the network</html>"),
    );
    check(Reply::status(200), Error::NoAudio);
    check(Reply::ok(wave(&[])), Error::NoAudio);
    let cut = Reply::ok(wave(&[1; 10])).then_fails(http::Error::Protocol("body was cut short".into()));
    check(cut, Error::protocol("server broke http: body was cut short"));
    let mut harness = official().http(|_| Err(http::Error::Unreachable("refused".into())));
    let error = harness.synthesize(Request::text("Hi").encodings([Encoding::Mp3])).unwrap_err();
    assert_eq!(error, Error::unavailable("host is unreachable: refused"));
}

#[test]
fn check_asks_for_the_model_and_costs_nothing() {
    let check = |reply: Reply, expected: Result<(), Error>| {
        let mut harness = official().http(move |request| {
            assert_eq!(
                (request.method.as_str(), request.url.as_str()),
                ("GET", "https://api.openai.com/v1/models/gpt-4o-mini-tts")
            );
            assert_eq!(request.headers, [("authorization".to_owned(), "Bearer sk-1".to_owned())]);
            Ok(reply.clone())
        });
        assert_eq!(harness.check(), expected);
    };
    check(Reply::json(&json!({ "id": "gpt-4o-mini-tts" })), Ok(()));
    check(openai(401, "invalid_api_key", "", "Bad key"), Err(Error::unauthorized("status 401: Bad key")));
    check(openai(403, "", "", "Missing scopes: api.model.read"), Ok(()));
    check(
        openai(404, "model_not_found", "model", "None"),
        Err(Error::unauthorized("model of the settings was refused: None")),
    );
}

#[test]
fn check_takes_any_answer_of_a_server_at_home() {
    let check = |status: u16, expected: Result<(), Error>| {
        let mut harness = at(KOKORO).http(move |request| {
            assert_eq!(request.url, "http://localhost:8880/v1/models");
            Ok(Reply::status(status))
        });
        assert_eq!(harness.check(), expected);
    };
    check(200, Ok(()));
    check(404, Ok(()));
    check(401, Err(Error::unauthorized("status 401: ")));
    check(503, Err(Error::unavailable("status 503: ")));
}
