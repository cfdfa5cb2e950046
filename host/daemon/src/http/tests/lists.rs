//! Models, voices, providers.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use understudy_engine::scripted::{Scripted, Step};
use understudy_speech::Gender;

use super::{app, app_with, flite, get};
use crate::Config;

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn models_are_ways_to_choose_who_speaks() {
    let app = app(flite());
    for path in ["/v1/models", "/models", "/v1/audio/models", "/audio/models"] {
        let list = get(&app, path).await.json();
        assert_eq!(list["object"], "list");
        assert_eq!(ids(&list["data"]), ["understudy", "tts-1", "tts-1-hd", "gpt-4o-mini-tts", "flite"]);
        assert_eq!(list["models"], list["data"]);
    }
    let one = get(&app, "/v1/models/flite").await.json();
    assert_eq!(
        one,
        json!({ "id": "flite", "object": "model", "created": 0, "owned_by": "understudy", "name": "flite" })
    );
    assert_eq!(get(&app, "/models/tts-1").await.status, StatusCode::OK);
    let none = get(&app, "/v1/models/gpt-5").await;
    assert_eq!(
        (none.status, &none.json()["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("model_not_found"))
    );
}

fn azure() -> Scripted {
    Scripted::new("azure", vec![Step::Hang])
        .with_voice("de-DE-Katja", "de-DE", Gender::Female)
        .with_voice("Jenny-Female", "en-US", Gender::Female)
        .with_voice("Guy, Jr", "en-US", Gender::Male)
}

#[tokio::test]
async fn one_list_of_voices_serves_every_client() {
    let app = app_with(Config::default(), &[&Arc::new(flite()), &Arc::new(azure())]);
    for path in ["/v1/audio/voices", "/audio/voices"] {
        let list = get(&app, path).await.json();
        let voices = ids(&list["voices"]);
        assert_eq!(
            voices,
            ["flite/amy", "flite/rob", "azure/de-DE-Katja", "azure/Jenny%2DFemale", "azure/Guy%2C Jr"]
        );
        // MoneyPrinterTurbo strips the one and splits at the other.
        assert!(!voices.iter().any(|id| id.contains("-Female") || id.contains("-Male") || id.contains(',')));
        assert!(list["voices"].as_array().unwrap().iter().all(|voice| voice["name"].is_string()));
    }
}

async fn check_filter(query: &str, expected: &[&str]) {
    let app = app_with(Config::default(), &[&Arc::new(flite()), &Arc::new(azure())]);
    let list = get(&app, &format!("/v1/audio/voices?{query}")).await.json();
    assert_eq!(ids(&list["voices"]), expected, "{query}");
}

#[tokio::test]
async fn voices_are_filtered_by_provider_language_and_gender() {
    check_filter("provider=flite", &["flite/amy", "flite/rob"]).await;
    check_filter("language=de", &["azure/de-DE-Katja"]).await;
    check_filter("language=en-GB", &["flite/rob"]).await;
    check_filter("gender=MALE&language=en_us", &["azure/Guy%2C Jr"]).await;
    check_filter("provider=flite&language=fr", &[]).await;
    check_filter("provider=flite&language=&gender=", &["flite/amy", "flite/rob"]).await;
}

#[tokio::test]
async fn a_filter_that_names_nothing_known_is_refused() {
    let app = app(flite());
    for (query, param) in
        [("provider=flight", "provider"), ("gender=tenor", "gender"), ("language=!", "language")]
    {
        let answer = get(&app, &format!("/v1/audio/voices?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["error"]["param"], param);
    }
}

#[tokio::test]
async fn the_seeds_lists_have_the_seeds_shapes() {
    let app = app(flite());
    assert_eq!(get(&app, "/api/v1/tts/providers").await.json(), json!(["flite"]));
    let list = get(&app, "/api/v1/tts/voices/flite").await.json();
    assert_eq!(list["provider"], "flite");
    let expected = json!({
        "id": "flite/rob", "voice_id": "rob", "name": "rob", "display_name": "rob (en-GB)",
        "language_code": "en-GB", "gender": "male", "age_group": null, "style": null,
        "sample_rate": 24000, "is_neural": false, "is_premium": false,
        "metadata": { "description": null, "languages": ["en-GB"], "styles": [], "emotions": [], "labels": {} },
    });
    assert_eq!(list["voices"][1], expected);
    let none = get(&app, "/api/v1/tts/voices/flight").await;
    assert_eq!(
        (none.status, &none.json()["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("unknown_provider"))
    );
}
