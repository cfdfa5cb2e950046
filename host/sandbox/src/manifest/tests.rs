//! Each field with what it takes and what it does not.

use serde_json::json;
use understudy_speech::{Encoding, FormatSupport, HostRequest, SecretRequest, TextLimit, TextUnit};

use super::*;

fn sound() -> Manifest {
    let name = || Host::Name("api.example.com".to_owned());
    Manifest {
        id: "azure".to_owned(),
        name: "Azure".to_owned(),
        version: "1.2.3-beta.1".to_owned(),
        description: "Speaks.".to_owned(),
        homepage: Some("https://example.com/".to_owned()),
        license: "Apache-2.0".to_owned(),
        hosts: vec![
            HostRequest { host: name(), reason: "to speak".to_owned() },
            HostRequest { host: Host::Setting("endpoint".to_owned()), reason: "yours".to_owned() },
        ],
        secrets: vec![SecretRequest {
            name: "api_key".to_owned(),
            reason: "to pay".to_owned(),
            hosts: vec![name()],
            required: true,
        }],
        settings_schema: json!({ "type": "object", "properties": { "api_key": {}, "endpoint": {} } }),
        capabilities: Capabilities {
            languages: Vec::new(),
            formats: vec![FormatSupport { encoding: Encoding::Mp3, sample_rates: vec![24_000] }],
            ssml: false,
            styles: false,
            emotions: false,
            characters: false,
            words: None,
            streaming: true,
            rate: Some(Range { minimum: 0.25, maximum: 4.0 }),
            pitch: None,
            volume: None,
            text_limit: Some(TextLimit { maximum: 5_000, unit: TextUnit::Characters }),
        },
        cache_epoch: 0,
        price_per_million_characters: Some(16.0),
    }
}

/// The field a change makes wrong, if it does.
fn check_change(change: impl FnOnce(&mut Manifest), expected: Option<&str>) {
    let mut manifest = sound();
    change(&mut manifest);
    let wrong = match check(&manifest) {
        Ok(_) => None,
        Err(LoadError::BadManifest { field, .. }) => Some(field),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(wrong.as_deref(), expected);
}

#[test]
fn identity_is_readable_by_machines_and_people() {
    check_change(|_| (), None);
    for id in ["", "Azure", "1voice", "-voice", "a voice", "voix-é", &"a".repeat(65)] {
        check_change(|manifest| manifest.id = id.to_owned(), Some("id"));
    }
    check_change(|manifest| manifest.id = "a".repeat(64), None);
    for version in ["", "1", "1.0", "v1.0.0"] {
        check_change(|manifest| manifest.version = version.to_owned(), Some("version"));
    }
    check_change(|manifest| manifest.name = String::new(), Some("name"));
    check_change(|manifest| manifest.name = "a\u{7}".to_owned(), Some("name"));
    check_change(|manifest| manifest.license = String::new(), Some("license"));
    check_change(|manifest| manifest.homepage = Some("javascript:alert(1)".to_owned()), Some("homepage"));
    check_change(|manifest| manifest.homepage = None, None);
}

#[test]
fn hosts_are_bare_names_and_suffixes() {
    let check_host = |name: &str, fits: bool| {
        let change = |manifest: &mut Manifest| {
            manifest.hosts.push(HostRequest { host: Host::Name(name.to_owned()), reason: "r".to_owned() });
        };
        check_change(change, (!fits).then_some("hosts.name"));
    };
    for name in ["localhost", "a.b", "*.example.com", "xn--bcher-kva.example", "127.0.0.1"] {
        check_host(name, true);
    }
    for name in [
        "",
        "*",
        "*.",
        "a.*.b",
        "https://a.b",
        "a.b:443",
        "a.b/c",
        "A.b",
        "-a.b",
        "a..b",
        "a_b",
        "*.*.b",
        "a.b.",
    ] {
        check_host(name, false);
    }
    let unknown = HostRequest { host: Host::Setting("nowhere".to_owned()), reason: "r".to_owned() };
    check_change(|manifest| manifest.hosts.push(unknown), Some("hosts.setting"));
    check_change(|manifest| manifest.hosts[0].reason.clear(), Some("hosts.reason"));
}

#[test]
fn secrets_fill_a_setting_and_go_only_where_the_plugin_goes() {
    check_change(|manifest| manifest.secrets[0].name = "other".to_owned(), Some("secrets.name"));
    let elsewhere = Host::Name("evil.example.com".to_owned());
    check_change(|manifest| manifest.secrets[0].hosts.push(elsewhere), Some("secrets.hosts"));
    check_change(|manifest| manifest.secrets[0].hosts.clear(), None);
}

#[test]
fn the_schema_is_one_of_an_object() {
    for schema in
        [json!({}), json!(true), json!({ "type": "array" }), json!({ "type": "object", "properties": 3 })]
    {
        let change = |manifest: &mut Manifest| {
            manifest.settings_schema = schema;
            manifest.secrets.clear();
            manifest.hosts.clear();
        };
        check_change(change, Some("settings-schema"));
    }
}

#[test]
fn capabilities_are_in_range() {
    check_change(|manifest| manifest.capabilities.formats.clear(), Some("capabilities.formats"));
    check_change(
        |manifest| manifest.capabilities.formats[0].sample_rates.push(7_999),
        Some("capabilities.formats.sample-rates"),
    );
    let rate = |minimum, maximum, expected| {
        check_change(|manifest| manifest.capabilities.rate = Some(Range { minimum, maximum }), expected);
    };
    rate(0.5, 2.0, None);
    rate(2.0, 0.5, Some("capabilities.rate"));
    rate(0.1, 2.0, Some("capabilities.rate"));
    rate(f32::NAN, 2.0, Some("capabilities.rate"));
    let limit = TextLimit { maximum: 0, unit: TextUnit::Bytes };
    check_change(|manifest| manifest.capabilities.text_limit = Some(limit), Some("capabilities.text-limit"));
    for price in [-1.0, f64::NAN, f64::INFINITY] {
        check_change(
            |manifest| manifest.price_per_million_characters = Some(price),
            Some("price-per-million-characters"),
        );
    }
}
