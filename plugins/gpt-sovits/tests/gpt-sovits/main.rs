//! The plugin at its border: requests in, HTTP out, a scripted server in between.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what only tests call is a test too")]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

use serde_json::{Value, json};
use understudy_gpt_sovits::GptSovits;
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{AudioFormat, Encoding, Error, Gender, Request, Voice, http};

mod errors;
mod weights;

const BASE: &str = "http://127.0.0.1:9880";

/// Two voices: one with everything, one with as little as possible.
fn voices() -> Value {
    json!([
        {
            "id": "ann", "name": "Ann", "ref_audio_path": "/v/ann.wav", "prompt_text": "你好", "prompt_lang": "ZH",
            "text_lang": "all_zh", "languages": ["zh"], "gender": "female", "speed": 1.1,
            "aux_ref_audio_paths": ["/v/ann2.wav"],
        },
        { "id": "bob", "ref_audio_path": "/v/bob.wav", "prompt_lang": "en", "languages": ["en-US"] },
    ])
}

fn server(reply: impl Fn(&Sent) -> Reply + 'static) -> Harness<GptSovits> {
    Harness::new()
        .settings(json!({ "api": "v2", "voices": voices() }))
        .http(move |request| Ok(reply(request)))
}

/// A WAVE file as the server streams it: 0 bytes long, says its header.
fn wave(sample_rate: u32, samples: &[i16]) -> Vec<u8> {
    let mut bytes = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend(sample_rate.to_le_bytes());
    bytes.extend((sample_rate * 2).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data\0\0\0\0");
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

fn speaks(_: &Sent) -> Reply {
    Reply::ok(wave(32_000, &[5; 320]))
}

fn body(request: &Sent) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

#[test]
fn the_manifest_is_what_the_host_takes() {
    let manifest = server(speaks).describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!((manifest.id.as_str(), manifest.secrets.len()), ("gpt-sovits", 0));
}

#[test]
fn nothing_is_sent_that_nobody_set() {
    let mut harness = server(speaks);
    let recording = harness.synthesize(Request::text("Hello.").voice("bob")).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::PcmS16le, 32_000));
    assert_eq!(recording.samples(), Some(vec![5; 320]));
    assert_eq!(recording.summary.voice.as_deref(), Some("bob"));
    let [sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "http://127.0.0.1:9880/tts"));
    assert_eq!(sent.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    assert_eq!(
        body(sent),
        json!({
            "text": "Hello.", "text_lang": "auto", "ref_audio_path": "/v/bob.wav", "prompt_lang": "en",
            "streaming_mode": 1,
        })
    );
}

#[test]
fn everything_that_was_set_is_sent() {
    let settings = json!({ "api": "v2", "voices": voices(), "streaming_mode": 0, "options": { "top_k": 5 } });
    let mut harness = server(speaks).settings(settings);
    let request = Request::text("你好").rate(0.5).encodings([Encoding::Mp3]).option("seed", 7);
    harness.synthesize(request).unwrap();
    assert_eq!(
        body(&harness.requests()[0]),
        json!({
            "text": "你好", "text_lang": "all_zh", "ref_audio_path": "/v/ann.wav", "prompt_text": "你好",
            "prompt_lang": "zh", "aux_ref_audio_paths": ["/v/ann2.wav"], "speed_factor": 0.55, "top_k": 5, "seed": 7,
        })
    );
}

#[test]
fn the_older_program_has_other_names() {
    let mut harness = server(speaks).settings(json!({ "api": "v1", "voices": voices() }));
    harness.synthesize(Request::text("Hi").voice("ann")).unwrap();
    assert_eq!(harness.requests()[0].url, "http://127.0.0.1:9880/");
    assert_eq!(
        body(&harness.requests()[0]),
        json!({
            "text": "Hi", "text_language": "all_zh", "refer_wav_path": "/v/ann.wav", "prompt_text": "你好",
            "prompt_language": "zh", "inp_refs": ["/v/ann2.wav"], "speed": 1.1,
        })
    );
}

#[test]
fn the_program_is_found_out_once() {
    let check = |description: Reply, expected: &str| {
        let mut harness =
            Harness::<GptSovits>::new().settings(json!({ "voices": voices() })).http(move |request| {
                Ok(if request.method == "GET" { description.clone() } else { speaks(request) })
            });
        harness.synthesize(Request::text("Hi")).unwrap();
        assert_eq!(harness.requests()[0].url, format!("{BASE}/openapi.json"));
        harness.synthesize(Request::text("Hi")).unwrap();
        let [sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
        assert_eq!(sent.url, format!("{BASE}{expected}"));
    };
    check(Reply::json(&json!({ "paths": { "/tts": {}, "/control": {} } })), "/tts");
    check(Reply::json(&json!({ "paths": { "/": {}, "/control": {} } })), "/");
    check(Reply::status(404), "/tts");
}

#[test]
fn what_answers_before_the_program_says_nothing_of_it() {
    for passing in
        [Reply::status(502), Reply::ok("<html>"), Reply::ok("{\"pa").then_fails(http::Error::TimedOut)]
    {
        let mut asked = 0;
        let mut harness =
            Harness::<GptSovits>::new().settings(json!({ "voices": voices() })).http(move |request| {
                asked += usize::from(request.method == "GET");
                let older = Reply::json(&json!({ "paths": { "/": {} } }));
                Ok(match request.method.as_str() {
                    "GET" if asked == 1 => passing.clone(),
                    "GET" => older,
                    _ => speaks(request),
                })
            });
        let path = |harness: &Harness<GptSovits>| harness.requests().last().unwrap().url.clone();
        harness.synthesize(Request::text("Hi")).unwrap();
        assert_eq!(path(&harness), format!("{BASE}/tts"));
        harness.synthesize(Request::text("Hi")).unwrap();
        assert_eq!(path(&harness), format!("{BASE}/"));
    }
}

#[test]
fn a_program_that_lacks_its_path_is_asked_who_it_is_again() {
    let mut harness = Harness::<GptSovits>::new().settings(json!({ "voices": voices() }));
    harness = harness.http(|_| Ok(Reply::status(404)));
    for _ in 0..2 {
        assert!(matches!(harness.synthesize(Request::text("Hi")), Err(Error::Unauthorized(_))));
        assert_eq!(harness.requests()[0].url, format!("{BASE}/openapi.json"));
    }
}

#[test]
fn the_older_program_has_no_voice_whose_recording_has_no_text() {
    let mut harness =
        server(|_| panic!("must not be sent")).settings(json!({ "api": "v1", "voices": voices() }));
    let error = harness.synthesize(Request::text("Hi").voice("bob")).unwrap_err();
    assert_eq!(error, Error::voice_not_found("bob"));
    assert_eq!(harness.logs()[0].message, "voice has no prompt_text, which api.py needs");
}

#[test]
fn languages_are_spelled_as_the_server_spells_them() {
    let check = |voice: &str, tag: &str, expected: &str| {
        let mut harness = server(speaks);
        harness.synthesize(Request::text("Hi").voice(voice).language(tag)).unwrap();
        assert_eq!(body(&harness.requests()[0])["text_lang"], expected);
    };
    check("bob", "EN-us", "en");
    check("bob", "zh-Hans-CN", "zh");
    check("bob", "zh-HK", "yue");
    check("bob", "zh-Hant-HK", "yue");
    check("bob", "cmn-CN", "zh");
    check("bob", "ja", "ja");
    check("ann", "zh", "all_zh");
    check("ann", "ko", "ko");
    let german = server(speaks).synthesize(Request::text("Hallo").language("de"));
    assert_eq!(german.unwrap_err(), Error::unsupported("language de"));
}

#[test]
fn voices_are_those_of_the_settings() {
    let ann = Voice::new("ann", "Ann").language("zh").gender(Gender::Female).neural();
    assert_eq!(server(speaks).voices(), Ok(vec![ann, Voice::new("bob", "bob").language("en-US").neural()]));
    let chosen = |request: Request| {
        server(speaks).synthesize(request).map(|recording| recording.summary.voice.unwrap())
    };
    assert_eq!(chosen(Request::text("Hi")), Ok("ann".to_owned()));
    assert_eq!(chosen(Request::text("Hi").language("en")), Ok("bob".to_owned()));
    assert_eq!(chosen(Request::text("Hi").voice("eve")), Err(Error::voice_not_found("eve")));
}

#[test]
fn what_cannot_be_spoken_is_never_sent() {
    let check = |request: Request, expected: Error| {
        let mut harness = server(|_| panic!("must not be sent"));
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
    };
    check(Request::text("。。。"), Error::unsupported("text in which nothing can be spoken"));
    check(Request::ssml("<speak>a</speak>"), Error::unsupported("SSML"));
    check(
        Request::text("a").option("ref_audio_path", "/etc/passwd"),
        Error::invalid("options", "must not set ref_audio_path, which the plugin sets"),
    );
}

#[test]
fn it_streams_and_stops_when_nobody_listens() {
    let reply = |_: &Sent| wave(32_000, &[1; 48_000]).chunks(9_601).fold(Reply::status(200), Reply::piece);
    assert!(server(reply).synthesize(Request::text("Hi")).unwrap().chunks.len() > 5);
    let mut harness = server(reply).listener_leaves_after(20_000);
    assert_eq!(harness.synthesize(Request::text("Hi")).unwrap_err(), Error::Stopped);
}

#[test]
fn any_answer_is_a_sign_of_life() {
    for status in [200, 404, 500] {
        assert_eq!(server(move |_| Reply::status(status)).check(), Ok(()));
    }
    let mut dead = server(speaks).http(|_| Err(http::Error::Unreachable("refused".into())));
    assert_eq!(dead.check(), Err(Error::unavailable("host is unreachable: refused")));
}
