//! The list of voices, and who speaks.

use serde_json::{Value, json};
use understudy_plugin::testing::Reply;
use understudy_plugin::{Error, Gender, Request, Voice};

use super::{body, hello, keyless, path, service, speaks, spoken};

#[test]
fn the_list_is_read_once_and_kept() {
    let mut harness = service(speaks);
    let voices = harness.voices().unwrap();
    assert_eq!(voices.len(), 9, "a name of another form needs a model as well");
    let standard = Voice::new("en-US-Standard-C", "Standard C").language("en-US").gender(Gender::Female);
    assert_eq!(voices[0], standard.sample_rate(24_000));
    let kore = Voice::new("en-US-Chirp3-HD-Kore", "Chirp3 HD Kore").language("en-US").gender(Gender::Female);
    assert_eq!(voices[6], kore.neural().premium().sample_rate(24_000));
    assert_eq!(voices[8].languages, ["cmn-CN", "zh-CN"]);
    assert_eq!(harness.requests().len(), 1);
    assert_eq!(harness.voices(), Ok(voices));
    harness.synthesize(hello()).unwrap();
    assert_eq!(harness.requests().len(), 1, "the list is kept");
}

#[test]
fn a_name_that_is_not_listed_is_not_sent() {
    let check = |voice: &str| {
        let mut harness = service(|_| panic!("must not be sent"));
        assert_eq!(
            harness.synthesize(Request::text("Hi").voice(voice)).unwrap_err(),
            Error::voice_not_found(voice)
        );
    };
    check("en-US-Wavenet-K");
    check("en-US-Neural2");
    check("en-US-Neural2-C\tFEMALE");
    check("Kore");
    check("");
}

#[test]
fn the_language_of_a_voice_is_its_own() {
    let check = |voice: Option<&str>,
                 setting: Option<&str>,
                 language: Option<&str>,
                 expected: Result<Value, &str>| {
        let settings = setting.map_or_else(|| json!({}), |voice| json!({ "voice": voice }));
        let mut harness = service(speaks).settings(settings);
        let mut request = Request::text("Hi");
        request.voice = voice.map(str::to_owned);
        request.language = language.map(str::to_owned);
        match (harness.synthesize(request), expected) {
            (Ok(_), Ok(expected)) => assert_eq!(body(&spoken(&harness)[0])["voice"], expected),
            (Err(error), Err(expected)) => assert_eq!(error, Error::unsupported(expected)),
            (got, expected) => panic!("{got:?} is not {expected:?}"),
        }
    };
    let named = |name: &str, code: &str| Ok(json!({ "name": name, "languageCode": code }));
    let any = |code: &str| Ok(json!({ "languageCode": code }));
    check(Some("en-US-Wavenet-D"), None, None, named("en-US-Wavenet-D", "en-US"));
    check(Some("en-US-Wavenet-D"), None, Some("en-AU"), named("en-US-Wavenet-D", "en-US"));
    check(Some("cmn-CN-Wavenet-A"), None, Some("zh-Hans"), named("cmn-CN-Wavenet-A", "cmn-CN"));
    check(Some("en-US-Wavenet-D"), None, Some("de"), Err("the language de with the voice en-US-Wavenet-D"));
    check(None, Some("en-US-Wavenet-D"), Some("en"), named("en-US-Wavenet-D", "en-US"));
    check(None, Some("en-US-Wavenet-D"), Some("no"), any("nb"));
    check(None, None, Some("zh-TW"), any("cmn-TW"));
    check(None, None, None, any("en-US"));
}

#[test]
fn a_list_without_voices_is_empty_and_not_kept() {
    let mut harness = super::Harness::<super::Google>::new().secret("api_key", "k").http(|request| {
        Ok(if path(request) == "/v1/voices" { Reply::json(&json!({})) } else { speaks(request) })
    });
    assert_eq!(harness.voices(), Ok(Vec::new()));
    assert_eq!(harness.voices(), Ok(Vec::new()));
    assert_eq!(harness.requests().len(), 1);
    harness.synthesize(hello()).unwrap();
}

#[test]
fn a_list_that_makes_no_sense_is_no_reason_to_be_silent() {
    let listing = |reply: fn() -> Reply| {
        super::Harness::<super::Google>::new()
            .secret("api_key", "k")
            .http(move |request| Ok(if path(request) == "/v1/voices" { reply() } else { speaks(request) }))
    };
    let mut strange = listing(|| Reply::ok("<html>"));
    assert!(matches!(strange.voices(), Err(Error::Protocol(_))));
    strange.synthesize(hello()).unwrap();
    assert_eq!(strange.logs().len(), 1);
    assert_eq!(body(&spoken(&strange)[0])["voice"]["languageCode"], "en-US");
    let mut down = listing(|| Reply::status(503).piece("down"));
    assert_eq!(down.synthesize(hello()).unwrap_err(), Error::unavailable("status 503: down"));
}

#[test]
fn check_is_free_and_asks_for_the_credentials() {
    let mut harness = service(|request| {
        assert_eq!((request.method.as_str(), path(request)), ("GET", "/v1/voices?languageCode=en-US"));
        Reply::json(&json!({}))
    });
    assert_eq!(harness.check(), Ok(()));
    let mut refused = service(|_| {
        Reply::status(401).piece(r#"{"error":{"code":401,"status":"UNAUTHENTICATED","message":"m"}}"#)
    });
    assert_eq!(refused.check(), Err(Error::unauthorized("status 401: m")));
    let mut nobody = keyless(|_| panic!("must not be sent"));
    assert_eq!(nobody.check(), Err(Error::unauthorized("neither api_key nor service_account is set")));
}
