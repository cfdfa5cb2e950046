//! Every row of the service's error table, and what the engine is told.

use std::time::Duration;

use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Error, Request, TextLimit, http};

use super::{body, hello, path, service, speaks, spoken};

const NO_SSML: &str =
    "This voice currently does not support SSML input. Please try again with text only input.";
const NO_PITCH: &str = "This voice does not support pitch parameters at this time.";
const NO_RATE: &str = "This voice does not support speaking rate or pitch parameters at this time.";
const NO_M4A: &str =
    "This voice currently only supports the following audio encodings: LINEAR16, MP3, OGG_OPUS, MULAW, ALAW.";
const TOO_LONG: &str = "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit is different \
                        from quotas. To fix, reduce the byte length of the characters in this request.";
const SENTENCES: &str = "This request contains sentences that are too long. Consider splitting up long sentences with \
                         sentence ending punctuation e.g. periods.";
const UNREGISTERED: &str =
    "Method doesn't allow unregistered callers (callers without established identity).";

fn error(code: u16, status: &str, reason: Option<&str>, message: &str) -> Reply {
    let info = |reason: &str| json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com" });
    let mut error = json!({ "code": code, "message": message, "status": status });
    if let Some(reason) = reason {
        error["details"] = json!([{ "@type": "type.googleapis.com/google.rpc.Help" }, info(reason)]);
    }
    Reply::status(code).piece(json!({ "error": error }).to_string())
}

fn check_reply(request: Request, reply: Reply, expected: Error) {
    let mut harness = service(move |_| reply.clone());
    assert_eq!(harness.synthesize(request).unwrap_err(), expected);
}

/// A 400 without a reason, told by its message alone.
fn check(message: &str, expected: Error) {
    check_reply(hello(), error(400, "INVALID_ARGUMENT", None, message), expected);
}

fn asked(message: &str) -> Error {
    Error::unsupported(format!("what was asked: {message}"))
}

#[test]
fn credentials_that_are_refused_are_unauthorized() {
    let check = |code: u16, status: &str, reason: Option<&str>, message: &str| {
        let expected = Error::unauthorized(format!("status {code}: {message}"));
        check_reply(hello(), error(code, status, reason, message), expected);
    };
    check(
        400,
        "INVALID_ARGUMENT",
        Some("API_KEY_INVALID"),
        "API key not valid. Please pass a valid API key.",
    );
    check(
        401,
        "UNAUTHENTICATED",
        Some("CREDENTIALS_MISSING"),
        "Request is missing required authentication credential.",
    );
    check(
        401,
        "UNAUTHENTICATED",
        Some("ACCESS_TOKEN_EXPIRED"),
        "Request had invalid authentication credentials.",
    );
    check(
        401,
        "UNAUTHENTICATED",
        Some("ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        "Request had invalid authentication credentials.",
    );
    check(
        401,
        "UNAUTHENTICATED",
        None,
        "API keys are not supported by this API. Expected OAuth2 access token",
    );
    check(403, "PERMISSION_DENIED", Some("API_KEY_SERVICE_BLOCKED"), "Requests to this API are blocked.");
    check(403, "PERMISSION_DENIED", None, UNREGISTERED);
}

#[test]
fn the_state_of_the_project_is_told() {
    let disabled = "Cloud Text-to-Speech API has not been used in project 1 before or it is disabled.";
    let expected = Error::unauthorized(format!("api is not enabled for the project: {disabled}"));
    check_reply(hello(), error(403, "PERMISSION_DENIED", Some("SERVICE_DISABLED"), disabled), expected);
    let billing = error(
        403,
        "PERMISSION_DENIED",
        Some("BILLING_DISABLED"),
        "This API method requires billing to be enabled.",
    );
    let mut harness = service(move |_| billing.clone());
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::QuotaExhausted { resets_in: None });
    assert_eq!(harness.logs().len(), 1);
}

#[test]
fn a_voice_that_is_not_there_is_named() {
    let missing = || Error::voice_not_found("en-US-Neural2-C");
    check("Voice 'en-US-Neural2-C' does not exist. Is it misspelled?", missing());
    check(
        "Requested language code 'xx' doesn't match the voice 'Y''s language code 'Z'. Either pick a different voice, or change the requested language code to 'Z'.",
        missing(),
    );
    let none =
        "No TTS voice matching the TTS request. Please correct the voice selection params and try again.";
    check(none, missing());
    let reply = error(400, "INVALID_ARGUMENT", None, none);
    check_reply(Request::text("Hi").language("tlh"), reply, Error::unsupported("the language: tlh"));
}

#[test]
fn what_does_not_suit_the_voice_is_unsupported() {
    for message in [
        "Invalid SSML. Newer voices like Neural2 require valid SSML.",
        NO_SSML,
        NO_PITCH,
        NO_RATE,
        "`<mark>` tags are not currently supported by Studio voices.",
        NO_M4A,
        "This voice currently only supports LINEAR16 output.",
        "Request contains an invalid argument.",
    ] {
        check(message, asked(message));
    }
}

#[test]
fn a_text_that_is_too_long_is_told_with_its_limit() {
    check(TOO_LONG, Error::TextTooLong(TextLimit::bytes(5_000)));
    let sentence = || Error::TextTooLong(TextLimit::bytes(900));
    check(SENTENCES, sentence());
    check(
        "This request contains sentences that are too long. Sentence starting with: \"Hello\" is too long.",
        sentence(),
    );
    check("Input size limit exceeded for Studio Voice.", sentence());
    let document = Request::ssml(format!("<speak>{}</speak>", "a ".repeat(1_000))).voice("en-US-Studio-O");
    check_reply(document, error(400, "INVALID_ARGUMENT", None, SENTENCES), sentence());
}

#[test]
fn a_text_whose_sentences_are_too_long_is_cut_smaller() {
    let text = "and so it went on ".repeat(150);
    for words in [false, true] {
        let mut harness = service(|request| {
            let input = body(request)["input"].clone();
            let said = input["text"].as_str().or(input["ssml"].as_str()).unwrap().to_owned();
            let said: usize =
                said.split("<mark").map(|part| part.rsplit("/>").next().unwrap_or(part).len()).sum();
            if said > 920 { error(400, "INVALID_ARGUMENT", None, SENTENCES) } else { speaks(request) }
        });
        let mut request = Request::text(&text).voice("en-US-Neural2-C");
        request.words = words;
        let recording = harness.synthesize(request).unwrap();
        recording.assert_contract();
        let spoken = spoken(&harness);
        assert!(recording.audio_ms().unwrap() >= 1_500 && spoken.len() > 3, "{}", spoken.len());
    }
}

#[test]
fn fields_that_are_not_known_are_the_callers_or_the_plugins() {
    let unknown =
        "Invalid JSON payload received. Unknown name \"x\" at 'advanced_voice_options': Cannot find field.";
    check(unknown, Error::protocol(format!("status 400: {unknown}")));
    let reply = error(400, "INVALID_ARGUMENT", None, unknown);
    let expected = Error::invalid("options", format!("has a field the service refuses: {unknown}"));
    check_reply(hello().option("advancedVoiceOptions", json!({ "x": 1 })), reply, expected);
}

#[test]
fn a_rate_limit_says_how_long_to_wait_where_it_does() {
    let limited = |retry_info: Option<&str>| {
        let mut details = vec![json!({ "reason": "RATE_LIMIT_EXCEEDED" })];
        details.extend(retry_info.map(
            |delay| json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }),
        ));
        let message = "Quota exceeded for quota metric 'All requests' and limit 'All requests per minute'";
        let body = json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": details } });
        Reply::status(429).piece(body.to_string())
    };
    let wait = |seconds: f64| Error::RateLimited { retry_after: Some(Duration::from_secs_f64(seconds)) };
    let never = || Error::RateLimited { retry_after: None };
    check_reply(hello(), limited(None), never());
    check_reply(hello(), limited(None).header("retry-after", "30"), wait(30.0));
    check_reply(hello(), limited(Some("37s")), wait(37.0));
    check_reply(hello(), limited(Some("0.5s")), wait(0.5));
    check_reply(hello(), limited(Some("soon")), never());
    check_reply(hello(), limited(Some("37s")).header("retry-after", "30"), wait(30.0));
    check_reply(hello(), Reply::status(429).piece("<html>").header("retry-after", "3"), wait(3.0));
}

#[test]
fn trouble_of_the_service_is_its_own() {
    let down = |code: u16, message: &str| Error::unavailable(format!("status {code}: {message}"));
    check_reply(
        hello(),
        error(500, "INTERNAL", None, "Internal error encountered."),
        down(500, "Internal error encountered."),
    );
    let unavailable = "The service is currently unavailable.";
    check_reply(hello(), error(503, "UNAVAILABLE", None, unavailable), down(503, unavailable));
    check_reply(hello(), error(504, "DEADLINE_EXCEEDED", None, "Deadline exceeded."), Error::TimedOut);
    check_reply(
        hello(),
        error(499, "CANCELLED", None, "The operation was cancelled."),
        down(499, "The operation was cancelled."),
    );
    check_reply(hello(), Reply::status(499), down(499, ""));
    check_reply(
        hello(),
        Reply::status(502).piece("<html>Bad gateway</html>"),
        down(502, "<html>Bad gateway</html>"),
    );
    check_reply(hello(), Reply::status(400).piece("<html>"), Error::protocol("status 400: <html>"));
}

#[test]
fn a_wrong_address_is_the_operators_to_mend() {
    let page = Reply::status(404).piece("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>");
    check_reply(hello(), page, Error::unauthorized("no such service at base_url, status 404"));
}

#[test]
fn the_list_of_voices_fails_as_speech_does() {
    let reply = |request: &http::Request| {
        assert_eq!(path(request), "/v1/voices");
        error(400, "INVALID_ARGUMENT", Some("API_KEY_INVALID"), "API key not valid.")
    };
    let mut harness =
        super::Harness::<super::Google>::new().secret("api_key", "k").http(move |request| Ok(reply(request)));
    let expected = Error::unauthorized("status 400: API key not valid.");
    assert_eq!(harness.voices(), Err(expected.clone()));
    assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
    assert_eq!(harness.requests().len(), 1);
}
