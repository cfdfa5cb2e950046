//! The service as its clients meet it.

use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::access::{SCOPE, unix_seconds};
use super::jwt::tests::signed;
use super::{CLIENT_EMAIL, Google, Project, RetryHint, Strangers, service_account};
use crate::testing::client;
use crate::{Fault, Options, Simulator};

fn google(google: Google) -> Simulator {
    Simulator::start(google, Options::default()).unwrap()
}

fn hello() -> Value {
    json!({
        "input": {"text": "Hello, my friend."},
        "voice": {"languageCode": "en-US", "name": "en-US-Neural2-C"},
        "audioConfig": {"audioEncoding": "MP3"},
    })
}

fn post(simulator: &Simulator, path: &str, body: &Value) -> RequestBuilder {
    let url = format!("{}{path}", simulator.base_url());
    client().post(url).header("x-goog-api-key", simulator.key()).json(body)
}

async fn json_of(request: RequestBuilder, status: u16) -> Value {
    let response = request.send().await.unwrap();
    let found = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(found, status, "{body}");
    body
}

fn audio(body: &Value) -> Vec<u8> {
    STANDARD.decode(body["audioContent"].as_str().unwrap()).unwrap()
}

/// The status, its machine-readable reason, and the start of its message.
async fn check_error(request: RequestBuilder, code: u16, status: &str, reason: &str, message: &str) {
    let error = json_of(request, code).await["error"].take();
    assert_eq!((error["code"].as_u64(), error["status"].as_str()), (Some(u64::from(code)), Some(status)));
    assert_eq!(error["details"][0]["reason"].as_str().unwrap_or_default(), reason);
    assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
}

#[tokio::test]
async fn each_encoding_is_what_it_says() {
    let simulator = google(Google::default());
    for (encoding, rate, start) in [
        ("MP3", 24_000, &[0xFF, 0xF3][..]),
        ("LINEAR16", 48_000, b"RIFF"),
        ("OGG_OPUS", 24_000, b"OggS"),
        ("MULAW", 8_000, b"RIFF"),
        ("ALAW", 8_000, b"RIFF"),
    ] {
        let mut request = hello();
        request["audioConfig"] = json!({"audioEncoding": encoding, "sampleRateHertz": rate});
        let body = json_of(post(&simulator, "/v1/text:synthesize", &request), 200).await;
        assert!(audio(&body).starts_with(start), "{encoding}");
        assert_eq!(body.as_object().unwrap().len(), 1, "v1 answers with audio alone");
    }
    let mp3 = audio(&json_of(post(&simulator, "/v1/text:synthesize", &hello()), 200).await);
    let inspection = understudy_audio::inspect(&mp3, None).unwrap();
    assert_eq!((inspection.format.sample_rate, inspection.format.bit_rate), (24_000, Some(32_000)));
}

#[tokio::test]
async fn marks_are_answered_with_times_by_the_beta_alone() {
    let simulator = google(Google::default());
    let mut request = hello();
    request["input"] = json!({"ssml": "<speak><mark name=\"w0\"/>Hello <mark name=\"w1\"/>world.<mark name=\"end\"/></speak>"});
    let silent = json_of(post(&simulator, "/v1beta1/text:synthesize", &request), 200).await;
    assert!(silent.get("timepoints").is_none());
    request["enableTimePointing"] = json!(["SSML_MARK"]);
    let body = json_of(post(&simulator, "/v1beta1/text:synthesize", &request), 200).await;
    let names: Vec<&str> = body["timepoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["markName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["w0", "w1", "end"]);
    let times: Vec<f64> = body["timepoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["timeSeconds"].as_f64().unwrap())
        .collect();
    assert!(times.is_sorted() && times[0] < times[1], "{times:?}");
    assert_eq!(body["audioConfig"]["sampleRateHertz"], 24_000);

    let unknown = r#"Invalid JSON payload received. Unknown name "enableTimePointing": Cannot find field."#;
    check_error(post(&simulator, "/v1/text:synthesize", &request), 400, "INVALID_ARGUMENT", "", unknown)
        .await;
}

#[tokio::test]
async fn the_list_is_filtered_and_empty_is_left_out() {
    let simulator = google(Google::default());
    let get = |query: &str| {
        let url = format!("{}/v1/voices?{query}", simulator.base_url());
        client().get(url).header("x-goog-api-key", simulator.key())
    };
    let all = json_of(get(""), 200).await;
    assert_eq!(all["voices"][0]["naturalSampleRateHertz"], 24_000);
    let norwegian = json_of(get("languageCode=no"), 200).await;
    assert_eq!(norwegian["voices"][0]["languageCodes"], json!(["nb-NO"]));
    assert_eq!(json_of(get("languageCode=tlh"), 200).await, json!({}));
}

#[tokio::test]
async fn a_key_is_taken_by_header_or_query_and_a_bad_one_is_a_400() {
    let simulator = google(Google::default());
    let url = format!("{}/v1/text:synthesize", simulator.base_url());
    let bare = |url: &str| client().post(url).json(&hello());
    json_of(bare(&format!("{url}?key={}", simulator.key())), 200).await;
    let wrong = bare(&url).header("x-goog-api-key", "wrong");
    let message = "API key not valid. Please pass a valid API key.";
    check_error(wrong, 400, "INVALID_ARGUMENT", "API_KEY_INVALID", message).await;
    let message = "Request is missing required authentication credential.";
    check_error(bare(&url), 401, "UNAUTHENTICATED", "CREDENTIALS_MISSING", message).await;
    let message = "Request had invalid authentication credentials.";
    let stranger = bare(&url).bearer_auth("ya29.other");
    check_error(stranger, 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED", message).await;
}

#[tokio::test]
async fn a_caller_without_credentials_can_be_forbidden_too() {
    let simulator = google(Google { strangers: Strangers::Unregistered, ..Google::default() });
    let url = format!("{}/v1/text:synthesize", simulator.base_url());
    let message = "Method doesn't allow unregistered callers";
    check_error(client().post(&url).json(&hello()), 403, "PERMISSION_DENIED", "", message).await;
    json_of(post(&simulator, "/v1/text:synthesize", &hello()), 200).await;
}

#[tokio::test]
async fn the_state_of_the_project_is_told() {
    for (project, code, status, reason) in [
        (Project::ServiceDisabled, 403, "PERMISSION_DENIED", "SERVICE_DISABLED"),
        (Project::BillingDisabled, 403, "PERMISSION_DENIED", "BILLING_DISABLED"),
        (Project::KeyBlocked, 403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED"),
        (Project::KeysUnsupported, 401, "UNAUTHENTICATED", "CREDENTIALS_MISSING"),
    ] {
        let simulator = google(Google { project, ..Google::default() });
        check_error(post(&simulator, "/v1/text:synthesize", &hello()), code, status, reason, "").await;
    }
}

/// A request to the token endpoint with these claims over the good ones.
fn exchange(simulator: &Simulator, changes: &Value) -> RequestBuilder {
    let account = service_account(&simulator.base_url());
    let now = unix_seconds();
    let mut claims = json!({
        "iss": account["client_email"], "aud": account["token_uri"], "scope": SCOPE, "iat": now, "exp": now + 3_600,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    grant(simulator, "urn:ietf:params:oauth:grant-type:jwt-bearer", &signed(&claims))
}

fn grant(simulator: &Simulator, kind: &str, assertion: &str) -> RequestBuilder {
    let form = format!("grant_type={}&assertion={assertion}", kind.replace(':', "%3A"));
    client()
        .post(format!("{}/token", simulator.base_url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
}

#[tokio::test]
async fn a_signed_assertion_buys_a_token_that_opens_the_api() {
    let simulator = google(Google::default());
    let token = json_of(exchange(&simulator, &json!({})), 200).await;
    assert_eq!((token["expires_in"].as_u64(), token["token_type"].as_str()), (Some(3_599), Some("Bearer")));
    let url = format!("{}/v1/text:synthesize", simulator.base_url());
    let request = client().post(url).bearer_auth(token["access_token"].as_str().unwrap()).json(&hello());
    assert!(!audio(&json_of(request, 200).await).is_empty());
}

#[tokio::test]
async fn an_assertion_is_refused_for_each_thing_that_is_wrong_with_it() {
    let simulator = google(Google::default());
    let late = unix_seconds() - 4_000;
    for (changes, error, description) in [
        (json!({"iss": "x@y"}), "invalid_grant", "Invalid grant: account not found"),
        (
            json!({"iat": late, "exp": late + 3_600}),
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token",
        ),
        (
            json!({"exp": unix_seconds() + 4_000}),
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token",
        ),
        (json!({"aud": "https://elsewhere/"}), "invalid_grant", "Invalid JWT: Failed audience check."),
        (json!({"scope": null}), "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
    ] {
        let body = json_of(exchange(&simulator, &changes), 400).await;
        assert_eq!(body["error"], error, "{body}");
        assert!(body["error_description"].as_str().unwrap().starts_with(description), "{body}");
    }
    let bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let mut forged = signed(&json!({"iss": CLIENT_EMAIL, "iat": 0, "exp": 1}));
    forged.replace_range(forged.len() - 6.., "AAAAAA");
    let body = json_of(grant(&simulator, bearer, &forged), 400).await;
    assert_eq!(body["error_description"], "Invalid JWT Signature.");
    assert_eq!(json_of(grant(&simulator, "password", "x"), 400).await["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn a_jwt_signed_for_the_api_itself_needs_no_token() {
    let simulator = google(Google::default());
    let url = format!("{}/v1/voices", simulator.base_url());
    let now = unix_seconds();
    let bearer = |claims: Value| client().get(&url).bearer_auth(signed(&claims));
    let audience = |audience: &str| json!({"iss": CLIENT_EMAIL, "sub": CLIENT_EMAIL, "aud": audience, "iat": now, "exp": now + 3_600});
    json_of(bearer(audience("https://texttospeech.googleapis.com/")), 200).await;
    json_of(bearer(audience("https://texttospeech.googleapis.com")), 401).await;
    let expired = json!({"iss": CLIENT_EMAIL, "sub": CLIENT_EMAIL, "scope": SCOPE, "iat": now - 3_700, "exp": now - 100});
    check_error(bearer(expired), 401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "Request had invalid").await;
}

async fn page(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 404);
    response
}

#[tokio::test]
async fn a_wrong_path_or_method_is_a_page_and_no_json() {
    let simulator = google(Google::default());
    for path in ["/v2/text:synthesize", "/v1/text:speak", "/v1/voices"] {
        let response = page(post(&simulator, path, &hello())).await;
        assert_eq!(response.headers()["content-type"], "text/html; charset=UTF-8");
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    }
}

#[tokio::test]
async fn ordered_refusals_come_in_the_services_own_words() {
    let simulator = google(Google::default());
    let send = || post(&simulator, "/v1/text:synthesize", &hello());
    for (fault, code, status, reason) in [
        (Fault::Unauthorized, 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        (Fault::QuotaExhausted, 403, "PERMISSION_DENIED", "BILLING_DISABLED"),
        (Fault::RateLimited { retry_after: None }, 429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
        (Fault::Failing(StatusCode::INTERNAL_SERVER_ERROR), 500, "INTERNAL", ""),
        (Fault::Failing(StatusCode::SERVICE_UNAVAILABLE), 503, "UNAVAILABLE", ""),
        (Fault::Failing(StatusCode::GATEWAY_TIMEOUT), 504, "DEADLINE_EXCEEDED", ""),
        (Fault::Failing(StatusCode::from_u16(499).unwrap()), 499, "CANCELLED", ""),
    ] {
        simulator.faults().next(1, fault);
        check_error(send(), code, status, reason, "").await;
    }
}

#[tokio::test]
async fn a_rate_limit_names_the_wait_where_it_was_told_to() {
    for (hint, header, detail) in
        [(RetryHint::Both, true, true), (RetryHint::Header, true, false), (RetryHint::Detail, false, true)]
    {
        let simulator = google(Google { hint, ..Google::default() });
        simulator.faults().set(Fault::RateLimited { retry_after: Some(Duration::from_secs(37)) });
        let response = post(&simulator, "/v1/text:synthesize", &hello()).send().await.unwrap();
        assert_eq!(response.headers().get("retry-after").is_some_and(|value| value == "37"), header);
        let body: Value = response.json().await.unwrap();
        let delays =
            body["error"]["details"].as_array().unwrap().iter().filter(|it| it["retryDelay"] == "37s");
        assert_eq!(delays.count() == 1, detail, "{body}");
    }
}
