//! Which voice takes what, family by family.

use serde_json::{Value, json};

use super::*;
use crate::google::Version;

/// A good request with `changes` merged into its members.
fn request(voice: &str, changes: &Value) -> Synthesize {
    let mut request = json!({
        "input": {"text": "Hello."},
        "voice": {"languageCode": "en-US", "name": voice},
        "audioConfig": {"audioEncoding": "MP3"},
    });
    for (member, change) in changes.as_object().unwrap() {
        if member == "input" {
            request["input"] = change.clone();
        } else {
            request[member].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        }
    }
    Synthesize::read(request.to_string().as_bytes(), Version::V1Beta1).unwrap()
}

fn check(voice: &str, changes: &Value, expected: Result<(), &str>) {
    let found = judge(&request(voice, changes)).map(|_| ()).map_err(|status| status.message);
    match (&found, expected) {
        (Err(found), Err(expected)) => assert!(found.starts_with(expected), "{changes}: {found}"),
        _ => assert_eq!(found.is_ok(), expected.is_ok(), "{changes}: {found:?}"),
    }
}

const ARGUMENT: &str = "Request contains an invalid argument.";

#[test]
fn the_limit_is_five_thousand_bytes_and_not_characters() {
    let fits = "A short one. ".repeat(384) + "12345678";
    assert_eq!(fits.len(), 5_000);
    check("en-US-Neural2-C", &json!({"input": {"text": fits}}), Ok(()));
    check(
        "en-US-Neural2-C",
        &json!({"input": {"text": format!("{fits}9")}}),
        Err("Either `input.text` or `input.ssml`"),
    );
    let chinese = "你好。".repeat(556);
    check(
        "en-US-Neural2-C",
        &json!({"input": {"text": chinese}}),
        Err("Either `input.text` or `input.ssml`"),
    );
    check(
        "en-US-Studio-O",
        &json!({"input": {"text": &fits}}),
        Err("Input size limit exceeded for Studio Voice."),
    );
}

#[test]
fn a_sentence_without_an_end_is_refused_with_its_start() {
    let endless = "word ".repeat(181);
    check(
        "en-US-Neural2-C",
        &json!({"input": {"text": endless}}),
        Err("This request contains sentences that are too long."),
    );
    check("en-US-Neural2-C", &json!({"input": {"text": "word. ".repeat(181)}}), Ok(()));
}

#[test]
fn ranges_are_closed_and_a_rate_of_zero_is_unset() {
    for (audio, good) in [
        (json!({"speakingRate": 2.0, "pitch": -20, "volumeGainDb": 16}), true),
        (json!({"speakingRate": 0}), true),
        (json!({"speakingRate": 2.1}), false),
        (json!({"speakingRate": 0.2}), false),
        (json!({"pitch": 20.5}), false),
        (json!({"volumeGainDb": 17}), false),
        (json!({"effectsProfileId": ["handset-class-device"]}), true),
        (json!({"effectsProfileId": ["a-tin-can"]}), false),
        (json!({"sampleRateHertz": 44_100}), true),
        (json!({"sampleRateHertz": 1}), false),
        (json!({"audioEncoding": "OGG_OPUS", "sampleRateHertz": 44_100}), false),
        (json!({"audioEncoding": "AUDIO_ENCODING_UNSPECIFIED"}), false),
    ] {
        let expected = if good { Ok(()) } else { Err(ARGUMENT) };
        check("en-US-Neural2-C", &json!({"audioConfig": audio}), expected);
    }
}

#[test]
fn some_families_refuse_a_field_for_being_there() {
    let pitch = json!({"audioConfig": {"pitch": 0}});
    let rate = json!({"audioConfig": {"speakingRate": 1}});
    let ssml = json!({"input": {"ssml": "<speak>Hello.</speak>"}});
    check("en-US-Chirp3-HD-Kore", &pitch, Err(NO_PITCH));
    check("en-US-Chirp3-HD-Kore", &rate, Ok(()));
    check("en-US-Chirp3-HD-Kore", &ssml, Err(NO_SSML));
    check("en-US-Chirp-HD-D", &rate, Err(NO_RATE_OR_PITCH));
    check("en-US-Journey-D", &pitch, Err(NO_RATE_OR_PITCH));
    check("en-US-Journey-D", &ssml, Err(NO_SSML));
    check("en-US-Studio-O", &pitch, Ok(()));
    check("en-US-Studio-O", &json!({"audioConfig": {"pitch": 2}}), Err(NO_PITCH));
    check("en-US-Standard-A", &json!({"audioConfig": {"pitch": 2, "speakingRate": 1.5}}), Ok(()));
}

#[test]
fn encodings_a_voice_cannot_do_are_refused_in_its_words() {
    let m4a = json!({"audioConfig": {"audioEncoding": "M4A"}});
    check("en-US-Chirp3-HD-Kore", &m4a, Err(NOT_BY_CHIRP));
    let richer = json!({"audioConfig": {"audioEncoding": "MP3_64_KBPS"}});
    check("en-US-Chirp3-HD-Kore", &richer, Err(NOT_BY_CHIRP));
    check("en-US-Chirp-HD-D", &richer, Err(NOT_BY_CHIRP));
    check("en-US-Chirp3-HD-Kore", &json!({}), Ok(()));
    check("en-US-Neural2-C", &richer, Ok(()));
    check("en-US-Journey-D", &json!({}), Err("This voice currently only supports LINEAR16 output."));
    check("en-US-Journey-D", &m4a, Err("This voice currently only supports LINEAR16 output."));
    check("en-US-Neural2-C", &m4a, Err("The simulator has no encoder for M4A."));
}

#[test]
fn ssml_must_be_well_formed_and_rooted_in_speak() {
    let invalid = "Invalid SSML. Newer voices like Neural2 require valid SSML.";
    for (ssml, expected) in [
        ("<speak>Hello <mark name='a'/>world.</speak>", Ok(())),
        ("<speak>Hello & goodbye.</speak>", Err(invalid)),
        ("Hello.", Err(invalid)),
        ("<p>Hello.</p>", Err(invalid)),
    ] {
        check("en-US-Neural2-C", &json!({"input": {"ssml": ssml}}), expected);
    }
    for (element, name) in [
        ("<mark name='a'/>", "mark"),
        ("<emphasis>a</emphasis>", "emphasis"),
        ("<lang xml:lang='de-DE'>a</lang>", "lang"),
        ("<prosody pitch='+1st'>a</prosody>", "prosody"),
    ] {
        let ssml = json!({"input": {"ssml": format!("<speak>Hello. {element}</speak>")}});
        let refusal = format!("`<{name}>` tags are not currently supported by Studio voices.");
        check("en-US-Studio-O", &ssml, Err(&refusal));
        check("en-US-Neural2-C", &ssml, Ok(()));
    }
    let slow = json!({"input": {"ssml": "<speak><prosody rate='slow'>Hello.</prosody></speak>"}});
    check("en-US-Studio-O", &slow, Ok(()));
}

#[test]
fn markup_is_for_chirp_and_nothing_to_say_is_an_invalid_argument() {
    let markup = json!({"input": {"markup": "Hello [pause long] world."}});
    check("en-US-Chirp3-HD-Kore", &markup, Ok(()));
    check("en-US-Neural2-C", &markup, Err(ARGUMENT));
    check("en-US-Neural2-C", &json!({"input": {}}), Err(ARGUMENT));
    check("en-US-Neural2-C", &json!({"input": {"text": ""}}), Err(ARGUMENT));
    check("en-US-Neural2-C", &json!({"input": {"text": "a", "prompt": "softly"}}), Err(ARGUMENT));
}
