//! The description and the page that shows it.

use std::collections::BTreeSet;

use http::StatusCode;

use super::{app, flite, get};

#[tokio::test]
async fn the_description_covers_every_documented_call() {
    let answer = get(&app(flite()), "/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let description = answer.json();
    let mut paths: Vec<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "/api/v1/admin/cache",
            "/api/v1/admin/cache/clear",
            "/api/v1/admin/cache/verify",
            "/api/v1/admin/reload",
            "/api/v1/characters/",
            "/api/v1/characters/conversation",
            "/api/v1/characters/speak",
            "/api/v1/plugins",
            "/api/v1/status",
            "/api/v1/tts/batch-synthesize",
            "/api/v1/tts/explain",
            "/api/v1/tts/providers",
            "/api/v1/tts/requests",
            "/api/v1/tts/requests/{id}",
            "/api/v1/tts/synthesize",
            "/api/v1/tts/takes/{digest}",
            "/api/v1/tts/voices",
            "/api/v1/tts/voices/{provider}",
            "/healthz",
            "/metrics",
            "/readyz",
            "/v1/audio/speech",
            "/v1/audio/voices",
            "/v1/models",
            "/v1/models/{id}",
        ]
    );
    let mut names = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(operation["summary"].is_string(), "{path} has no summary");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{path} shares its name");
        }
    }
}

#[tokio::test]
async fn every_reference_in_the_description_leads_somewhere() {
    let text = get(&app(flite()), "/openapi.json").await.text();
    let description: serde_json::Value = serde_json::from_str(&text).unwrap();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let app = app(flite());
    let front = get(&app, "/").await;
    assert_eq!((front.status, front.header("location")), (StatusCode::TEMPORARY_REDIRECT, "/docs"));
    let page = get(&app, "/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let text = page.text();
    for outside in ["src=\"http", "href=\"http", "url(http", "import \"http", "//cdn"] {
        assert!(!text.contains(outside), "{outside}");
    }
}
