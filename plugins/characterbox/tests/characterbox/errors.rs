//! Every row of the sheet's error table, and what the engine is told.

use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Error, Request, TextLimit};

use super::{answer, body, hello, mp3, refusal, service};

fn check_reply(request: Request, reply: Reply, expected: Error) {
    let mut harness = service(move |_, _| Ok(reply.clone()));
    assert_eq!(harness.synthesize(request).unwrap_err(), expected);
}

fn check(status: u16, code: &str, expected: Error) {
    check_reply(hello(), refusal(status, code), expected);
}

#[test]
fn each_row_of_the_table_has_its_error() {
    for status in [400, 422] {
        check(status, "invalid_json", Error::protocol(format!("status {status}: m")));
        check(status, "missing_field", Error::invalid("options", "was refused by the service: m"));
        check(status, "unsupported_language", Error::unsupported("the language: m"));
        check(status, "unsupported_emotion", Error::unsupported("the emotion: m"));
        check(status, "unsupported_format", Error::unsupported("the format: m"));
        check(status, "empty_text", Error::unsupported("text in which nothing can be spoken"));
    }
    check(401, "missing_api_key", Error::unauthorized("status 401: m"));
    check(401, "invalid_api_key", Error::unauthorized("status 401: m"));
    check(402, "insufficient_credits", Error::QuotaExhausted { resets_in: None });
    for code in ["premium_required", "character_not_allowed"] {
        check(403, code, Error::unsupported("the character char_1 for this account: m"));
    }
    check(403, "content_blocked", Error::content_blocked("m"));
    check(403, "", Error::unauthorized("status 403: m"));
    check(404, "character_not_found", Error::voice_not_found("char_1"));
    check(404, "", Error::unauthorized("no such service at base_url, status 404: m"));
    check(405, "not_supported", Error::unsupported("what was asked, status 405: m"));
    check(409, "idempotency_conflict", Error::protocol("status 409: m"));
    check(409, "character_inactive", Error::voice_not_found("char_1"));
    check(413, "text_too_long", Error::TextTooLong(TextLimit::characters(5_000)));
    check(500, "internal", Error::unavailable("status 500: m"));
    check(502, "", Error::unavailable("status 502: m"));
    check(503, "overloaded", Error::unavailable("status 503: m"));
    check(504, "timeout", Error::TimedOut);
    let daily = refusal(429, "characters_per_day").header("retry-after", "3600");
    check_reply(
        hello(),
        daily,
        Error::QuotaExhausted { resets_in: Some(std::time::Duration::from_secs(3_600)) },
    );
}

#[test]
fn a_field_is_named_as_the_caller_knows_it() {
    let check = |param: &str, field: &str| {
        let error = json!({ "code": "invalid_field", "message": "m", "param": param });
        let reply = Reply::status(400).piece(json!({ "error": error }).to_string());
        check_reply(hello(), reply, Error::invalid(field, "was refused by the service: m"));
    };
    check("voice_settings.speed", "rate");
    check("voice_settings.pitch", "pitch");
    check("text", "text");
    check("character_id", "character");
    check("mood", "options");
}

#[test]
fn other_shapes_of_an_error_are_read_too() {
    let check = |status: u16, body: &str, expected: Error| {
        check_reply(hello(), Reply::status(status).piece(body), expected);
    };
    check(404, r#"{"detail":"Character 'char_1' does not exist"}"#, Error::voice_not_found("char_1"));
    check(400, r#"{"message":"too loud"}"#, Error::unsupported("what was asked: too loud"));
    check(409, r#"{"detail":"Character 'char_1' is not active"}"#, Error::voice_not_found("char_1"));
    let refused = Error::unsupported("the character char_1 for this account: Character 'char_1' is premium");
    check(403, r#"{"detail":"Character 'char_1' is premium"}"#, refused);
    check(
        401,
        r#"{"detail":{"code":"invalid_api_key","message":"m"}}"#,
        Error::unauthorized("status 401: m"),
    );
    check(502, "<html>Bad gateway</html>", Error::unavailable("status 502: <html>Bad gateway</html>"));
    check(400, "<html>", Error::protocol("status 400: <html>"));
    check(302, "", Error::protocol("status 302: "));
}

#[test]
fn what_can_be_done_without_is_asked_for_without() {
    let check =
        |code: &'static str, param: &'static str, request: Request, left: fn(&serde_json::Value) -> bool| {
            let mut harness = service(move |request, count| {
                let error = json!({ "code": code, "message": "m", "param": param });
                Ok(match request.method.as_str() {
                    "GET" => Reply::ok(mp3(20)),
                    _ if count == 0 => Reply::status(400).piece(json!({ "error": error }).to_string()),
                    _ => Reply::json(&answer(&mp3(20))),
                })
            });
            harness.synthesize(request).unwrap();
            let [first, second, _] = harness.requests() else { panic!("{}", harness.requests().len()) };
            assert!(!left(&body(first)) && left(&body(second)), "{code} {param}");
            assert_ne!(first.header_value("idempotency-key"), second.header_value("idempotency-key"));
            assert_eq!(harness.logs()[0].message, "service was asked for less than was wanted");
        };
    check("unsupported_emotion", "emotion", hello().emotion("purring"), |body| body["emotion"] == "neutral");
    check("unsupported_language", "language_code", hello().language("tlh"), |body| {
        body.get("language_code").is_none()
    });
    let ogg = || hello().encodings([understudy_plugin::Encoding::OggOpus]);
    check("unsupported_format", "output_format", ogg(), |body| body["output_format"] == "mp3");
    check("invalid_field", "timestamps", hello().words(), |body| body.get("timestamps").is_none());
    check("invalid_field", "sample_rate", hello().sample_rate(8_000), |body| {
        body.get("sample_rate").is_none()
    });
    check("invalid_field", "emotion_intensity", hello().intensity(2.0), |body| {
        body.get("emotion_intensity").is_none()
    });
}

#[test]
fn a_downgrade_is_the_operators_to_forbid() {
    let mut harness =
        service(|_, _| Ok(refusal(400, "unsupported_emotion"))).settings(json!({ "downgrade": false }));
    let expected = Error::unsupported("the emotion: m");
    assert_eq!(harness.synthesize(hello().emotion("purring")).unwrap_err(), expected);
    assert_eq!(harness.requests().len(), 1);
}
