//! Word times as the service gives them, on the caller's own text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_plugin::testing::Reply;
use understudy_plugin::{Encoding, Error, Request, WordTimes, http};

use super::{body, mp3, path, service};

/// A line whose text takes a tenth of a second a character from `start` on.
fn line(text: &str, start: f64) -> String {
    paced(text, start, 100)
}

/// A line with so many milliseconds a character, and their samples at 24 kHz.
fn paced(text: &str, start: f64, milliseconds: usize) -> String {
    let count = text.chars().count();
    let at = |index: usize| start + (index * milliseconds) as f64 / 1_000.0;
    let alignment = json!({
        "characters": text.chars().map(String::from).collect::<Vec<_>>(),
        "character_start_times_seconds": (0..count).map(at).collect::<Vec<_>>(),
        "character_end_times_seconds": (1..=count).map(at).collect::<Vec<_>>(),
    });
    let audio = STANDARD.encode([1, 0].repeat(24 * milliseconds * count));
    json!({ "audio_base64": audio, "alignment": alignment, "normalized_alignment": null }).to_string() + "\n"
}

fn wanted(text: &str) -> Request {
    Request::text(text).voice("v1").words().encodings([Encoding::PcmS16le])
}

/// The words of a recording as `word@start-end`.
fn shown(recording: &understudy_plugin::testing::Recording) -> String {
    let times = recording.words.iter().map(|word| format!("{}-{}", word.start_ms, word.end_ms));
    recording
        .spoken()
        .iter()
        .zip(times)
        .map(|(word, time)| format!("{word}@{time}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn characters_become_words_as_they_come() {
    let lines = line("Grüße, ", 0.0) + &line("Zoë!", 0.7);
    let mut harness = service(move |_| Reply::ok(lines.clone()).header("character-cost", "11"));
    let recording = harness.synthesize(wanted("Grüße, Zoë!")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "Grüße@0-500 Zoë@700-1000");
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    assert_eq!(recording.audio_ms(), Some(1_100));
    let sent = &harness.requests()[0];
    assert_eq!(path(sent), "/v1/text-to-speech/v1/stream/with-timestamps?output_format=pcm_24000");
    assert_eq!(body(sent), json!({ "text": "Grüße, Zoë!" }));
}

#[test]
fn times_that_begin_again_with_each_line_are_carried_on() {
    let lines = line("One two ", 0.0) + &line("three.", 0.0);
    let recording = service(move |_| Reply::ok(lines.clone())).synthesize(wanted("One two three.")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "One@0-300 two@400-700 three@800-1300");
    let lines = line("One ", 0.0) + &line("two ", 0.0) + &line("three.", 0.02);
    let recording = service(move |_| Reply::ok(lines.clone())).synthesize(wanted("One two three.")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "One@0-300 two@400-700 three@820-1320");
}

#[test]
fn lines_without_times_and_scripts_without_spaces_are_fine() {
    let bare = json!({ "audio_base64": STANDARD.encode([0; 480]), "alignment": null }).to_string() + "\n\n";
    let lines = line("你好", 0.0) + &bare + &line("世界。", 0.2) + r#"{"audio_base64":null}"#;
    let recording = service(move |_| Reply::ok(lines.clone())).synthesize(wanted("你好世界。")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "你@0-100 好@100-200 世@200-300 界@300-400");
}

#[test]
fn words_of_several_parts_lie_in_the_whole_text() {
    let text = "One two three. ".repeat(700);
    let reply = |request: &http::Request| match path(request) {
        "/v1/models" => Reply::status(403),
        _ => Reply::ok(paced(body(request)["text"].as_str().unwrap(), 0.0, 5)),
    };
    let recording = service(reply).synthesize(wanted(&text)).unwrap();
    recording.assert_contract();
    assert_eq!(recording.words.len(), 2_100);
    let last = recording.words.last().unwrap();
    assert_eq!(last.in_text(&text), Some("three"));
    assert_eq!(u64::from(last.end_ms), recording.audio_ms().unwrap() - 5);
}

#[test]
fn answers_that_break_the_form_are_errors() {
    let check = |reply: Reply, expected: &str| {
        let error = service(move |_| reply.clone()).synthesize(wanted("Hi")).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(Reply::ok("<html>\n"), "not the expected json");
    check(Reply::ok(r#"{"audio_base64":"*"}"#), "not base64");
    let uneven: Value = json!({ "audio_base64": "AAAA", "alignment": { "characters": ["H"], "character_start_times_seconds": [], "character_end_times_seconds": [] } });
    check(Reply::ok(uneven.to_string()), "different lengths");
    check(Reply::ok(""), "no audio");
    check(Reply::ok(line("Hi", 0.0)).then_fails(http::Error::Protocol("cut".into())), "cut");
}

#[test]
fn without_words_wanted_the_plain_stream_is_taken() {
    let mut harness = service(|_| Reply::ok(mp3()));
    let recording = harness.synthesize(Request::text("Hi").voice("v1")).unwrap();
    assert_eq!(recording.summary.word_times, None);
    assert_eq!(path(&harness.requests()[0]), "/v1/text-to-speech/v1/stream");
    let mut left = service(|_| Reply::ok(line("Hello", 0.0))).listener_leaves_after(1);
    assert_eq!(left.synthesize(wanted("Hello")).unwrap_err(), Error::Stopped);
}
