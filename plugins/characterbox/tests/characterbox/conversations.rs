//! Conversations the service performs itself: at once, later, in parts, never.

use std::time::Duration;

use serde_json::{Value, json};
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Encoding, Error, Line, LineMark, Script, http};

use super::{Answered, CDN, CharacterBox, Sent, asked, body, mp3, path, refusal, scene, service, wave};

/// A conversation of three lines of half a second each.
fn done() -> Value {
    let segment = |index: usize, start: f64, word: &str| {
        json!({
            "index": index, "start": start, "duration": 0.5, "emotion_score": 0.5,
            "audio_url": format!("{CDN}/a/{index}.wav"),
            "words": [{ "text": word, "start": 0.1, "end": 0.4 }],
        })
    };
    json!({
        "conversation_id": "conv_1", "status": "completed", "combined_audio_url": format!("{CDN}/a/all.wav"),
        "segments": [segment(0, 0.0, "Hello"), segment(1, 1.5, "Go away"), segment(2, 2.35, "No")],
        "usage": { "characters": 23 }, "request_id": "req_9",
    })
}

fn processing(poll_after: f64) -> Value {
    json!({ "conversation_id": "conv_1", "status": "processing", "poll_after": poll_after, "progress": 0.1 })
}

/// A service whose audio is as long as it says, and that answers the rest with `reply`.
fn performs(mut reply: impl FnMut(&Sent, usize) -> Answered + 'static) -> Harness<CharacterBox> {
    service(move |request, count| match request.url.strip_prefix(CDN) {
        Some("/a/all.wav") => Ok(Reply::ok(wave(2_850))),
        Some(_) => Ok(Reply::ok(wave(500))),
        None => reply(request, count),
    })
}

fn mark(index: u32, start_ms: u32, end_ms: u32) -> LineMark {
    LineMark { index, start_ms, end_ms }
}

#[test]
fn a_conversation_is_one_order_and_one_file() {
    let mut harness = performs(|_, _| Ok(Reply::json(&done())));
    let mut script = scene().words().gap_ms(350);
    script.language = Some("en-US".to_owned());
    script.encodings = vec![Encoding::Flac, Encoding::PcmS16le];
    let recording = harness.converse(script).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio_ms(), Some(2_850));
    assert_eq!(recording.lines, [mark(0, 0, 500), mark(1, 1_500, 2_000), mark(2, 2_350, 2_850)]);
    assert_eq!(recording.spoken(), ["Hello", "Bram", "Go", "away", "No"]);
    assert_eq!(recording.words[4].start_ms, 2_450);
    let summary = &recording.summary;
    assert_eq!((summary.characters_billed, summary.emotion_score), (Some(23), Some(0.5)));
    assert_eq!(summary.request_id.as_deref(), Some("req_9"));
    assert_eq!(
        body(&harness.requests()[0]),
        json!({
            "characters": ["char_a", "char_b"], "conversation_type": "dialogue",
            "script": "char_a [happy]: Hello, Bram!\nchar_b: Go away.\nchar_a: No.\n",
            "lines": [
                { "character_id": "char_a", "text": "Hello, Bram!", "emotion": "happy", "pause_after": 1.0 },
                { "character_id": "char_b", "text": "Go away.", "emotion": "neutral" },
                { "character_id": "char_a", "text": "No.", "emotion": "neutral" },
            ],
            "gap": 0.35, "output_format": "wav", "language_code": "en-US", "timestamps": "word",
        })
    );
}

#[test]
fn a_file_is_handed_on_as_it_is_and_starts_may_be_missing() {
    let mut harness = service(|request, _| {
        let mut answer = done();
        for segment in answer["segments"].as_array_mut().unwrap() {
            segment.as_object_mut().unwrap().remove("start");
        }
        answer["audio_segments"] = answer["segments"].take();
        answer.as_object_mut().unwrap().remove("segments");
        Ok(if request.url.starts_with(CDN) { Reply::ok(mp3(100)) } else { Reply::json(&answer) })
    });
    let recording = harness.converse(scene()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio, mp3(100));
    assert_eq!(recording.lines, [mark(0, 0, 500), mark(1, 1_500, 2_000), mark(2, 2_350, 2_850)]);
}

#[test]
fn without_starts_the_gaps_are_what_the_lines_leave() {
    let mut harness = performs(|_, _| {
        let mut answer = done();
        for segment in answer["segments"].as_array_mut().unwrap() {
            segment.as_object_mut().unwrap().remove("start");
        }
        Ok(Reply::json(&answer))
    });
    let mut script = scene();
    script.encodings = vec![Encoding::Wav];
    let recording = harness.converse(script).unwrap();
    recording.assert_contract();
    assert_eq!(recording.lines, [mark(0, 0, 500), mark(1, 1_175, 1_675), mark(2, 2_350, 2_850)]);
}

#[test]
fn what_was_bought_and_cannot_be_joined_is_not_bought_again() {
    let mut harness = service(|request, _| {
        let mut answer = done();
        answer["combined_audio_url"] = Value::Null;
        Ok(match path(request) {
            "/conversations" => Reply::json(&answer),
            "/synthesize" => refusal(400, "unsupported_format"),
            _ => Reply::ok(mp3(20)),
        })
    });
    let files = Error::unsupported("a conversation, for its lines come as no samples");
    assert_eq!(harness.converse(scene()).unwrap_err(), files);
    assert_eq!(harness.converse(scene()).unwrap_err(), Error::unsupported("the format: m"));
    assert_eq!(asked(&harness), ["POST /synthesize"]);
}

#[test]
fn a_job_refused_for_its_script_says_nothing_of_the_next() {
    let failed = |kind: &str| {
        let error = json!({ "type": kind, "code": "unknown_speaker", "message": "m", "line": 1 });
        json!({ "conversation_id": "conv_1", "status": "failed", "error": error })
    };
    for kind in ["invalid_request", "permission"] {
        let answers = [failed(kind), done()];
        let mut harness = performs(move |_, count| Ok(Reply::json(&answers[count.min(1)])));
        assert_eq!(harness.converse(scene()).unwrap_err(), Error::unsupported("the conversation: m"));
        harness.converse(scene()).unwrap().assert_contract();
        assert_eq!(asked(&harness)[0], "POST /conversations");
    }
}

#[test]
fn more_parts_than_one_call_may_fetch_are_not_fetched() {
    let mut harness = performs(|_, _| {
        let part = json!({ "duration": 0.5, "audio_url": format!("{CDN}/a/0.wav") });
        Ok(Reply::json(&json!({ "status": "completed", "segments": vec![part; 121] })))
    });
    let script = Script::new((0..121).map(|_| Line::new("char_a", "Hi.")));
    let expected = Error::unsupported("a conversation of more than 120 parts");
    assert_eq!(harness.converse(script).unwrap_err(), expected);
    assert_eq!(asked(&harness), ["POST /conversations"]);
}

#[test]
fn a_monologue_says_so_and_the_caller_may_say_otherwise() {
    let mut script = Script::new([scene().lines.remove(1)]);
    let reply = |_: &Sent, _| {
        let mut answer = done();
        answer["segments"].as_array_mut().unwrap().truncate(1);
        Ok(Reply::json(&answer))
    };
    let mut harness = performs(reply);
    harness.converse(script.clone()).unwrap();
    assert_eq!(body(&harness.requests()[0])["conversation_type"], "monologue");
    let options = json!({ "conversation_type": "narration", "scene": "A pier." });
    script.options = options.as_object().cloned();
    let mut harness = performs(reply);
    harness.converse(script).unwrap();
    let sent = body(&harness.requests()[0]);
    assert_eq!((&sent["conversation_type"], &sent["scene"]), (&json!("narration"), &json!("A pier.")));
}

#[test]
fn a_conversation_in_parts_is_joined_by_its_pauses() {
    let mut harness = performs(|_, _| {
        let mut answer = done();
        answer["combined_audio_url"] = Value::Null;
        Ok(Reply::json(&answer))
    });
    let recording = harness.converse(scene()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio_ms(), Some(2_850));
    assert_eq!(recording.lines, [mark(0, 0, 500), mark(1, 1_500, 2_000), mark(2, 2_350, 2_850)]);
    assert_eq!(asked(&harness).len(), 4);
}

#[test]
fn a_job_is_polled_as_often_as_it_asks() {
    let mut harness = performs(|request, count| {
        let accepted = Reply::status(202).piece(processing(2.0).to_string());
        Ok(match (path(request), count) {
            ("/conversations", _) => accepted,
            (_, 1) => Reply::json(&processing(5.0)),
            (_, 2) => refusal(503, "overloaded"),
            _ => Reply::json(&done()),
        })
    });
    harness.converse(scene()).unwrap().assert_contract();
    let poll = "GET /conversations/conv_1";
    assert_eq!(asked(&harness)[..4], ["POST /conversations", poll, poll, poll]);
    let waited = harness.waited();
    assert!((7.0..=7.5).contains(&waited.as_secs_f64()), "{waited:?}");
}

#[test]
fn a_job_nobody_waits_for_is_cancelled() {
    let reply = |request: &Sent, _| {
        Ok(match request.method.as_str() {
            "DELETE" => Reply::status(204),
            "POST" => Reply::status(202).piece(processing(2.0).to_string()),
            _ => Reply::json(&processing(2.0)),
        })
    };
    let mut harness = performs(reply).listener_leaves_after(0);
    assert_eq!(harness.converse(scene()).unwrap_err(), Error::Stopped);
    assert_eq!(asked(&harness), ["POST /conversations", "DELETE /conversations/conv_1"]);
    let mut harness = performs(reply).settings(json!({ "max_conversation_wait": 5 }));
    assert_eq!(harness.converse(scene()).unwrap_err(), Error::TimedOut);
    assert_eq!(harness.waited(), Duration::from_secs(5));
    assert_eq!(asked(&harness).last().unwrap(), "DELETE /conversations/conv_1");
}

#[test]
fn an_impatient_job_is_polled_no_more_often_than_one_call_may_ask() {
    for wait in [80, 600] {
        let mut harness = performs(|request, _| {
            Ok(match request.method.as_str() {
                "POST" => Reply::status(202).piece(processing(0.1).to_string()),
                _ => Reply::json(&processing(0.1)),
            })
        });
        harness = harness.settings(json!({ "max_conversation_wait": wait }));
        assert_eq!(harness.converse(scene()).unwrap_err(), Error::TimedOut);
        assert!(harness.requests().len() <= 62, "{}", harness.requests().len());
    }
}

#[test]
fn a_job_that_fails_says_why() {
    let check = |answer: Value, expected: Error| {
        let mut harness = performs(move |request, _| {
            let accepted = Reply::status(202).piece(processing(0.0).to_string());
            Ok(if request.method == "POST" { accepted } else { Reply::json(&answer) })
        });
        assert_eq!(harness.converse(scene()).unwrap_err(), expected);
        assert_eq!(asked(&harness).len(), 2, "what has ended is not cancelled");
    };
    let failed = |kind: &str, code: &str, message: &str| {
        let error = json!({ "type": kind, "code": code, "message": message, "line": 1 });
        json!({ "conversation_id": "conv_1", "status": "failed", "error": error })
    };
    check(failed("server", "internal", "line 1"), Error::unavailable("conversation failed: line 1"));
    check(failed("server", "timeout", "m"), Error::TimedOut);
    check(failed("billing", "insufficient_credits", "m"), Error::QuotaExhausted { resets_in: None });
    check(failed("permission", "content_blocked", "m"), Error::content_blocked("m"));
    check(failed("not_found", "character_not_found", "no char_b"), Error::voice_not_found("char_b"));
    check(json!({ "status": "failed" }), Error::unavailable("conversation failed: no reason was given"));
    check(json!({ "status": "canceled" }), Error::unavailable("conversation was cancelled by the service"));
    let strange = json!({ "conversation_id": "../x", "status": "processing" });
    check(strange, Error::protocol("conversation is processing and has no usable id"));
    let short = json!({ "status": "completed", "segments": [] });
    check(short, Error::protocol("conversation has another number of segments than of lines: 0, 3"));
}

#[test]
fn refusals_are_those_of_the_table() {
    let check = |reply: Reply, expected: Error| {
        let mut harness = performs(move |_, _| Ok(reply.clone()));
        assert_eq!(harness.converse(scene()).unwrap_err(), expected);
        assert_eq!(harness.requests().len(), 1);
    };
    check(refusal(402, "insufficient_credits"), Error::QuotaExhausted { resets_in: None });
    check(refusal(403, "content_blocked"), Error::content_blocked("m"));
    let nobody = json!({ "error": { "code": "character_not_found", "message": "no 'char_b'" } }).to_string();
    check(Reply::status(404).piece(nobody), Error::voice_not_found("char_b"));
    check(refusal(400, "unknown_speaker"), Error::invalid("options", "was refused by the service: m"));
}

#[test]
fn an_expired_conversation_is_ordered_again_under_its_key() {
    let mut fetches = 0;
    let mut harness = service(move |request, _| {
        if request.method == "POST" {
            return Ok(Reply::json(&done()));
        }
        fetches += 1;
        Ok(if fetches == 1 { Reply::status(410) } else { Reply::ok(wave(2_850)) })
    });
    harness.converse(scene()).unwrap().assert_contract();
    let orders: Vec<_> = harness.requests().iter().filter(|sent| sent.method == "POST").collect();
    assert_eq!(orders[0].header_value("idempotency-key"), orders[1].header_value("idempotency-key"));
}

#[test]
fn a_service_of_the_first_document_is_asked_in_its_words() {
    let mut harness = performs(|request, count| {
        let error = json!({ "code": "invalid_field", "message": "m", "param": "lines" });
        Ok(match (request.method.as_str(), count) {
            ("POST", 0) => Reply::status(400).piece(json!({ "error": error }).to_string()),
            _ => Reply::json(&done()),
        })
    });
    harness.converse(scene()).unwrap().assert_contract();
    let mut names: Vec<String> = body(&harness.requests()[1]).as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["characters", "conversation_type", "script"]);
}

#[test]
fn a_lost_poll_is_an_error_and_the_job_is_cancelled() {
    let mut harness = performs(|request, _| match request.method.as_str() {
        "POST" => Ok(Reply::status(202).piece(processing(0.0).to_string())),
        "DELETE" => Err(http::Error::TimedOut),
        _ => Ok(refusal(404, "conversation_not_found")),
    });
    let lost = Error::unavailable("conversation was lost by the service");
    assert_eq!(harness.converse(scene()).unwrap_err(), lost);
    assert_eq!(asked(&harness).last().unwrap(), "DELETE /conversations/conv_1");
}
