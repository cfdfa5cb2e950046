//! From a URL into the take: whole, of the right sum, and from nowhere it should not be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Error, http};

use super::{Answered, BASE, CDN, CharacterBox, Sent, answer, asked, hello, mp3, service};

/// A service whose answer was changed, and whose audio is fetched from `audio`.
fn fetched(
    change: impl Fn(&mut Value) + 'static,
    mut audio: impl FnMut(&Sent) -> Answered + 'static,
) -> Harness<CharacterBox> {
    service(move |request, _| {
        if request.method == "GET" {
            return audio(request);
        }
        let mut answer = answer(&mp3(40));
        change(&mut answer);
        Ok(Reply::json(&answer))
    })
}

fn check(change: impl Fn(&mut Value) + 'static, reply: Reply, expected: &str) {
    let mut harness = fetched(change, move |_| Ok(reply.clone()));
    let error = harness.synthesize(hello()).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn audio_of_another_size_or_sum_is_an_error() {
    check(|answer| answer["sha256"] = json!("00"), Reply::ok(mp3(40)), "another sha256 than was promised");
    check(
        |answer| answer["size_bytes"] = json!(9_999),
        Reply::ok(mp3(40)),
        "ended before its size of 9999 bytes: 3840",
    );
    check(|_| {}, Reply::ok(mp3(41)), "longer than its size of 3840 bytes: 3936");
    check(|_| {}, Reply::ok(mp3(20)), "ended before its size");
    let promised = |answer: &mut Value| answer["sha256"] = json!(super::sum(&mp3(40)).to_uppercase());
    assert!(fetched(promised, |_| Ok(Reply::ok(mp3(40)))).synthesize(hello()).is_ok());
}

#[test]
fn what_is_no_audio_is_an_error() {
    let bare = |answer: &mut Value| {
        let members = answer.as_object_mut().unwrap();
        members.remove("size_bytes");
        members.remove("sha256");
    };
    check(bare, Reply::ok("<html>oops</html>"), "answer is no audio");
    check(
        bare,
        Reply::ok(mp3(40)).header("content-type", "text/html; charset=utf-8"),
        "another type: text/html",
    );
    check(bare, Reply::status(200), "no audio");
    let long = mp3(560_000).chunks(64 << 10).fold(Reply::status(200), Reply::piece);
    check(bare, long, "longer than 52428800 bytes");
    check(bare, Reply::status(400), "status 400");
    let octets = Reply::ok(mp3(40)).header("content-type", "Application/Octet-Stream");
    assert!(fetched(bare, move |_| Ok(octets.clone())).synthesize(hello()).is_ok());
}

#[test]
fn an_answer_without_audio_is_no_audio() {
    let mut harness = fetched(|answer| answer["audio_url"] = Value::Null, |_| Ok(Reply::ok(mp3(40))));
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::NoAudio);
    for name in ["duration", "character_info", "emotion_score", "usage", "request_id"] {
        let mut harness = fetched(move |answer| answer[name] = Value::Null, |_| Ok(Reply::ok(mp3(40))));
        assert!(harness.synthesize(hello()).is_ok(), "{name}");
    }
}

#[test]
fn expired_audio_is_ordered_again_once_under_the_same_key() {
    for status in [403, 404, 410] {
        let mut fetches = 0;
        let mut harness = fetched(
            |_| {},
            move |_| {
                fetches += 1;
                Ok(if fetches == 1 { Reply::status(status) } else { Reply::ok(mp3(40)) })
            },
        );
        harness.synthesize(hello()).unwrap().assert_contract();
        let orders: Vec<_> = harness.requests().iter().filter(|sent| sent.method == "POST").collect();
        assert_eq!(orders.len(), 2);
        assert_eq!(orders[0].header_value("idempotency-key"), orders[1].header_value("idempotency-key"));
        assert_eq!(orders[0].body, orders[1].body);
    }
    let mut harness = fetched(|_| {}, |_| Ok(Reply::status(403)));
    let expected = Error::protocol("audio cannot be fetched, status 403");
    assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
    assert_eq!(harness.requests().len(), 4);
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_broke() {
    let breaks = |second: Vec<u8>| {
        let mut fetches = 0;
        fetched(
            |_| {},
            move |_| {
                fetches += 1;
                let cut = Reply::ok(&mp3(40)[..1_000]).then_fails(http::Error::Protocol("cut".into()));
                Ok(if fetches == 1 { cut } else { second.chunks(333).fold(Reply::status(200), Reply::piece) })
            },
        )
    };
    let recording = breaks(mp3(40)).synthesize(hello()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio, mp3(40));
    let mut other = mp3(40);
    other[500] = 1;
    let changed = Error::protocol("audio changed between two tries");
    assert_eq!(breaks(other).synthesize(hello()).unwrap_err(), changed);
}

#[test]
fn audio_may_be_inline_relative_or_a_data_url() {
    let data = format!("data:audio/mpeg;base64,{}", STANDARD.encode(mp3(40)));
    let mut harness =
        fetched(move |answer| answer["audio_url"] = json!(data), |_| panic!("must not be fetched"));
    assert_eq!(harness.synthesize(hello()).unwrap().audio, mp3(40));
    let mut harness = fetched(|answer| answer["audio_url"] = json!("/a/2.mp3"), |_| Ok(Reply::ok(mp3(40))));
    harness.synthesize(hello()).unwrap();
    assert_eq!(asked(&harness)[1], "GET /a/2.mp3");
    // The API's own host asks for the account's key.
    assert_eq!(harness.requests()[1].header_value("authorization"), Some("Bearer cb_1"));
    check(|answer| answer["audio_url"] = json!("data:audio/mpeg;base64,*"), Reply::status(500), "not base64");
}

#[test]
fn redirects_are_followed_three_times_without_the_key() {
    let mut harness = fetched(
        |answer| answer["audio_url"] = json!(format!("{BASE}/a/0")),
        |request| {
            let hop: u32 = request.url.rsplit('/').next().unwrap().parse().unwrap();
            let next = if hop == 0 { format!("{CDN}/a/1") } else { (hop + 1).to_string() };
            Ok(if hop == 3 { Reply::ok(mp3(40)) } else { Reply::status(302).header("location", next) })
        },
    );
    harness.synthesize(hello()).unwrap();
    let keys: Vec<bool> =
        harness.requests().iter().map(|sent| sent.header_value("authorization").is_some()).collect();
    assert_eq!(keys, [true, true, false, false, false]);
    assert_eq!(asked(&harness)[4], format!("GET {CDN}/a/3"));
    let circle = Reply::status(307).header("location", "/a/1.mp3");
    check(|_| {}, circle, "audio was redirected more than 3 times");
    check(|_| {}, Reply::status(301), "audio was redirected to nowhere");
}

#[test]
fn where_nothing_is_granted_nothing_is_fetched() {
    let denied = || Err(http::Error::Denied("169.254.169.254 is private".into()));
    let mut harness = fetched(
        |_| {},
        move |request| {
            let private = request.url.contains("169.254.");
            if private {
                denied()
            } else {
                Ok(Reply::status(302).header("location", "http://169.254.169.254/x"))
            }
        },
    );
    let error = harness.synthesize(hello()).unwrap_err();
    assert!(
        matches!(&error, Error::Protocol(message) if message.contains("redirected where nothing is granted"))
    );
    // A host the service keeps its audio at is the operator's to grant.
    let mut harness = fetched(|_| {}, move |_| denied());
    assert!(matches!(harness.synthesize(hello()).unwrap_err(), Error::Unauthorized(_)));
}
