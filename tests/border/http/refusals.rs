//! What a bad request gets: a typed 4xx that names the field, never a 500 and never plain text.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Daemon;

async fn refusal(
    daemon: &Daemon,
    method: Method,
    path: &str,
    content_type: &str,
    body: &str,
) -> (u16, Value) {
    let client = crate::support::client();
    let request =
        client.request(method, daemon.url(path)).header("content-type", content_type).body(body.to_owned());
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {status}: not JSON: {text}"));
    (status, value)
}

async fn check(daemon: &Daemon, body: &Value, status: u16, param: &str, code: &str) {
    let (got, error) =
        refusal(daemon, Method::POST, "/v1/audio/speech", "application/json", &body.to_string()).await;
    assert_eq!(got, status, "{body}: {error}");
    let error = error["error"].as_object().expect("an error object");
    for key in ["message", "type", "param", "code"] {
        assert!(error.contains_key(key), "{body}: {error:?}");
    }
    assert_eq!(error["param"], param, "{body}: {error:?}");
    assert_eq!(error["code"], code, "{body}: {error:?}");
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let daemon = Daemon::start().await;
    let with = |key: &str, value: Value| {
        let mut body = json!({ "model": "tts-1", "voice": "alloy", "input": "Hello." });
        body[key] = value;
        body
    };
    check(&daemon, &with("voice", json!("nobody")), 400, "voice", "invalid_value").await;
    check(&daemon, &with("voice", json!("nowhere/kal")), 400, "voice", "invalid_value").await;
    check(&daemon, &with("voice", json!(7)), 400, "voice", "invalid_type").await;
    check(&daemon, &with("speed", json!(4.5)), 400, "speed", "invalid_value").await;
    check(&daemon, &with("speed", json!("fast")), 400, "speed", "invalid_type").await;
    check(&daemon, &with("input", json!("")), 400, "input", "invalid_value").await;
    check(&daemon, &with("input", json!("   \n ")), 400, "input", "invalid_value").await;
    check(&daemon, &with("response_format", json!("midi")), 400, "response_format", "invalid_value").await;
    check(&daemon, &with("stream_format", json!("morse")), 400, "stream_format", "invalid_value").await;
    check(&daemon, &with("model", json!("whisper-1")), 404, "model", "model_not_found").await;
    check(
        &daemon,
        &json!({ "model": "tts-1", "voice": "alloy" }),
        400,
        "input",
        "missing_required_parameter",
    )
    .await;
}

#[tokio::test]
async fn nothing_a_client_sends_is_answered_with_plain_text_or_a_500() {
    let daemon = Daemon::start().await;
    let json_type = "application/json";
    let cases = [
        (Method::POST, "/v1/audio/speech", json_type, "", 400),
        (Method::POST, "/v1/audio/speech", json_type, "{", 400),
        (Method::POST, "/v1/audio/speech", json_type, "[]", 400),
        (Method::POST, "/v1/audio/speech", json_type, "null", 400),
        (Method::POST, "/v1/audio/speech", "text/plain", "hello", 415),
        (Method::GET, "/v1/audio/speech", json_type, "", 405),
        (Method::DELETE, "/v1/models", json_type, "", 405),
        (Method::POST, "/api/v1/tts/synthesize", json_type, "{}", 400),
        (Method::POST, "/api/v1/tts/synthesize", json_type, "{\"text\": 5}", 400),
        (Method::POST, "/api/v1/tts/synthesize", "text/plain", "hello", 415),
        (Method::POST, "/api/v1/tts/batch-synthesize", json_type, "{}", 400),
        (Method::GET, "/api/v1/tts/voices/nobody", json_type, "", 404),
        (Method::GET, "/v1/nothing", json_type, "", 404),
        (Method::GET, "/nothing/at/all", json_type, "", 404),
        (Method::GET, "/v1/models/nothing", json_type, "", 404),
    ];
    for (method, path, content_type, body, expected) in cases {
        let (status, error) = refusal(&daemon, method.clone(), path, content_type, body).await;
        assert_eq!(status, expected, "{method} {path} {body}: {error}");
        assert!(error["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
        assert!(error["error"]["code"].is_string(), "{method} {path} {body}: {error}");
    }
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused_before_it_is_read() {
    let daemon = Daemon::start_with("[server]\nmax_body_bytes = 4096\n", |_| ()).await;
    let body = json!({ "model": "tts-1", "voice": "alloy", "input": "a ".repeat(8000) }).to_string();
    let (status, error) = refusal(&daemon, Method::POST, "/v1/audio/speech", "application/json", &body).await;
    assert_eq!(status, 413, "{error}");
}

#[tokio::test]
async fn a_text_past_the_configured_limit_is_refused_and_one_within_it_is_spoken() {
    let daemon = Daemon::start_with("[limits]\nmax_text_characters = 20\n", |_| ()).await;
    let body = |text: &str| json!({ "model": "tts-1", "voice": "alloy", "input": text });
    check(&daemon, &body("This is longer than twenty."), 400, "input", "string_above_max_length").await;
    daemon.ok("/v1/audio/speech", &body("This is short.")).await;
}

#[tokio::test]
async fn a_text_that_the_operator_does_not_have_spoken_is_refused_by_its_label_alone() {
    let config = "limits.max_text_bytes = 60\n[text.blocked]\ncard-number = '\\d{4}-\\d{4}'\n";
    let daemon = Daemon::start_with(config, |_| ()).await;
    let speak = |text: &str| json!({ "model": "tts-1", "voice": "alloy", "input": text }).to_string();
    let ask = async |text: &str| {
        refusal(&daemon, Method::POST, "/v1/audio/speech", "application/json", &speak(text)).await
    };
    let (status, error) = ask("My card is 1234-5678.").await;
    assert_eq!((status, &error["error"]["param"]), (400, &json!("input")), "{error}");
    let told = error.to_string();
    assert!(told.contains("card-number") && !told.contains("1234"), "{told}");
    // Forty-one characters, eighty-one bytes.
    let (status, error) = ask(&format!("{}!", "é".repeat(40))).await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("string_above_max_length")), "{error}");
}
