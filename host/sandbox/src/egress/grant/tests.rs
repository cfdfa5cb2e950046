//! What a grant may say, and what it covers.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn check_covers(pattern: &str, url: &str, expected: bool) {
    let pattern: HostPattern = pattern.parse().unwrap();
    assert_eq!(pattern.covers(&Url::parse(url).unwrap()), expected, "{pattern} {url}");
}

#[test]
fn a_name_covers_itself_in_every_spelling_and_nothing_else() {
    check_covers("api.example.com", "https://api.example.com/v1", true);
    check_covers("api.example.com", "https://API.Example.COM./v1", true);
    check_covers("API.example.com.", "https://api.example.com/", true);
    check_covers("bücher.example", "https://xn--bcher-kva.example/", true);
    check_covers("xn--bcher-kva.example", "https://b%C3%BCcher.example/", true);
    check_covers("api.example.com", "https://example.com/", false);
    check_covers("api.example.com", "https://api.example.com.evil.org/", false);
    check_covers("api.example.com", "https://xapi.example.com/", false);
    check_covers("127.0.0.1.example", "https://127.0.0.1/", false);
}

#[test]
fn a_suffix_covers_what_is_below_it_and_not_itself() {
    check_covers("*.example.com", "https://eu.example.com/", true);
    check_covers("*.example.com", "https://a.b.example.com/", true);
    check_covers("*.example.com", "https://example.com/", false);
    check_covers("*.example.com", "https://evilexample.com/", false);
    check_covers("*.example.com", "https://eu.example.com:8443/", false);
}

#[test]
fn a_grant_without_a_port_is_for_the_scheme_s_own() {
    check_covers("example.com", "https://example.com:443/", true);
    check_covers("example.com", "http://example.com/", true);
    check_covers("example.com", "https://example.com:80/", false);
    check_covers("example.com:8443", "https://example.com:8443/", true);
    check_covers("example.com:8443", "https://example.com/", false);
    check_covers("example.com:443", "wss://example.com/", true);
}

#[test]
fn an_address_is_matched_by_itself_alone() {
    check_covers("127.0.0.1:80", "http://127.0.0.1/", true);
    check_covers("127.0.0.1", "http://0x7f.1/", true);
    check_covers("127.0.0.1", "http://127.0.0.2/", false);
    check_covers("127.0.0.1", "http://[::ffff:127.0.0.1]/", false);
    check_covers("::1", "http://[::1]/", true);
    check_covers("[::1]:8080", "http://[::1]:8080/", true);
    check_covers("[::1]", "http://[::1]:8080/", false);
}

#[test]
fn what_is_no_host_is_refused() {
    for text in [
        "",
        "*",
        "*.",
        ":80",
        "a:0",
        "a:65536",
        "a:+80",
        "a:",
        "https://a.b",
        "a.b/c",
        "u@a.b",
        "a b",
        "*.*.a",
        "a.*.b",
        "*.127.0.0.1",
        "*.0.1",
        "[::1",
        "a%2eb",
        "a.b?c",
        ".",
    ] {
        assert!(text.parse::<HostPattern>().is_err(), "{text:?}");
    }
}

#[test]
fn a_service_s_address_says_what_has_to_be_granted() {
    let check = |service: &str, expected: Option<&str>| {
        assert_eq!(Grant::reaching(service).map(|grant| grant.to_string()).as_deref(), expected);
    };
    check("https://api.example.com/v1", Some("\"api.example.com\""));
    check("https://api.example.com:8443", Some("\"api.example.com:8443\""));
    check("http://127.0.0.1:9880", Some("{ host = \"127.0.0.1:9880\", private = true, plain_http = true }"));
    check("https://localhost", Some("{ host = \"localhost\", private = true }"));
    check("api.example.com", None);
}

fn check_read(form: &Value, expected: Result<&str, &str>) {
    match (serde_json::from_value::<Grant>(form.clone()), expected) {
        (Ok(grant), Ok(expected)) => assert_eq!(grant.to_string(), expected),
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
        (actual, _) => panic!("{form}: {actual:?}"),
    }
}

#[test]
fn both_forms_are_read_and_mistakes_are_named() {
    check_read(&json!("api.example.com"), Ok("\"api.example.com\""));
    check_read(&json!({ "host": "api.example.com" }), Ok("\"api.example.com\""));
    check_read(
        &json!({ "host": "localhost:8880", "private": true, "plain_http": true }),
        Ok("{ host = \"localhost:8880\", private = true, plain_http = true }"),
    );
    check_read(&json!({ "host": "a", "privat": true }), Err("unknown field `privat`"));
    check_read(&json!({ "private": true }), Err("missing field `host`"));
    check_read(&json!("https://a"), Err("host is not a name, *.suffix or address"));
    check_read(&json!(7), Err("a host or a table"));
}

proptest! {
    #[test]
    fn a_pattern_reads_what_it_writes(
        name in "[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,8}){0,3}",
        below: bool,
        port in proptest::option::of(1_u16..),
        private: bool,
        plain_http: bool,
    ) {
        let text = format!("{}{name}", if below { "*." } else { "" });
        let host = text.parse::<HostPattern>().unwrap().with_port(port);
        prop_assert_eq!(&host.to_string().parse::<HostPattern>().unwrap(), &host);
        let grant = Grant { host, private, plain_http };
        let json = serde_json::to_value(&grant).unwrap();
        prop_assert_eq!(serde_json::from_value::<Grant>(json).unwrap(), grant);
    }

    #[test]
    fn no_text_brings_the_parser_down(text in ".{0,40}") {
        let _ = text.parse::<HostPattern>();
    }
}
