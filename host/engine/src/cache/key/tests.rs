//! What must change a key, and what must not.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const SETTINGS: [u8; 32] = [7; 32];

const PERFORMER: Performer<'static> =
    Performer { provider: "azure", plugin: "azure", cache_epoch: 3, settings: &SETTINGS };

fn key(request: &Request) -> TakeKey {
    TakeKey::of(&PERFORMER, request)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

fn any_request() -> impl Strategy<Value = Request> {
    let text = prop::option::of("[a-z]{0,6}");
    let control = || prop::option::of(prop_oneof![Just(0.0_f32), Just(1.0), -2.0_f32..2.0]);
    let spoken = (any::<bool>(), "[ a-zA-Zäß,.]{0,12}", text.clone(), text.clone(), text.clone(), text);
    let controls = (control(), control(), control(), control());
    let encodings = prop::collection::vec(prop::sample::select(&Encoding::ALL[..]), 0..3);
    let form = (encodings, prop::option::of(8_000_u32..48_000), any::<bool>(), any_options());
    (spoken, controls, form).prop_map(|(spoken, controls, form)| {
        let (ssml, text, voice, style, emotion, character) = spoken;
        let (rate, pitch, volume, intensity) = controls;
        let (encodings, sample_rate, words, options) = form;
        Request {
            utterance: if ssml { Utterance::Ssml(text) } else { Utterance::Text(text) },
            voice,
            language: Some("pt-BR".parse().unwrap()),
            rate,
            pitch,
            volume,
            style,
            emotion,
            intensity,
            character,
            encodings,
            sample_rate,
            words,
            options,
        }
    })
}

fn any_options() -> impl Strategy<Value = Option<Map<String, Value>>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6_f64).prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,2}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::option::of(
        prop::collection::btree_map("[a-z]{1,2}", value, 0..4)
            .prop_map(|members| members.into_iter().collect()),
    )
}

/// Every way to change what is heard, one field each.
fn changes(request: &Request) -> Vec<(&'static str, Request)> {
    let longer = |text: &Option<String>| Some(format!("{}x", text.as_deref().unwrap_or_default()));
    let raised = |value: Option<f32>| Some(value.unwrap_or(3.0) + 0.5);
    let text = request.utterance.source();
    let mut changed = Vec::new();
    let mut with = |name, change: &dyn Fn(&mut Request)| {
        let mut other = request.clone();
        change(&mut other);
        changed.push((name, other));
    };
    with("text", &|it| it.utterance = Utterance::Text(format!("{text} ")));
    with("kind", &|it| {
        it.utterance = match &request.utterance {
            Utterance::Text(text) => Utterance::Ssml(text.clone()),
            Utterance::Ssml(text) => Utterance::Text(text.clone()),
        }
    });
    with("voice", &|it| it.voice = longer(&it.voice));
    with("language", &|it| it.language = Some("pt".parse().unwrap()));
    with("no language", &|it| it.language = None);
    with("rate", &|it| it.rate = raised(it.rate.filter(|rate| (rate - 0.5).abs() > 1e-6)));
    with("pitch", &|it| it.pitch = raised(it.pitch.filter(|pitch| (pitch + 0.5).abs() > 1e-6)));
    with("volume", &|it| it.volume = raised(it.volume.filter(|volume| (volume + 0.5).abs() > 1e-6)));
    with("style", &|it| it.style = longer(&it.style));
    with("emotion", &|it| it.emotion = longer(&it.emotion));
    with("intensity", &|it| it.intensity = raised(it.intensity));
    with("character", &|it| it.character = longer(&it.character));
    with("encodings", &|it| match it.encodings.iter().position(|encoding| *encoding == Encoding::Wav) {
        Some(_) => it.encodings.retain(|encoding| *encoding != Encoding::Wav),
        None => it.encodings.push(Encoding::Wav),
    });
    with("sample rate", &|it| it.sample_rate = Some(it.sample_rate.unwrap_or(7_999) + 1));
    with("words", &|it| it.words = !it.words);
    with("options", &|it| {
        it.options.get_or_insert_default().insert("changed".to_owned(), Value::Null);
    });
    changed
}

proptest! {
    #[test]
    fn every_change_of_a_request_changes_the_key(request in any_request()) {
        let before = key(&request);
        prop_assert_eq!(before, key(&request.clone()));
        for (name, changed) in changes(&request) {
            prop_assert_ne!(before, key(&changed), "{}", name);
        }
    }

    #[test]
    fn every_change_of_a_performer_changes_the_key(request in any_request()) {
        let before = key(&request);
        for other in [
            Performer { provider: "edge", ..PERFORMER },
            Performer { plugin: "edge", ..PERFORMER },
            Performer { cache_epoch: 4, ..PERFORMER },
            Performer { settings: &[8; 32], ..PERFORMER },
        ] {
            prop_assert_ne!(before, TakeKey::of(&other, &request));
        }
    }

    #[test]
    fn a_neutral_value_written_out_is_the_same_as_none(request in any_request()) {
        let absent = Request { rate: None, pitch: None, volume: None, options: None, ..request };
        let written = Request {
            rate: Some(1.0),
            pitch: Some(-0.0),
            volume: Some(0.0),
            options: Some(Map::new()),
            ..absent.clone()
        };
        prop_assert_eq!(key(&absent), key(&written));
    }

    #[test]
    fn the_encoding_a_listener_likes_best_is_no_other_take(mut request in any_request()) {
        request.encodings.retain(|encoding| ENCODABLE.contains(encoding));
        let before = key(&request);
        request.encodings.reverse();
        prop_assert_eq!(before, key(&request));
        request.encodings.push(Encoding::WebmOpus);
        let made_here = key(&request);
        request.encodings.rotate_right(1);
        prop_assert!(request.encodings.len() == 1 || made_here != key(&request));
    }

    #[test]
    fn a_key_reads_back_as_it_is_written(digest in any::<[u8; 32]>()) {
        prop_assert_eq!(TakeKey(digest).to_string().parse(), Ok(TakeKey(digest)));
    }
}

#[test]
fn equal_json_has_one_spelling_and_different_json_has_two() {
    let check = |left: Value, right: Value, same: bool| {
        assert_eq!(
            settings_digest(&object(left.clone())) == settings_digest(&object(right.clone())),
            same,
            "{left} {right}"
        );
    };
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    check(parsed(r#"{"a":1,"b":[2]}"#), parsed(r#"{ "b": [2.0], "a": 1e0 }"#), true);
    check(json!({ "a": -0.0 }), json!({ "a": 0 }), true);
    check(json!({ "a": 1 }), json!({ "a": "1" }), false);
    check(json!({ "a": [1, 2] }), json!({ "a": [2, 1] }), false);
    check(json!({ "a": null }), json!({}), false);
    check(json!({ "a": { "b": 1 } }), json!({ "a": {}, "b": 1 }), false);
    check(json!({ "a": 0.1 }), json!({ "a": 0.100_000_001 }), false);
    check(json!({ "a": u64::MAX }), json!({ "a": -1 }), false);
}

#[test]
fn the_form_of_a_key_is_frozen() {
    // A change of this value empties every cache in the field; raise the form's version with it.
    let request = Request { voice: Some("Jenny".to_owned()), rate: Some(1.5), ..Request::text("Hello.") };
    assert_eq!(key(&request).to_string(), "6a506fdacfb4ee6bb5612106d984677ae691d0f686e039ea4d58d77fd1b07e08");
}

#[test]
fn forms_of_one_take_have_keys_of_their_own() {
    let take = key(&Request::text("Hello."));
    let mp3 = AudioFormat::mono(Encoding::Mp3, 24_000);
    let others = [
        AudioFormat::mono(Encoding::Wav, 24_000),
        AudioFormat::mono(Encoding::Mp3, 48_000),
        AudioFormat { channels: 2, ..mp3 },
        AudioFormat { bit_rate: Some(64_000), ..mp3 },
    ];
    let (audio, anew) = (AudioDigest([1; 32]), AudioDigest([2; 32]));
    assert_ne!(take.derived(audio, mp3), take);
    assert!(others.iter().all(|other| take.derived(audio, *other) != take.derived(audio, mp3)));
    assert_ne!(take.derived(audio, mp3), take.derived(anew, mp3), "an old form of a take bought anew");
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "00", "zz", &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)] {
        assert!(text.parse::<TakeKey>().is_err(), "{text}");
    }
}
