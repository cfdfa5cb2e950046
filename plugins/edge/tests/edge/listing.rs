//! The description, the voice list and the check.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;
use understudy_edge::Edge;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{Encoding, Error, Gender, Plugin, http};

use super::service::{served, speaks, voices};

#[test]
fn the_description_is_valid_and_asks_for_one_host_and_no_secret() {
    let manifest = Edge::describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!((manifest.hosts.len(), manifest.secrets.len()), (1, 0));
    assert_eq!(manifest.capabilities.formats[0].encoding, Encoding::Mp3);
    assert_eq!(manifest.price_per_million_characters, Some(0.0));
    for (name, field) in manifest.settings_schema["properties"].as_object().unwrap() {
        assert!(field["description"].is_string(), "{name}");
    }
}

#[test]
fn the_list_is_asked_for_as_the_browser_does_and_kept() {
    let count = Rc::new(Cell::new(0));
    let counted = count.clone();
    let mut harness = Harness::<Edge>::new().http(move |request| {
        counted.set(counted.get() + 1);
        let (address, query) = request.url.split_once('?').unwrap();
        assert_eq!(
            address,
            "https://speech.platform.bing.com/consumer/speech/synthesize/readaloud/voices/list"
        );
        assert!(
            query.starts_with("trustedclienttoken=6A5AA1D4EAFF4E9FB37E23D68491D6F4&Sec-MS-GEC="),
            "{query}"
        );
        assert!(query.ends_with("&Sec-MS-GEC-Version=2-143.0.3650.75"));
        let brands = "\" Not;A Brand\";v=\"99\", \"Microsoft Edge\";v=\"143\", \"Chromium\";v=\"143\"";
        assert_eq!(request.header_value("sec-ch-ua"), Some(brands));
        assert_eq!(request.header_value("sec-fetch-mode"), Some("cors"));
        assert!(request.header_value("accept-encoding").is_none(), "the host asks for what it can decode");
        Ok(Reply::json(&voices()))
    });
    let first = harness.voices().unwrap();
    assert_eq!(harness.voices().unwrap(), first);
    assert_eq!(count.get(), 1);
    let guy = first.iter().find(|voice| voice.id == "en-US-GuyNeural").unwrap();
    assert_eq!((guy.gender, guy.languages.as_slice()), (Some(Gender::Male), &["en-US".to_owned()][..]));
    assert!(guy.neural);
}

#[test]
fn a_list_that_fails_is_an_error_and_not_kept() {
    let check = |reply: Reply, expected: Error| {
        let mut harness = Harness::<Edge>::new().http(move |_| Ok(reply.clone()));
        assert_eq!(harness.voices().unwrap_err(), expected);
        assert_eq!(harness.remembered("voices"), None);
    };
    check(Reply::status(503).piece("busy"), Error::unavailable("status 503: busy"));
    check(
        Reply::status(429).header("retry-after", "3"),
        Error::RateLimited { retry_after: Some(std::time::Duration::from_secs(3)) },
    );
    let mut harness = Harness::<Edge>::new().http(|_| Ok(Reply::ok("<html>")));
    assert!(matches!(harness.voices(), Err(Error::Protocol(_))));
    let mut harness = Harness::<Edge>::new().http(|_| Err(http::Error::Unreachable("dns".into())));
    assert_eq!(harness.voices().unwrap_err(), Error::unavailable("host is unreachable: dns"));
}

#[test]
fn a_list_of_the_least_form_is_read() {
    let mut harness = Harness::<Edge>::new()
        .http(|_| Ok(Reply::json(&json!([{ "ShortName": "en-US-AriaNeural", "Locale": "en-US" }]))));
    assert_eq!(harness.voices().unwrap()[0].name, "en-US-AriaNeural");
}

#[test]
fn check_is_a_handshake_and_says_nothing() {
    let (mut harness, log) = served(speaks);
    harness.check().unwrap();
    assert_eq!((log.borrow().handshakes.len(), log.borrow().messages.len()), (1, 0));
}
