//! Conversations where the service has none: line by line.

use serde_json::{Value, json};
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Error, Line, LineMark, Script};

use super::{CDN, CharacterBox, answer, asked, body, mp3, path, refusal, scene, service, wave};

/// Every line takes as many milliseconds as it has letters, times ten.
fn alone(missing: Reply) -> Harness<CharacterBox> {
    let mut length = 0;
    service(move |request, _| {
        if request.method == "GET" {
            return Ok(Reply::ok(wave(length)));
        }
        if path(request) == "/conversations" {
            return Ok(missing.clone());
        }
        let text = body(request)["text"].as_str().unwrap().to_owned();
        length = u32::try_from(text.chars().count()).unwrap() * 10;
        let mut answer = answer(&wave(length));
        let (first, rest) = text.split_once(' ').unwrap_or((&text, ""));
        answer["words"] = json!([{ "text": first, "start": 0.01, "end": 0.02 }, { "text": rest, "start": 0.02, "end": 0.03 }]);
        Ok(Reply::json(&answer))
    })
}

#[test]
fn lines_are_ordered_one_by_one_and_joined_by_their_pauses() {
    for missing in [Reply::status(404), Reply::status(405), refusal(501, "not_supported")] {
        let mut harness = alone(missing);
        let recording = harness.converse(scene().words()).unwrap();
        recording.assert_contract();
        let marks: Vec<_> = recording.lines.iter().map(|line| (line.start_ms, line.end_ms)).collect();
        assert_eq!(marks, [(0, 120), (1_120, 1_200), (1_550, 1_580)]);
        assert_eq!(recording.audio_ms(), Some(1_580));
        assert_eq!(recording.spoken(), ["Hello", "Bram", "Go", "away", "No"]);
        assert_eq!(recording.words[2].start_ms, 1_130);
        assert_eq!(recording.summary.characters_billed, Some(18));
        assert_eq!(recording.summary.character, None);
        let orders: Vec<Value> =
            harness.requests().iter().filter(|sent| path(sent) == "/synthesize").map(body).collect();
        assert_eq!(
            orders[0],
            json!({
                "character_id": "char_a", "text": "Hello, Bram!", "emotion": "happy", "voice_settings": {},
                "output_format": "wav", "timestamps": "word",
            })
        );
        // It is not asked for what it lacks each time.
        harness.converse(scene()).unwrap().assert_contract();
        assert!(asked(&harness).iter().all(|line| line != "POST /conversations"));
    }
}

#[test]
fn what_one_conversation_cannot_hold_is_performed_alone() {
    let check = |script: Script, asks: bool| {
        let mut harness = alone(refusal(413, "script_too_long"));
        harness.converse(script).unwrap();
        assert_eq!(asked(&harness)[0] == "POST /conversations", asks);
    };
    check(scene(), true);
    check(Script::new((0..11).map(|index| Line::new(format!("c{index}"), "Hi."))), false);
    check(Script::new([Line::new("c", "a ".repeat(1_001)), Line::new("c", "b")]), false);
    check(Script::new([Line::new("c", "Hi.").pause_ms(10_001), Line::new("c", "b")]), false);
    check(Script::new([Line::new("c", "Hi.").intensity(0.5), Line::new("c", "b")]), false);
}

#[test]
fn more_lines_than_one_call_may_order_are_left_to_the_host() {
    let lines = |count: usize| Script::new((0..count).map(|_| Line::new("c", "Hi.")));
    let check = |script: Script, orders: usize| {
        let mut harness = alone(Reply::status(404)).settings(json!({ "conversations": false }));
        let error = harness.converse(script).unwrap_err();
        assert_eq!(error, Error::unsupported(format!("a conversation of more than 40 orders: {orders}")));
        assert_eq!(harness.requests().len(), 0, "nothing is bought");
    };
    check(lines(41), 41);
    check(lines(201), 201);
    check(Script::new((0..21).map(|_| Line::new("c", "a ".repeat(2_501)))), 42);
    let mut harness = alone(Reply::status(404)).settings(json!({ "conversations": false }));
    assert_eq!(harness.converse(lines(40)).unwrap().lines.len(), 40);
}

#[test]
fn where_audio_is_wanted_inline_no_conversation_is_bought_that_could_not_be_fetched() {
    let mut harness = alone(Reply::status(500)).settings(json!({ "delivery": "inline" }));
    harness.converse(scene()).unwrap().assert_contract();
    assert_eq!(asked(&harness)[0], "POST /synthesize");
    assert_eq!(body(&harness.requests()[0])["delivery"], "inline");
}

#[test]
fn an_hour_of_silence_is_counted_in_more_than_32_bits() {
    let script = Script::new([Line::new("a", "Hi.").pause_ms(100_000), Line::new("b", "Hi.")]);
    let recording = alone(Reply::status(404)).converse(script).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio_ms(), Some(100_060));
    assert_eq!(recording.lines[1], LineMark { index: 1, start_ms: 100_030, end_ms: 100_060 });
}

#[test]
fn an_operator_may_want_it_so() {
    let mut harness = alone(Reply::status(500)).settings(json!({ "conversations": false }));
    harness.converse(scene()).unwrap().assert_contract();
    assert_eq!(asked(&harness)[0], "POST /synthesize");
}

#[test]
fn a_line_that_dies_ends_the_conversation() {
    let mut orders = 0;
    let mut harness = service(move |request, _| {
        if request.url.starts_with(CDN) {
            return Ok(Reply::ok(wave(100)));
        }
        orders += usize::from(path(request) == "/synthesize");
        Ok(match path(request) {
            "/conversations" => Reply::status(404),
            _ if orders > 2 => refusal(500, "internal"),
            _ => Reply::json(&answer(&wave(100))),
        })
    });
    assert_eq!(harness.converse(scene()).unwrap_err(), Error::unavailable("status 500: m"));
}

#[test]
fn lines_that_come_as_files_cannot_be_joined() {
    let mut harness = service(|request, _| {
        Ok(match path(request) {
            "/conversations" => Reply::status(404),
            "/synthesize" => Reply::json(&answer(&mp3(20))),
            _ => Reply::ok(mp3(20)),
        })
    });
    let expected = Error::unsupported("a conversation, for its lines come as no samples");
    assert_eq!(harness.converse(scene()).unwrap_err(), expected);
    // One line alone needs no joining.
    let recording = harness.converse(Script::new([Line::new("a", "Hi.")])).unwrap();
    recording.assert_contract();
    assert_eq!(recording.lines, [LineMark { index: 0, start_ms: 0, end_ms: 480 }]);
}

#[test]
fn a_script_that_says_nothing_is_never_sent() {
    let check = |script: Script, expected: Error| {
        let mut harness = service(|_, _| panic!("must not be sent"));
        assert_eq!(harness.converse(script).unwrap_err(), expected);
    };
    check(Script::new([]), Error::invalid("lines", "must not be empty"));
    let silent = Error::unsupported("text in which nothing can be spoken, in line 1");
    check(Script::new([Line::new("a", "Hi."), Line::new("a", "…")]), silent);
}

#[test]
fn it_stops_between_lines_when_nobody_listens() {
    let mut harness = alone(Reply::status(404)).listener_leaves_after(1_000);
    assert_eq!(harness.converse(scene()).unwrap_err(), Error::Stopped);
    assert_eq!(asked(&harness).iter().filter(|line| *line == "POST /synthesize").count(), 1);
}
