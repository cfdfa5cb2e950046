//! Every refusal of the sheet, and every mishap.

use axum::http::StatusCode;

use super::*;

async fn check(simulator: &Simulator, body: Value, status: u16, code: &str) {
    let answer = post(simulator, "/synthesize", &body).await;
    assert_eq!(answer.at("/error/code"), (status, json!(code)), "{body} {}", answer.text());
}

#[tokio::test]
async fn each_wrong_field_has_its_code() {
    let simulator = start(CharacterBox::default());
    let simulator = &simulator;
    for (field, value) in [
        ("emotion", Value::Null),
        ("emotion_intensity", json!(1.5)),
        ("voice_settings", json!({ "speed": 5 })),
        ("voice_settings", json!({ "pitch": -21 })),
        ("voice_settings", json!({ "volume": 3 })),
        ("voice_settings", json!({ "stability": "high" })),
        ("sample_rate", json!(11_025)),
        ("timestamps", json!("letter")),
        ("delivery", json!("fax")),
        ("seed", json!(-1)),
        ("character_id", json!("x".repeat(101))),
        ("mood", json!("happy")),
    ] {
        check(simulator, with(field, value), 400, "invalid_field").await;
    }
    check(simulator, json!({ "text": "Hi" }), 400, "missing_field").await;
    check(simulator, with("text", json!(" \n ")), 400, "empty_text").await;
    check(simulator, with("emotion", json!("purring")), 400, "unsupported_emotion").await;
    check(simulator, with("language_code", json!("tlh")), 400, "unsupported_language").await;
    check(simulator, with("output_format", json!("flac")), 400, "unsupported_format").await;
    check(simulator, with("character_id", json!("nobody")), 404, "character_not_found").await;
    check(simulator, with("character_id", json!("char_gone")), 409, "character_inactive").await;
    check(simulator, with("character_id", json!("char_ghost")), 403, "character_not_allowed").await;
    check(simulator, with("text", json!("simulated blocked words")), 403, "content_blocked").await;
    check(simulator, with("text", json!("é".repeat(5_001))), 413, "text_too_long").await;
    let long = post(simulator, "/synthesize", &with("text", json!("é".repeat(5_001)))).await.json();
    assert_eq!((&long["error"]["limit"], &long["error"]["actual"]), (&json!(5_000), &json!(5_001)));
    let request = builder(simulator, "POST", "/synthesize").bearer_auth(simulator.key());
    let broken = send(request.header("content-type", "application/json").body("{")).await;
    assert_eq!(broken.at("/error/code"), (400, json!("invalid_json")));
    let request = builder(simulator, "POST", "/synthesize").bearer_auth(simulator.key());
    assert_eq!(send(request.body("{}")).await.at("/error/code"), (400, json!("invalid_json")));
}

#[tokio::test]
async fn each_refusal_of_the_account_has_its_code() {
    let simulator = start(CharacterBox::default().without_premium().credits(30));
    check(&simulator, with("character_id", json!("char_lumi")), 403, "premium_required").await;
    let keyless = send(builder(&simulator, "POST", "/synthesize").json(&request())).await;
    assert_eq!(keyless.at("/error/code"), (401, json!("missing_api_key")));
    let wrong = send(builder(&simulator, "POST", "/synthesize").bearer_auth("x").json(&request())).await;
    assert_eq!(wrong.at("/error/code"), (401, json!("invalid_api_key")));
    assert_eq!(post(&simulator, "/synthesize", &request()).await.status, 200);
    check(&simulator, request(), 402, "insufficient_credits").await;
    assert_eq!(get(&simulator, "/nowhere").await.at("/error/type"), (404, json!("not_found")));
    assert_eq!(get(&simulator, "/synthesize").await.at("/error/type"), (405, json!("not_supported")));
    assert_eq!(
        get(&simulator, "/characters/nobody").await.at("/error/code"),
        (404, json!("character_not_found"))
    );
    assert_eq!(get(&simulator, "/characters?limit=101").await.at("/error/param"), (400, json!("limit")));
    assert_eq!(get(&simulator, "/characters?cursor=x").await.at("/error/param"), (400, json!("cursor")));
}

#[tokio::test]
async fn each_ordered_refusal_has_its_code() {
    let simulator = start(CharacterBox::default());
    let wait = Some(std::time::Duration::from_secs(5));
    for (fault, status, code, retry_after) in [
        (Fault::Unauthorized, 401, "invalid_api_key", ""),
        (Fault::QuotaExhausted, 402, "insufficient_credits", ""),
        (Fault::RateLimited { retry_after: None }, 429, "requests", ""),
        (Fault::RateLimited { retry_after: wait }, 429, "requests", "5"),
        (Fault::Failing(StatusCode::INTERNAL_SERVER_ERROR), 500, "internal", ""),
        (Fault::Failing(StatusCode::SERVICE_UNAVAILABLE), 503, "overloaded", ""),
        (Fault::Failing(StatusCode::GATEWAY_TIMEOUT), 504, "timeout", ""),
    ] {
        simulator.faults().next(1, fault);
        let answer = post(&simulator, "/synthesize", &request()).await;
        assert_eq!(answer.at("/error/code"), (status, json!(code)));
        assert_eq!(answer.header("retry-after"), retry_after);
    }
}

#[tokio::test]
async fn each_mishap_of_the_audio_is_what_it_says() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    let mishaps = service.mishaps();
    let ask = async || post(&simulator, "/synthesize", &request()).await;
    let good = ask().await.json();
    let whole = download(&simulator, &good["audio_url"]).await.body.len();

    mishaps.next(1, Mishap::WrongHash);
    assert_ne!(ask().await.json()["sha256"], good["sha256"]);
    mishaps.next(1, Mishap::WrongSize);
    assert_eq!(ask().await.json()["size_bytes"], json!(whole + 1));
    mishaps.next(1, Mishap::TruncatedAudio);
    assert_eq!(download(&simulator, &good["audio_url"]).await.body.len(), whole / 2);
    mishaps.next(1, Mishap::OversizedAudio);
    assert!(download(&simulator, &good["audio_url"]).await.body.len() > 50 << 20);
    mishaps.next(2, Mishap::Redirects(2));
    assert_eq!(download(&simulator, &good["audio_url"]).await.body.len(), whole);
    mishaps.next(1, Mishap::MissingDuration);
    assert_eq!(ask().await.json().get("duration"), None);
    mishaps.next(1, Mishap::MissingAudioUrl);
    assert_eq!(ask().await.json().get("audio_url"), None);
    mishaps.next(1, Mishap::BadJson);
    assert!(serde_json::from_slice::<Value>(&ask().await.body).is_err());
    mishaps.set(Mishap::PagingLoop);
    let page = get(&simulator, "/characters?cursor=after-0").await;
    assert_eq!((page.at("/has_more").1, page.at("/next_cursor").1), (json!(true), json!("after-0")));
    mishaps.clear();
    assert_eq!(get(&simulator, "/characters").await.at("/has_more").1, json!(false));

    simulator.faults().next(1, Fault::EmptyAudio);
    let empty = ask().await.json();
    assert_eq!(download(&simulator, &empty["audio_url"]).await.body.len(), 0);
    let forged = good["audio_url"].as_str().unwrap().replace("sig=", "sig=0");
    assert_eq!(download(&simulator, &json!(forged)).await.status, 403);
    assert_eq!(send(builder(&simulator, "GET", "/a/999.mp3?sig=x&exp=9")).await.status, 404);
}

#[tokio::test]
async fn a_redirect_into_a_network_is_not_followed_here_either() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    let good = post(&simulator, "/synthesize", &request()).await.json();
    service.mishaps().next(1, Mishap::PrivateRedirect);
    let _ = crate::testing::client();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(good["audio_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["location"].to_str().unwrap().starts_with("http://169.254.169.254/"));
}

#[tokio::test]
async fn a_service_that_dies_stays_dead() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    service.mishaps().set(Mishap::DiesAfter(2));
    for status in [200, 200, 500, 500] {
        assert_eq!(post(&simulator, "/synthesize", &request()).await.status, status);
    }
}
