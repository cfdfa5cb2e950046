//! Marks, their times, and the words of the caller's text.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Recording, Reply};
use understudy_plugin::{Encoding, Error, Request, WordTimes};

use super::{body, mp3, path, service, spoken, wave};

/// An answer in the encoding asked for, with these marks at these seconds.
pub(super) fn marked(request: &Sent, milliseconds: u32, points: &[(&str, f64)]) -> Reply {
    let audio = match body(request)["audioConfig"]["audioEncoding"].as_str() {
        Some("LINEAR16") => wave(milliseconds),
        _ => mp3(milliseconds as usize / 24),
    };
    // A zero is not written.
    let point = |(name, seconds): &(&str, f64)| match *seconds {
        0.0 => json!({ "markName": name }),
        seconds => json!({ "markName": name, "timeSeconds": seconds }),
    };
    let points: Vec<Value> = points.iter().map(point).collect();
    let audio = STANDARD.encode(audio);
    Reply::json(
        &json!({ "audioContent": audio, "timepoints": points, "audioConfig": { "audioEncoding": "MP3" } }),
    )
}

/// Every mark of the document, a tenth of a second apart, and audio of that length.
fn steady(request: &Sent) -> Reply {
    let sent = body(request);
    let names: Vec<&str> = sent["input"]["ssml"]
        .as_str()
        .unwrap()
        .split("<mark name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let points: Vec<_> = names.iter().enumerate().map(|(at, name)| (*name, at as f64 / 10.0)).collect();
    let milliseconds = u32::try_from((names.len() - 1) * 100).unwrap();
    marked(request, milliseconds, &points)
}

/// The words of a recording as `word@start-end`.
pub(super) fn shown(recording: &Recording) -> String {
    let mut shown = String::new();
    for (word, text) in recording.words.iter().zip(recording.spoken()) {
        write!(shown, "{text}@{}-{} ", word.start_ms, word.end_ms).unwrap();
    }
    shown.trim_end().to_owned()
}

fn wanted(text: &str) -> Request {
    Request::text(text).voice("en-US-Wavenet-D").words().encodings([Encoding::PcmS16le])
}

#[test]
fn marks_become_words_of_the_callers_text() {
    let mut harness = service(steady);
    let recording = harness.synthesize(wanted("It's 5 < 6 & \"so\" Zoë, on $3.50!")).unwrap();
    recording.assert_contract();
    assert_eq!(
        shown(&recording),
        "It's@0-100 5@100-200 6@300-400 so@500-600 Zoë@600-700 on@700-800 3.50@800-900"
    );
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    let sent = &spoken(&harness)[0];
    assert_eq!(path(sent), "/v1beta1/text:synthesize");
    let ssml = "<speak><mark name=\"w0\"/>It's <mark name=\"w1\"/>5 <mark name=\"w2\"/>&lt; <mark name=\"w3\"/>6 \
                <mark name=\"w4\"/>&amp; <mark name=\"w5\"/>\"so\" <mark name=\"w6\"/>Zoë, <mark name=\"w7\"/>on \
                <mark name=\"w8\"/>$3.50!<mark name=\"w9\"/></speak>";
    assert_eq!(
        body(sent),
        json!({
            "input": { "ssml": ssml },
            "voice": { "languageCode": "en-US", "name": "en-US-Wavenet-D" },
            "audioConfig": { "audioEncoding": "LINEAR16" },
            "enableTimePointing": ["SSML_MARK"],
        })
    );
    // What is billed is what is sent, without its marks.
    assert_eq!(recording.summary.characters_billed, Some(32 + 15 + 3 + 4));
}

#[test]
fn words_of_one_token_share_its_time() {
    let recording = service(steady).synthesize(wanted("On 2026-11-23")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "On@0-100 2026@100-150 11@150-175 23@175-200");
}

#[test]
fn words_without_spaces_have_marks_of_their_own() {
    let request = wanted("你好，世界。").voice("cmn-CN-Wavenet-A");
    let recording = service(steady).synthesize(request).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "你@0-100 好@100-200 世@200-300 界@300-400");
}

fn check(encoding: Encoding, points: &'static [(&str, f64)], expected: &str) {
    let mut harness = service(move |request| marked(request, 480, points));
    let recording = harness.synthesize(wanted("One two three").encodings([encoding])).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), expected);
}

#[test]
fn marks_that_were_not_reached_are_made_up_for() {
    let samples = Encoding::PcmS16le;
    check(
        samples,
        &[("w0", 0.05), ("w1", 0.1), ("w2", 0.3), ("w3", 0.45)],
        "One@50-100 two@100-300 three@300-450",
    );
    check(samples, &[("w0", 0.0), ("w1", 0.1), ("w2", 0.3)], "One@0-100 two@100-300 three@300-480");
    check(samples, &[("w0", 0.0), ("w2", 0.3)], "One@0-150 two@150-300 three@300-480");
    check(samples, &[("w1", 0.24)], "One@0-240 two@240-330 three@330-480");
    check(samples, &[("w3", 0.44)], "One@0-120 two@120-240 three@240-440");
    check(samples, &[("other", 0.1)], "");
    check(samples, &[], "");
}

#[test]
fn times_stay_within_the_audio_and_run_forward() {
    let samples = Encoding::PcmS16le;
    check(
        samples,
        &[("w0", 0.0), ("w1", 0.2), ("w2", 0.4), ("w3", 9.0)],
        "One@0-200 two@200-400 three@400-480",
    );
    check(
        samples,
        &[("w0", -1.0), ("w1", 0.3), ("w2", 0.2), ("w3", 0.4)],
        "One@0-300 two@300-300 three@300-400",
    );
}

#[test]
fn the_last_word_of_an_mp3_ends_with_it() {
    check(Encoding::Mp3, &[("w0", 0.0), ("w1", 0.1), ("w2", 0.3)], "One@0-100 two@100-300 three@300-480");
}

#[test]
fn words_of_several_parts_lie_in_the_whole_text() {
    let text = "One two three, four five. ".repeat(60);
    let mut harness = service(steady);
    let recording = harness.synthesize(wanted(&text).encodings([Encoding::Mp3])).unwrap();
    recording.assert_contract();
    assert!(spoken(&harness).len() > 1, "marks take their room");
    assert_eq!((recording.words.len(), recording.audio_ms()), (300, Some(30_000)));
    let in_step = |(index, word): (usize, &understudy_plugin::Word)| {
        u64::from(word.start_ms) == index as u64 * 100 && word.end_ms == word.start_ms + 100
    };
    assert!(recording.words.iter().enumerate().all(in_step), "{}", shown(&recording));
    let billed = text.trim().len() + (15 - 1) * spoken(&harness).len() + 1;
    assert_eq!(recording.summary.characters_billed, Some(u32::try_from(billed).unwrap()));
}

#[test]
fn a_voice_that_takes_no_marks_after_all_speaks_without() {
    let refusal = |message: &str| {
        json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": message } }).to_string()
    };
    for message in [
        "This voice currently does not support SSML input. Please try again with text only input.",
        "`<mark>` tags are not currently supported by Studio voices.",
    ] {
        let mut harness = service(move |request| match path(request) {
            "/v1beta1/text:synthesize" => Reply::status(400).piece(refusal(message)),
            _ => marked(request, 480, &[]),
        });
        let recording = harness.synthesize(wanted("One two three. ".repeat(150).as_str())).unwrap();
        recording.assert_contract();
        assert_eq!((recording.words.len(), recording.summary.word_times), (0, None));
        let asked = spoken(&harness).iter().filter(|sent| path(sent).contains("v1beta1")).count();
        assert_eq!(asked, 1, "it is asked for marks once");
    }
}

#[test]
fn nobody_pays_for_words_nobody_wants() {
    let mut harness = service(|request| marked(request, 480, &[]));
    harness.synthesize(Request::text("Hi").voice("en-US-Wavenet-D")).unwrap();
    assert_eq!(body(&spoken(&harness)[0])["input"], json!({ "text": "Hi" }));
    let mut left = service(steady).listener_leaves_after(1);
    assert_eq!(left.synthesize(wanted("One two")).unwrap_err(), Error::Stopped);
}

#[test]
fn a_take_of_minutes_keeps_its_time() {
    // 300 s at 24 kHz: samples times a thousand no longer fit 32 bits.
    let points = &[("w0", 0.0), ("w1", 299.0), ("w2", 300.0)];
    let recording =
        service(move |request| marked(request, 300_000, points)).synthesize(wanted("Long ago")).unwrap();
    assert_eq!(shown(&recording), "Long@0-299000 ago@299000-300000");
}
