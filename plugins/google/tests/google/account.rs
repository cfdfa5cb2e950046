//! A service account: its statement, its token, and what goes wrong with either.

use std::cell::Cell;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use understudy_google::Google;
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Error, http};

use super::{hello, keyless, path, speaks, spoken};

const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
const GRANT: &str = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";

fn with_account(harness: Harness<Google>) -> Harness<Google> {
    harness
        .settings(json!({ "client_email": "a@p.iam.gserviceaccount.com", "private_key_id": "id1" }))
        .secret("service_account", "{\"private_key\": \"pem\"}")
}

/// A token endpoint that answers so, before a service that speaks.
fn exchanging(token: impl Fn() -> Reply + 'static) -> Harness<Google> {
    with_account(keyless(move |request| if request.url == TOKEN_URL { token() } else { speaks(request) }))
}

fn token(name: &str, seconds: u64) -> Reply {
    Reply::json(&json!({ "access_token": name, "expires_in": seconds, "token_type": "Bearer" }))
}

fn exchanges(harness: &Harness<Google>) -> Vec<http::Request> {
    harness.requests().iter().filter(|request| request.url == TOKEN_URL).cloned().collect()
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn a_statement_is_signed_and_exchanged() {
    let mut harness = exchanging(|| token("ya29.a", 3_599));
    harness.synthesize(hello()).unwrap();
    let exchange = &exchanges(&harness)[0];
    assert_eq!(exchange.method, "POST");
    assert_eq!(
        exchange.headers,
        [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())]
    );
    let form = String::from_utf8(exchange.body.clone().unwrap()).unwrap();
    let statement = form.strip_prefix(GRANT).unwrap();
    let [header, claims, signature] = *statement.split('.').collect::<Vec<_>>() else {
        panic!("{statement}")
    };
    assert_eq!(decoded(header), json!({ "alg": "RS256", "typ": "JWT", "kid": "id1" }));
    let claims = decoded(claims);
    assert_eq!(claims["iss"], "a@p.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], TOKEN_URL);
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3_600);
    // The harness signs with a stand-in of 32 bytes.
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), 32);
    let sent = &spoken(&harness)[0];
    assert_eq!(sent.header_value("authorization"), Some("Bearer ya29.a"));
    assert_eq!(sent.header_value("x-goog-api-key"), None);
}

#[test]
fn a_token_is_kept_while_it_is_good() {
    let mut harness = exchanging(|| token("ya29.a", 3_599));
    harness.synthesize(hello()).unwrap();
    assert_eq!(exchanges(&harness).len(), 1);
    harness.synthesize(hello()).unwrap();
    assert_eq!((exchanges(&harness).len(), harness.requests().len()), (0, 1));
    let mut brief = exchanging(|| token("ya29.a", 225));
    brief.synthesize(hello()).unwrap();
    brief.synthesize(hello()).unwrap();
    assert_eq!(exchanges(&brief).len(), 1, "it is renewed before its end");
}

#[test]
fn a_kept_token_that_is_no_longer_taken_is_bought_anew() {
    let service = |request: &http::Request| match request.url.as_str() {
        TOKEN_URL => token("fresh", 3_599),
        _ if request.header_value("authorization") == Some("Bearer stale") => Reply::status(401),
        _ => speaks(request),
    };
    let mut harness = with_account(keyless(service)).memo("access-token", "stale");
    harness.synthesize(hello()).unwrap();
    let used: Vec<_> =
        spoken(&harness).iter().map(|sent| sent.header_value("authorization").unwrap().to_owned()).collect();
    assert_eq!(used, ["Bearer stale", "Bearer fresh"]);
    assert_eq!(harness.remembered("access-token"), Some(&b"fresh"[..]));
}

#[test]
fn a_token_that_is_refused_is_bought_anew_once_and_no_more() {
    let refused = |request: &http::Request| match request.url.as_str() {
        TOKEN_URL => token("fresh", 3_599),
        _ => Reply::status(401).piece(r#"{"error":{"code":401,"status":"UNAUTHENTICATED","message":"m"}}"#),
    };
    let mut harness = with_account(keyless(refused));
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::unauthorized("status 401: m"));
    // One was bought for the list of voices.
    assert_eq!((exchanges(&harness).len(), spoken(&harness).len()), (2, 2));
}

#[test]
fn every_refusal_of_the_exchange_has_its_error() {
    let check = |status: u16, body: Value, expected: Error| {
        let body = body.to_string();
        let mut harness =
            exchanging(move || Reply::status(status).header("retry-after", "3").piece(body.clone()));
        assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
    };
    let refused = |said: &str| Error::unauthorized(format!("token endpoint, status {said}"));
    let grant = |description: &str| json!({ "error": "invalid_grant", "error_description": description });
    check(400, grant("Invalid JWT Signature."), refused("400: invalid_grant: Invalid JWT Signature."));
    check(
        400,
        grant("Invalid grant: account not found"),
        refused("400: invalid_grant: Invalid grant: account not found"),
    );
    check(
        400,
        grant("Invalid JWT: Token must be a short-lived token"),
        refused("400: invalid_grant: Invalid JWT: Token must be a short-lived token"),
    );
    check(400, json!({ "error": "invalid_scope" }), refused("400: invalid_scope"));
    check(401, json!({ "error": "invalid_client" }), refused("401: invalid_client"));
    let unavailable = |said: &str| Error::unavailable(format!("token endpoint, status {said}"));
    for code in ["internal_failure", "server_error", "temporarily_unavailable"] {
        check(400, json!({ "error": code }), unavailable(&format!("400: {code}")));
    }
    check(429, json!({}), Error::RateLimited { retry_after: Some(Duration::from_secs(3)) });
    check(500, json!({ "error": "x" }), Error::unavailable("status 500: x"));
    check(408, json!({}), Error::TimedOut);
    let mut strange = exchanging(|| Reply::ok("<html>"));
    assert!(matches!(strange.synthesize(hello()).unwrap_err(), Error::Protocol(_)));
}

#[test]
fn the_account_goes_before_the_key() {
    let mut harness = exchanging(|| token("ya29.a", 3_599)).secret("api_key", "AIza-1");
    harness.synthesize(hello()).unwrap();
    assert_eq!(spoken(&harness)[0].header_value("x-goog-api-key"), None);
}

#[test]
fn an_account_without_its_address_is_the_operators_to_mend() {
    let mut harness = keyless(|_| panic!("must not be sent")).secret("service_account", "{}");
    let expected = Error::unauthorized("service_account needs client_email in the settings");
    assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
}

#[test]
fn an_exchange_that_is_not_granted_says_so() {
    let asked = Cell::new(0);
    let mut harness = with_account(Harness::new().http(move |request| {
        assert_eq!((path(request), asked.replace(1)), (TOKEN_URL, 0));
        Err(http::Error::Denied("host is not granted".to_owned()))
    }));
    let expected = Error::unauthorized("host is not granted: host is not granted");
    assert_eq!(harness.check(), Err(expected));
}
