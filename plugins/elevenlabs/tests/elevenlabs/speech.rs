//! What a request for speech is on the wire, whole.

use serde_json::{Value, json};
use understudy_elevenlabs::ElevenLabs;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{AudioFormat, Encoding, Error, Request, http};

use super::{body, hello, mp3, path, service, speaks};

#[test]
fn the_manifest_is_what_the_host_takes() {
    let manifest = Harness::<ElevenLabs>::new().describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!(manifest.id, "elevenlabs");
}

#[test]
fn nothing_is_sent_that_nobody_set() {
    let mut harness = service(speaks);
    let recording = harness.synthesize(hello()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::Mp3, 44_100).bit_rate(128_000));
    assert_eq!(recording.summary.voice.as_deref(), Some("v1"));
    assert_eq!(recording.summary.characters_billed, Some(6));
    assert_eq!(recording.summary.request_id.as_deref(), Some("req-1"));
    let [sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
    assert_eq!((sent.method.as_str(), path(sent)), ("POST", "/v1/text-to-speech/v1/stream"));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(sent.headers, [header("xi-api-key", "sk_1"), header("content-type", "application/json")]);
    assert_eq!(body(sent), json!({ "text": "Hello." }));
}

#[test]
fn everything_that_was_set_is_sent() {
    let settings = json!({
        "base_url": "https://api.elevenlabs.io/", "model": "eleven_flash_v2_5", "voice": "v2",
        "voice_settings": { "stability": 0.4, "style": 0.1 }, "enable_logging": false,
        "options": { "apply_text_normalization": "on" },
    });
    let mut harness = service(speaks).settings(settings);
    let request = Request::text("Hallo.")
        .language("de-AT")
        .rate(1.1)
        .encodings([Encoding::Mp3])
        .option("seed", 7)
        .option("voice_settings", json!({ "style": 0.9 }));
    harness.synthesize(request).unwrap();
    let sent = &harness.requests()[0];
    assert_eq!(path(sent), "/v1/text-to-speech/v2/stream?output_format=mp3_44100_128&enable_logging=false");
    assert_eq!(
        body(sent),
        json!({
            "text": "Hallo.", "model_id": "eleven_flash_v2_5", "language_code": "de", "seed": 7,
            "voice_settings": { "stability": 0.4, "style": 0.9, "speed": 1.1 }, "apply_text_normalization": "on",
        })
    );
}

#[test]
fn the_language_is_sent_to_models_that_take_it() {
    let check = |model: Option<&str>, tag: &str, expected: Value| {
        let settings = model.map_or_else(|| json!({}), |model| json!({ "model": model }));
        let mut harness = service(speaks).settings(settings);
        harness.synthesize(hello().language(tag)).unwrap();
        assert_eq!(body(&harness.requests()[0])["language_code"], expected, "{tag}");
    };
    check(None, "fil", Value::Null);
    check(Some("eleven_multilingual_v2"), "fil", Value::Null);
    for (tag, expected) in
        [("fil", "fil"), ("cmn-CN", "zh"), ("zh-HK", "zh"), ("nb-NO", "no"), ("no", "no"), ("iw", "he")]
    {
        check(Some("eleven_v3"), tag, json!(expected));
    }
}

#[test]
fn formats_are_those_of_the_table() {
    let check = |encoding: Encoding, rate: Option<u32>, expected: &str| {
        let mut harness = service(speaks);
        let mut request = hello().encodings([encoding]);
        request.sample_rate = rate;
        harness.synthesize(request).unwrap();
        assert_eq!(
            path(&harness.requests()[0]),
            format!("/v1/text-to-speech/v1/stream?output_format={expected}")
        );
    };
    check(Encoding::Mp3, None, "mp3_44100_128");
    check(Encoding::Mp3, Some(16_000), "mp3_22050_32");
    check(Encoding::Mp3, Some(24_000), "mp3_24000_48");
    check(Encoding::Mp3, Some(48_000), "mp3_44100_128");
    check(Encoding::PcmS16le, None, "pcm_24000");
    check(Encoding::Wav, Some(30_000), "pcm_32000");
    check(Encoding::PcmS16le, Some(96_000), "pcm_48000");
    check(Encoding::OggOpus, Some(16_000), "opus_48000_128");
    check(Encoding::Flac, None, "mp3_44100_128");
}

#[test]
fn samples_have_the_rate_they_were_asked_for_at() {
    let mut harness = service(|_| Reply::ok([1, 0].repeat(2_205)));
    let recording = harness.synthesize(hello().encodings([Encoding::PcmS16le]).sample_rate(22_050)).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::PcmS16le, 22_050));
    assert_eq!(recording.audio_ms(), Some(100));
}

#[test]
fn the_operators_format_wins() {
    let mut harness = service(speaks).settings(json!({ "output_format": "mp3_44100_192" }));
    harness.synthesize(hello().encodings([Encoding::PcmS16le])).unwrap();
    assert_eq!(path(&harness.requests()[0]), "/v1/text-to-speech/v1/stream?output_format=mp3_44100_192");
}

#[test]
fn a_text_past_the_models_limit_is_joined_from_samples() {
    let text = "One two three. ".repeat(800);
    let service = |request: &http::Request| match path(request) {
        "/v1/models" => Reply::json(
            &json!([{ "model_id": "eleven_multilingual_v2", "maximum_text_length_per_request": 9_000 }]),
        ),
        _ => Reply::ok([1, 0].repeat(240)).header("character-cost", "10").header("request-id", "r"),
    };
    let mut harness = super::service(service);
    let recording = harness.synthesize(Request::text(&text).voice("v1").encodings([Encoding::Mp3])).unwrap();
    recording.assert_contract();
    assert_eq!((recording.audio_ms(), recording.summary.characters_billed), (Some(20), Some(20)));
    let [models, first, second] = harness.requests() else { panic!("{:?}", harness.requests().len()) };
    assert_eq!(path(models), "/v1/models");
    assert_eq!(path(first), "/v1/text-to-speech/v1/stream?output_format=pcm_24000");
    let said = |sent: &http::Request| body(sent)["text"].as_str().unwrap().to_owned();
    assert_eq!(format!("{} {} ", said(first), said(second)), text);
    assert!(body(first).get("previous_text").is_none());
    let previous = body(second)["previous_text"].as_str().unwrap().to_owned();
    assert!(said(first).ends_with(&previous) && previous.chars().count() == 300);
}

#[test]
fn v3_is_not_told_what_was_said_before() {
    let text = "One two three. ".repeat(400);
    let mut harness = service(|request| match path(request) {
        "/v1/models" => Reply::status(401),
        _ => Reply::ok([1, 0].repeat(240)),
    });
    harness = harness.settings(json!({ "model": "eleven_v3" }));
    harness.synthesize(Request::text(&text).voice("v1")).unwrap();
    let parts: Vec<Value> = harness.requests().iter().skip(1).map(body).collect();
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| part.get("previous_text").is_none()));
}

#[test]
fn what_cannot_be_spoken_is_never_sent() {
    let check = |request: Request, expected: Error| {
        let mut harness = service(|_| panic!("must not be sent"));
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
    };
    check(Request::text("?!").voice("v"), Error::unsupported("text in which nothing can be spoken"));
    check(Request::ssml("<speak>a</speak>"), Error::unsupported("SSML"));
    check(Request::text("a").voice("../user"), Error::voice_not_found("../user"));
    check(
        hello().option("text", "other"),
        Error::invalid("options", "must not set text, which the plugin sets"),
    );
}

#[test]
fn it_streams_and_stops_when_nobody_listens() {
    let reply = |_: &http::Request| mp3().repeat(50).chunks(5_000).fold(Reply::status(200), Reply::piece);
    assert!(service(reply).synthesize(hello()).unwrap().chunks.len() > 5);
    let mut harness = service(reply).listener_leaves_after(12_000);
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::Stopped);
}
