//! `POST /v1/audio/speech` when it speaks.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use understudy_audio::{decode, sniff};
use understudy_engine::audition::Depth;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError};

use super::{Answer, app, app_with, flite, post, speak};
use crate::Config;
use crate::config::Delivery;

async fn check_format(format: Option<&str>, media_type: &str, encoding: Option<Encoding>) {
    let answer = speak(&app(flite()), json!({ "response_format": format })).await;
    assert_eq!(answer.status, StatusCode::OK, "{format:?}");
    assert_eq!(answer.header("content-type"), media_type);
    assert_eq!(sniff(answer.bytes()), encoding);
    assert_eq!(answer.header("x-understudy-duration-ms"), "1000");
}

#[tokio::test]
async fn every_format_is_what_it_says() {
    check_format(None, "audio/mpeg", Some(Encoding::Mp3)).await;
    check_format(Some("mp3"), "audio/mpeg", Some(Encoding::Mp3)).await;
    check_format(Some("opus"), "audio/opus", Some(Encoding::OggOpus)).await;
    check_format(Some("aac"), "audio/aac", Some(Encoding::Aac)).await;
    check_format(Some("flac"), "audio/flac", Some(Encoding::Flac)).await;
    check_format(Some("wav"), "audio/wav", Some(Encoding::Wav)).await;
}

#[tokio::test]
async fn pcm_is_the_samples_and_nothing_else() {
    let answer = speak(&app(flite()), json!({ "response_format": "pcm" })).await;
    assert_eq!(answer.header("content-type"), "audio/pcm");
    assert_eq!(*answer.bytes(), tone(24_000));
}

#[tokio::test]
async fn both_paths_and_both_spellings_of_a_voice_work() {
    let app = app(flite());
    for path in ["/v1/audio/speech", "/audio/speech"] {
        for voice in [json!("rob"), json!({ "id": "flite/rob" })] {
            let answer = post(&app, path, &json!({ "model": "flite", "input": "Hi.", "voice": voice })).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!(answer.header("x-understudy-voice"), "flite/rob");
            assert_eq!(answer.header("x-understudy-provider"), "flite");
        }
    }
}

async fn check_voice(voice: Value, expected: &str) {
    let answer = speak(&app(flite()), json!({ "voice": voice, "response_format": "pcm" })).await;
    assert_eq!(answer.header("x-understudy-voice"), expected, "{voice}");
}

#[tokio::test]
async fn stock_voices_are_cast_onto_the_providers_own() {
    check_voice(json!("alloy"), "flite/amy").await;
    check_voice(json!("onyx"), "flite/rob").await;
    check_voice(json!("amy"), "flite/amy").await;
    check_voice(json!("default"), "").await;
    check_voice(Value::Null, "").await;
}

#[tokio::test]
async fn a_provider_that_has_a_stock_voice_itself_keeps_it() {
    let openai = Scripted::speaking("openai", 1, Vec::new())
        .with_voice("nova", "en", understudy_speech::Gender::Female)
        .with_voice("echo", "en", understudy_speech::Gender::Male);
    let answer = speak(&app(openai), json!({ "voice": "echo", "response_format": "pcm" })).await;
    assert_eq!(answer.header("x-understudy-voice"), "openai/echo");
}

#[tokio::test]
async fn a_provider_gets_what_was_set_and_nothing_else() {
    let mut told = flite();
    told.manifest.settings_schema = json!({ "properties": { "instructions": { "type": "string" } } });
    let provider = Arc::new(told);
    let app = app_with(Config::default(), &[&provider]);
    speak(&app, json!({ "speed": 1.5, "instructions": "whisper", "voice": null })).await;
    let asked = provider.requests().pop().unwrap();
    assert_eq!((asked.rate, asked.pitch, asked.volume, asked.words), (Some(1.5), None, None, false));
    assert_eq!(asked.options.as_ref().unwrap()["instructions"], "whisper");
    speak(&app, json!({})).await;
    assert_eq!(provider.requests().pop().unwrap().options, None);
}

#[tokio::test]
async fn what_is_not_honoured_and_what_nobody_knows_is_named() {
    let mut plain = flite();
    let can = &mut plain.manifest.capabilities;
    (can.styles, can.rate) = (false, None);
    let fields = json!({ "speed": 2, "instructions": "whisper", "volume_multiplier": 1.0, "users": "u" });
    let answer = speak(&app(plain), fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("x-understudy-dropped"), "instructions,speed");
    assert_eq!(answer.header("x-understudy-ignored"), "users,volume_multiplier");
}

#[tokio::test]
async fn a_script_far_beyond_openais_limit_is_spoken() {
    let input = "The show must go on. ".repeat(430);
    // The scripted voice says everything in a second, which no audition would believe.
    let mut config = Config::default();
    config.fallback.audition = Depth::Off;
    let answer = speak(&app_with(config, &[&Arc::new(flite())]), json!({ "input": input })).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// A provider that breaks off after its first piece.
fn breaking() -> Scripted {
    let steps = vec![
        Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)),
        Step::Audio(tone(24_000).into()),
        Step::Wait(std::time::Duration::from_millis(1)),
        Step::Fail(Failure::Provider(ProviderError::Unavailable("503".to_owned()))),
    ];
    Scripted::new("breaking", steps)
}

#[tokio::test]
async fn a_stream_is_the_same_audio_without_a_length() {
    let app = app(flite());
    let answer = speak(&app, json!({ "stream": true, "response_format": "pcm" })).await;
    assert_eq!(answer.header("content-type"), "audio/pcm");
    assert_eq!(answer.header("x-understudy-provider"), "flite");
    assert_eq!(answer.header("x-understudy-duration-ms"), "");
    assert_eq!(*answer.bytes(), tone(24_000));
    let mp3 = speak(&app, json!({ "stream": true })).await;
    assert_eq!(sniff(mp3.bytes()), Some(Encoding::Mp3));
    assert!(decode(mp3.bytes(), None).unwrap().frames() >= 24_000);
}

#[tokio::test]
async fn the_configuration_chooses_delivery_unless_the_request_does() {
    let mut config = Config::default();
    config.server.default_delivery = Delivery::Stream;
    let app = app_with(config, &[&Arc::new(breaking())]);
    let streamed = speak(&app, json!({ "response_format": "pcm" })).await;
    assert_eq!((streamed.status, streamed.body), (StatusCode::OK, None));
    let whole = speak(&app, json!({ "response_format": "pcm", "stream": false })).await;
    assert_eq!(whole.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_breaks_off_and_never_looks_whole() {
    let app = app(breaking());
    let answer = speak(&app, json!({ "stream": true, "response_format": "pcm" })).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, None));
    let whole = speak(&app, json!({ "response_format": "pcm" })).await;
    assert_eq!(whole.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(whole.json()["error"]["code"], "provider_unavailable");
}

/// The events of a stream, as JSON.
fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = answer.text();
    let data = text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn server_sent_events_carry_the_audio_and_end_with_usage() {
    let answer = speak(&app(flite()), json!({ "stream_format": "sse", "response_format": "pcm" })).await;
    let events = events(&answer);
    let (done, deltas) = events.split_last().unwrap();
    let audio: Vec<u8> = deltas
        .iter()
        .inspect(|event| assert_eq!(event["type"], "speech.audio.delta"))
        .flat_map(|event| BASE64_STANDARD.decode(event["audio"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!((deltas.len(), audio), (4, tone(24_000)));
    let usage = json!({ "input_tokens": 5, "output_tokens": 21, "total_tokens": 26 });
    assert_eq!((&done["type"], &done["usage"]), (&json!("speech.audio.done"), &usage));
}

#[tokio::test(start_paused = true)]
async fn server_sent_events_end_with_the_error_that_ended_them() {
    let answer = speak(&app(breaking()), json!({ "stream_format": "sse", "response_format": "pcm" })).await;
    let events = events(&answer);
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["type"], "error");
    let error = &events[1]["error"];
    assert_eq!((&error["code"], &error["request_id"]), (&json!("provider_unavailable"), &json!("r-1")));
}

#[tokio::test]
async fn a_whole_answer_is_the_engines_bytes() {
    let audio = Bytes::from(tone(24_000));
    let steps = vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000)), Step::Audio(audio.clone())];
    let answer = speak(&app(Scripted::new("p", steps)), json!({ "response_format": "pcm" })).await;
    assert_eq!(answer.bytes().as_ptr(), audio.as_ptr(), "the audio was copied");
}
