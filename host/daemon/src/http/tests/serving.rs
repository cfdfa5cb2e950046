//! Audio that is there already: conditions, ranges, keys, and looking back.

use understudy_engine::scripted::Step;
use understudy_speech::ProviderError;

use super::caching::{Kept, kept};
use super::*;

const INPUT: &str = "The show must go on.";

/// Speaks in the provider's own encoding, and waits until the take is kept.
async fn spoken(kept: &Kept) -> Answer {
    let answer = speak(&kept.app, json!({ "response_format": "pcm" })).await;
    kept.understudy.settle().await;
    answer
}

fn asking(method: Method, path: &str, headers: &[(&'static str, &str)]) -> Request<Body> {
    let body = if method == Method::POST {
        json!({ "model": "tts-1", "input": INPUT, "response_format": "pcm" }).to_string()
    } else {
        String::new()
    };
    let mut request = request(method, path, body);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_take_that_is_kept_has_an_address_that_players_understand() {
    let kept = kept();
    let spoken = spoken(&kept).await;
    let (place, tag) = (spoken.header("content-location"), spoken.header("etag"));
    let whole = get(&kept.app, place).await;
    assert_eq!((whole.status, whole.bytes()), (StatusCode::OK, spoken.bytes()));
    let told = ["etag", "accept-ranges", "content-length", "cache-control"].map(|name| whole.header(name));
    assert_eq!(told, [tag, "bytes", "48000", "private, max-age=31536000, immutable"]);
    let head = send(&kept.app, asking(Method::HEAD, place, &[])).await;
    assert_eq!((head.status, head.bytes().len()), (StatusCode::OK, 0));
    assert_eq!((head.header("content-length"), head.header("etag")), ("48000", tag));
    assert_eq!(kept.provider.requests().len(), 1);
}

#[tokio::test]
async fn a_part_is_a_part_of_the_same_audio() {
    let kept = kept();
    let spoken = spoken(&kept).await;
    let place = spoken.header("content-location");
    let check = async |range: &str, status: u16, content_range: &str, expected: &[u8]| {
        let answer = send(&kept.app, asking(Method::GET, place, &[("range", range)])).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-range")),
            (status, content_range),
            "{range}"
        );
        if status != 416 {
            assert_eq!(answer.bytes().as_ref(), expected, "{range}");
        }
        answer
    };
    let whole = spoken.bytes();
    check("bytes=10-19", 206, "bytes 10-19/48000", &whole[10..20]).await;
    check("bytes=47990-", 206, "bytes 47990-47999/48000", &whole[47_990..]).await;
    check("bytes=-5", 206, "bytes 47995-47999/48000", &whole[47_995..]).await;
    check("bytes=1-2,5-6", 200, "", whole).await;
    let beyond = check("bytes=48000-", 416, "bytes */48000", &[]).await;
    assert_eq!(beyond.json()["error"]["code"], "range_not_satisfiable");
    let other = asking(Method::GET, place, &[("range", "bytes=1-2"), ("if-range", "\"other\"")]);
    assert_eq!(send(&kept.app, other).await.status, StatusCode::OK);
    for range in ["bytes=10-19", "bytes=48000-"] {
        let head = send(&kept.app, asking(Method::HEAD, place, &[("range", range)])).await;
        let told = ["content-length", "content-range", "accept-ranges"].map(|name| head.header(name));
        assert_eq!((head.status, told), (StatusCode::OK, ["48000", "", "bytes"]), "{range}");
    }
}

#[tokio::test]
async fn who_has_it_is_not_sent_it_again() {
    let kept = kept();
    let spoken = spoken(&kept).await;
    let (place, tag) = (spoken.header("content-location"), spoken.header("etag"));
    for (method, path) in [(Method::GET, place), (Method::HEAD, place), (Method::POST, "/v1/audio/speech")] {
        let known = format!("\"other\", W/{tag}");
        let answer = send(&kept.app, asking(method.clone(), path, &[("if-none-match", &known)])).await;
        assert_eq!((answer.status, answer.header("etag")), (StatusCode::NOT_MODIFIED, tag), "{method}");
        assert!(answer.bytes().is_empty(), "{method}");
        assert_eq!(answer.header("content-length"), "", "{method}: it is not 0 bytes long");
        let other = asking(method.clone(), path, &[("if-none-match", "\"other\"")]);
        assert_eq!(send(&kept.app, other).await.status, StatusCode::OK, "{method}");
    }
    assert_eq!(kept.provider.requests().len(), 1);
}

#[tokio::test]
async fn who_means_other_audio_is_not_sent_this_one() {
    let kept = kept();
    let spoken = spoken(&kept).await;
    let (place, tag) = (spoken.header("content-location"), spoken.header("etag"));
    let check = async |conditions: &[(&'static str, &str)], status: u16| {
        for method in [Method::GET, Method::HEAD] {
            let answer = send(&kept.app, asking(method.clone(), place, conditions)).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {conditions:?}");
        }
    };
    check(&[("if-match", tag)], 200).await;
    check(&[("if-match", "*")], 200).await;
    check(&[("if-match", &format!("\"other\", {tag}"))], 200).await;
    check(&[("if-match", "\"other\"")], 412).await;
    check(&[("if-match", &format!("W/{tag}"))], 412).await;
    check(&[("if-match", "\"other\""), ("if-none-match", tag)], 412).await;
    check(&[("if-match", tag), ("if-none-match", tag)], 304).await;
    let refused = send(&kept.app, asking(Method::GET, place, &[("if-match", "\"other\"")])).await;
    assert_eq!(refused.json()["error"]["code"], "precondition_failed");
}

#[tokio::test]
async fn what_is_not_kept_has_no_address() {
    let kept = kept();
    spoken(&kept).await;
    for path in ["0".repeat(64), "nonsense".to_owned()] {
        let answer = get(&kept.app, &format!("/api/v1/tts/takes/{path}")).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (StatusCode::NOT_FOUND, &json!("take_not_found"))
        );
    }
    let bypassing = speak(&kept.app, json!({ "response_format": "pcm", "cache": "off" })).await;
    assert_eq!((bypassing.header("etag"), bypassing.header("content-location")), ("", ""));
    // A form of a take that nobody asked for often is made anew each time.
    let derived = speak(&kept.app, json!({ "response_format": "wav" })).await;
    assert_ne!(derived.header("etag"), "");
    assert_eq!(derived.header("content-location"), "");
    let told = synthesize(&kept.app, json!({ "output_format": "pcm" })).await;
    assert_eq!(told.header("content-location"), "", "the JSON is not there");
    let json = told.json();
    let again = get(&kept.app, json["audio_url"].as_str().unwrap()).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn one_key_is_one_request_and_one_answer() {
    let kept = kept();
    let path = "/v1/audio/speech";
    let once = || asking(Method::POST, path, &[("idempotency-key", "k-1"), ("cache-control", "no-store")]);
    let (first, second) = tokio::join!(send(&kept.app, once()), send(&kept.app, once()));
    let third = send(&kept.app, once()).await;
    assert_eq!((first.bytes(), first.bytes()), (second.bytes(), third.bytes()));
    let replayed = [&first, &second, &third].map(|answer| answer.header("idempotent-replayed"));
    assert_eq!(replayed, ["", "true", "true"]);
    assert_eq!(third.header("x-understudy-provider"), "flite");
    assert_eq!(kept.provider.requests().len(), 1);
    let other = asking(Method::POST, path, &[("idempotency-key", "k-1")]);
    let refused = send(&kept.app, other).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["error"]["code"], "idempotency_key_reused");
    let long = "k".repeat(256);
    let bad = send(&kept.app, asking(Method::POST, path, &[("idempotency-key", &long)])).await;
    assert_eq!(
        (bad.status, &bad.json()["error"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("idempotency_key_invalid"))
    );
}

#[tokio::test]
async fn an_error_is_never_remembered_under_a_key() {
    let kept = kept();
    let refusal = || vec![Step::Fail(ProviderError::ContentBlocked("violence".to_owned()).into())];
    kept.provider.queue(refusal());
    let once = || asking(Method::POST, "/v1/audio/speech", &[("idempotency-key", "k-1")]);
    let (first, second) = tokio::join!(send(&kept.app, once()), send(&kept.app, once()));
    for failed in [first, second] {
        assert_eq!(
            (failed.status, &failed.json()["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("content_blocked"))
        );
    }
    assert_eq!(kept.provider.requests().len(), 1);
    let again = send(&kept.app, once()).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (StatusCode::OK, ""));
    kept.understudy.settle().await;
    // Nor is it in the cache.
    assert_eq!(spoken(&kept).await.header("x-understudy-cache"), "hit");
}

#[tokio::test]
async fn a_batch_of_which_a_part_failed_is_not_remembered_under_its_key() {
    let kept = kept();
    let once = || {
        let body = json!([{ "text": "One." }, { "text": "Two." }]).to_string();
        let mut request = request(Method::POST, "/api/v1/tts/batch-synthesize", body);
        for (name, value) in [("idempotency-key", "k-1"), ("cache-control", "no-store")] {
            request.headers_mut().insert(name, http::HeaderValue::from_static(value));
        }
        send(&kept.app, request)
    };
    kept.provider.queue(vec![Step::Fail(ProviderError::ContentBlocked("violence".to_owned()).into())]);
    let failures = |answer: &Answer| {
        let items = answer.json();
        items.as_array().unwrap().iter().filter(|item| item["error"].is_object()).count()
    };
    let answers = [once().await, once().await, once().await];
    assert_eq!(answers.each_ref().map(failures), [1, 0, 0]);
    assert_eq!(answers.each_ref().map(|answer| answer.header("idempotent-replayed")), ["", "", "true"]);
    assert_eq!(kept.provider.requests().len(), 4);
}

#[tokio::test]
async fn a_stream_under_a_key_is_sent_while_it_is_made() {
    let kept = kept();
    let streamed = |key: &'static str| {
        let body =
            json!({ "model": "tts-1", "input": INPUT, "stream": true, "response_format": "pcm" }).to_string();
        let mut request = request(Method::POST, "/v1/audio/speech", body);
        request.headers_mut().insert("idempotency-key", http::HeaderValue::from_static(key));
        request
    };
    let (first, second) = (send(&kept.app, streamed("k")).await, send(&kept.app, streamed("k")).await);
    assert_eq!(first.bytes(), second.bytes());
    assert_eq!(kept.provider.requests().len(), 1);
}

#[tokio::test]
async fn requests_are_looked_back_at_by_what_became_of_them() {
    let kept = kept();
    for task in ["one", "one", "two"] {
        synthesize(&kept.app, json!({ "task_id": task, "output_format": "pcm" })).await;
        kept.understudy.settle().await;
    }
    kept.provider.queue(vec![Step::Fail(ProviderError::ContentBlocked("violence".to_owned()).into())]);
    synthesize(&kept.app, json!({ "text": "Violence." })).await;
    kept.understudy.settle().await;
    let count = async |query: &str| {
        let page = get(&kept.app, &format!("/api/v1/tts/requests?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        page.json()["requests"].as_array().unwrap().len()
    };
    for (query, expected) in [
        ("", 4),
        ("status=cached", 2),
        ("status=failed", 1),
        ("task_id=one", 2),
        ("provider=flite&status=completed", 1),
        ("provider=azure", 0),
        ("route=narration", 0),
        ("from=2020-01-01", 4),
        ("until=2020-01-01", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    let first = get(&kept.app, "/api/v1/tts/requests?limit=3").await.json();
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(count(&format!("limit=3&cursor={cursor}")).await, 1);
    let newest = &first["requests"][0];
    assert_eq!((&newest["code"], &newest["text"]), (&json!("content_blocked"), &json!(null)));
    assert_eq!(newest["take"].as_str().map(str::len), Some(64), "what was wished for has a name");
    assert_eq!((&newest["audio_url"], &newest["expires_at"]), (&json!(null), &json!(null)));
    let spoken = &first["requests"][1];
    let again = get(&kept.app, spoken["audio_url"].as_str().unwrap()).await;
    assert_eq!(again.header("etag"), format!("\"{}\"", spoken["audio_sha256"].as_str().unwrap()));
    let moment = |name: &str| crate::moment::read(spoken[name].as_str().unwrap()).unwrap();
    assert!(moment("at") <= moment("completed_at"));
    let kept_for = std::time::Duration::from_millis(moment("expires_at") - moment("completed_at"));
    let week = std::time::Duration::from_secs(7 * 24 * 60 * 60);
    assert!(kept_for <= week && kept_for + std::time::Duration::from_secs(60) > week, "{kept_for:?}");
    assert_eq!(first["requests"][1]["cost_usd"], 0.0);
    let bad = get(&kept.app, "/api/v1/tts/requests?status=fail").await;
    assert_eq!((bad.status, &bad.json()["error"]["param"]), (StatusCode::BAD_REQUEST, &json!("status")));
    let one = get(&kept.app, "/api/v1/tts/requests/r-1").await.json();
    assert_eq!(one["id"], "r-1");
    assert_eq!(get(&kept.app, "/api/v1/tts/requests/none").await.status, StatusCode::NOT_FOUND);
    let off = get(&app(flite()), "/api/v1/tts/requests").await;
    assert_eq!(
        (off.status, &off.json()["error"]["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("history_off"))
    );
}

#[tokio::test]
async fn the_history_is_told_to_this_machine_alone() {
    let kept = kept();
    synthesize(&kept.app, json!({ "task_id": "one", "user_id": "anna" })).await;
    kept.understudy.settle().await;
    let from = async |peer: Option<&str>, path: &str| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            let peer: SocketAddr = format!("{peer}:40000").parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let answer = send(&kept.app, request).await;
        (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    for path in ["/api/v1/tts/requests", "/api/v1/tts/requests?task_id=one", "/api/v1/tts/requests/r-1"] {
        assert_eq!(from(Some("127.0.0.1"), path).await, (StatusCode::OK, String::new()), "{path}");
        for stranger in [Some("10.0.0.7"), None] {
            let refused = (StatusCode::FORBIDDEN, "admin_forbidden".to_owned());
            assert_eq!(from(stranger, path).await, refused, "{path} from {stranger:?}");
        }
    }
}
