//! What each family of voices takes, and that nothing else is sent to it.

use serde_json::json;
use understudy_plugin::{Encoding, Error, Request};

use super::{body, path, service, speaks, spoken};

const STANDARD: &str = "en-US-Standard-C";
const NEURAL2: &str = "en-US-Neural2-C";
const STUDIO: &str = "en-US-Studio-O";
const JOURNEY: &str = "en-US-Journey-D";
const CHIRP_HD: &str = "en-US-Chirp-HD-D";
const CHIRP3_HD: &str = "en-US-Chirp3-HD-Kore";
const NEWER: &str = "en-US-Chirp9-HD-Kore";

fn taken(voice: &str, request: Request) {
    let mut harness = service(speaks);
    harness.synthesize(request.voice(voice)).unwrap();
    assert_eq!(spoken(&harness).len(), 1, "{voice}");
}

fn all_taken(voices: &[&str], request: impl Fn() -> Request) {
    for voice in voices {
        taken(voice, request());
    }
}

fn refused(voice: &str, request: Request, what: &str) {
    let mut harness = service(|_| panic!("must not be sent"));
    assert_eq!(harness.synthesize(request.voice(voice)).unwrap_err(), Error::unsupported(what), "{voice}");
}

#[test]
fn a_rate_is_for_those_that_take_one() {
    let request = || Request::text("Hi.").rate(1.5);
    all_taken(&[STANDARD, NEURAL2, STUDIO, CHIRP3_HD, NEWER], request);
    refused(JOURNEY, request(), "a speaking rate with Journey voices");
    refused(CHIRP_HD, request(), "a speaking rate with Chirp-HD voices");
}

#[test]
fn a_pitch_is_for_those_that_take_one() {
    let request = || Request::text("Hi.").pitch(1.0);
    all_taken(&[STANDARD, NEURAL2, NEWER], request);
    refused(STUDIO, request(), "a pitch with Studio voices");
    refused(JOURNEY, request(), "a pitch with Journey voices");
    refused(CHIRP_HD, request(), "a pitch with Chirp-HD voices");
    refused(CHIRP3_HD, request(), "a pitch with Chirp3-HD voices");
}

#[test]
fn controls_that_change_nothing_are_for_all() {
    let request = || Request::text("Hi.").pitch(0.0).rate(1.0).volume(0.0);
    all_taken(&[STANDARD, NEURAL2, STUDIO, JOURNEY, CHIRP_HD, CHIRP3_HD, NEWER], request);
}

#[test]
fn ssml_is_for_those_that_take_it() {
    let request = || Request::ssml("<speak>Hi <break time='1s'/> you</speak>");
    all_taken(&[STANDARD, NEURAL2, STUDIO, NEWER], request);
    refused(JOURNEY, request(), "SSML with Journey voices");
    refused(CHIRP_HD, request(), "SSML with Chirp-HD voices");
    refused(CHIRP3_HD, request(), "SSML with Chirp3-HD voices");
}

#[test]
fn studio_voices_take_a_part_of_ssml() {
    let check = |element: &str, name: &str| {
        let request = || Request::ssml(format!("<speak>Hi {element}</speak>"));
        refused(STUDIO, request(), &format!("the SSML element {name} with Studio voices"));
        taken(NEURAL2, request());
    };
    check("<mark name='a'/>", "mark");
    check("<emphasis>you</emphasis>", "emphasis");
    check("<lang xml:lang='fr-FR'>vous</lang>", "lang");
    check("<prosody pitch=\"+1st\">you</prosody>", "prosody");
    taken(STUDIO, Request::ssml("<speak><prosody rate='slow'>Hi</prosody></speak>"));
}

#[test]
fn words_are_marked_by_those_that_report_marks() {
    let version = |voice: &str| {
        let mut harness = service(speaks);
        let recording = harness.synthesize(Request::text("Hi.").words().voice(voice)).unwrap();
        assert_eq!(recording.summary.word_times, None, "{voice}: the service reported nothing");
        path(&spoken(&harness)[0]).to_owned()
    };
    for voice in [STANDARD, NEURAL2] {
        assert_eq!(version(voice), "/v1beta1/text:synthesize", "{voice}");
    }
    for voice in [STUDIO, JOURNEY, CHIRP_HD, CHIRP3_HD, NEWER] {
        assert_eq!(version(voice), "/v1/text:synthesize", "{voice}");
    }
}

#[test]
fn a_chirp_voice_gives_plain_mp3_whatever_is_set() {
    let asked = |voice: &str| {
        let mut harness = service(speaks).settings(json!({ "mp3_kilobits": 64 })).secret("api_key", "AIza1");
        harness.synthesize(Request::text("Hi.").voice(voice).encodings([Encoding::Mp3])).unwrap();
        let sent = &spoken(&harness)[0];
        (path(sent).to_owned(), body(sent)["audioConfig"]["audioEncoding"].clone())
    };
    for voice in [CHIRP_HD, CHIRP3_HD] {
        assert_eq!(asked(voice), ("/v1/text:synthesize".to_owned(), json!("MP3")), "{voice}");
    }
    for voice in [STANDARD, NEURAL2, STUDIO, NEWER] {
        let richer = ("/v1beta1/text:synthesize".to_owned(), json!("MP3_64_KBPS"));
        assert_eq!(asked(voice), richer, "{voice}");
    }
}

#[test]
fn a_journey_voice_gives_samples() {
    let mut harness = service(speaks);
    let recording =
        harness.synthesize(Request::text("Hi.").voice(JOURNEY).encodings([Encoding::Mp3])).unwrap();
    assert_eq!(recording.format.encoding, Encoding::PcmS16le);
    assert_eq!(body(&spoken(&harness)[0])["audioConfig"]["audioEncoding"], "LINEAR16");
}
