//! Kokoro's captions: word times from its own endpoint.

use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Encoding, Error, Request, WordTimes, http};

use super::{KOKORO, at, body, kokoro, mp3, official, wave};

/// Base64 of bytes, as the server writes it.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn line(audio: &[u8], timestamps: &serde_json::Value) -> String {
    json!({ "audio": base64(audio), "audio_format": "audio/wav", "timestamps": timestamps }).to_string()
        + "\n"
}

fn stamp(word: &str, start_time: f64, end_time: f64) -> serde_json::Value {
    json!({ "word": word, "start_time": start_time, "end_time": end_time })
}

const TEXT: &str = "I have 2 cats. Great!";

/// Two lines: the audio of the second has no header.
fn captioned() -> Reply {
    let first = json!([
        stamp("I", -0.01, 0.1),
        stamp("have", 0.1, 0.3),
        stamp("two", 0.3, 0.5),
        stamp("cats", 0.5, 0.8),
        stamp(".", 0.8, 0.85),
    ]);
    let second = json!([stamp("Great", 1.05, 1.4), stamp("!", 1.4, 1.45)]);
    let samples = [0; 48_000];
    let text = line(&wave(&samples[..24_000]), &first) + &line(&[0; 24_000], &second);
    let (one, two) = text.split_at(text.len() / 3);
    Reply::status(200).piece(one).piece(two)
}

#[test]
fn kokoro_words_are_marked_in_the_callers_spelling() {
    let mut harness = at(KOKORO).http(|request| {
        Ok(if request.url.ends_with("/dev/captioned_speech") { captioned() } else { kokoro(request) })
    });
    let recording = harness.synthesize(Request::text(TEXT).words().encodings([Encoding::PcmS16le])).unwrap();
    recording.assert_contract();
    assert_eq!(recording.spoken(), ["I", "have", "2", "cats", "Great"]);
    let times: Vec<_> = recording.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
    assert_eq!(times, [(0, 100), (100, 300), (300, 500), (500, 800), (1_050, 1_400)]);
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    assert_eq!(recording.audio_ms(), Some(1_500));
    let sent = harness.requests().last().unwrap();
    assert_eq!(sent.url, "http://localhost:8880/dev/captioned_speech");
    assert_eq!(body(sent), json!({ "input": TEXT, "response_format": "wav" }));
}

#[test]
fn languages_without_timestamps_have_no_words() {
    let mut harness = at(KOKORO).http(|request| {
        let empty = line(&wave(&[0; 2_400]), &json!(null)) + &line(&[0; 480], &json!([]));
        Ok(if request.url.contains("/dev/") { Reply::ok(empty) } else { kokoro(request) })
    });
    let recording = harness.synthesize(Request::text(TEXT).words()).unwrap();
    recording.assert_contract();
    assert_eq!((recording.words.len(), recording.summary.word_times), (0, None));
}

#[test]
fn a_server_without_captions_is_asked_once_and_speaks() {
    let mut harness = at(KOKORO).http(|request| Ok(kokoro(request)));
    for expected in [["voices", "captioned_speech", "speech"].as_slice(), &["speech"]] {
        let recording = harness.synthesize(Request::text(TEXT).words()).unwrap();
        recording.assert_contract();
        assert_eq!(recording.summary.word_times, None);
        let asked: Vec<_> =
            harness.requests().iter().filter_map(|sent| sent.url.rsplit('/').next()).collect();
        assert_eq!(asked, expected);
    }
}

#[test]
fn nobody_else_is_asked_for_captions() {
    let mut harness = official().http(|request| {
        assert!(request.url.ends_with("/audio/speech"), "{}", request.url);
        Ok(Reply::ok(mp3()))
    });
    assert_eq!(harness.synthesize(Request::text(TEXT).words()).unwrap().summary.word_times, None);
}

#[test]
fn broken_captions_are_errors() {
    let check = |reply: Reply, expected: &str| {
        let mut harness = at(KOKORO).http(move |request| {
            Ok(if request.url.contains("/dev/") { reply.clone() } else { kokoro(request) })
        });
        let error = harness.synthesize(Request::text(TEXT).words()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(Reply::ok("not json\n"), "not the expected json");
    check(Reply::ok(r#"{"audio":"***","timestamps":null}"#), "not base64");
    check(Reply::ok(""), "no audio");
    check(captioned().then_fails(http::Error::Protocol("cut".into())), "cut");
    let refused = r#"{"detail":{"error":"validation_error","message":"Voice 'x' not found. Available voices: af_heart","type":"invalid_request_error"}}"#;
    let mut harness = at(KOKORO).http(move |request| {
        Ok(if request.url.contains("/dev/") { Reply::status(400).piece(refused) } else { kokoro(request) })
    });
    let asked = harness.synthesize(Request::text(TEXT).words().voice("x"));
    assert_eq!(asked.unwrap_err(), Error::voice_not_found("x"));
}
