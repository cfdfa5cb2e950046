//! What an operator asks of the cache.

use std::time::SystemTime;

use understudy_engine::cache::CacheSettings;
use understudy_engine::{Store, StoreSettings, WallClock};

use super::caching::{Kept, kept};
use super::*;

const CLEAR: &str = "/api/v1/admin/cache/clear";
const VERIFY: &str = "/api/v1/admin/cache/verify";

/// A call of a program on this machine.
async fn order(app: &Envelope, path: &str, body: &str) -> Answer {
    let mut request = request(Method::POST, path, body.to_owned());
    request.headers_mut().insert("host", http::HeaderValue::from_static("localhost"));
    send(app, request).await
}

async fn filled() -> Kept {
    let kept = kept();
    assert_eq!(speak(&kept.app, json!({})).await.status, StatusCode::OK);
    kept.understudy.settle().await;
    kept
}

fn takes(kept: &Kept) -> usize {
    kept.understudy.engine().store().unwrap().cache().stats().takes
}

#[tokio::test]
async fn a_filter_that_nobody_knows_throws_nothing_away() {
    let kept = filled().await;
    let all = takes(&kept);
    let check = async |query: &str, body: &str, code: &str, hint: &str| {
        let answer = order(&kept.app, &format!("{CLEAR}{query}"), body).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, error["code"].as_str()), (StatusCode::BAD_REQUEST, Some(code)), "{error}");
        assert_eq!((error["hint"].as_str(), takes(&kept)), (Some(hint), all));
    };
    check("?older-than=7d", "", "unknown_parameter", "did you mean `older_than`?").await;
    check("?providr=azure", "{}", "unknown_parameter", "did you mean `provider`?").await;
    check("?all=1", "{}", "unknown_parameter", "the parameters are provider, older_than").await;
    let example = "for example ?provider=azure&older_than=7d";
    check("", r#"{ "provider": "azure" }"#, "unexpected_body", example).await;
    assert_eq!(order(&kept.app, &format!("{CLEAR}?provider=azure"), " {\n} ").await.json()["takes"], 0);
    assert_eq!(order(&kept.app, CLEAR, "").await.json()["takes"], all);
}

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_refused_by_name_wherever_it_narrows() {
    let app = app(flite());
    for path in ["/api/v1/tts/voices", "/api/v1/tts/requests", "/api/v1/admin/cache"] {
        let mut request = request(Method::GET, &format!("{path}?provder=amy"), Body::empty());
        request.headers_mut().insert("host", http::HeaderValue::from_static("localhost"));
        let error = send(&app, request).await.json()["error"].take();
        assert_eq!(
            (&error["param"], &error["hint"]),
            (&json!("provder"), &json!("did you mean `provider`?")),
            "{path}: {error}"
        );
    }
}

#[tokio::test]
async fn a_check_ends_with_a_line_that_says_it_is_done() {
    let kept = filled().await;
    let answer = order(&kept.app, VERIFY, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let last: Value = serde_json::from_str(answer.text().lines().last().unwrap()).unwrap();
    assert_eq!((&last["done"], &last["damaged"]), (&json!(true), &json!(0)), "{last}");
}

#[tokio::test]
async fn a_check_where_there_is_no_cache_says_so_before_it_answers() {
    let kept = filled().await;
    let check = async |folder: &std::path::Path, settings: StoreSettings, code: &str| {
        let store = Store::open(folder, settings, &WallClock::new(SystemTime::now));
        let understudy = Understudy::with_cast_and_store(Config::default(), Cast::default(), store);
        let answer = order(&crate::http::service(&understudy), VERIFY, "").await;
        let error = &answer.json()["error"];
        assert_eq!(
            (answer.status, error["code"].as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, Some(code)),
            "{error}"
        );
    };
    check(kept.folder(), StoreSettings::default(), "store_locked").await;
    let cache = CacheSettings { enabled: false, ..CacheSettings::default() };
    let elsewhere = tempfile::tempdir().unwrap();
    check(elsewhere.path(), StoreSettings { cache, ..StoreSettings::default() }, "cache_off").await;
}
