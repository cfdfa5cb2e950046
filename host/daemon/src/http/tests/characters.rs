//! The calls of the characters: who is written down on this server, played by the provider's voices.

use std::path::Path;

use super::caching::kept_under;
use super::*;

const COMPANY: &str = r#"
[providers.flite]

[characters.nova]
name = "Captain Nova"
cast = [{ provider = "flite", voice = "amy" }]

[characters.bram]
name = "Old Bram"
cast = [{ provider = "flite", voice = "rob" }]
"#;

const SPEAK: &str = "/api/v1/characters/speak";
const CONVERSE: &str = "/api/v1/characters/conversation";

fn company() -> Config {
    Config::parse(COMPANY, Path::new("understudy.toml")).unwrap()
}

/// A server that has these characters, played by `provider`.
pub(super) fn company_of(provider: Scripted) -> Envelope {
    app_with(company(), &[&Arc::new(provider)])
}

/// What a call of each kind sends at least.
fn line() -> Value {
    json!({ "character_id": "nova", "text": "The show must go on." })
}

fn scene() -> Value {
    json!({ "script": "Captain Nova: We sail.\nOld Bram: Again?" })
}

/// A request as a client sends it, which names the host it asks.
fn asking(path: &str, body: &Value, headers: &[(&'static str, &'static str)]) -> Request<Body> {
    let mut request = request(Method::POST, path, body.to_string());
    for (name, value) in [("host", "tts.example")].iter().chain(headers) {
        request.headers_mut().insert(*name, http::HeaderValue::from_static(value));
    }
    request
}

#[tokio::test]
async fn audio_has_an_address_for_clients_that_name_the_host_in_the_target_alone() {
    let kept = kept_under(company());
    for (path, body, field) in [(SPEAK, line(), "audio_url"), (CONVERSE, scene(), "combined_audio_url")] {
        // As hyper hands over what comes over HTTP/2.
        let mut asked = request(Method::POST, &format!("http://tts.example:8750{path}"), body.to_string());
        *asked.version_mut() = http::Version::HTTP_2;
        let url = send(&kept.app, asked).await.json()[field].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://tts.example:8750/api/v1/tts/takes/"), "{path} {url}");
    }
}

#[tokio::test]
async fn times_that_are_estimated_are_marked() {
    let mut mute = flite();
    mute.manifest.capabilities.words = None;
    for (provider, expected) in [(flite(), "native"), (mute, "estimated")] {
        let app = company_of(provider);
        let spoken = post(&app, SPEAK, &merged(line(), json!({ "words": true }))).await.json();
        let scene = json!({ "lines": [line()] });
        let scene = post(&app, CONVERSE, &scene).await.json();
        assert_eq!([&spoken["word_times"], &scene["segments"][0]["word_times"]], [expected, expected]);
    }
    let plain = post(&company_of(flite()), SPEAK, &line()).await.json();
    assert_eq!((&plain["words"], &plain["word_times"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn what_is_dropped_has_the_name_that_the_client_gave_it() {
    let mut provider = flite();
    provider.manifest.capabilities.rate = None;
    let app = company_of(provider);
    let moved = json!({ "voice_settings": { "speed": 1.5 } });
    let spoken = post(&app, SPEAK, &merged(line(), moved.clone())).await;
    assert_eq!(spoken.json()["provenance"]["dropped"], json!(["voice_settings.speed"]));
    let scene = json!({ "lines": [merged(line(), moved)] });
    let scene = post(&app, CONVERSE, &scene).await;
    assert_eq!(scene.json()["segments"][0]["dropped"], json!(["voice_settings.speed"]));
    for answer in [spoken, scene] {
        assert_eq!(answer.header("x-understudy-dropped"), "voice_settings.speed");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_whole_scene_is_told_by_its_fields() {
    let limited = format!("[limits]\nmax_text_characters = 10\n{COMPANY}");
    let config = Config::parse(&limited, Path::new("understudy.toml")).unwrap();
    let mut provider = flite();
    provider.characters = Some(Vec::new());
    let app = app_with(config, &[&Arc::new(provider)]);
    let param = async |body: Value| {
        let answer = post(&app, CONVERSE, &body).await;
        assert!(answer.status.is_client_error(), "{}", answer.text());
        answer.json()["error"]["param"].clone()
    };
    assert_eq!(param(scene()).await, "script");
    assert_eq!(param(json!({ "lines": [line()] })).await, "lines");
    assert_eq!(param(json!({ "script": "Old Bram: Hm.", "characters": ["bran"] })).await, "characters");
}

#[tokio::test]
async fn a_scene_is_a_script_or_lines_and_never_both() {
    let kept = kept_under(company());
    let row = json!({ "character_id": "bram", "text": "Hm." });
    let ask = async |body: Value| {
        let answer = post(&kept.app, CONVERSE, &body).await;
        let answer = answer.json();
        let (error, segments) = (&answer["error"], answer["segments"].as_array());
        (error["param"].clone(), error["code"].clone(), segments.map(Vec::len))
    };
    let (script, none) = (scene()["script"].clone(), Value::Null);
    let both = ask(json!({ "script": script, "lines": [row] })).await;
    assert_eq!(both, (json!("lines"), json!("invalid_value"), None));
    assert_eq!(ask(json!({ "script": script, "lines": [] })).await, (none.clone(), none.clone(), Some(2)));
    assert_eq!(ask(json!({ "script": " ", "lines": [row] })).await, (none.clone(), none, Some(1)));
    let neither = (json!("script"), json!("missing_required_parameter"), None);
    assert_eq!(ask(json!({ "lines": [] })).await, neither);
}

#[tokio::test]
async fn what_is_not_to_be_stored_is_in_the_answer_and_nowhere_else() {
    let kept = kept_under(company());
    let takes = || kept.understudy.stage().engine.store().unwrap().cache().stats().takes;
    for (path, body, field) in [(SPEAK, line(), "audio_url"), (CONVERSE, scene(), "combined_audio_url")] {
        let before = takes();
        let secret = send(&kept.app, asking(path, &body, &[("cache-control", "no-store")])).await;
        kept.understudy.settle().await;
        assert_eq!(secret.status, StatusCode::OK, "{}", secret.text());
        let url = secret.json()[field].as_str().unwrap().to_owned();
        assert!(url.starts_with("data:audio/mpeg;base64,"), "{path} {url}");
        assert_eq!(takes(), before, "{path}");
        let open = send(&kept.app, asking(path, &body, &[])).await;
        kept.understudy.settle().await;
        let url = open.json()[field].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://tts.example/api/v1/tts/takes/"), "{path} {url}");
        assert!(takes() > before, "{path}");
    }
}
