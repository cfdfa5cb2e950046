//! A clock that is off is set right once, by the refusal's `Date`, and stays right.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use understudy_edge::{Edge, Recipe, token};
use understudy_plugin::testing::{Harness, Peer, Reply};
use understudy_plugin::websocket::{self, Event, Refusal};
use understudy_plugin::{Error, http};

use super::service::{hello, speaks, voices};

const CLIENT: &str = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";

fn unix_seconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The service's date when its clock is this far ahead of ours.
fn date(ahead: i64) -> String {
    let time = Duration::from_secs(u64::try_from(unix_seconds() + ahead).unwrap());
    httpdate::fmt_http_date(UNIX_EPOCH + time)
}

/// True when the address has a token of the service's time or five minutes beside it.
fn admits(url: &str, ahead: i64) -> bool {
    let sent = url.split("Sec-MS-GEC=").nth(1).unwrap().split('&').next().unwrap();
    [-300, 0, 300].iter().any(|near| token(Recipe::Second, unix_seconds() + ahead + near, CLIENT) == sent)
}

/// A service whose clock is this far ahead, and how often it was knocked at.
fn ahead(seconds: i64) -> (Harness<Edge>, Rc<Cell<u32>>) {
    let knocks = Rc::new(Cell::new(0));
    let (sockets, lists) = (knocks.clone(), knocks.clone());
    let harness = Harness::new()
        .http(move |request| {
            lists.set(lists.get() + 1);
            let open = admits(&request.url, seconds);
            Ok(if open { Reply::json(&voices()) } else { Reply::status(403).header("Date", date(seconds)) })
        })
        .websocket(move |handshake| {
            sockets.set(sockets.get() + 1);
            if !admits(&handshake.url, seconds) {
                return Err(forbidden(vec![("date".to_owned(), date(seconds))]));
            }
            Ok(Peer::new().answers(|event| match event {
                Event::Text(message) if message.contains("Path:ssml") => {
                    let (head, body) = message.split_once("\r\n\r\n").unwrap();
                    let id = head.strip_prefix("X-RequestId:").unwrap().split('\r').next().unwrap();
                    speaks(id, body)
                }
                _ => Vec::new(),
            }))
        });
    (harness, knocks)
}

fn forbidden(headers: Vec<(String, String)>) -> websocket::Error {
    websocket::Error::Refused(Refusal { status: 403, headers, body: Vec::new() })
}

#[test]
fn a_clock_that_is_off_is_corrected_once_and_remembered() {
    for seconds in [3_600, -86_400, 90_000_000] {
        let (mut harness, knocks) = ahead(seconds);
        harness.synthesize(hello()).unwrap();
        assert_eq!(knocks.get(), 2, "refused, then let in");
        harness.synthesize(hello()).unwrap();
        assert_eq!(knocks.get(), 3, "let in at once");
        let skew: i64 = serde_json::from_slice(harness.remembered("clock-skew").unwrap()).unwrap();
        assert!((skew - seconds).abs() <= 5, "{skew} for {seconds}");
    }
}

#[test]
fn a_remembered_skew_that_is_wrong_is_replaced_and_not_added_to() {
    let (harness, knocks) = ahead(7_200);
    let mut harness = harness.memo("clock-skew", "-50000");
    harness.synthesize(hello()).unwrap();
    assert_eq!(knocks.get(), 2);
    let skew: i64 = serde_json::from_slice(harness.remembered("clock-skew").unwrap()).unwrap();
    assert!((skew - 7_200).abs() <= 5, "{skew}");
}

#[test]
fn the_voice_list_sets_the_clock_too() {
    let (mut harness, knocks) = ahead(3_600);
    assert_eq!(harness.voices().unwrap().len(), 6);
    assert_eq!(knocks.get(), 2);
    harness.check().unwrap();
    assert_eq!(knocks.get(), 3, "the handshake is let in at once");
}

#[test]
fn a_right_clock_needs_no_correction() {
    let (mut harness, knocks) = ahead(0);
    harness.synthesize(hello()).unwrap();
    assert_eq!((knocks.get(), harness.remembered("clock-skew")), (1, None));
}

fn check(headers: &[(&str, &str)], knocks: u32, expected: &str) {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let count = Rc::new(Cell::new(0));
    let (counted, sent) = (count.clone(), headers.clone());
    let mut harness = Harness::<Edge>::new()
        .websocket(move |_| {
            counted.set(counted.get() + 1);
            Err(forbidden(sent.clone()))
        })
        .http(move |_| {
            let reply = Reply::status(403);
            Ok(headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value)))
        });
    let error = Error::unauthorized(expected);
    assert_eq!(harness.synthesize(hello()).unwrap_err(), error);
    assert_eq!(count.get(), knocks);
    assert_eq!(harness.check().unwrap_err(), error);
    assert_eq!(harness.voices().unwrap_err(), error);
}

#[test]
fn a_second_refusal_is_the_last() {
    let twice =
        "edge refuses the token by its own clock too: its protocol has changed, or it blocks this address";
    check(&[("Date", &date(0))], 2, twice);
    let undated = "edge refuses the token and does not tell its time: its protocol has changed, or it blocks this address";
    check(&[], 1, undated);
    check(&[("Date", "yesterday")], 1, undated);
}

#[test]
fn another_failure_of_the_second_try_is_told_as_it_is() {
    let knocks = Rc::new(Cell::new(0));
    let mut harness = Harness::<Edge>::new().http(move |_| {
        knocks.set(knocks.get() + 1);
        match knocks.get() {
            1 => Ok(Reply::status(403).header("date", date(900))),
            _ => Err(http::Error::TimedOut),
        }
    });
    assert_eq!(harness.voices().unwrap_err(), Error::TimedOut);
}
