//! Every row of the service's table of HTTP statuses, and what the engine is told.

use std::time::Duration;

use understudy_plugin::testing::Reply;
use understudy_plugin::{Encoding, Error, Request, TextLimit, http};

use super::service::{JENNY, hello, host, listing, mp3, rest};

fn gateway(status: u16, message: &str) -> Reply {
    let body = format!(r#"{{"error":{{"code":"{status}","message":"{message}"}}}}"#);
    Reply::status(status).header("content-type", "application/json").piece(body)
}

fn check(reply: Reply, expected: Error) {
    let mut harness = rest(move |_| reply.clone());
    assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
}

#[test]
fn each_status_has_its_error() {
    check(Reply::status(400), Error::unsupported("what was asked: it does not say why"));
    check(Reply::status(400).piece("Bad"), Error::unsupported("what was asked: Bad"));
    check(gateway(401, "Access denied"), Error::unauthorized("status 401: Access denied"));
    let older = Reply::status(401).piece(r#"{"statusCode":401,"message":"Access denied"}"#);
    check(older, Error::unauthorized("status 401: Access denied"));
    check(Reply::status(401), Error::unauthorized("status 401: "));
    check(gateway(403, "Network rule"), Error::unauthorized("status 403: Network rule"));
    check(
        gateway(403, "Out of call volume quota. Quota will be replenished in 1.00:00:09."),
        Error::QuotaExhausted { resets_in: Some(Duration::from_secs(86_409)) },
    );
    check(gateway(403, "Out of call volume quota."), Error::QuotaExhausted { resets_in: None });
    check(
        gateway(404, "Resource not found"),
        Error::unauthorized("no such service in the region or at base_url: Resource not found"),
    );
    check(Reply::status(413), Error::TextTooLong(TextLimit::bytes(65_536)));
    check(Reply::status(415), Error::protocol("status 415: "));
    for status in [500, 502, 503] {
        check(Reply::status(status), Error::unavailable(format!("status {status}: ")));
    }
    check(Reply::status(504), Error::TimedOut);
    check(Reply::status(408), Error::TimedOut);
    check(Reply::status(302), Error::protocol("status 302: "));
}

#[test]
fn a_rate_limit_says_when() {
    let wait = |seconds: Option<u64>| Error::RateLimited { retry_after: seconds.map(Duration::from_secs) };
    check(gateway(429, "slow").header("Retry-After", "7"), wait(Some(7)));
    check(gateway(429, "quota"), wait(None));
}

#[test]
fn a_document_this_service_does_not_take_is_left_to_another() {
    let mut harness = rest(|_| Reply::status(400));
    let louder = "<speak><prosody volume='+6dB'>Hi</prosody></speak>";
    let error = harness.synthesize(Request::ssml(louder).voice(JENNY)).unwrap_err();
    assert_eq!(error, Error::unsupported("what was asked: it does not say why"));
}

#[test]
fn a_success_that_is_none_is_an_error() {
    check(Reply::status(200), Error::NoAudio);
    check(
        Reply::ok("<html>Sign in to the network</html>"),
        Error::protocol("answer is no audio: <html>Sign in to the network</html>"),
    );
    let cut = Reply::ok(mp3()).then_fails(http::Error::Protocol("body was cut short".into()));
    check(cut, Error::protocol("server broke http: body was cut short"));
    let mut samples = rest(|_| Reply::ok("<html>Sign in to the network</html>"));
    let error = samples.synthesize(hello().encodings([Encoding::PcmS16le])).unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error}");
}

#[test]
fn a_network_that_fails_is_told_as_it_is() {
    let mut harness = host().http(|_| Err(http::Error::Unreachable("dns".into())));
    let unreachable = Error::unavailable("host is unreachable: dns");
    assert_eq!(harness.synthesize(hello()).unwrap_err(), unreachable);
    let mut denied = host().http(|_| Err(http::Error::Denied("hint: grant it".into())));
    let expected = Error::unauthorized("host is not granted: hint: grant it");
    assert_eq!(denied.synthesize(hello()).unwrap_err(), expected);
}

#[test]
fn speech_of_ten_minutes_is_taken_for_cut_off() {
    let samples = vec![1; 600 * 16_000];
    let mut harness = host().http(listing(move |_| Reply::ok(samples.clone())));
    let error = harness.synthesize(hello().encodings([Encoding::PcmS16le]).sample_rate(8_000)).unwrap_err();
    let expected = "speech of more than ten minutes in a turn, which the service cuts off";
    assert_eq!(error, Error::unsupported(expected));
}
