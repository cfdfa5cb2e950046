//! What a request for speech is on the wire, whole.

use serde_json::{Value, json};
use understudy_google::Google;
use understudy_plugin::testing::{Harness, check_manifest};
use understudy_plugin::{AudioFormat, Encoding, Error, Host, Request, TextLimit};

use super::{body, hello, path, service, speaks, spoken};

#[test]
fn the_manifest_is_what_the_host_takes() {
    let manifest = Harness::<Google>::new().describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    assert_eq!(manifest.id, "google");
    let bound: Vec<_> =
        manifest.secrets.iter().map(|secret| (secret.name.as_str(), &secret.hosts[..])).collect();
    assert_eq!(bound, [("api_key", &[Host::setting("base_url")][..]), ("service_account", &[])]);
    let schema = &manifest.settings_schema["properties"];
    let undescribed = |(_, field): &(&String, &Value)| field.get("description").is_none();
    assert_eq!(schema.as_object().unwrap().iter().find(undescribed), None);
}

#[test]
fn nothing_is_sent_that_nobody_set() {
    let mut harness = service(speaks);
    let recording = harness.synthesize(hello()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::Mp3, 24_000).bit_rate(32_000));
    assert_eq!(recording.summary.voice.as_deref(), Some("en-US-Neural2-C"));
    assert_eq!(recording.summary.characters_billed, Some(6));
    let [list, sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
    assert_eq!((list.method.as_str(), path(list)), ("GET", "/v1/voices"));
    assert_eq!((sent.method.as_str(), path(sent)), ("POST", "/v1/text:synthesize"));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [header("content-type", "application/json"), header("x-goog-api-key", "AIza-1")];
    assert_eq!(sent.headers, headers);
    assert_eq!(
        body(sent),
        json!({
            "input": { "text": "Hello." },
            "voice": { "languageCode": "en-US", "name": "en-US-Neural2-C" },
            "audioConfig": { "audioEncoding": "MP3" },
        })
    );
}

#[test]
fn everything_that_was_set_is_sent() {
    let settings = json!({
        "base_url": "https://eu-texttospeech.googleapis.com/", "user_project": "p1", "mp3_kilobits": 64,
        "options": { "effectsProfileId": ["headphone-class-device"], "advancedVoiceOptions": { "enableTextnorm": true } },
    });
    let mut harness = service(speaks).settings(settings);
    let pronunciations = json!({ "pronunciations": [{ "phrase": "Ann", "phoneticEncoding": "PHONETIC_ENCODING_IPA", "pronunciation": "æn" }] });
    let request = Request::text("Hi.")
        .language("en_gb")
        .rate(1.2)
        .pitch(-2.5)
        .volume(3.0)
        .sample_rate(23_000)
        .encodings([Encoding::Flac, Encoding::Mp3])
        .option("customPronunciations", pronunciations.clone())
        .option("ssmlGender", "MALE")
        .option("effectsProfileId", json!(["telephony-class-application"]));
    harness.synthesize(request).unwrap();
    let [sent] = harness.requests() else { panic!("{:?}", harness.requests()) };
    assert_eq!(sent.url, "https://eu-texttospeech.googleapis.com/v1beta1/text:synthesize");
    assert_eq!(sent.header_value("x-goog-user-project"), Some("p1"));
    assert_eq!(
        body(sent),
        json!({
            "input": { "text": "Hi.", "customPronunciations": pronunciations },
            "voice": { "languageCode": "en-GB", "ssmlGender": "MALE" },
            "audioConfig": {
                "audioEncoding": "MP3_64_KBPS", "speakingRate": 1.2, "pitch": -2.5, "volumeGainDb": 3.0,
                "sampleRateHertz": 24_000, "effectsProfileId": ["telephony-class-application"],
            },
            "advancedVoiceOptions": { "enableTextnorm": true },
        })
    );
}

#[test]
fn what_changes_nothing_is_not_sent() {
    let mut harness = service(speaks);
    harness.synthesize(hello().rate(1.0).pitch(0.0).volume(0.0)).unwrap();
    assert_eq!(body(&spoken(&harness)[0])["audioConfig"], json!({ "audioEncoding": "MP3" }));
}

#[test]
fn encodings_and_rates_are_those_of_the_service() {
    let check = |encoding: Encoding, rate: Option<u32>, expected: Value| {
        let mut harness = service(speaks);
        let mut request = hello().encodings([encoding]);
        request.sample_rate = rate;
        harness.synthesize(request).unwrap();
        assert_eq!(body(&spoken(&harness)[0])["audioConfig"], expected);
        assert_eq!(path(&spoken(&harness)[0]), "/v1/text:synthesize");
    };
    check(Encoding::Mp3, None, json!({ "audioEncoding": "MP3" }));
    check(Encoding::Mp3, Some(20_000), json!({ "audioEncoding": "MP3", "sampleRateHertz": 22_050 }));
    check(Encoding::PcmS16le, None, json!({ "audioEncoding": "LINEAR16" }));
    check(Encoding::Wav, Some(44_100), json!({ "audioEncoding": "LINEAR16", "sampleRateHertz": 44_100 }));
    check(
        Encoding::PcmS16le,
        Some(96_000),
        json!({ "audioEncoding": "LINEAR16", "sampleRateHertz": 48_000 }),
    );
    check(Encoding::OggOpus, Some(44_100), json!({ "audioEncoding": "OGG_OPUS", "sampleRateHertz": 48_000 }));
    check(Encoding::Flac, None, json!({ "audioEncoding": "MP3" }));
}

#[test]
fn linear16_is_its_samples_without_the_header() {
    let recording = service(speaks).synthesize(hello().encodings([Encoding::PcmS16le])).unwrap();
    recording.assert_contract();
    assert_eq!(recording.format, AudioFormat::mono(Encoding::PcmS16le, 24_000));
    assert_eq!((recording.audio_ms(), &recording.audio[..4]), (Some(500), &[1, 0, 1, 0][..]));
}

#[test]
fn a_long_text_is_joined_from_samples() {
    let text = "One two three, four. ".repeat(500);
    let mut harness = service(speaks);
    let recording = harness.synthesize(Request::text(&text).encodings([Encoding::Mp3])).unwrap();
    recording.assert_contract();
    assert_eq!((recording.audio_ms(), recording.summary.characters_billed), (Some(1_500), Some(10_497)));
    let sent = spoken(&harness);
    let said: Vec<String> =
        sent.iter().map(|sent| body(sent)["input"]["text"].as_str().unwrap().to_owned()).collect();
    assert!(said.iter().all(|said| said.len() <= 5_000));
    assert_eq!(said.join(" ") + " ", text);
    assert!(sent.iter().all(|sent| body(sent)["audioConfig"]["audioEncoding"] == "LINEAR16"));
}

#[test]
fn a_text_of_five_thousand_bytes_is_one() {
    let mut harness = service(speaks);
    harness.synthesize(Request::text("ü.".repeat(1_666) + "aa")).unwrap();
    assert_eq!(spoken(&harness).len(), 1);
    harness.synthesize(Request::text("ü. ".repeat(1_250) + "a")).unwrap();
    assert_eq!(spoken(&harness).len(), 2);
}

#[test]
fn what_cannot_be_spoken_is_never_sent() {
    let check = |request: Request, expected: Error| {
        let mut harness = service(|_| panic!("must not be sent"));
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
        assert_eq!(spoken(&harness).len(), 0);
    };
    let nothing = || Error::unsupported("text in which nothing can be spoken");
    check(Request::text("?!"), nothing());
    check(Request::ssml("<speak><break time='1s'/></speak>"), nothing());
    check(
        Request::ssml("<speak>a"),
        Error::invalid(
            "utterance",
            "must be well-formed ssml: document ended inside of an element at byte 8",
        ),
    );
    check(
        Request::ssml(format!("<speak>{}</speak>", "ü".repeat(2_493))),
        Error::TextTooLong(TextLimit::bytes(5_000)),
    );
    check(hello().style("cheerful"), Error::unsupported("styles and emotions"));
    check(hello().rate(2.5), Error::unsupported("a rate of 2.5, it takes 0.25 to 2"));
    check(hello().volume(20.0), Error::unsupported("a volume of 20, it takes -96 to 16"));
    let unknown = hello().option("pitch", 1);
    assert!(
        matches!(service(speaks).synthesize(unknown).unwrap_err(), Error::InvalidRequest(field) if field.field == "options")
    );
}
