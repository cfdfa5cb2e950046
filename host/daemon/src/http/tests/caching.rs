//! What was bought once is not bought again, and the answers say so.

use std::path::Path;
use std::time::SystemTime;

use tempfile::TempDir;
use understudy_engine::scripted::Step;
use understudy_engine::{Store, StoreSettings, WallClock};
use understudy_speech::ProviderError;

use super::*;

/// A server with a store in a folder of its own.
pub(super) struct Kept {
    pub(super) app: Envelope,
    pub(super) understudy: Arc<Understudy>,
    pub(super) provider: Arc<Scripted>,
    folder: TempDir,
}

fn serving(folder: &Path, provider: &Arc<Scripted>) -> (Envelope, Arc<Understudy>) {
    serving_under(Config::default(), folder, provider)
}

fn serving_under(config: Config, folder: &Path, provider: &Arc<Scripted>) -> (Envelope, Arc<Understudy>) {
    let store = Store::open(folder, StoreSettings::default(), &WallClock::new(SystemTime::now));
    let member = Member::new("flite", Arc::clone(provider) as Arc<dyn Provider>);
    let cast = Cast::new(vec![member]);
    let understudy = Understudy::with_cast_and_store(config, cast, store);
    (super::super::service(&understudy), understudy)
}

pub(super) fn kept() -> Kept {
    kept_under(Config::default())
}

pub(super) fn kept_under(config: Config) -> Kept {
    let (folder, provider) = (tempfile::tempdir().unwrap(), Arc::new(flite()));
    let (app, understudy) = serving_under(config, folder.path(), &provider);
    Kept { app, understudy, provider, folder }
}

impl Kept {
    /// Speaks, and waits until what was bought is kept; where it came from.
    async fn source(&self, change: Value) -> String {
        let answer = speak(&self.app, change).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        self.understudy.settle().await;
        answer.header("x-understudy-cache").to_owned()
    }

    fn calls(&self) -> usize {
        self.provider.requests().len()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

#[tokio::test]
async fn the_second_of_two_equal_requests_asks_nobody() {
    let kept = kept();
    let first = speak(&kept.app, json!({})).await;
    kept.understudy.settle().await;
    let second = speak(&kept.app, json!({})).await;
    assert_eq!([first.header("x-understudy-cache"), second.header("x-understudy-cache")], ["miss", "hit"]);
    assert_eq!([first.header("age"), second.header("age")], ["", "0"]);
    assert_eq!((first.bytes(), kept.calls()), (second.bytes(), 1));
    assert_eq!(second.header("x-understudy-attempts"), "");
}

#[tokio::test]
async fn a_take_is_another_one_when_anything_about_it_is() {
    let kept = kept();
    for change in [json!({}), json!({ "speed": 1.5 }), json!({ "voice": "rob" }), json!({ "input": "Go." })] {
        assert_eq!(kept.source(change.clone()).await, "miss", "{change}");
        assert_eq!(kept.source(change.clone()).await, "hit", "{change}");
    }
    // An encoding is derived from the take that is there.
    assert_eq!(kept.source(json!({ "response_format": "wav" })).await, "hit");
    assert_eq!(kept.calls(), 4);
}

#[tokio::test]
async fn a_voice_of_openais_names_the_same_take_after_a_restart_in_trouble() {
    let Kept { app, understudy, provider, folder } = kept();
    let bought = speak(&app, json!({ "voice": "echo" })).await;
    assert_eq!(
        (bought.header("x-understudy-cache"), bought.header("x-understudy-voice")),
        ("miss", "flite/rob")
    );
    understudy.settle().await;
    drop((app, understudy, provider));
    let mut dead = flite();
    (dead.listing, dead.steps) = (vec![Step::Hang], vec![Step::Hang]);
    let (app, _understudy) = serving(folder.path(), &Arc::new(dead));
    let found = speak(&app, json!({ "voice": "echo" })).await;
    assert_eq!((found.header("x-understudy-cache"), found.header("x-understudy-dropped")), ("hit", ""));
}

#[tokio::test]
async fn voices_of_a_provider_in_trouble_are_listed_as_it_last_told_them() {
    let Kept { app, understudy, provider, folder } = kept();
    let told = get(&app, "/v1/audio/voices").await.json();
    understudy.settle().await;
    drop((app, understudy, provider));
    let mut dead = flite();
    dead.listing = vec![Step::Fail(ProviderError::Unavailable("503".to_owned()).into())];
    let (app, _understudy) = serving(folder.path(), &Arc::new(dead));
    for query in ["", "?provider=flite", "?provider=&language="] {
        let known = get(&app, &format!("/v1/audio/voices{query}")).await.json();
        assert_eq!(
            (&known["voices"], &known["unavailable"]),
            (&told["voices"], &json!(["flite"])),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_request_can_want_nothing_of_the_cache() {
    let kept = kept();
    let head = |name: &'static str, body: Value| {
        let body = merged(json!({ "model": "tts-1", "input": "The show must go on." }), body).to_string();
        let mut request = request(Method::POST, "/v1/audio/speech", body);
        request.headers_mut().insert("cache-control", http::HeaderValue::from_static(name));
        request
    };
    let check = async |request, expected: &str, calls: usize| {
        let answer = send(&kept.app, request).await;
        kept.understudy.settle().await;
        assert_eq!((answer.header("x-understudy-cache"), kept.calls()), (expected, calls));
    };
    check(head("no-store", json!({})), "bypass", 1).await;
    check(head("max-age=0", json!({})), "miss", 2).await;
    check(head("no-cache", json!({})), "bypass", 3).await;
    check(head("no-cache", json!({ "cache": "use" })), "hit", 3).await;
    check(head("max-age=0", json!({ "cache": "off" })), "bypass", 4).await;
    check(head("max-age=0", json!({ "cache": "refresh" })), "bypass", 5).await;
    let wrong = speak(&kept.app, json!({ "cache": "maybe" })).await;
    assert_eq!(
        (wrong.status, wrong.json()["error"]["param"].as_str()),
        (StatusCode::BAD_REQUEST, Some("cache"))
    );
}

#[tokio::test]
async fn the_whole_story_of_a_hit_is_told_in_json() {
    let kept = kept();
    let wish = json!({ "words": true, "subtitles": "srt" });
    let bought = synthesize(&kept.app, wish.clone()).await.json();
    kept.understudy.settle().await;
    let found = synthesize(&kept.app, wish.clone()).await.json();
    for field in ["audio_content", "words", "subtitles", "duration", "word_times"] {
        assert_eq!(bought[field], found[field], "{field}");
    }
    let (bought, found) = (&bought["provenance"], &found["provenance"]);
    assert_eq!((&bought["cache"], &found["cache"]), (&json!("miss"), &json!("hit")));
    assert_eq!((&bought["take"], &found["characters_billed"]), (&found["take"], &json!(0)));
    let wish = merged(json!({ "text": "The show must go on." }), wish);
    let plan = post(&kept.app, "/api/v1/tts/explain", &wish).await;
    assert_eq!(plan.json()["candidates"][0]["cached"], true);
}

#[tokio::test]
async fn status_and_metrics_tell_what_the_cache_saved() {
    let kept = kept();
    for _ in 0..3 {
        kept.source(json!({})).await;
    }
    let status = get(&kept.app, "/api/v1/status").await.json();
    assert_eq!(status["store"]["state"], "serving");
    let flite = &status["cache"]["providers"]["flite"];
    assert_eq!((&flite["hits"], &flite["misses"]), (&json!(2), &json!(1)));
    assert_eq!(status["history"]["records"], 3);
    let metrics = get(&kept.app, "/metrics").await.text();
    for line in [
        "understudy_cache_hits_total{provider=\"flite\"} 2",
        "understudy_cache_misses_total{provider=\"flite\"} 1",
        "understudy_store_state{state=\"serving\"} 1",
        "understudy_history_records 3",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn what_is_refused_before_anybody_is_asked_is_in_the_history_too() {
    let kept = kept();
    let wrong = [
        speak(&kept.app, json!({ "model": "nobody" })).await,
        speak(&kept.app, json!({ "input": 5 })).await,
        speak(&kept.app, json!({ "input": " " })).await,
        send(&kept.app, request(Method::POST, "/api/v1/tts/synthesize", "{".to_owned())).await,
        send(&kept.app, request(Method::POST, "/nowhere", "{}".to_owned())).await,
        post(&kept.app, "/api/v1/characters/conversation", &json!({ "script": "Hi." })).await,
    ];
    assert!(wrong.iter().all(|answer| answer.status.is_client_error()));
    let batch = json!([{ "text": "Hi.", "output_format": "midi" }, { "text": " " }]);
    let batch = post(&kept.app, "/api/v1/tts/batch-synthesize", &batch).await.json();
    assert_eq!([&batch[0]["status"], &batch[1]["status"]], [400, 400]);
    kept.understudy.settle().await;
    let page = get(&kept.app, "/api/v1/tts/requests").await.json();
    let mut codes: Vec<&str> =
        page["requests"].as_array().unwrap().iter().map(|record| record["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    let expected = [
        "invalid_json",
        "invalid_script",
        "invalid_type",
        "invalid_value",
        "invalid_value",
        "invalid_value",
        "model_not_found",
    ];
    assert_eq!(codes, expected, "{page}");
    for failed in page["requests"].as_array().unwrap() {
        assert_eq!((&failed["status"], failed["message"].is_string()), (&json!("failed"), true));
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_used_costs_nobody_an_answer_and_is_told() {
    let kept = kept();
    let provider = Arc::new(flite());
    let (locked_out, _understudy) = serving(kept.folder.path(), &provider);
    for _ in 0..2 {
        let answer = speak(&locked_out, json!({})).await;
        assert_eq!((answer.status, answer.header("x-understudy-cache")), (StatusCode::OK, "miss"));
    }
    assert_eq!(provider.requests().len(), 2);
    let ready = get(&locked_out, "/readyz").await;
    assert_eq!((ready.status, &ready.json()["store"]["code"]), (StatusCode::OK, &json!("store_locked")));
    let metrics = get(&locked_out, "/metrics").await.text();
    assert!(metrics.contains("understudy_store_trouble{code=\"store_locked\"} 1"), "{metrics}");
    assert_eq!(get(&kept.app, "/readyz").await.json()["store"]["state"], "serving");
}
