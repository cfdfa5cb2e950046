//! What is sent over REST, and the audio that comes back.

use serde_json::json;
use understudy_azure::Azure;
use understudy_plugin::testing::Reply;
use understudy_plugin::{AudioFormat, Encoding, Error, Request};

use super::service::{AVA_HD, HOST, JENNY, documents, hello, host, listing, mp3, rest, said, speaking};

type Harness = understudy_plugin::testing::Harness<Azure>;

#[test]
fn a_take_is_asked_for_with_what_the_service_demands_and_no_more() {
    let mut harness = speaking();
    let recording = harness.synthesize(hello()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio, mp3());
    assert_eq!(recording.format, AudioFormat::mono(Encoding::Mp3, 24_000).bit_rate(96_000));
    assert_eq!(
        (recording.summary.voice.as_deref(), recording.summary.characters_billed),
        (Some(JENNY), Some(12))
    );
    let sent = harness.requests().last().unwrap();
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        ("POST", &*format!("https://{HOST}/cognitiveservices/v1"))
    );
    let headers: Vec<_> = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        headers,
        [
            ("Ocp-Apim-Subscription-Key", "k1"),
            ("Content-Type", "application/ssml+xml"),
            ("X-Microsoft-OutputFormat", "audio-24khz-96kbitrate-mono-mp3"),
            ("User-Agent", concat!("understudy/", env!("CARGO_PKG_VERSION"))),
        ]
    );
    assert_eq!(
        documents(&harness),
        ["<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"en-US\" \
         xmlns:mstts=\"http://www.w3.org/2001/mstts\"><voice name=\"en-US-JennyNeural\">Hello there.</voice></speak>"]
    );
}

#[test]
fn the_format_is_the_one_that_fits() {
    let check = |request: Request, expected: &str| {
        let mut harness = speaking();
        harness.synthesize(request).unwrap().assert_contract();
        assert_eq!(
            harness.requests().last().unwrap().header_value("X-Microsoft-OutputFormat"),
            Some(expected)
        );
    };
    check(hello().encodings([Encoding::PcmS16le]).sample_rate(16_000), "raw-16khz-16bit-mono-pcm");
    check(hello().encodings([Encoding::Wav]), "raw-24khz-16bit-mono-pcm");
    check(hello().encodings([Encoding::WebmOpus]), "audio-24khz-96kbitrate-mono-mp3");
    check(hello().encodings([Encoding::Aac, Encoding::OggOpus]), "ogg-24khz-16bit-mono-opus");
    check(hello().encodings([Encoding::Flac]).sample_rate(48_000), "audio-48khz-16bit-mono-flac");
    check(hello().sample_rate(48_000), "audio-48khz-192kbitrate-mono-mp3");
    let mut set =
        speaking().settings(json!({ "region": "westeurope", "output_format": "raw-8khz-16bit-mono-pcm" }));
    let recording = set.synthesize(hello()).unwrap();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::PcmS16le, 8_000));
}

#[test]
fn controls_are_sent_only_when_they_are_set() {
    let check = |request: Request, expected: &str| {
        let mut harness = speaking();
        harness.synthesize(request).unwrap();
        assert!(documents(&harness)[0].contains(expected), "{:?}", documents(&harness));
    };
    check(hello().rate(1.2), "<prosody rate=\"+20%\">Hello there.</prosody>");
    check(hello().pitch(-2.0), "<prosody pitch=\"-2st\">");
    check(hello().volume(-6.0).rate(0.925), "<prosody rate=\"-7.5%\" volume=\"-50%\">");
    check(hello().language("en-GB"), "xml:lang=\"en-GB\"");
    check(hello().option("effect", "eq_car"), "<voice name=\"en-US-JennyNeural\" effect=\"eq_car\">Hello");
    let hd = hello().voice(AVA_HD).option("temperature", 0.8);
    check(
        hd,
        "<voice name=\"en-US-Ava:DragonHDLatestNeural\" parameters=\"temperature=0.8\">Hello there.</voice>",
    );
    check(Request::text("R&D <b>\u{b}.").voice(JENNY), ">R&amp;D &lt;b&gt; .</voice>");
}

#[test]
fn the_voice_is_looked_up_before_anything_is_sent() {
    let check = |request: Request, expected: Result<&str, Error>| {
        let mut harness = speaking();
        let spoken = harness.synthesize(request).map(|recording| recording.summary.voice.unwrap());
        assert_eq!(spoken.as_deref().map_err(Clone::clone), expected);
        assert_eq!(documents(&harness).len(), usize::from(expected.is_ok()));
    };
    check(Request::text("Hi"), Ok(JENNY));
    check(Request::text("Hallo").language("de-AT"), Ok("de-DE-KatjaNeural"));
    check(Request::text("Hi").language("xx"), Err(Error::unsupported("the language: xx")));
    check(hello().voice("en-US-NopeNeural"), Err(Error::voice_not_found("en-US-NopeNeural")));
    check(hello().voice("en-us-jennyneural"), Err(Error::voice_not_found("en-us-jennyneural")));
    let odd = Err(Error::invalid("language", "must be a BCP-47 tag, got en\"US"));
    check(hello().language("en\"US"), odd);
    check(Request::text("…"), Err(Error::unsupported("text in which nothing can be spoken")));
}

#[test]
fn a_voice_that_was_named_is_spoken_in_when_there_is_no_list() {
    let mut harness = host()
        .http(|request| Ok(if request.method == "GET" { Reply::status(503) } else { Reply::ok(mp3()) }));
    harness.synthesize(hello().style("any")).unwrap().assert_contract();
    assert_eq!(harness.logs()[0].message, "voices could not be listed, the voice is not checked");
    let error = harness.synthesize(Request::text("Hi")).unwrap_err();
    assert_eq!(error, Error::unavailable("status 503: "));
    let spent = r#"{"error":{"code":"403","message":"Out of call volume quota."}}"#;
    for (status, body, expected) in [
        (401, "", Error::unauthorized("status 401: ")),
        (403, spent, Error::QuotaExhausted { resets_in: None }),
    ] {
        let mut harness = host().http(move |_| Ok(Reply::status(status).piece(body)));
        assert_eq!(harness.synthesize(hello()).unwrap_err(), expected);
        assert_eq!(harness.requests().len(), 1, "speech is not asked for");
    }
}

#[test]
fn the_list_is_kept() {
    let mut harness = speaking();
    harness.synthesize(hello()).unwrap();
    assert_eq!(harness.requests().len(), 2);
    harness.synthesize(hello()).unwrap();
    assert_eq!(harness.requests().len(), 1);
    assert_eq!(harness.voices().unwrap().len(), 4);
    assert_eq!(harness.requests().len(), 0);
}

#[test]
fn a_voice_that_was_looked_up_is_known_without_the_list() {
    let jenny = r#"{"ShortName":"en-US-JennyNeural","Locale":"en-US","StyleList":["calm"]}"#;
    let mut harness = speaking().memo("voice:en-US-JennyNeural", jenny);
    harness.synthesize(hello().style("calm")).unwrap();
    assert_eq!(harness.requests().len(), 1);
    let mut harness = speaking();
    harness.synthesize(Request::text("Hi").language("de")).unwrap();
    assert!(harness.remembered("voice:de-DE-KatjaNeural").is_some());
    assert_eq!(harness.remembered("voice-of:de"), Some(b"\"de-DE-KatjaNeural\"".as_slice()));
}

#[test]
fn a_long_text_is_samples_in_pieces() {
    let source = "One two & three. ".repeat(800);
    let mut harness = speaking();
    let recording = harness.synthesize(Request::text(&source).voice(JENNY)).unwrap();
    recording.assert_contract();
    let sent = documents(&harness);
    assert_eq!((sent.len(), recording.audio_ms()), (3, Some(300)));
    assert_eq!(sent.iter().map(|document| said(document) + " ").collect::<String>(), source);
    assert_eq!(recording.summary.characters_billed, Some(800 * 21 - 3));
    let mp3 = json!({ "region": "westeurope", "output_format": "audio-48khz-192kbitrate-mono-mp3" });
    let mut harness = speaking().settings(mp3);
    harness.synthesize(Request::text(&source).voice(JENNY)).unwrap();
    let format = harness.requests().last().unwrap().header_value("X-Microsoft-OutputFormat");
    assert_eq!(format, Some("raw-48khz-16bit-mono-pcm"));
}

#[test]
fn audio_is_handed_on_as_it_arrives() {
    let mut harness = rest(|_| Reply::ok(mp3()).piece(mp3()).piece(mp3()));
    assert_eq!(harness.synthesize(hello()).unwrap().chunks.len(), 3);
    let mut leaving = rest(|_| Reply::ok(mp3()).piece(mp3())).listener_leaves_after(100);
    assert_eq!(leaving.synthesize(hello()).unwrap_err(), Error::Stopped);
}

#[test]
fn the_address_follows_the_settings() {
    let check = |settings: serde_json::Value, expected: &str| {
        let mut harness =
            Harness::new().settings(settings).secret("api_key", "k1").http(listing(|_| Reply::ok(mp3())));
        harness.synthesize(hello()).unwrap();
        assert_eq!(harness.requests().last().unwrap().url, expected);
    };
    check(json!({ "region": "chinaeast2" }), "https://chinaeast2.tts.speech.azure.cn/cognitiveservices/v1");
    check(
        json!({ "region": "usgovvirginia" }),
        "https://usgovvirginia.tts.speech.azure.us/cognitiveservices/v1",
    );
    check(
        json!({ "base_url": "http://127.0.0.1:9/", "region": "x" }),
        "http://127.0.0.1:9/cognitiveservices/v1",
    );
    let custom = json!({ "region": "westeurope", "deployment_id": "d-1" });
    check(custom, "https://westeurope.voice.speech.microsoft.com/cognitiveservices/v1?deploymentId=d-1");
}

#[test]
fn a_custom_voice_is_in_no_list_and_has_no_words() {
    let settings = json!({ "region": "westeurope", "deployment_id": "d-1" });
    let mut harness = speaking().settings(settings);
    let recording = harness.synthesize(hello().voice("MyNeural").words()).unwrap();
    recording.assert_contract();
    assert_eq!((harness.requests().len(), recording.words.len()), (1, 0));
    assert!(documents(&harness)[0].contains("<voice name=\"MyNeural\">Hello"));
    let mut odd = speaking().settings(json!({ "region": "westeurope", "deployment_id": "d-1" }));
    odd.synthesize(Request::ssml("<speak>Hi</speak>").voice("a\"b-c")).unwrap();
    assert!(documents(&odd)[0].contains("xml:lang=\"en-US\"><voice name=\"a&quot;b-c\">Hi"));
}
