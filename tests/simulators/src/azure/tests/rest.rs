//! Azure over REST: what a real client sends, and every refusal.

use axum::http::StatusCode;
use reqwest::{RequestBuilder, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{SSML, azure};
use crate::testing::client;
use crate::{Fault, Simulator};

const MP3: &str = "audio-24khz-48kbitrate-mono-mp3";

fn request(simulator: &Simulator) -> RequestBuilder {
    client()
        .post(format!("{}/cognitiveservices/v1", simulator.base_url()))
        .header("Ocp-Apim-Subscription-Key", simulator.key())
        .header("Content-Type", "application/ssml+xml")
        .header("X-Microsoft-OutputFormat", MP3)
        .header("User-Agent", "understudy")
}

async fn check(request: RequestBuilder, status: u16) -> Response {
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), status);
    response
}

/// The status line of a POST, reason phrase and all.
async fn status_line(simulator: &Simulator, ssml: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(simulator.address()).await.unwrap();
    let request = format!(
        "POST /cognitiveservices/v1 HTTP/1.1\r\nHost: {}\r\nOcp-Apim-Subscription-Key: {}\r\nContent-Type: \
         application/ssml+xml\r\nX-Microsoft-OutputFormat: {MP3}\r\nUser-Agent: x\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{ssml}",
        simulator.address(),
        simulator.key(),
        ssml.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\n"), "the body is empty: {answer}");
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_document_is_one_file_in_the_format_asked_for() {
    let simulator = azure();
    let response = check(request(&simulator).body(SSML), 200).await;
    assert_eq!(response.headers()["content-type"], "audio/mpeg");
    let audio = response.bytes().await.unwrap();
    let inspection = understudy_audio::inspect(&audio, None).unwrap();
    assert_eq!((inspection.format.sample_rate, inspection.format.bit_rate), (24_000, Some(48_000)));
    assert!(inspection.duration.as_secs_f64() > 1.0);

    for (name, start) in [("riff-16khz-16bit-mono-pcm", "RIFF"), ("ogg-24khz-16bit-mono-opus", "OggS")] {
        let plain = client()
            .post(format!("{}/cognitiveservices/v1", simulator.base_url()))
            .header("Ocp-Apim-Subscription-Key", simulator.key())
            .header("Content-Type", "application/ssml+xml")
            .header("X-Microsoft-OutputFormat", name)
            .header("User-Agent", "understudy");
        let audio = check(plain.body(SSML), 200).await.bytes().await.unwrap();
        assert!(audio.starts_with(start.as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn a_bad_request_is_silent_but_for_the_reason_phrase() {
    let simulator = azure();
    let line = status_line(&simulator, "Hello").await;
    assert_eq!(line, "HTTP/1.1 400 Data at the root level is invalid. Line 1, position 1.");
    let line = status_line(&simulator, &SSML.replace("Jenny", "Nope")).await;
    assert_eq!(line, "HTTP/1.1 400 Unsupported voice en-US-NopeNeural.");
}

#[tokio::test]
async fn a_wrong_key_and_no_key_are_refused_by_the_gateway() {
    let simulator = azure();
    let url = format!("{}/cognitiveservices/v1", simulator.base_url());
    for key in [None, Some("wrong")] {
        let mut request = client().post(&url).body(SSML);
        if let Some(key) = key {
            request = request.header("Ocp-Apim-Subscription-Key", key);
        }
        let body: serde_json::Value = check(request, 401).await.json().await.unwrap();
        assert_eq!(body["error"]["code"], "401");
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with("Access denied due to invalid subscription")
        );
    }
}

#[tokio::test]
async fn a_token_bought_with_the_key_opens_the_same_doors() {
    let simulator = azure();
    let issue = format!("{}/sts/v1.0/issueToken", simulator.base_url());
    let client = client();
    check(client.post(&issue).header("Content-Length", "0"), 401).await;
    let buy = client
        .post(&issue)
        .header("Content-Length", "0")
        .header("Ocp-Apim-Subscription-Key", simulator.key());
    let token = check(buy, 200).await.text().await.unwrap();
    assert_eq!(token.split('.').count(), 3, "{token}");
    let list = format!("{}/cognitiveservices/voices/list", simulator.base_url());
    let voices: serde_json::Value =
        check(client.get(&list).bearer_auth(&token), 200).await.json().await.unwrap();
    assert_eq!(voices[0]["ShortName"], "en-US-JennyNeural");
    check(client.get(&list).bearer_auth("other"), 401).await;
    check(client.get(&list), 401).await;
}

#[tokio::test]
async fn each_missing_or_wrong_part_has_its_own_status() {
    let simulator = azure();
    let url = format!("{}/cognitiveservices/v1", simulator.base_url());
    let headers = [
        ("Ocp-Apim-Subscription-Key", simulator.key().to_owned()),
        ("Content-Type", "application/ssml+xml".to_owned()),
        ("X-Microsoft-OutputFormat", MP3.to_owned()),
        ("User-Agent", "understudy".to_owned()),
    ];
    let send = |change: &'static str, to: Option<String>| {
        let mut request = client().post(&url).body(SSML);
        for (name, value) in headers.clone() {
            let value = if name == change { to.clone() } else { Some(value) };
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    };
    check(send("Content-Type", Some("text/plain".to_owned())), 415).await;
    check(send("Content-Type", None), 415).await;
    check(send("X-Microsoft-OutputFormat", None), 400).await;
    check(send("X-Microsoft-OutputFormat", Some("mp3".to_owned())), 400).await;
    check(send("X-Microsoft-OutputFormat", Some("amr-wb-16000hz".to_owned())), 501).await;
    check(send("User-Agent", None), 400).await;
    check(send("User-Agent", Some("x".repeat(255))), 400).await;
    check(send("", None).body("x".repeat(64 * 1024 + 1)), 413).await;
}

#[tokio::test]
async fn an_unknown_path_or_method_is_the_gateways_404() {
    let simulator = azure();
    for request in [
        client().get(format!("{}/cognitiveservices/v2", simulator.base_url())),
        client().get(format!("{}/cognitiveservices/v1", simulator.base_url())),
    ] {
        let body: serde_json::Value = check(request, 404).await.json().await.unwrap();
        assert_eq!(body["error"]["message"], "Resource not found");
    }
}

#[tokio::test]
async fn ordered_refusals_come_in_the_services_own_words() {
    let simulator = azure();
    for (fault, status, message) in [
        (Fault::RateLimited { retry_after: None }, 429, "Requests to the Speech"),
        (Fault::QuotaExhausted, 403, "Out of call volume quota."),
        (Fault::Unauthorized, 401, "Access denied"),
    ] {
        simulator.faults().next(1, fault);
        let body: serde_json::Value =
            check(request(&simulator).body(SSML), status).await.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().starts_with(message), "{body}");
    }
    let wait = std::time::Duration::from_secs(7);
    simulator.faults().next(1, Fault::RateLimited { retry_after: Some(wait) });
    assert_eq!(check(request(&simulator).body(SSML), 429).await.headers()["retry-after"], "7");
    for status in
        [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE]
    {
        simulator.faults().next(1, Fault::Failing(status));
        let response = check(request(&simulator).body(SSML), status.as_u16()).await;
        assert!(response.bytes().await.unwrap().is_empty(), "the service says nothing but the status");
    }
    simulator.faults().next(1, Fault::EmptyAudio);
    assert!(check(request(&simulator).body(SSML), 200).await.bytes().await.unwrap().is_empty());
}
