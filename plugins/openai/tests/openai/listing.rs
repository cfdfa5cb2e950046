//! The voice list: where each server keeps it, and how long it is kept here.

use serde_json::{Value, json};
use understudy_openai::OpenAi;
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Error, Gender, Voice, http};

use super::{KOKORO, at, kokoro, official};

#[test]
fn openais_voices_are_known_by_the_model() {
    let count = |model: &str| {
        let mut harness = official().settings(json!({ "model": model })).secret("api_key", "k");
        harness.voices().unwrap().len()
    };
    assert_eq!(count("gpt-4o-mini-tts"), 13);
    assert_eq!(count("tts-1"), 9);
    let voices = official().voices().unwrap();
    assert_eq!(voices[0], Voice::new("alloy", "Alloy").neural());
}

#[test]
fn kokoros_voices_say_what_they_are_and_are_fetched_once() {
    let mut calls = 0;
    let mut harness = at(KOKORO).http(move |request| {
        calls += 1;
        assert_eq!(calls, 1, "the list is kept");
        Ok(kokoro(request))
    });
    for _ in 0..2 {
        let voices = harness.voices().unwrap();
        assert_eq!(
            voices[0],
            Voice::new("af_heart", "af_heart").language("en-US").gender(Gender::Female).neural()
        );
        assert_eq!(
            voices[1],
            Voice::new("bm_george", "bm_george").language("en-GB").gender(Gender::Male).neural()
        );
        assert_eq!(voices.len(), 3);
    }
}

#[test]
fn every_shape_of_a_list_is_read() {
    let check = |document: Value, expected: &[&str]| {
        let mut harness = Harness::<OpenAi>::new()
            .settings(json!({ "base_url": KOKORO, "model": "m" }))
            .http(move |_| Ok(Reply::json(&document)));
        let ids: Vec<String> = harness.voices().unwrap().into_iter().map(|voice| voice.id).collect();
        assert_eq!(ids, expected);
    };
    check(json!(["a", "b", "a"]), &["a", "b"]);
    check(json!([{ "name": "a" }, { "voice_id": "b", "name": "B" }]), &["a", "b"]);
    check(json!({ "voices": ["af_sky"] }), &["af_sky"]);
    check(json!({ "data": [{ "id": "a" }], "object": "list" }), &["a"]);
    check(
        json!({ "voices": [{ "model_id": "m", "voice_id": "a" }, { "model_id": "other", "id": "b" }], "object": "list" }),
        &["a"],
    );
    check(json!({ "voices": [null, 3, {}, "", "x".repeat(200), "bad\n", "ok"] }), &["ok"]);
    check(json!("nothing"), &[]);
}

#[test]
fn a_server_without_a_list_has_the_configured_voices() {
    let silent =
        |settings: Value| Harness::<OpenAi>::new().settings(settings).http(|_| Ok(Reply::status(404)));
    assert_eq!(silent(json!({ "base_url": KOKORO })).voices(), Ok(vec![]));
    assert_eq!(silent(json!({ "base_url": KOKORO, "voice": "v" })).voices(), Ok(vec![Voice::new("v", "v")]));
    let voices = json!([{ "id": "a", "name": "Ann", "language": "de", "gender": "female" }, { "id": "b" }]);
    let mut named = Harness::<OpenAi>::new().settings(json!({ "voices": voices }));
    let ann = Voice::new("a", "Ann").language("de").gender(Gender::Female);
    assert_eq!(named.voices(), Ok(vec![ann, Voice::new("b", "b")]));
}

#[test]
fn a_list_that_breaks_off_is_asked_for_again() {
    let mut calls = 0;
    let mut harness = at(KOKORO).http(move |request| {
        calls += 1;
        let broken = http::Error::Protocol("body was cut short".to_owned());
        Ok(if calls == 1 { Reply::ok("{\"voi").then_fails(broken) } else { kokoro(request) })
    });
    assert_eq!(harness.voices(), Err(Error::protocol("server broke http: body was cut short")));
    assert_eq!(harness.voices().unwrap().len(), 3);
}

#[test]
fn a_server_that_knows_no_list_is_one_without_voices() {
    for status in [404, 405, 501] {
        let mut harness = at(KOKORO).http(move |_| Ok(Reply::status(status)));
        assert_eq!(harness.voices(), Ok(vec![]), "{status}");
    }
    let mut harness = at(KOKORO).http(|_| Ok(Reply::ok("<html>Sign in to the network</html>")));
    assert_eq!(harness.voices(), Ok(vec![]));
}

#[test]
fn a_list_that_is_refused_is_an_error() {
    let check = |status: u16, expected: Error| {
        let mut harness = at(KOKORO).http(move |_| Ok(Reply::status(status).piece("no")));
        assert_eq!(harness.voices(), Err(expected));
    };
    check(401, Error::unauthorized("status 401: no"));
    check(500, Error::unavailable("status 500: no"));
}
