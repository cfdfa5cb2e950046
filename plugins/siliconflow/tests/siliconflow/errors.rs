//! Every row of the service's error table, and what the engine is told.

use std::time::Duration;

use super::*;
use understudy_plugin::TextLimit;

fn check_request(request: Request, status: u16, text: &'static str, expected: Error) {
    let mut harness = service(move |_| Reply::status(status).piece(text));
    assert_eq!(harness.synthesize(request).unwrap_err(), expected);
}

fn check(status: u16, text: &'static str, expected: Error) {
    check_request(Request::text("Hi"), status, text, expected);
}

const NO_MODEL: &str =
    r#"{"code":20012,"message":"Model does not exist. Please check it carefully.","data":null}"#;

#[test]
fn each_row_of_the_table_has_its_error() {
    check(
        400,
        NO_MODEL,
        Error::unauthorized(
            "model of the settings was refused: Model does not exist. Please check it carefully.",
        ),
    );
    check_request(Request::text("Hi").voice("x/y:z"), 400, NO_MODEL, Error::voice_not_found("x/y:z"));
    check(
        400,
        r#"{"code":20015,"message":"The parameter is invalid.","data":null}"#,
        Error::unsupported("what was asked: The parameter is invalid."),
    );
    check(400, r#"{"code":20015,"message":"voice is invalid","data":null}"#, Error::voice_not_found(ALEX));
    check_request(
        Request::text("Hi").option("max_tokens", -1),
        400,
        r#"{"code":20015,"message":"max_tokens is invalid","data":null}"#,
        Error::invalid("options", "has a field the service refuses, max_tokens: max_tokens is invalid"),
    );
    check(400, "<html>", Error::protocol("status 400: <html>"));
    check(401, r#""Invalid token""#, Error::unauthorized("status 401: Invalid token"));
    check(
        403,
        r#"{"code":30001,"message":"Sorry, your account balance is insufficient","data":null}"#,
        Error::QuotaExhausted { resets_in: None },
    );
    check(
        403,
        r#""Real-name verification required""#,
        Error::unauthorized("status 403: Real-name verification required"),
    );
    check(404, "404 page not found", Error::unauthorized("no such service at base_url: 404 page not found"));
    check(413, "", Error::TextTooLong(TextLimit::characters(128_000)));
    check_request(
        Request::text("Hi").option("references", json!([])),
        413,
        "",
        Error::invalid("options", "has references that are too large"),
    );
    check(
        429,
        r#"{"message":"Request was rejected due to rate limiting. Details:TPM limit reached.","data":{}}"#,
        Error::RateLimited { retry_after: None },
    );
    check(500, r#""oops""#, Error::unavailable("status 500: oops"));
    check(
        503,
        r#"{"code":50505,"message":"Model service overloaded. Please try again later.","data":null}"#,
        Error::unavailable("status 503: Model service overloaded. Please try again later."),
    );
    check(504, r#""timeout""#, Error::TimedOut);
}

#[test]
fn a_retry_after_is_heeded_when_there_is_one() {
    let mut harness = service(|_| Reply::status(429).header("retry-after", "3"));
    let expected = Error::RateLimited { retry_after: Some(Duration::from_secs(3)) };
    assert_eq!(harness.synthesize(Request::text("Hi")).unwrap_err(), expected);
}

#[test]
fn a_success_that_is_none_is_an_error() {
    check(200, "", Error::NoAudio);
    check(
        200,
        r#"{"code":1,"message":"x"}"#,
        Error::protocol(r#"answer is no audio: {"code":1,"message":"x"}"#),
    );
}
