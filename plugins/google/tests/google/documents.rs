//! A caller's own SSML: as it stands, and with marks in it.

use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Encoding, Request, WordTimes};

use super::words::{marked, shown};
use super::{body, path, service, speaks, spoken};

const DOCUMENT: &str = "<speak>Hello <sub alias=\"World Wide Web\">WWW</sub>, <say-as interpret-as=\"date\">2026-11-23\
                        </say-as> &amp; <emphasis>so</emphasis><mark name=\"w9\"/> on</speak>";

fn answer(request: &Sent) -> Reply {
    let points = [
        ("w_0", 0.0),
        ("w_1", 0.1),
        ("w_4", 0.4),
        ("w_5", 0.6),
        ("w_6", 0.7),
        ("w9", 0.75),
        ("w_7", 0.8),
        ("w_8", 0.9),
    ];
    marked(request, 960, &points)
}

#[test]
fn a_document_goes_as_it_stands() {
    let mut harness = service(speaks);
    let recording = harness.synthesize(Request::ssml(DOCUMENT).voice("en-US-Neural2-C")).unwrap();
    recording.assert_contract();
    let [sent] = &spoken(&harness)[..] else { panic!("{:?}", harness.requests()) };
    assert_eq!((path(sent), &body(sent)["input"]["ssml"]), ("/v1/text:synthesize", &DOCUMENT.into()));
    let billed = DOCUMENT.len() - "<mark name=\"w9\"/>".len();
    assert_eq!(recording.summary.characters_billed, Some(u32::try_from(billed).unwrap()));
}

#[test]
fn words_lie_in_the_callers_document() {
    let mut harness = service(answer);
    let request = Request::ssml(DOCUMENT).voice("en-US-Neural2-C").words().encodings([Encoding::PcmS16le]);
    let recording = harness.synthesize(request).unwrap();
    recording.assert_contract();
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    let words = "Hello@0-100 WWW@100-400 2026@400-500 11@500-550 23@550-600 so@700-800 on@800-900";
    assert_eq!(shown(&recording), words);
    let sent = &spoken(&harness)[0];
    let ssml = "<speak><mark name=\"w_0\"/>Hello <mark name=\"w_1\"/><sub alias=\"World Wide Web\">WWW</sub>, \
                <mark name=\"w_4\"/><say-as interpret-as=\"date\">2026-11-23</say-as> <mark name=\"w_5\"/>&amp; \
                <emphasis><mark name=\"w_6\"/>so</emphasis><mark name=\"w9\"/> <mark name=\"w_7\"/>on<mark name=\"w_8\"/>\
                </speak>";
    assert_eq!((path(sent), &body(sent)["input"]["ssml"]), ("/v1beta1/text:synthesize", &ssml.into()));
    let billed = DOCUMENT.len() - "<mark name=\"w9\"/>".len();
    assert_eq!(recording.summary.characters_billed, Some(u32::try_from(billed).unwrap()));
}

#[test]
fn a_document_without_room_for_marks_is_spoken_all_the_same() {
    let document = format!("<speak>{}</speak>", "a b. ".repeat(600));
    let mut harness = service(speaks);
    let recording = harness.synthesize(Request::ssml(&document).voice("en-US-Neural2-C").words()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.words, []);
    assert_eq!(path(&spoken(&harness)[0]), "/v1/text:synthesize");
}
