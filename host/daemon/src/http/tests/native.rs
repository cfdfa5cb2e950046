//! `POST /api/v1/tts/synthesize` and `batch-synthesize` when they speak.

use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use understudy_audio::sniff;
use understudy_engine::scripted::{Scripted, tone};
use understudy_speech::{Encoding, Word};

use super::{app, app_with, flite, post, request, send, synthesize};
use crate::Config;

#[tokio::test]
async fn the_seeds_own_request_gets_the_seeds_own_answer() {
    let app = app(flite());
    let body = json!({
        "provider": "flite", "text": "The show must go on.", "voice_name": "amy",
        "language_code": "en-US", "speaking_rate": 1.0, "task_id": "t-1", "user_id": "u-1",
    });
    let answer = post(&app, "/api/v1/tts/synthesize", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let mut result = answer.json();
    let audio = BASE64_STANDARD.decode(result["audio_content"].as_str().unwrap()).unwrap();
    assert_eq!(sniff(&audio), Some(Encoding::Mp3));
    result["audio_content"] = json!("…");
    result["provenance"]["synthesis_ms"] = json!(0);
    result["provenance"]["attempts"][0]["ms"] = json!(0);
    insta::assert_json_snapshot!(result);
}

#[tokio::test]
async fn words_and_subtitles_come_when_asked_for() {
    let answer = synthesize(&app(flite()), json!({ "words": true, "subtitles": "vtt" })).await.json();
    assert_eq!(answer["word_times"], "native");
    assert_eq!(
        answer["words"],
        json!([
            { "text": "The", "start_byte": 0, "end_byte": 3, "start_ms": 0, "end_ms": 400 },
            { "text": "show", "start_byte": 4, "end_byte": 8, "start_ms": 400, "end_ms": 900 },
        ])
    );
    let vtt = answer["subtitles"].as_str().unwrap();
    assert!(vtt.starts_with("WEBVTT") && vtt.contains("The show"), "{vtt}");
    let srt = synthesize(&app(flite()), json!({ "subtitles": "srt" })).await.json();
    assert!(srt["subtitles"].as_str().unwrap().starts_with("1\n00:00:00,000 --> "), "{srt}");
    let plain = synthesize(&app(flite()), json!({})).await.json();
    assert_eq!(
        (&plain["words"], &plain["word_times"], plain.get("subtitles")),
        (&json!([]), &Value::Null, None)
    );
}

#[tokio::test]
async fn nobody_reads_the_markup_of_a_document_in_its_subtitles() {
    let document = "<speak>Rock &amp; <emphasis level=\"strong\">roll</emphasis>.</speak>";
    let mark = |word: &str, start_ms| {
        let start_byte = u32::try_from(document.find(word).unwrap()).unwrap();
        let end_byte = start_byte + u32::try_from(word.len()).unwrap();
        Word { start_byte, end_byte, start_ms, end_ms: start_ms + 300 }
    };
    let provider = || Scripted::speaking("flite", 4, vec![mark("Rock", 0), mark("roll", 500)]);
    let wish = |kind: &str| json!({ "text": null, "ssml": document, "words": true, "subtitles": kind });
    let srt = synthesize(&app(provider()), wish("srt")).await.json();
    assert_eq!(srt["subtitles"], "1\n00:00:00,000 --> 00:00:00,833\nRock & roll.\n\n");
    assert_eq!(srt["words"][1]["text"], "roll");
    let vtt = synthesize(&app(provider()), wish("vtt")).await.json();
    assert_eq!(vtt["subtitles"], "WEBVTT\n\n00:00:00.000 --> 00:00:00.833\nRock &amp; roll.\n\n");
}

#[tokio::test]
async fn words_are_estimated_where_the_provider_tells_none() {
    let mut mute = flite();
    mute.manifest.capabilities.words = None;
    let answer = synthesize(&app(mute), json!({ "words": true, "subtitles": "srt" })).await.json();
    assert_eq!((&answer["word_times"], &answer["provenance"]["dropped"]), (&json!("estimated"), &json!([])));
    let subtitles = answer["subtitles"].as_str().unwrap();
    assert!(subtitles.starts_with("1\n00:00:00,0"), "{subtitles}");
}

#[tokio::test]
async fn who_accepts_audio_gets_audio() {
    let app = app(flite());
    for (accept, media_type, encoding) in [
        ("audio/*", "audio/mpeg", Encoding::Mp3),
        ("audio/wav", "audio/wav", Encoding::Wav),
        ("audio/ogg", "audio/ogg", Encoding::OggOpus),
    ] {
        let body = json!({ "text": "Hi.", "voice_id": "rob" }).to_string();
        let mut request = request(Method::POST, "/api/v1/tts/synthesize", body);
        request.headers_mut().insert("accept", accept.parse().unwrap());
        let answer = send(&app, request).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(sniff(answer.bytes()), Some(encoding));
        assert_eq!(answer.header("x-understudy-voice"), "flite/rob");
        assert_eq!(answer.header("x-understudy-duration-ms"), "1000");
    }
}

async fn check_voice(fields: Value, expected: Value) {
    let mut provider = flite();
    provider.voices[1].name = "Robert".to_owned();
    let answer = synthesize(&app(provider), fields.clone()).await.json();
    assert_eq!(answer["voice_info"]["name"], expected, "{fields}");
}

#[tokio::test]
async fn a_voice_is_chosen_by_id_name_or_gender() {
    check_voice(json!({ "voice_id": "rob" }), json!("rob")).await;
    check_voice(json!({ "voice_name": "Robert" }), json!("rob")).await;
    check_voice(json!({ "voice_name": "flite/rob" }), json!("rob")).await;
    check_voice(json!({ "voice_id": "", "voice_name": "", "gender": "MALE" }), json!("rob")).await;
    check_voice(json!({ "gender": "male", "language_code": "en" }), json!("rob")).await;
    check_voice(json!({}), Value::Null).await;
}

#[tokio::test]
async fn a_gender_is_looked_for_in_a_language_by_whatever_tag() {
    let mut provider = flite();
    provider.voices[1].languages = vec!["zh-CN".parse().unwrap()];
    provider.manifest.capabilities.languages.clear();
    let fields = json!({ "gender": "male", "language_code": "zh-Hans-CN" });
    assert_eq!(synthesize(&app(provider), fields).await.json()["voice_info"]["name"], "rob");
}

#[tokio::test]
async fn a_gender_that_nobody_has_is_dropped_and_told() {
    let answer = synthesize(&app(flite()), json!({ "gender": "neutral" })).await;
    assert_eq!(answer.header("x-understudy-dropped"), "gender");
    assert_eq!(answer.json()["provenance"]["dropped"], json!(["gender"]));
}

#[tokio::test]
async fn every_field_reaches_the_provider() {
    let mut provider = flite();
    // One that has a choice of rates: no other is asked for one.
    provider.manifest.capabilities.formats[0].sample_rates.push(16_000);
    let provider = Arc::new(provider);
    let app = app_with(Config::default(), &[&provider]);
    let fields = json!({
        "text": null, "ssml": "<speak>hi</speak>", "language_code": "en-US", "speaking_rate": 1.5,
        "pitch": -2, "volume_gain": 3.5, "style": "newscast", "emotion": "sad", "intensity": 0.5,
        "character_id": "hamlet", "output_format": "LINEAR16", "sample_rate": 16000, "words": true,
        "options": { "seed": 7 }, "unheard_of": true,
    });
    let answer = synthesize(&app, fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["audio_format"], "pcm");
    assert_eq!(answer.json()["sample_rate"], 16000);
    assert_eq!(answer.json()["provenance"]["ignored"], json!(["unheard_of"]));
    let asked = serde_json::to_value(provider.requests().pop().unwrap().as_ref()).unwrap();
    insta::assert_json_snapshot!(asked);
}

#[tokio::test]
async fn a_batch_answers_in_order_and_each_for_itself() {
    let app = app(flite());
    let batch = json!([
        { "text": "One.", "output_format": "pcm" },
        { "text": "", "task_id": "t-2" },
        { "text": "Three.", "output_format": "pcm", "voice_id": "rob" },
        "nonsense",
    ]);
    let answer = post(&app, "/api/v1/tts/batch-synthesize", &batch).await;
    assert_eq!(answer.status, StatusCode::OK);
    let items = answer.json();
    let items = items.as_array().unwrap();
    assert_eq!(items[0]["audio_content"], BASE64_STANDARD.encode(tone(24_000)));
    assert_eq!((&items[1]["error"]["code"], &items[1]["status"]), (&json!("invalid_value"), &json!(400)));
    assert_eq!(items[1]["error"]["request_id"], "r-1/1");
    assert_eq!(items[2]["voice_info"]["id"], "flite/rob");
    assert_eq!(items[3]["error"]["param"], Value::Null);
    assert_eq!(items.len(), 4);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_in_a_batch_as_it_is_alone() {
    let app = app(flite());
    let wrong = [
        json!({ "text": "Hi.", "speaking_rate": "fast" }),
        json!({ "text": "Hi.", "subtitles": "ass" }),
        json!({ "text": "Hi.", "output_format": "midi" }),
        json!("hi"),
    ];
    let batch = post(&app, "/api/v1/tts/batch-synthesize", &json!(wrong)).await.json();
    for (index, wrong) in wrong.iter().enumerate() {
        let alone = post(&app, "/api/v1/tts/synthesize", wrong).await;
        let (mut expected, told) = (alone.json()["error"].clone(), &batch[index]);
        expected["request_id"] = json!(format!("r-1/{index}"));
        assert_eq!((&told["error"], &told["status"]), (&expected, &json!(alone.status.as_u16())));
    }
    assert_eq!(batch[0]["error"]["param"], "speaking_rate");
    let noise: serde_json::Map<_, _> = (0..100).map(|index| (format!("x{index}"), json!(1))).collect();
    let noise = super::merged(json!({ "text": "Hi." }), Value::Object(noise));
    let noisy = post(&app, "/api/v1/tts/batch-synthesize", &json!([noise])).await.json();
    assert_eq!(noisy[0]["provenance"]["ignored"].as_array().map(Vec::len), Some(32));
}

#[tokio::test]
async fn an_empty_batch_is_answered_and_a_long_one_refused() {
    let app = app(flite());
    assert_eq!(post(&app, "/api/v1/tts/batch-synthesize", &json!([])).await.json(), json!([]));
    let long = json!(vec![json!({ "text": "Hi." }); 101]);
    let answer = post(&app, "/api/v1/tts/batch-synthesize", &long).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"]["code"], "batch_too_long");
    let object = send(&app, request(Method::POST, "/api/v1/tts/batch-synthesize", Body::from("{}"))).await;
    assert_eq!(object.json()["error"]["code"], "invalid_type");
}

#[tokio::test]
async fn a_batch_speaks_a_few_at_a_time() {
    let provider = Arc::new(Scripted::new("p", vec![understudy_engine::scripted::Step::Hang]));
    let app = app_with(Config::default(), &[&provider]);
    let batch = json!(vec![json!({ "text": "Hi." }); 20]);
    let mut waiting = Box::pin(post(&app, "/api/v1/tts/batch-synthesize", &batch));
    tokio::select! {
        biased;
        _ = &mut waiting => unreachable!("it hangs"),
        () = provider.until(|provider| provider.running() == 4) => {}
    }
    assert_eq!(provider.requests().len(), 4);
}

#[tokio::test]
async fn audio_of_a_batch_is_no_more_than_that_of_one_request_may_be() {
    let provider = Arc::new(flite());
    let mut config = Config::default();
    config.limits.max_audio_bytes = 100_000;
    let app = app_with(config, &[&provider]);
    // 48,000 bytes each.
    let batch = json!(vec![json!({ "text": "The show must go on.", "output_format": "pcm" }); 20]);
    let answer = post(&app, "/api/v1/tts/batch-synthesize", &batch).await;
    assert_eq!(answer.status, StatusCode::OK);
    let items = answer.json();
    let items = items.as_array().unwrap();
    let (spoken, failed): (Vec<_>, Vec<_>) = items.iter().partition(|item| item["error"].is_null());
    assert_eq!((spoken.len(), failed.len()), (2, 18));
    for item in failed {
        assert_eq!((&item["error"]["code"], &item["status"]), (&json!("batch_too_large"), &json!(400)));
    }
    assert!(provider.requests().len() <= 6, "no more is bought: {}", provider.requests().len());
}

#[tokio::test]
async fn a_batch_takes_the_route_of_its_head_but_for_those_that_name_one() {
    let text = "[providers.a]\n[providers.b]\n[routes.one]\nprimary = ['a']\n[routes.two]\nprimary = ['b']\n";
    let config = Config::parse(text, std::path::Path::new("understudy.toml")).unwrap();
    let [a, b] = ["a", "b"].map(|id| Arc::new(Scripted::speaking(id, 1, Vec::new())));
    let app = app_with(config, &[&a, &b]);
    let body = json!([{ "text": "One." }, { "text": "Two.", "route": "one" }]).to_string();
    let mut batch = request(Method::POST, "/api/v1/tts/batch-synthesize", body);
    batch.headers_mut().insert("x-understudy-route", http::HeaderValue::from_static("two"));
    let items = send(&app, batch).await.json();
    let who = |index: usize| items[index]["provenance"]["provider"].as_str().unwrap().to_owned();
    assert_eq!([who(0), who(1)], ["b", "a"], "{items}");
}
