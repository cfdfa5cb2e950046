//! What the account's tier, models and voices change on the wire.

use serde_json::{Value, json};
use understudy_plugin::testing::Reply;
use understudy_plugin::{Age, Error, Gender, Request, Voice};

use super::{body, path, service, speaks};

fn voice(id: &str, language: &str) -> Value {
    json!({
        "voice_id": id, "name": id.to_uppercase(), "category": "premade", "description": "Warm.", "samples": null,
        "labels": { "accent": "american", "gender": "female", "age": "middle_aged", "language": language },
        "verified_languages": [
            { "language": language, "model_id": "m", "accent": "x", "locale": null },
            { "language": "de", "model_id": "m", "locale": "de-DE" },
            { "language": "klingon", "model_id": "m" },
        ],
        "preview_url": "https://x/y.mp3",
    })
}

#[test]
fn every_page_is_read_once() {
    let mut harness = service(|request| {
        assert_eq!(request.header_value("xi-api-key"), Some("sk_1"));
        match path(request) {
            "/v2/voices?page_size=100" => Reply::json(&json!({
                "voices": [voice("a", "en")], "has_more": true, "total_count": 2, "next_page_token": "t/1",
            })),
            "/v2/voices?page_size=100&next_page_token=t%2F1" => Reply::json(&json!({
                "voices": [{ "voice_id": "b", "name": "", "labels": null, "verified_languages": null }],
                "has_more": false, "next_page_token": null,
            })),
            other => panic!("{other}"),
        }
    });
    let voices = harness.voices().unwrap();
    let first =
        Voice::new("a", "A").language("en").language("de-DE").gender(Gender::Female).age(Age::Adult).neural();
    let first = first.description("Warm.").label("accent", "american").label("category", "premade");
    assert_eq!(voices, [first.label("preview", "https://x/y.mp3"), Voice::new("b", "b").neural()]);
    assert_eq!(harness.requests().len(), 2);
    assert_eq!(harness.voices(), Ok(voices));
    assert_eq!(harness.requests().len(), 0, "the list is kept");
}

#[test]
fn a_voice_is_chosen_for_the_language() {
    let check = |language: Option<&str>, expected: &str| {
        let mut harness = service(|request| match request.method.as_str() {
            "GET" => {
                Reply::json(&json!({ "voices": [voice("a", "en"), voice("b", "fr")], "has_more": false }))
            }
            _ => speaks(request),
        });
        let mut request = Request::text("Hi");
        request.language = language.map(str::to_owned);
        assert_eq!(harness.synthesize(request).unwrap().summary.voice.as_deref(), Some(expected));
        assert_eq!(body(harness.requests().last().unwrap())["text"], "Hi");
    };
    check(None, "a");
    check(Some("fr-FR"), "b");
    check(Some("ja"), "a");
}

#[test]
fn a_list_that_is_refused_is_an_error() {
    let mut harness =
        service(|_| Reply::status(401).piece(r#"{"detail":{"status":"invalid_api_key","message":"Bad"}}"#));
    assert_eq!(harness.voices(), Err(Error::unauthorized("status 401: Bad")));
}

#[test]
fn check_reads_the_account_and_costs_nothing() {
    let check = |reply: Reply, expected: Result<(), Error>| {
        let mut harness = service(move |request| {
            assert_eq!((request.method.as_str(), path(request)), ("GET", "/v1/user/subscription"));
            reply.clone()
        });
        assert_eq!(harness.check(), expected);
    };
    let account = |used: u64, reset: Value| {
        Reply::json(
            &json!({ "tier": "free", "character_count": used, "character_limit": 10, "next_character_count_reset_unix": reset }),
        )
    };
    check(account(9, json!(1)), Ok(()));
    check(account(10, json!(1)), Err(Error::QuotaExhausted { resets_in: None }));
    let refused = |code: &str| {
        Reply::status(401).piece(json!({ "detail": { "status": code, "message": "m" } }).to_string())
    };
    check(refused("missing_permissions"), Ok(()));
    check(refused("invalid_api_key"), Err(Error::unauthorized("status 401: m")));
    let mut spent = service(|_| {
        Reply::json(
            &json!({ "character_count": 10, "character_limit": 10, "next_character_count_reset_unix": 32_503_680_000_u64 }),
        )
    });
    assert!(matches!(spent.check(), Err(Error::QuotaExhausted { resets_in: Some(_) })));
}
