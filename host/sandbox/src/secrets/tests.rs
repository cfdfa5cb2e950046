//! A secret is put in where it belongs, recognised wherever else it stands, and never shown.

use proptest::prelude::*;
use serde_json::json;
use understudy_speech::Host;

use super::*;

const KEY: &str = "sk-real/\"key\" 9";

fn asked(name: &str, host: &str, required: bool) -> SecretRequest {
    SecretRequest {
        name: name.to_owned(),
        reason: "to test".to_owned(),
        hosts: vec![Host::Name(host.to_owned())],
        required,
    }
}

/// Two secrets for two hosts, and the settings that calls copy.
fn vault() -> (Vault, String) {
    let asked = [asked("api_key", "api.example.com", true), asked("other", "*.example.org", false)];
    let given = [("api_key", KEY), ("other", "other-value")]
        .map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned())));
    let mut settings = json!({ "region": "eu" }).as_object().unwrap().clone();
    let mut vault = Vault::fill(&asked, given.into(), &mut settings).unwrap();
    let mut settings = Value::Object(settings);
    vault.conceal(&asked, &mut settings).unwrap();
    (vault, settings.to_string())
}

fn placeholder_in(settings: &str, name: &str) -> String {
    serde_json::from_str::<Value>(settings).unwrap()[name].as_str().unwrap().to_owned()
}

#[test]
fn a_secret_has_no_readable_form() {
    assert_eq!(format!("{:?}", Secret::new("sk-real".to_owned())), "Secret(…)");
    let (vault, settings) = vault();
    let shown = format!("{vault:?} {settings}");
    assert!(!shown.contains("sk-real") && !shown.contains("other-value"), "{shown}");
}

#[test]
fn every_call_gets_placeholders_of_its_own() {
    let (vault, template) = vault();
    let settings = || Placeholders::new(&vault).unwrap().settings(&vault, &template);
    let (first, second) = (settings(), settings());
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap()["region"], "eu");
    for name in ["api_key", "other"] {
        let placeholder = placeholder_in(&first, name);
        assert!(placeholder.starts_with("secret-"), "{placeholder}");
        assert_ne!(placeholder, placeholder_in(&second, name));
    }
}

#[test]
fn missing_misplaced_and_unknown_secrets_are_named() {
    let fill = |asked: &[SecretRequest], given: &[&str], settings: Value| {
        let given = given.iter().map(|name| ((*name).to_owned(), Secret::new("value".to_owned())));
        Vault::fill(asked, given.collect(), &mut settings.as_object().unwrap().clone())
            .map(|vault| vault.held.len())
            .map_err(|error| error.to_string())
    };
    let required = [asked("api_key", "a.example", true)];
    assert_eq!(fill(&required, &["api_key"], json!({})), Ok(1));
    assert_eq!(fill(&required, &[], json!({})), Err("secret is not set: api_key".to_owned()));
    assert_eq!(fill(&[asked("api_key", "a.example", false)], &[], json!({})), Ok(0));
    assert_eq!(
        fill(&required, &["api_key"], json!({ "api_key": "value" })),
        Err("secret stands among the settings: api_key".to_owned())
    );
    let unknown = fill(&required, &["api_key", "apikey"], json!({})).unwrap_err();
    assert_eq!(unknown, "settings do not fit the plugin at /apikey: is no secret of the plugin's manifest");
}

fn check_fill(place: Place, url: &str, text: &str, expected: Result<Option<&str>, &str>) {
    let (vault, template) = vault();
    let placeholders = Placeholders::new(&vault).unwrap();
    let settings = placeholders.settings(&vault, &template);
    let text = text
        .replace("{api_key}", &placeholder_in(&settings, "api_key"))
        .replace("{other}", &placeholder_in(&settings, "other"));
    let filled = fill(&vault, Some(&placeholders), &Url::parse(url).unwrap(), text.as_bytes(), place);
    let filled = filled.map(|filled| filled.map(|bytes| String::from_utf8(bytes).unwrap()));
    assert_eq!(filled, expected.map(|text| text.map(str::to_owned)).map_err(str::to_owned), "{text}");
}

#[test]
fn the_value_is_written_as_its_place_demands() {
    let url = "https://api.example.com/";
    check_fill(Place::Plain, url, "Bearer {api_key}", Ok(Some("Bearer sk-real/\"key\" 9")));
    check_fill(Place::Percent, url, "key={api_key}&a=b", Ok(Some("key=sk-real%2F%22key%22%209&a=b")));
    check_fill(
        Place::Json,
        url,
        "[\"{api_key}\",\"{api_key}\"]",
        Ok(Some("[\"sk-real/\\\"key\\\" 9\",\"sk-real/\\\"key\\\" 9\"]")),
    );
    check_fill(Place::Plain, url, "no secret-00 here", Ok(None));
    check_fill(Place::Plain, "https://eu.example.org/", "{other}", Ok(Some("other-value")));
}

#[test]
fn neither_placeholder_nor_value_goes_to_another_host() {
    check_fill(Place::Plain, "https://evil.example.com/", "{api_key}", Err("api_key"));
    check_fill(Place::Plain, "https://api.example.com/", "{api_key} {other}", Err("other"));
    check_fill(Place::Plain, "https://example.org/", "{other}", Err("other"));
    check_fill(Place::Plain, "https://eu.example.org/", "x sk-real/\"key\" 9 x", Err("api_key"));
    check_fill(Place::Plain, "https://eu.example.org/", "sk-real%2F%22key%22%209", Err("api_key"));
    check_fill(Place::Plain, "https://eu.example.org/", "sk-real/\\\"key\\\" 9", Err("api_key"));
    check_fill(Place::Plain, "https://api.example.com/", "sk-real/\"key\" 9", Ok(None));
}

#[test]
fn a_text_is_redacted_in_every_form_and_line() {
    let check = |value: &str, text: &str, expected: &str| {
        let given = [("key".to_owned(), Secret::new(value.to_owned()))].into();
        let vault = Vault::fill(&[asked("key", "a.example", true)], given, &mut Map::new()).unwrap();
        assert_eq!(vault.redact(text.to_owned()), expected);
    };
    check(KEY, "got sk-real/\"key\" 9 and sk-real%2F%22key%22%209.", "got [secret key] and [secret key].");
    check(KEY, "{\"key\":\"sk-real/\\\"key\\\" 9\"}", "{\"key\":\"[secret key]\"}");
    check("canary-value\n", "canary-value", "[secret key]");
    check("short", "a short text", "a short text");
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n";
    check(pem, "line: MIIEvQIBADANBgkqhkiG9w0B", "line: [secret key]");
}

/// What two secrets of these values leave of a text.
fn check_redacted(values: [&str; 2], text: &str, expected: &str) {
    let asked = ["a", "b"].map(|name| asked(name, "a.example", true));
    let given = ["a", "b"].into_iter().zip(values);
    let given = given.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned())));
    let vault = Vault::fill(&asked, given.collect(), &mut Map::new()).unwrap();
    assert_eq!(vault.redact(text.to_owned()), expected);
}

#[test]
fn of_a_secret_that_begins_with_another_nothing_is_left() {
    let user_and_key = ["acme-prod", "acme-prod:9f3c"];
    check_redacted(user_and_key, "as acme-prod:9f3c for acme-prod.", "as [secret b] for [secret a].");
    check_redacted(user_and_key, "acme-prod%3A9f3c", "[secret b]");
    check_redacted(["acme-prod:9f3c", "acme-prod"], "acme-prod:9f3c", "[secret a]");
}

#[test]
fn the_start_of_a_secret_is_recognised_where_a_text_was_cut() {
    let values = ["sk-canary-0123456789abcdef", "schlüssel-größe-ÄÖÜ"];
    let check = |text, expected| check_redacted(values, text, expected);
    check("answer is no audio: bad key sk-canary-0", "answer is no audio: bad key sk-canary-0");
    check("answer is no audio: bad key sk-canary-01", "answer is no audio: bad key [secret a]");
    check("sk-canary-0123456789abcde… and sk-canary-012345…", "[secret a]… and [secret a]…");
    check("sk-canary-0123 is where it stood", "sk-canary-0123 is where it stood");
    check("sk-canary-012sk-canary-0123", "sk-canary-012[secret a]");
    check("schlüssel-grö", "[secret b]");
    check("", "");
}

#[test]
fn a_body_s_place_is_read_from_its_content_type() {
    let check = |kind, expected| assert_eq!(Place::of_body(kind), expected, "{kind:?}");
    check(None, Place::Plain);
    check(Some("text/plain"), Place::Plain);
    check(Some("application/json; charset=utf-8"), Place::Json);
    check(Some("Application/Problem+JSON"), Place::Json);
    check(Some("application/x-www-form-urlencoded"), Place::Percent);
}

proptest! {
    #[test]
    fn a_filled_text_is_the_text_with_the_value(before in ".{0,20}", after in ".{0,20}") {
        check_fill(
            Place::Plain,
            "https://api.example.com/",
            &format!("{before}{{api_key}}{after}"),
            Ok(Some(&format!("{before}{KEY}{after}"))),
        );
    }
}
