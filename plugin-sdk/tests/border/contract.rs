//! The contract's rules, and plugins that break each of them.

use serde_json::json;
use understudy_plugin::testing::{Harness, check_manifest};
use understudy_plugin::{
    Capabilities, Character, CharacterPlugin, Encoding, Error, Host, Line, LineMark, Manifest, Plugin,
    Request, Script, SecretRequest, Summary, Take, TextLimit, Voice, Word, WordTimes,
};

use super::FORMAT;

/// The field whose rule a manifest breaks, if it breaks one.
fn refused(manifest: &Manifest, expected: Option<&str>) {
    let verdict = check_manifest(manifest);
    assert_eq!(verdict.as_ref().err().and_then(|rule| rule.split(' ').next()), expected, "{verdict:?}");
}

#[test]
fn a_manifest_is_refused_by_its_field() {
    let check = refused;
    let good = || Manifest::new("a-1", "A", "1.2.3");
    check(&super::service::Cloud::describe(), None);
    check(&good(), None);
    check(&Manifest::new("A", "A", "1.2.3"), Some("id"));
    check(&Manifest::new("a", "A", "1.2"), Some("version"));
    check(&Manifest::new("a", " ", "1.2.3"), Some("name"));
    check(&good().settings_schema(json!({ "type": "string" })), Some("settings_schema"));
    let referring = json!({ "type": "object", "properties": { "a": { "$ref": "#" } } });
    check(&good().settings_schema(referring), Some("settings_schema"));
    let leading = json!({ "type": "object", "properties": { "a": { "$dynamicRef": "#a" } } });
    check(&good().settings_schema(leading), Some("settings_schema"));
    let patterns = vec![json!({ "pattern": "a" }); 65];
    check(&good().settings_schema(json!({ "type": "object", "anyOf": patterns })), Some("settings_schema"));
    check(&good().settings_schema(json!({ "type": "object", "properties": 3 })), Some("settings_schema"));
    check(&good().description("d".repeat(2_001)), Some("description"));
    check(&good().homepage("example.com"), Some("homepage"));
    check(&good().price_per_million_characters(-1.0), Some("price_per_million_characters"));
    check(&good().price_per_million_characters(f64::NAN), Some("price_per_million_characters"));
}

#[test]
fn hosts_and_secrets_are_held_against_each_other_and_the_schema() {
    let good = || {
        let properties = json!({ "base_url": { "type": "string" }, "key": { "type": "string" } });
        Manifest::new("a", "A", "1.2.3")
            .settings_schema(json!({ "type": "object", "properties": properties }))
    };
    let secret = |name: &str| SecretRequest::new(name, "why");
    refused(&good().host(Host::setting("base_url"), "why").secret(secret("key")), None);
    refused(&good().host(Host::name("*.example.com"), "why"), None);
    for name in
        ["https://x.example", "X.example", "a_b.example", "-a.example", "a..example", "*.", "a.*.b", ""]
    {
        refused(&good().host(Host::name(name), "why"), Some("host"));
    }
    refused(&good().host(Host::name("x.example"), ""), Some("host"));
    refused(&good().host(Host::setting("nowhere"), "why"), Some("host"));
    refused(&good().secret(secret("other")), Some("secret"));
    refused(&good().secret(secret("key").host(Host::name("x.example"))), Some("secret"));
}

#[test]
fn capabilities_are_within_what_the_contract_allows() {
    let can = || Capabilities::new(Encoding::Mp3, [24_000]);
    let check = |can: Capabilities, expected: Option<&str>| {
        refused(&Manifest::new("a", "A", "1.2.3").capabilities(can), expected);
    };
    check(can().language("pt-BR").rate(0.25, 4.0).pitch(-20.0, 20.0).volume(-96.0, 16.0), None);
    check(can().format(Encoding::Wav, [7_999]), Some("capabilities.formats"));
    check(can().language("American English"), Some("capabilities.languages"));
    check(can().rate(2.0, 0.5), Some("capabilities.rate"));
    check(can().rate(f32::NAN, 2.0), Some("capabilities.rate"));
    check(can().pitch(-24.0, 24.0), Some("capabilities.pitch"));
    check(can().volume(0.0, 20.0), Some("capabilities.volume"));
    check(can().text_limit(TextLimit::bytes(0)), Some("capabilities.text_limit"));
}

/// Does what the option `does` says, so that each rule can be broken.
struct Rogue;

impl Plugin for Rogue {
    fn describe() -> Manifest {
        let capabilities = Capabilities::new(Encoding::PcmS16le, [16_000]).words(WordTimes::Estimated);
        Manifest::new("rogue", "Rogue", "1.0.0").capabilities(capabilities)
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(Vec::new())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let does: String = request.options_as::<serde_json::Value>()?.unwrap_or_default()["does"].to_string();
        let marked = |words: &[Word], take: &mut Take| {
            take.begin(FORMAT)?;
            take.samples(&[0; 1_600])?;
            take.words(words)?;
            Ok(take.summary()?.word_times(WordTimes::Estimated))
        };
        let (gruss, gott) = (Word::new(0..6, 0..50), Word::new(7..11, 50..100));
        match does.trim_matches('"') {
            "never begins" => Ok(Summary::new(FORMAT)),
            "begins in vain" => take.begin(FORMAT).map(|()| Summary::new(FORMAT)),
            "ends in another format" => {
                take.begin(FORMAT)?;
                take.samples(&[0; 2])?;
                Ok(Summary::new(FORMAT.stereo()))
            }
            "cuts a sample" => {
                take.begin(FORMAT)?;
                take.audio(&[0; 3])?;
                take.summary()
            }
            "cuts a character" => marked(&[Word::new(0..3, 0..50), gott], take),
            "swaps words" => marked(&[gott, gruss], take),
            "turns time back" => marked(&[gruss, Word { end_ms: 49, ..gott }], take),
            "outlives the audio" => marked(&[gruss, Word::new(7..11, 50..102)], take),
            "forgets a word" => marked(&[gruss], take),
            "hides where times come from" => marked(&[gruss, gott], take).map(|_| Summary::new(FORMAT)),
            "claims marks" => marked(&[], take),
            "marks lines" => {
                take.line(LineMark { index: 0, start_ms: 0, end_ms: 1 })?;
                marked(&[gruss, gott], take)
            }
            _ => marked(&[gruss, gott], take),
        }
    }
}

#[test]
fn each_rule_of_the_contract_is_checked() {
    let check = |does: &str, expected: Option<&str>| {
        let request = Request::text("Grüß Gott.").words().option("does", does);
        let verdict = Harness::<Rogue>::new().synthesize(request).unwrap().check_contract();
        match (verdict, expected) {
            (Ok(()), None) => {}
            (Err(broken), Some(rule)) if broken.contains(rule) => {}
            (verdict, _) => panic!("{does}: {verdict:?}"),
        }
    };
    check("everything right", None);
    check("never begins", Some("begin exactly once"));
    check("begins in vain", Some("must hold audio"));
    check("ends in another format", Some("summary must have the format"));
    check("cuts a sample", Some("whole frames"));
    check("cuts a character", Some("character boundaries"));
    check("swaps words", Some("spans must not run backwards"));
    check("turns time back", Some("times must not run backwards"));
    check("outlives the audio", Some("within the audio of 100 ms"));
    check("forgets a word", Some("unmarked: Gott"));
    check("hides where times come from", Some("exactly when marks were sent"));
    check("claims marks", Some("exactly when marks were sent"));
    check("marks lines", Some("from a conversation alone"));
}

#[test]
fn a_take_is_begun_once_and_first() {
    struct Hasty;
    impl Plugin for Hasty {
        fn describe() -> Manifest {
            Manifest::new("hasty", "Hasty", "1.0.0")
        }
        fn voices() -> Result<Vec<Voice>, Error> {
            Ok(Vec::new())
        }
        fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
            assert!(matches!(take.samples(&[0]), Err(Error::Protocol(_))));
            take.begin(FORMAT)?;
            assert!(matches!(take.begin(FORMAT), Err(Error::Protocol(_))));
            take.audio(&[])?;
            assert_eq!(take.summary(), Err(Error::NoAudio));
            take.audio(&vec![0; (2 << 20) + 2])?;
            assert_eq!(take.audio_bytes(), (2 << 20) + 2);
            take.summary()
        }
    }
    let recording = Harness::<Hasty>::new().synthesize(Request::text("x")).unwrap();
    let sizes: Vec<usize> = recording.chunks.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1 << 20, 1 << 20, 2], "no piece is larger than the contract allows");
}

/// Two characters who say a tenth of a second each.
struct Pair;

impl Plugin for Pair {
    fn describe() -> Manifest {
        Manifest::new("pair", "Pair", "1.0.0")
    }
    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(Vec::new())
    }
    fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
        take.summary()
    }
}

impl CharacterPlugin for Pair {
    fn characters() -> Result<Vec<Character>, Error> {
        Ok(vec![Character::new("ann", "Ann"), Character::new("bob", "Bob")])
    }

    fn converse(script: Script, take: &mut Take) -> Result<Summary, Error> {
        take.begin(FORMAT)?;
        for (index, line) in (0..).zip(&script.lines) {
            let start_ms = index * 100;
            take.samples(&[0; 1_600])?;
            if line.character != "mute" {
                take.line(LineMark { index, start_ms, end_ms: start_ms + 100 })?;
            }
        }
        take.summary()
    }
}

understudy_plugin::export!(Pair with characters);

#[test]
fn a_conversation_has_a_mark_for_each_line() {
    let mut harness = Harness::<Pair>::new();
    assert_eq!(harness.characters().unwrap().len(), 2);
    let script = Script::new([Line::new("ann", "Hi."), Line::new("bob", "Ho.")]);
    let recording = harness.converse(script).unwrap();
    recording.assert_contract();
    assert_eq!(recording.text, "Hi.\nHo.");
    let script = Script::new([Line::new("mute", "Hi."), Line::new("bob", "Ho.")]);
    let verdict = harness.converse(script).unwrap().check_contract();
    assert!(verdict.is_err_and(|rule| rule.contains("each of 2 lines")));
}
