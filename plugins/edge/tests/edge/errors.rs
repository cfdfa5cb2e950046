//! Every row of the service's failure table, and what the engine is told.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use understudy_plugin::websocket::{self, Event, Refusal};
use understudy_plugin::{Error, Request};

use super::service::{
    closed, frame, hanging_up, hello, metadata, mp3, opening, play, refused, served, speaks, tell,
};

fn refusal(status: u16, headers: &[(&str, &str)]) -> websocket::Error {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    websocket::Error::Refused(Refusal { status, headers, body: Vec::new() })
}

#[test]
fn a_refused_handshake_means_what_its_status_means() {
    let check = |error: websocket::Error, expected: Error| {
        assert_eq!(refused(error.clone()).synthesize(hello()).unwrap_err(), expected);
        assert_eq!(refused(error).check().unwrap_err(), expected);
    };
    let wait = |seconds: Option<u64>| Error::RateLimited { retry_after: seconds.map(Duration::from_secs) };
    check(refusal(429, &[("Retry-After", "9")]), wait(Some(9)));
    check(refusal(429, &[]), wait(None));
    check(refusal(503, &[]), Error::unavailable("status 503: websocket refused"));
    check(refusal(500, &[]), Error::unavailable("status 500: websocket refused"));
    check(refusal(404, &[]), Error::protocol("status 404: websocket refused"));
    check(websocket::Error::TimedOut, Error::TimedOut);
    check(websocket::Error::Unreachable("dns".into()), Error::unavailable("host is unreachable: dns"));
    check(
        websocket::Error::Denied("hint: grant it".into()),
        Error::unauthorized("host is not granted: hint: grant it"),
    );
}

#[test]
fn each_close_code_has_its_error() {
    let check = |code: u16, reason: &'static str, expected: Error| {
        assert_eq!(hanging_up(code, reason).synthesize(hello()).unwrap_err(), expected, "{code} {reason}");
    };
    check(1007, "Unsupported voice en-US-AriaNeural.", Error::voice_not_found("en-US-AriaNeural"));
    check(1007, "SSML is invalid", Error::protocol("edge closed with 1007: SSML is invalid"));
    check(1009, "too big", Error::protocol("edge closed with 1009: too big"));
    check(4429, "The request is throttled", Error::RateLimited { retry_after: None });
    check(1011, "oops", Error::unavailable("connection closed before the turn ended, 1011: oops"));
    check(1000, "", Error::unavailable("connection closed before the turn ended, 1000: "));
    check(1006, "", Error::unavailable("connection closed before the turn ended, 1006: "));
}

#[test]
fn a_turn_without_audio_is_an_unknown_voice_a_text_it_cannot_read_or_no_audio() {
    let silent = |id: &str, _: &str| {
        let mut events = opening(id);
        events.extend([play(id, &[]), tell(id, "turn.end", "{}")]);
        events
    };
    let check = |text: &str, voice: &str, expected: Error| {
        let error = served(silent).0.synthesize(Request::text(text).voice(voice)).unwrap_err();
        assert_eq!(error, expected, "{text}");
    };
    check("Hi", "en-US-AriaNeural", Error::NoAudio);
    check("Hi", "en-US-NopeNeural", Error::voice_not_found("en-US-NopeNeural"));
    // What no English voice could read blames nobody, or one client could have the provider left alone.
    let unread = |voice| Error::unsupported(format!("a text in which the voice can read nothing: {voice}"));
    check("你好，世界。", "en-US-AriaNeural", unread("en-US-AriaNeural"));
    check("Привет!", "de-DE-KatjaNeural", unread("de-DE-KatjaNeural"));
    check("你好。", "zh-CN-liaoning-XiaobeiNeural", Error::NoAudio);
    check("你好。", "en-US-NopeNeural", Error::voice_not_found("en-US-NopeNeural"));
    check("你好。", "en-US-EmmaMultilingualNeural", Error::NoAudio);
}

#[test]
fn a_second_piece_without_audio_fails_the_take() {
    let count = Cell::new(0);
    let (mut harness, _log) = served(move |id, document| {
        count.set(count.get() + 1);
        if count.get() == 1 { speaks(id, document) } else { vec![tell(id, "turn.end", "{}")] }
    });
    let long = Request::text("One two three. ".repeat(400)).voice("en-US-AriaNeural");
    assert_eq!(harness.synthesize(long).unwrap_err(), Error::NoAudio);
}

/// A service that does this in its first turns, and speaks after that; and how many it had.
fn first(turns: u32, fault: impl Fn(&str) -> Vec<Event> + 'static) -> (Result<Vec<u8>, Error>, u32) {
    let count = Rc::new(Cell::new(0));
    let counted = count.clone();
    let (mut harness, _log) = served(move |id, document| {
        counted.set(counted.get() + 1);
        if counted.get() <= turns { fault(id) } else { speaks(id, document) }
    });
    let audio = harness.synthesize(hello().words()).map(|recording| recording.audio);
    (audio, count.get())
}

#[test]
fn a_connection_that_breaks_before_audio_is_made_again_once() {
    let cut = || |_: &str| vec![Event::Closed(None)];
    assert_eq!(first(1, cut()), (Ok(mp3(20)), 2));
    let broken = Error::unavailable("connection broke before the turn ended");
    assert_eq!(first(2, cut()), (Err(broken), 2));
    assert_eq!(first(1, |_| vec![closed(1006, "")]), (Ok(mp3(20)), 2));
    let invalid = Error::protocol("edge closed with 1007: SSML is invalid");
    assert_eq!(first(1, |_| vec![closed(1007, "SSML is invalid")]), (Err(invalid), 1));
}

#[test]
fn a_connection_that_breaks_after_audio_is_not_made_again() {
    let broken = || Err(Error::unavailable("connection broke before the turn ended"));
    assert_eq!(first(1, |id| vec![play(id, &mp3(2)), Event::Closed(None)]), (broken(), 1));
    let told =
        |id: &str| vec![tell(id, "audio.metadata", &metadata(&[("Hello", 0, 1)])), Event::Closed(None)];
    assert_eq!(first(1, told), (broken(), 1));
}

#[test]
fn silence_is_a_time_out_even_after_audio() {
    assert_eq!(first(1, |_| Vec::new()), (Err(Error::TimedOut), 1));
    assert_eq!(first(1, |id| vec![play(id, &mp3(2))]), (Err(Error::TimedOut), 1));
}

#[test]
fn messages_of_another_form_break_the_protocol() {
    let check = |event: fn(&str) -> Event, expected: &str| {
        let (outcome, turns) = first(1, move |id| vec![event(id)]);
        assert_eq!((outcome, turns), (Err(Error::protocol(expected)), 1));
    };
    check(|_| Event::Text("Path:turn.end".into()), "message has no empty line after its headers");
    check(|_| Event::Binary(vec![0]), "audio message ends before its headers do");
    check(|_| Event::Binary(vec![0, 200, 1]), "audio message ends before its headers do");
    check(|_| Event::Binary(vec![0, 1, 0xFF]), "audio message has headers of no text");
    check(|_| frame("Path:audio\r\n", &mp3(1)), "audio message does not say its type");
    check(
        |id| play(id, &b"<html>Sign in</html>".repeat(9)),
        &format!("answer is no audio: {}", "<html>Sign in</html>".repeat(6)),
    );
    let (outcome, _) = first(1, |id| vec![tell(id, "audio.metadata", "{}")]);
    assert!(outcome.unwrap_err().to_string().contains("metadata is not the expected json"));
}

#[test]
fn a_turn_of_ten_minutes_is_taken_for_cut_off() {
    let (outcome, _) = first(1, |id| vec![play(id, &mp3(24_999)), tell(id, "turn.end", "{}")]);
    let expected = "speech of more than ten minutes in a turn, which the service cuts off";
    assert_eq!(outcome, Err(Error::unsupported(expected)));
}
