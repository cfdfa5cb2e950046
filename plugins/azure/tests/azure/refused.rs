//! What the WebSocket's refusals and closes mean.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use understudy_plugin::testing::Reply;
use understudy_plugin::websocket::{Error as Socket, Event, Refusal};
use understudy_plugin::{Error, Request, TextLimit};

use super::service::{JENNY, closed, hello, opening, play, rest, socket, speaks, tell};

fn handshake(error: Socket, expected: Error) {
    let mut harness = rest(|_| Reply::status(500)).websocket(move |_| Err(error.clone()));
    assert_eq!(harness.synthesize(hello().words()).unwrap_err(), expected);
}

#[test]
fn a_refused_handshake_means_what_a_refused_request_does() {
    let refusal = |status: u16, headers: &[(&str, &str)], message: &str| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = format!(r#"{{"error":{{"code":"{status}","message":"{message}"}}}}"#);
        Socket::Refused(Refusal { status, headers, body: body.into_bytes() })
    };
    handshake(refusal(401, &[], "Access denied"), Error::unauthorized("status 401: Access denied"));
    handshake(refusal(403, &[], "Network rule"), Error::unauthorized("status 403: Network rule"));
    handshake(refusal(403, &[], "Out of call volume quota."), Error::QuotaExhausted { resets_in: None });
    let wait = Error::RateLimited { retry_after: Some(Duration::from_secs(7)) };
    handshake(refusal(429, &[("Retry-After", "7")], "slow"), wait);
    handshake(
        refusal(404, &[], "no"),
        Error::unauthorized("no such service in the region or at base_url: no"),
    );
    handshake(refusal(503, &[], "busy"), Error::unavailable("status 503: busy"));
    handshake(Socket::TimedOut, Error::TimedOut);
    handshake(Socket::Unreachable("dns".into()), Error::unavailable("host is unreachable: dns"));
}

fn closes(request: Request, code: u16, reason: &'static str, expected: Error) {
    let (mut harness, _log) = socket(move |_, _| vec![closed(code, reason)]);
    assert_eq!(harness.synthesize(request).unwrap_err(), expected, "{code} {reason}");
}

#[test]
fn each_close_has_its_error() {
    let check =
        |code: u16, reason: &'static str, expected: Error| closes(hello().words(), code, reason, expected);
    check(1007, "Unsupported voice en-US-JennyNeural.", Error::voice_not_found(JENNY));
    let standard = "Starting September 1st, 2021 standard voices will no longer be supported for new users. Please use n";
    check(1007, standard, Error::voice_not_found(JENNY));
    check(1007, "SSML is invalid", Error::unsupported("what was asked: SSML is invalid"));
    check(1007, "Quota exceeded. Cid: 0", Error::QuotaExhausted { resets_in: None });
    let too_long = Error::TextTooLong(TextLimit::bytes(65_536));
    check(1009, "Websocket message size cannot exceed 65536 bytes", too_long);
    let throttled = "The request is throttled because you have exceeded the concurrent request limit allowed for your sub";
    check(4429, throttled, Error::RateLimited { retry_after: None });
    check(1013, throttled, Error::RateLimited { retry_after: None });
    check(4429, "", Error::RateLimited { retry_after: None });
    check(1011, "oops", Error::unavailable("connection closed before the turn ended, 1011: oops"));
    check(1000, "", Error::unavailable("connection closed before the turn ended, 1000: "));
    check(1006, "", Error::unavailable("connection closed before the turn ended, 1006: "));
}

#[test]
fn a_document_this_service_refuses_is_left_to_another() {
    let document = || Request::ssml("<speak>Hi there</speak>").voice(JENNY).words();
    let reason = "Node [speak] with type [RootSpeak] should not contain node [break] with type [Others].";
    let expected = Error::unsupported(format!("what was asked: {reason}"));
    closes(document(), 1007, reason, expected);
}

/// A service that does this in its first turn, and speaks after that; and how many it had.
fn first(fault: impl Fn(&str) -> Vec<Event> + 'static) -> (Result<(), Error>, u32) {
    let count = Rc::new(Cell::new(0));
    let counted = count.clone();
    let (mut harness, _log) = socket(move |id, document| {
        counted.set(counted.get() + 1);
        if counted.get() == 1 { fault(id) } else { speaks(id, document) }
    });
    let request = hello().words().encodings([understudy_plugin::Encoding::PcmS16le]);
    (harness.synthesize(request).map(drop), count.get())
}

#[test]
fn a_turn_that_breaks_is_asked_for_again_only_before_its_audio() {
    let broken = Error::unavailable("connection broke before the turn ended");
    assert_eq!(first(|_| vec![Event::Closed(None)]), (Ok(()), 2));
    assert_eq!(first(|id| vec![play(id, &[0; 96]), Event::Closed(None)]), (Err(broken), 1));
    assert_eq!(first(|_| Vec::new()), (Err(Error::TimedOut), 1));
}

#[test]
fn a_turn_without_audio_has_none() {
    let silent = |id: &str| [opening(id), vec![play(id, &[]), tell(id, "turn.end", "{}")]].concat();
    assert_eq!(first(silent), (Err(Error::NoAudio), 1));
}
