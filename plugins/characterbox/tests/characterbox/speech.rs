//! What an order of speech is on the wire, whole, and what comes of its answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_characterbox::CharacterBox;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{AudioFormat, Encoding, Error, Request, WordTimes};

use super::{CDN, answer, asked, body, hello, mp3, path, service, speaks, wave};

#[test]
fn the_manifest_is_what_the_host_takes() {
    let manifest = Harness::<CharacterBox>::new().describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!(manifest.hosts.len(), 2);
    assert_eq!(manifest.secrets[0].hosts.len(), 1);
    assert_eq!(manifest.settings_schema["additionalProperties"], json!(false));
}

#[test]
fn the_first_documents_five_members_are_sent_and_no_other() {
    let mut harness = speaks(mp3(20));
    let recording = harness.synthesize(hello()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::Mp3, 24_000).bit_rate(32_000));
    let summary = &recording.summary;
    assert_eq!((summary.characters_billed, summary.emotion_score), (Some(6), Some(0.87)));
    assert_eq!((summary.voice.as_deref(), summary.request_id.as_deref()), (Some("char_1"), Some("req_1")));
    assert_eq!(summary.character.as_ref().unwrap().name, "Nova");
    assert_eq!(asked(&harness), ["POST /synthesize", &format!("GET {CDN}/a/1.mp3?sig=s")]);
    let [order, download] = harness.requests() else { panic!() };
    assert_eq!(
        body(order),
        json!({
            "character_id": "char_1", "text": "Hello.", "emotion": "neutral", "voice_settings": {},
            "output_format": "mp3",
        })
    );
    assert_eq!(order.header_value("authorization"), Some("Bearer cb_1"));
    assert_eq!(order.header_value("idempotency-key").unwrap().len(), 36);
    assert_eq!(order.header_value("x-request-id").unwrap().len(), 36);
    assert_eq!(order.header_value("user-agent"), Some("Understudy/0.1.0"));
    assert_eq!(download.header_value("authorization"), None);
}

#[test]
fn everything_that_was_set_is_sent() {
    let settings = json!({
        "base_url": "https://api.characterbox.ai/v1/", "delivery": "inline",
        "voice_settings": { "stability": 0.2, "speed": 0.5 },
    });
    let audio = STANDARD.encode(wave(100));
    let mut harness =
        service(move |_, _| Ok(Reply::json(&json!({ "audio_base64": audio })))).settings(settings);
    let request = Request::text("Hallo.")
        .voice("char_2")
        .language("de-AT")
        .rate(1.1)
        .pitch(-2.0)
        .volume(-6.0)
        .emotion("happy")
        .intensity(1.5)
        .sample_rate(32_000)
        .words()
        .encodings([Encoding::PcmS16le])
        .option("seed", 7);
    let recording = harness.synthesize(request).unwrap();
    assert_eq!(recording.audio_ms(), Some(100));
    assert_eq!(path(&harness.requests()[0]), "/v1/synthesize");
    assert_eq!(
        body(&harness.requests()[0]),
        json!({
            "character_id": "char_2", "text": "Hallo.", "emotion": "happy", "emotion_intensity": 0.75, "seed": 7,
            "voice_settings": { "stability": 0.2, "speed": 1.1, "pitch": -2.0, "volume": 0.5012 },
            "output_format": "wav", "sample_rate": 44_100, "language_code": "de-AT", "timestamps": "word",
            "delivery": "inline",
        })
    );
}

#[test]
fn an_emotion_of_nothing_is_neutral_and_never_null() {
    for emotion in ["", "  "] {
        let mut harness = speaks(mp3(20));
        harness.synthesize(hello().emotion(emotion)).unwrap();
        assert_eq!(body(&harness.requests()[0])["emotion"], "neutral");
    }
}

#[test]
fn words_are_those_of_the_text() {
    let words = json!([
        { "text": "Grüße", "start": 0.1, "end": 0.4, "offset": 0, "length": 5 },
        { "text": "Zoë", "start": 0.5, "end": 0.9, "offset": 7, "length": 3 },
    ]);
    let mut harness = service(move |request, _| {
        let mut answer = answer(&wave(1_000));
        answer["words"] = words.clone();
        Ok(if request.method == "GET" { Reply::ok(wave(1_000)) } else { Reply::json(&answer) })
    });
    let request = Request::text("Grüße, Zoë!").character("c").words().encodings([Encoding::Wav]);
    let recording = harness.synthesize(request).unwrap();
    recording.assert_contract();
    assert_eq!(recording.spoken(), ["Grüße", "Zoë"]);
    assert_eq!((recording.words[1].start_ms, recording.summary.word_times), (500, Some(WordTimes::Native)));
}

#[test]
fn a_long_text_is_joined_from_samples() {
    let text = "One two three. ".repeat(400);
    let mut harness = speaks(wave(100));
    let recording =
        harness.synthesize(Request::text(&text).character("c").encodings([Encoding::Mp3])).unwrap();
    recording.assert_contract();
    assert_eq!((recording.audio_ms(), recording.summary.characters_billed), (Some(200), Some(12)));
    let orders: Vec<Value> =
        harness.requests().iter().filter(|sent| sent.method == "POST").map(body).collect();
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[0]["output_format"], "wav");
    let said: String = orders.iter().map(|order| format!("{} ", order["text"].as_str().unwrap())).collect();
    assert_eq!(said, text);
}

#[test]
fn a_text_the_service_finds_too_long_is_cut_to_its_limit() {
    let mut harness = service(|request, _| {
        let long = request.method == "POST" && body(request)["text"].as_str().unwrap().len() > 20;
        let error = json!({ "code": "text_too_long", "message": "m", "limit": 20, "actual": 30 });
        Ok(match request.method.as_str() {
            "GET" => Reply::ok(wave(50)),
            _ if long => Reply::status(413).piece(json!({ "error": error }).to_string()),
            _ => Reply::json(&answer(&wave(50))),
        })
    });
    let recording =
        harness.synthesize(Request::text("One two three. Four five six.").character("c")).unwrap();
    assert_eq!(recording.audio_ms(), Some(100));
}

#[test]
fn who_speaks_is_named_or_found() {
    let check = |settings: Value, request: Request, expected: &str| {
        let mut harness = service(|request, _| {
            let cast = json!({ "characters": [
                { "character_id": "gone", "language_codes": ["de"], "is_active": false },
                { "character_id": "en", "language_codes": ["en-US"] },
                { "character_id": "de", "language_codes": ["fr-FR", "de-DE"] },
            ] });
            Ok(match path(request) {
                "/characters" => Reply::json(&cast),
                "/synthesize" => Reply::json(&answer(&mp3(20))),
                _ => Reply::ok(mp3(20)),
            })
        })
        .settings(settings);
        harness.synthesize(request).unwrap();
        let order = harness.requests().iter().find(|sent| sent.method == "POST").unwrap();
        assert_eq!(body(order)["character_id"], expected);
    };
    let text = || Request::text("Hi.");
    check(json!({}), text().character("a").voice("b"), "a");
    check(json!({ "character": "c" }), text().voice("b"), "b");
    check(json!({ "character": "c" }), text(), "c");
    check(json!({}), text(), "en");
    check(json!({}), text().language("de-AT"), "de");
}

#[test]
fn what_cannot_be_spoken_is_never_sent() {
    let check = |request: Request, expected: Error| {
        let mut harness = service(|_, _| panic!("must not be sent"));
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
    };
    check(Request::text("?!").character("c"), Error::unsupported("text in which nothing can be spoken"));
    check(Request::ssml("<speak>a</speak>"), Error::unsupported("SSML"));
    let own = Error::invalid("options", "must not set text, which the plugin sets");
    check(hello().option("text", "other"), own);
    let object = Error::invalid("options", "must have an object in voice_settings");
    check(hello().option("voice_settings", 1), object);
}

#[test]
fn it_streams_and_stops_when_nobody_listens() {
    let reply = |request: &super::Sent, _| {
        let audio = mp3(500);
        Ok(match request.method.as_str() {
            "GET" => audio.chunks(5_000).fold(Reply::status(200), Reply::piece),
            _ => Reply::json(&answer(&audio)),
        })
    };
    assert!(service(reply).synthesize(hello()).unwrap().chunks.len() > 5);
    assert_eq!(service(reply).listener_leaves_after(12_000).synthesize(hello()).unwrap_err(), Error::Stopped);
}
