//! The plugin at its border: requests in, HTTP out, a scripted service in between.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what only tests call is a test too")]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

use serde_json::{Value, json};
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{Encoding, Error, Request, http};
use understudy_siliconflow::SiliconFlow;

mod account;
mod errors;

const SPEECH: &str = "https://api.siliconflow.cn/v1/audio/speech";
const ALEX: &str = "FunAudioLLM/CosyVoice2-0.5B:alex";
const MODEL: &str = "FunAudioLLM/CosyVoice2-0.5B";

fn service(reply: impl Fn(&Sent) -> Reply + 'static) -> Harness<SiliconFlow> {
    Harness::new().secret("api_key", "sk-1").http(move |request| Ok(reply(request)))
}

/// A WAVE file as the service streams it: without a length.
fn wave(samples: &[i16]) -> Vec<u8> {
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend(32_000_u32.to_le_bytes());
    bytes.extend(64_000_u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

fn speaks(_: &Sent) -> Reply {
    Reply::ok(wave(&[5; 320])).header("x-siliconcloud-trace-id", "trace-1")
}

fn body(request: &Sent) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

#[test]
fn the_manifest_is_what_the_host_takes() {
    let manifest = Harness::<SiliconFlow>::new().describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!(manifest.id, "siliconflow");
}

#[test]
fn nothing_is_sent_that_nobody_set() {
    let mut harness = service(speaks);
    let recording = harness.synthesize(Request::text("你好。")).unwrap();
    recording.assert_contract();
    assert_eq!(recording.samples(), Some(vec![5; 320]));
    assert_eq!(recording.summary.voice.as_deref(), Some(ALEX));
    assert_eq!(recording.summary.characters_billed, Some(9), "three bytes a character");
    assert_eq!(recording.summary.request_id.as_deref(), Some("trace-1"));
    let [sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", SPEECH));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        sent.headers,
        [header("authorization", "Bearer sk-1"), header("content-type", "application/json")]
    );
    assert_eq!(body(sent), json!({ "model": MODEL, "input": "你好。", "voice": ALEX }));
}

#[test]
fn everything_that_was_set_is_sent() {
    let settings = json!({
        "base_url": "https://api.siliconflow.com/v1/", "model": "fnlp/MOSS-TTSD-v0.5", "voice": "anna",
        "options": { "max_tokens": 100 },
    });
    let mut harness = service(speaks).settings(settings);
    let request =
        Request::text("[S1]Hi").rate(1.25).volume(-12.0).encodings([Encoding::Mp3]).sample_rate(24_000);
    harness.synthesize(request).unwrap();
    assert_eq!(harness.requests()[0].url, "https://api.siliconflow.com/v1/audio/speech");
    assert_eq!(
        body(&harness.requests()[0]),
        json!({
            "model": "fnlp/MOSS-TTSD-v0.5", "input": "[S1]Hi", "voice": "fnlp/MOSS-TTSD-v0.5:anna", "speed": 1.25,
            "gain": -10.0, "response_format": "mp3", "sample_rate": 32_000, "max_tokens": 100,
        })
    );
}

#[test]
fn formats_and_rates_are_those_of_the_table() {
    let check = |encoding: Encoding, rate: Option<u32>, expected: Value| {
        let mut harness = service(speaks);
        let mut request = Request::text("Hi").encodings([encoding]);
        request.sample_rate = rate;
        harness.synthesize(request).unwrap();
        let mut sent = body(&harness.requests()[0]);
        for common in ["model", "input", "voice"] {
            sent.as_object_mut().unwrap().remove(common);
        }
        assert_eq!(sent, expected);
    };
    check(Encoding::Mp3, None, json!({ "response_format": "mp3" }));
    check(Encoding::Mp3, Some(48_000), json!({ "response_format": "mp3", "sample_rate": 44_100 }));
    check(Encoding::PcmS16le, Some(16_000), json!({ "response_format": "wav", "sample_rate": 16_000 }));
    check(Encoding::Wav, Some(22_050), json!({ "response_format": "wav", "sample_rate": 24_000 }));
    check(Encoding::OggOpus, Some(24_000), json!({ "response_format": "opus" }));
    check(Encoding::Flac, None, json!({ "response_format": "mp3" }));
}

#[test]
fn a_voice_brings_its_model() {
    let check = |voice: &str, model: &str, sent_voice: &str| {
        let mut harness = service(|request| match request.url.ends_with("/audio/voice/list") {
            true => Reply::json(
                &json!({ "result": [{ "model": "IndexTeam/IndexTTS-2", "customName": "me", "uri": "speech:me:a:b" }] }),
            ),
            false => speaks(request),
        });
        harness.synthesize(Request::text("Hi").voice(voice)).unwrap();
        let sent = body(harness.requests().last().unwrap());
        assert_eq!((sent["model"].as_str(), sent["voice"].as_str()), (Some(model), Some(sent_voice)));
    };
    check("bella", MODEL, "FunAudioLLM/CosyVoice2-0.5B:bella");
    check("fnlp/MOSS-TTSD-v0.5:anna", "fnlp/MOSS-TTSD-v0.5", "fnlp/MOSS-TTSD-v0.5:anna");
    check("speech:me:a:b", "IndexTeam/IndexTTS-2", "speech:me:a:b");
    check("speech:gone:a:b", MODEL, "speech:gone:a:b");
    let nobody = service(speaks).synthesize(Request::text("Hi").voice("nobody"));
    assert_eq!(nobody.unwrap_err(), Error::voice_not_found("nobody"));
}

#[test]
fn a_reference_recording_stands_in_for_a_voice() {
    let mut harness = service(speaks);
    let references = json!([{ "audio": "data:audio/mpeg;base64,AAAA", "text": "hello" }]);
    let recording = harness.synthesize(Request::text("Hi").option("references", references.clone())).unwrap();
    assert_eq!(recording.summary.voice, None);
    assert_eq!(
        body(&harness.requests()[0]),
        json!({ "model": MODEL, "input": "Hi", "references": references })
    );
}

#[test]
fn what_cannot_be_spoken_is_never_sent() {
    let check = |request: Request, expected: Error| {
        let mut harness = service(|_| panic!("must not be sent"));
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
    };
    check(Request::text("……"), Error::unsupported("text in which nothing can be spoken"));
    check(Request::ssml("<speak>a</speak>"), Error::unsupported("SSML"));
    check(
        Request::text("a").option("gain", 3),
        Error::invalid("options", "must not set gain, which the plugin sets"),
    );
    let limit = understudy_plugin::TextLimit::characters(128_000);
    check(Request::text("a".repeat(128_001)), Error::TextTooLong(limit));
}

#[test]
fn it_streams_and_stops_when_nobody_listens() {
    let reply = |_: &Sent| wave(&[1; 48_000]).chunks(9_601).fold(Reply::status(200), Reply::piece);
    assert!(service(reply).synthesize(Request::text("Hi")).unwrap().chunks.len() > 5);
    let mut harness = service(reply).listener_leaves_after(20_000);
    assert_eq!(harness.synthesize(Request::text("Hi")).unwrap_err(), Error::Stopped);
}

#[test]
fn a_body_that_breaks_off_is_an_error() {
    let mut harness = service(|_| Reply::ok(wave(&[1; 10])).then_fails(http::Error::Protocol("cut".into())));
    assert_eq!(
        harness.synthesize(Request::text("Hi")).unwrap_err(),
        Error::protocol("server broke http: cut")
    );
}
