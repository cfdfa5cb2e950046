//! The description, the voice list and the check.

use serde_json::json;
use understudy_azure::Azure;
use understudy_plugin::testing::{Harness, Reply, check_manifest};
use understudy_plugin::{Encoding, Error, Gender, Host, Plugin};

use super::service::{AVA_HD, HOST, YUNXI, rest, speaking};

#[test]
fn the_description_is_valid_and_its_key_goes_to_its_hosts_alone() {
    let manifest = Azure::describe();
    assert_eq!(check_manifest(&manifest), Ok(()));
    let hosts: Vec<_> = manifest.hosts.iter().map(|request| request.host.clone()).collect();
    assert_eq!(manifest.secrets[0].hosts, hosts);
    assert!(
        hosts.contains(&Host::name("*.tts.speech.microsoft.com"))
            && hosts.contains(&Host::setting("base_url"))
    );
    let encodings: Vec<_> = manifest.capabilities.formats.iter().map(|format| format.encoding).collect();
    assert_eq!(encodings[..2], [Encoding::Mp3, Encoding::PcmS16le]);
    assert_eq!(manifest.capabilities.formats[0].sample_rates, [16_000, 24_000, 48_000]);
    for (name, field) in manifest.settings_schema["properties"].as_object().unwrap() {
        assert!(field["description"].is_string(), "{name}");
    }
}

#[test]
fn the_list_says_what_each_voice_can_do() {
    let voices = speaking().voices().unwrap();
    let find = |id: &str| voices.iter().find(|voice| voice.id == id).unwrap();
    let yunxi = find(YUNXI);
    assert_eq!(
        (yunxi.name.as_str(), yunxi.gender, yunxi.sample_rate),
        ("Yunxi", Some(Gender::Male), Some(24_000))
    );
    assert_eq!(
        (yunxi.styles.as_slice(), yunxi.emotions.as_slice()),
        (&["newscast".to_owned(), "cheerful".to_owned()][..], &["cheerful".to_owned()][..])
    );
    assert!(yunxi.labels.contains(&("roles".to_owned(), "Narrator, Boy".to_owned())));
    assert!(find(AVA_HD).premium && !yunxi.premium);
}

#[test]
fn check_asks_for_the_list_anew() {
    let mut harness = speaking();
    harness.voices().unwrap();
    harness.check().unwrap();
    let sent = &harness.requests()[0];
    assert_eq!(sent.url, format!("https://{HOST}/cognitiveservices/voices/list"));
    assert_eq!(sent.header_value("Ocp-Apim-Subscription-Key"), Some("k1"));
    let refusing = |status: u16| {
        let mut harness = rest(|_| Reply::status(500)).http(move |_| Ok(Reply::status(status)));
        harness.check().unwrap_err()
    };
    assert_eq!(refusing(401), Error::unauthorized("status 401: "));
    assert_eq!(refusing(404), Error::unauthorized("no such service in the region or at base_url: "));
    assert_eq!(refusing(503), Error::unavailable("status 503: "));
}

#[test]
fn without_a_region_nothing_is_asked() {
    let mut harness = Harness::<Azure>::new().settings(json!({}));
    let expected = Error::unauthorized("neither region nor base_url is set");
    assert_eq!(harness.check().unwrap_err(), expected);
    assert_eq!(harness.voices().unwrap_err(), expected);
}
