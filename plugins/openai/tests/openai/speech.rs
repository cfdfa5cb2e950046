//! What a request for speech is on the wire, whole.

use serde_json::json;
use understudy_openai::OpenAi;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{AudioFormat, Encoding, Error, Request};

use super::{KOKORO, OFFICIAL, at, body, kokoro, mp3, official, wave, whole};

#[test]
fn the_manifest_is_what_the_host_takes() {
    let manifest = Harness::<OpenAi>::new().describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!(manifest.id, "openai");
    for field in ["base_url", "api_key"] {
        assert!(manifest.settings_schema["properties"].get(field).is_some(), "{field}");
    }
}

#[test]
fn nothing_is_sent_that_nobody_set() {
    let mut harness = official().http(|_| Ok(Reply::ok(mp3()).header("x-request-id", "req_1")));
    let recording = harness.synthesize(Request::text("Hello.")).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::Mp3, 24_000).bit_rate(64_000));
    assert_eq!(recording.summary.request_id.as_deref(), Some("req_1"));
    assert_eq!(recording.summary.voice.as_deref(), Some("alloy"));
    assert_eq!(recording.summary.characters_billed, None);
    let [sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
    assert_eq!(
        whole(sent),
        (
            "POST",
            OFFICIAL,
            vec![("authorization", "Bearer sk-1"), ("content-type", "application/json")],
            json!({ "model": "gpt-4o-mini-tts", "input": "Hello.", "voice": "alloy" }),
        )
    );
}

#[test]
fn everything_that_was_set_is_sent() {
    let settings = json!({
        "model": "gpt-4o-mini-tts-2025-12-15", "voice": "coral", "instructions": "Calmly.",
        "organization": "org-1", "project": "proj-1", "options": { "x": 1 },
    });
    let mut harness =
        official().settings(settings).secret("api_key", "sk-1").http(|_| Ok(Reply::ok(wave(&[7; 240]))));
    let request = Request::text("Hi")
        .voice("voice_abc")
        .rate(1.2)
        .language("de")
        .encodings([Encoding::PcmS16le, Encoding::Mp3])
        .option("instructions", "Angrily.");
    let recording = harness.synthesize(request).unwrap();
    recording.assert_contract();
    assert_eq!(recording.samples(), Some(vec![7; 240]));
    assert_eq!(
        whole(&harness.requests()[0]),
        (
            "POST",
            OFFICIAL,
            vec![
                ("authorization", "Bearer sk-1"),
                ("openai-organization", "org-1"),
                ("openai-project", "proj-1"),
                ("content-type", "application/json"),
            ],
            json!({
                "model": "gpt-4o-mini-tts-2025-12-15", "input": "Hi", "voice": { "id": "voice_abc" }, "speed": 1.2,
                "instructions": "Angrily.", "response_format": "wav", "x": 1,
            }),
        )
    );
}

#[test]
fn each_encoding_has_its_name() {
    let check = |encoding: Encoding, expected: &str| {
        let mut harness = official().http(|_| Ok(Reply::ok(mp3())));
        harness.synthesize(Request::text("Hi").encodings([encoding])).unwrap();
        assert_eq!(body(&harness.requests()[0])["response_format"], expected);
    };
    check(Encoding::Mp3, "mp3");
    check(Encoding::OggOpus, "opus");
    check(Encoding::Aac, "aac");
    check(Encoding::Flac, "flac");
    check(Encoding::Wav, "wav");
    check(Encoding::PcmS16le, "wav");
    check(Encoding::OggVorbis, "mp3");
}

#[test]
fn the_first_models_get_no_instructions_and_bill_by_the_character() {
    let settings = json!({ "model": "tts-1-hd", "instructions": "Calmly." });
    let mut harness = official().settings(settings).secret("api_key", "k").http(|_| Ok(Reply::ok(mp3())));
    let recording = harness.synthesize(Request::text("Grüße")).unwrap();
    assert_eq!(recording.summary.characters_billed, Some(5));
    assert_eq!(
        body(&harness.requests()[0]),
        json!({ "model": "tts-1-hd", "input": "Grüße", "voice": "alloy" })
    );
    // Those of a caller or of a character are left out as well, and another model's are not.
    let directed = || Request::text("Hi").option("instructions", "Angrily.");
    harness.synthesize(directed()).unwrap();
    assert_eq!(body(&harness.requests()[0]).get("instructions"), None);
    harness.synthesize(directed().option("model", "gpt-4o-mini-tts")).unwrap();
    assert_eq!(body(&harness.requests()[0])["instructions"], "Angrily.");
}

#[test]
fn a_long_text_is_joined_from_samples() {
    let text = "One two three. ".repeat(600);
    let mut harness = official().http(|request| {
        let input = body(request)["input"].as_str().unwrap().to_owned();
        assert!(input.chars().count() <= 4096 && input.ends_with('.'));
        assert_eq!(body(request)["response_format"], "wav");
        Ok(Reply::ok(wave(&[i16::try_from(input.len()).unwrap(); 240])))
    });
    let recording = harness.synthesize(Request::text(&text).encodings([Encoding::Mp3])).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio_ms(), Some(30));
    assert_eq!(harness.requests().len(), 3);
    let said: String = harness
        .requests()
        .iter()
        .map(|sent| body(sent)["input"].as_str().unwrap().to_owned() + " ")
        .collect();
    assert_eq!(said, text);
}

#[test]
fn a_server_at_home_needs_no_key_and_no_path() {
    for base_url in
        [KOKORO, "http://localhost:8880/", "http://localhost:8880/v1", "http://localhost:8880/v1/"]
    {
        let mut harness = at(base_url).http(|request| Ok(kokoro(request)));
        let recording = harness.synthesize(Request::text("Hello.")).unwrap();
        assert_eq!(recording.summary.voice, None);
        let [listing, sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
        assert_eq!(whole(listing), ("GET", "http://localhost:8880/v1/audio/voices", vec![], json!(null)));
        assert_eq!(
            whole(sent),
            (
                "POST",
                "http://localhost:8880/v1/audio/speech",
                vec![("content-type", "application/json")],
                json!({ "input": "Hello." }),
            )
        );
    }
}

#[test]
fn a_language_is_named_as_each_server_names_it() {
    let check = |server: &str, tag: &str, expected: serde_json::Value| {
        let settings = json!({ "base_url": KOKORO, "server": server, "voice": "v", "model": "m" });
        let mut harness = Harness::<OpenAi>::new().settings(settings).http(|_| Ok(Reply::ok(mp3())));
        harness.synthesize(Request::text("Hi").language(tag).sample_rate(16_000)).unwrap();
        let mut sent = body(&harness.requests()[0]);
        for common in ["input", "voice", "model"] {
            sent.as_object_mut().unwrap().remove(common);
        }
        assert_eq!(sent, expected, "{server}");
    };
    check("kokoro", "en", json!({ "lang_code": "a" }));
    check("kokoro", "en-GB", json!({ "lang_code": "b" }));
    check("kokoro", "zh-CN", json!({ "lang_code": "z" }));
    check("kokoro", "cmn-TW", json!({ "lang_code": "z" }));
    check("localai", "de-AT", json!({ "language": "de-AT", "sample_rate": 16_000 }));
    check("speaches", "en", json!({ "sample_rate": 16_000 }));
    check("openedai", "en", json!({}));
    let mut harness = at(KOKORO).http(|request| Ok(kokoro(request)));
    let german = harness.synthesize(Request::text("Hallo").voice("af_heart").language("de"));
    assert_eq!(german.unwrap_err(), Error::unsupported("language de"));
}

#[test]
fn a_voice_is_chosen_for_the_language() {
    let mut harness = at(KOKORO).http(|request| Ok(kokoro(request)));
    let recording = harness.synthesize(Request::text("Bonjour").language("fr-CA")).unwrap();
    assert_eq!(recording.summary.voice.as_deref(), Some("ff_siwis"));
}

#[test]
fn a_region_is_heard_before_the_language_and_a_language_nobody_speaks_is_refused() {
    let listed = json!(["af_alloy", "am_adam", "bf_emma", "ff_siwis"]);
    let chosen = |voices: serde_json::Value, tag: &str| {
        let settings = json!({ "base_url": KOKORO, "server": "kokoro", "voices": voices });
        let mut harness = Harness::<OpenAi>::new().settings(settings);
        let listed = listed.clone();
        harness = harness.http(move |request| {
            Ok(if request.method == "GET" { Reply::json(&listed) } else { Reply::ok(mp3()) })
        });
        let recording = harness.synthesize(Request::text("Hi").language(tag))?;
        Ok(recording.summary.voice.unwrap_or_default())
    };
    let check = |voices: serde_json::Value, tag: &str, expected: &str| {
        assert_eq!(chosen(voices, tag), Ok(expected.to_owned()), "{tag}");
    };
    check(json!([]), "en-GB", "bf_emma");
    check(json!([]), "en-AU", "af_alloy");
    check(json!([]), "fr-CA", "ff_siwis");
    let silent = json!([{ "id": "ann", "language": "en" }, { "id": "bob" }]);
    check(silent.clone(), "en", "ann");
    check(silent, "fr", "bob");
    let english = json!([{ "id": "ann", "language": "en" }]);
    assert_eq!(chosen(english, "fr"), Err(Error::unsupported("language fr")));
}

#[test]
fn what_cannot_be_spoken_is_never_sent() {
    let check = |request: Request, expected: Error| {
        let mut harness = official().http(|_| panic!("must not be sent"));
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
    };
    check(Request::text("… !"), Error::unsupported("text in which nothing can be spoken"));
    check(Request::ssml("<speak>a</speak>"), Error::unsupported("SSML"));
    check(
        Request::text("a").option("stream", true),
        Error::invalid("options", "must not set stream, which the plugin sets"),
    );
}

#[test]
fn it_streams_and_stops_when_nobody_listens() {
    let reply = || {
        let mut reply = Reply::status(200);
        for piece in wave(&[1; 48_000]).chunks(9_601) {
            reply = reply.piece(piece);
        }
        reply
    };
    let mut harness = official().http(move |_| Ok(reply()));
    assert!(harness.synthesize(Request::text("Hi")).unwrap().chunks.len() > 5);
    let mut harness = official().http(move |_| Ok(reply())).listener_leaves_after(20_000);
    assert_eq!(harness.synthesize(Request::text("Hi")).unwrap_err(), Error::Stopped);
}
