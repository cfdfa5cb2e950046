//! What is tried again, how often, under which key, and after what wait.

use std::time::Duration;

use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Error, http};

use super::{Answered, answer, hello, mp3, refusal, service};

/// Refuses the first orders with `fault`, then speaks; how many requests it took, and the wait.
fn check(failures: usize, fault: impl Fn() -> Answered + 'static, expected: Result<(), Error>) -> Duration {
    let mut harness = service(move |request, count| match request.method.as_str() {
        "GET" => Ok(Reply::ok(mp3(20))),
        _ if count < failures => fault(),
        _ => Ok(Reply::json(&answer(&mp3(20)))),
    })
    .settings(json!({ "max_retries": 3 }));
    let outcome = harness.synthesize(hello()).map(|recording| recording.assert_contract());
    assert_eq!(outcome, expected);
    let orders = harness.requests().iter().filter(|sent| sent.method == "POST");
    let keys: Vec<_> = orders.map(|sent| sent.header_value("idempotency-key").unwrap()).collect();
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
    harness.waited()
}

#[test]
fn what_may_pass_is_tried_as_often_as_the_operator_says_under_one_key() {
    for status in [408, 500, 502, 503, 504] {
        check(3, move || Ok(refusal(status, "internal")), Ok(()));
    }
    let waited = check(9, || Ok(refusal(500, "internal")), Err(Error::unavailable("status 500: m")));
    assert!(waited <= Duration::from_millis(500 + 1_000 + 2_000), "{waited:?}");
    check(3, || Err(http::Error::TimedOut), Ok(()));
    check(9, || Err(http::Error::TimedOut), Err(Error::TimedOut));
    let refused = || Err(http::Error::Unreachable("refused".into()));
    check(9, refused, Err(Error::unavailable("host is unreachable: refused")));
    let cut = || Ok(Reply::ok("{\"audio_url\":").then_fails(http::Error::Protocol("cut".into())));
    check(2, cut, Ok(()));
}

#[test]
fn by_default_it_is_tried_once_more_because_the_host_retries_too() {
    let mut harness = service(|_, _| Ok(refusal(500, "internal")));
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::unavailable("status 500: m"));
    assert_eq!(harness.requests().len(), 2);
}

#[test]
fn what_will_not_pass_is_tried_once() {
    let once = |reply: Reply, expected: Error| {
        let mut harness = service(move |_, _| Ok(reply.clone()));
        assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
        assert_eq!(harness.requests().len(), 1);
    };
    once(refusal(401, "invalid_api_key"), Error::unauthorized("status 401: m"));
    once(Reply::ok("{\"oops"), {
        let reason = "EOF while parsing a string at line 1 column 6";
        Error::protocol(format!("answer is not the expected json, {reason}: {{\"oops"))
    });
    once(Reply::status(501), Error::unsupported("what was asked, status 501: "));
}

#[test]
fn a_short_wait_is_waited_and_a_long_one_handed_on() {
    let busy = |wait: &'static str| move || Ok(refusal(429, "requests").header("retry-after", wait));
    assert_eq!(check(2, busy("1"), Ok(())), Duration::from_secs(2));
    let limited = |seconds| Err(Error::RateLimited { retry_after: Some(Duration::from_secs(seconds)) });
    assert_eq!(check(1, busy("7"), limited(7)), Duration::ZERO);
    assert_eq!(check(1, busy("900"), limited(120)), Duration::ZERO);
    check(1, || Ok(refusal(429, "requests")), limited(60));
    check(1, || Ok(refusal(429, "requests").header("x-ratelimit-reset", "21")), limited(21));
    let told = json!({ "error": { "code": "concurrency", "message": "m", "retry_after": 9 } }).to_string();
    check(1, move || Ok(Reply::status(429).piece(told.clone())), limited(9));
    let overloaded = || Ok(refusal(503, "overloaded").header("retry-after", "30"));
    assert_eq!(check(1, overloaded, Err(Error::unavailable("status 503: m"))), Duration::ZERO);
}

#[test]
fn retries_are_the_operators_to_forgo() {
    let mut harness = service(|_, _| Ok(refusal(500, "internal"))).settings(json!({ "max_retries": 0 }));
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::unavailable("status 500: m"));
    assert_eq!(harness.requests().len(), 1);
}

#[test]
fn a_retry_by_the_host_has_the_key_of_the_order_that_failed() {
    let mut harness = service(|request, count| match request.method.as_str() {
        "GET" => Ok(Reply::ok(mp3(20))),
        _ if count == 0 => Ok(refusal(500, "internal")),
        _ => Ok(Reply::json(&answer(&mp3(20)))),
    })
    .settings(json!({ "max_retries": 0 }));
    let key = |harness: &super::Harness<super::CharacterBox>| {
        harness.requests()[0].header_value("idempotency-key").unwrap().to_owned()
    };
    harness.synthesize(hello()).unwrap_err();
    let failed = key(&harness);
    harness.synthesize(hello()).unwrap();
    assert_eq!(key(&harness), failed);
    // The order has arrived: asking for the same again is another order.
    harness.synthesize(hello()).unwrap();
    assert_ne!(key(&harness), failed);
}
