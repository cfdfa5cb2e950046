//! What a replacement may not take for granted.

use serde_json::json;
use understudy_sandbox::Secret;
use understudy_speech::{Capabilities, HostRequest};

use super::*;

fn name(host: &str) -> Host {
    Host::Name(host.to_owned())
}

/// A plugin that asks for two hosts and the one of its setting, and sends its key to these.
fn sending_to(hosts: Vec<Host>) -> Manifest {
    let asked = [name("a.example"), name("b.example"), Host::Setting("url".to_owned())];
    Manifest {
        id: "a".to_owned(),
        name: "A".to_owned(),
        version: "1.0.0".to_owned(),
        description: String::new(),
        homepage: None,
        license: "MIT".to_owned(),
        hosts: asked.map(|host| HostRequest { host, reason: "to speak".to_owned() }).into(),
        secrets: vec![SecretRequest {
            name: "api_key".to_owned(),
            reason: "to pay".to_owned(),
            hosts,
            required: false,
        }],
        settings_schema: json!({ "type": "object", "properties": { "api_key": {}, "url": { "default": "https://a.example" } } }),
        capabilities: Capabilities {
            languages: Vec::new(),
            formats: Vec::new(),
            ssml: false,
            styles: false,
            emotions: false,
            characters: false,
            words: None,
            streaming: false,
            rate: None,
            pitch: None,
            volume: None,
            text_limit: None,
        },
        cache_epoch: 0,
        price_per_million_characters: None,
    }
}

fn check(before: Vec<Host>, now: Vec<Host>, expected: &[&str]) {
    let secrets = [("api_key".to_owned(), Secret::new("sk-canary".to_owned()))].into();
    let config = PluginConfig { secrets, ..PluginConfig::named("a") };
    assert_eq!(rebound(&sending_to(before), &sending_to(now), &config), expected);
}

#[test]
fn a_secret_that_goes_to_another_host_is_told_though_the_host_was_asked_for() {
    let (a, b, set) = (|| name("a.example"), || name("b.example"), || Host::Setting("url".to_owned()));
    check(vec![a()], vec![a()], &[]);
    check(vec![a(), b()], vec![b()], &[]);
    check(vec![a()], vec![a(), b()], &["secret api_key would now also be sent to b.example"]);
    check(vec![], vec![a(), b()], &["secret api_key would now also be sent to a.example, b.example"]);
    // What a setting means is the same host.
    check(vec![a()], vec![set()], &[]);
    check(vec![b()], vec![set()], &["secret api_key would now also be sent to a.example"]);
}

#[test]
fn a_default_that_leads_elsewhere_leads_the_secret_elsewhere() {
    let to_setting = || sending_to(vec![Host::Setting("url".to_owned())]);
    let mut moved = to_setting();
    moved.settings_schema =
        json!({ "type": "object", "properties": { "url": { "default": "https://b.example" } } });
    let secrets = [("api_key".to_owned(), Secret::new("sk-canary".to_owned()))].into();
    let mut config = PluginConfig { secrets, ..PluginConfig::named("a") };
    assert_eq!(
        rebound(&to_setting(), &moved, &config),
        ["secret api_key would now also be sent to b.example"]
    );
    // The operator has said where.
    config.settings.insert("url".to_owned(), json!("https://c.example"));
    assert_eq!(rebound(&to_setting(), &moved, &config), Vec::<String>::new());
}

#[test]
fn a_secret_that_is_not_set_goes_nowhere() {
    let (before, now) = (sending_to(vec![]), sending_to(vec![name("b.example")]));
    assert_eq!(rebound(&before, &now, &PluginConfig::named("a")), Vec::<String>::new());
}

#[test]
fn a_section_has_an_example_of_every_setting_it_lacks() {
    let manifest = Manifest {
        settings_schema: json!({
            "required": ["region", "speed", "voices", "x = 1\n[evil]", "api_key"],
            "anyOf": [{ "required": ["url"] }, { "required": ["port"] }],
            "properties": {
                "region": { "description": "where it is", "examples": ["westeurope"] },
                "speed": { "default": 1 },
                "voices": { "type": "array", "items": { "type": "object", "required": ["id"] } },
                "port": { "type": "integer", "minimum": 1024, "description": "where it listens" },
            },
        }),
        ..sending_to(Vec::new())
    };
    let check = |settings: serde_json::Value, expected: &str| {
        let settings = settings.as_object().unwrap();
        assert_eq!(examples::lines(&manifest, settings, ""), expected);
    };
    check(
        json!({}),
        "# where it is\nregion = \"westeurope\"\nvoices = [{ id = \"…\" }]\n\
         url = \"http://localhost:8880\"\n# or where it listens\n# port = 1024\n",
    );
    check(json!({ "region": "a", "voices": [], "port": 2 }), "");
}

#[test]
fn what_a_section_lacks_comes_before_what_its_tables_lack() {
    let url = Host::Setting("url".to_owned());
    let asked = SecretRequest { required: true, ..sending_to(vec![url]).secrets.remove(0) };
    let manifest = Manifest {
        hosts: Vec::new(),
        secrets: vec![asked],
        settings_schema: json!({ "required": ["region"] }),
        ..sending_to(Vec::new())
    };
    let check = |text: &str, expected: &[&str]| {
        let config = crate::Config::parse(text, Path::new("understudy.toml")).unwrap();
        let added = additions(&config.providers[0], &manifest);
        let lines: Vec<&str> = added.lines().filter(|line| !line.starts_with("# sent to")).collect();
        assert_eq!(lines, expected, "{text}");
    };
    let (setting, secret) = ("region = \"…\"", "api_key = \"env:A_API_KEY\"");
    check("[providers.a]", &["settings.region = \"…\"", "secrets.api_key = \"env:A_API_KEY\""]);
    check(
        "[providers.a]\nsettings = { voice = 'x' }",
        &["secrets.api_key = \"env:A_API_KEY\"", "# and into [providers.a.settings]", setting],
    );
    check(
        "[providers.a]\nsettings = { voice = 'x' }\nsecrets = { other = 'env:B' }",
        &["# and into [providers.a.settings]", setting, "# and into [providers.a.secrets]", secret],
    );
}
