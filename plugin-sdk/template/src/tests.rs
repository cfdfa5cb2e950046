//! The plugin on a stage of its own: no host, no component, no network.

use serde_json::json;
use understudy_plugin::testing::{Harness, Recording, check_manifest};
use understudy_plugin::{Error, Request};

use super::Telegraph;

fn speak(request: Request) -> Result<Recording, Error> {
    Harness::<Telegraph>::new().synthesize(request)
}

#[test]
fn the_manifest_is_accepted() {
    assert_eq!(check_manifest(&Harness::<Telegraph>::new().describe()), Ok(()));
}

#[test]
fn every_word_is_heard_and_marked() {
    let recording = speak(Request::text("Don't panic: 42!").words()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.spoken(), ["Don't", "panic", "42"]);
    let loudest = recording.samples().unwrap().into_iter().max();
    assert!(loudest > Some(10_000), "{loudest:?}");
}

#[test]
fn marks_are_sent_only_when_they_are_wanted() {
    let recording = speak(Request::text("Hello")).unwrap();
    recording.assert_contract();
    assert!(recording.words.is_empty());
}

#[test]
fn paris_takes_as_long_as_the_speed_says() {
    // Fifty dots at fifteen words a minute; each dot is rounded down to a whole sample.
    assert_eq!(speak(Request::text("paris")).unwrap().audio_ms(), Some(4_000));
    assert_eq!(speak(Request::text("paris").rate(2.0)).unwrap().audio_ms(), Some(2_000));
    assert_eq!(speak(Request::text("paris").voice("bug")).unwrap().audio_ms(), Some(2_400));
}

#[test]
fn audio_flows_word_by_word() {
    // The listener leaves after the first word; the rest is never keyed.
    let mut harness = Harness::<Telegraph>::new().listener_leaves_after(1);
    assert_eq!(harness.synthesize(Request::text("one two")).unwrap_err(), Error::Stopped);
}

#[test]
fn the_tone_is_the_operators() {
    let crossings = |tone: u32| {
        let mut harness = Harness::<Telegraph>::new().settings(json!({ "tone_hz": tone }));
        let samples = harness.synthesize(Request::text("t")).unwrap().samples().unwrap();
        samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count()
    };
    assert!(crossings(1_200) > crossings(600));
}

#[test]
fn what_cannot_be_keyed_is_refused() {
    let check = |request: Request, expected: Error| assert_eq!(speak(request).unwrap_err(), expected);
    check(Request::text("да"), Error::unsupported("the letter in morse code: д"));
    check(Request::text("…!"), Error::unsupported("text without a letter"));
    check(Request::text("hi").voice("nobody"), Error::voice_not_found("nobody"));
    check(Request::ssml("<speak>hi</speak>"), Error::unsupported("ssml"));
}
