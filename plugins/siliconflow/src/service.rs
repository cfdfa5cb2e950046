//! The service, its voices and the account.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use understudy_plugin::{Error, Gender, Voice, http, memo};

use crate::refusal;
use crate::settings::Settings;

/// How long the list of clones is kept.
const CLONES_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The contract's longest voice id, in bytes.
const VOICE_ID_BYTES_MAX: usize = 128;
/// The contract's longest list of voices, without the system's.
const CLONES_MAX: usize = 9_000;

/// The voices of every model; no endpoint lists them. The first is that of a request that names none.
const SYSTEM: [(&str, Gender, &str); 8] = [
    ("alex", Gender::Male, "Steady."),
    ("benjamin", Gender::Male, "Deep."),
    ("charles", Gender::Male, "Magnetic."),
    ("david", Gender::Male, "Cheerful."),
    ("anna", Gender::Female, "Steady."),
    ("bella", Gender::Female, "Passionate."),
    ("claire", Gender::Female, "Gentle."),
    ("diana", Gender::Female, "Cheerful."),
];

/// What CosyVoice2 speaks.
const LANGUAGES: [&str; 5] = ["zh", "en", "ja", "ko", "yue"];

/// A voice cloned by the account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Clone {
    pub(crate) uri: String,
    #[serde(default)]
    pub(crate) model: String,
    #[serde(default, rename = "customName")]
    name: String,
}

/// A request to a path of the API, with the account's key.
pub(crate) fn request(settings: &Settings, method: &str, path: &str) -> http::Request {
    let url = format!("{}{path}", settings.base_url);
    http::Request::new(method, url).header("authorization", format!("Bearer {}", settings.api_key))
}

/// The model's own voices, then the account's.
pub(crate) fn voices(settings: &Settings) -> Result<Vec<Voice>, Error> {
    let system = SYSTEM.into_iter().map(|(name, gender, manner)| {
        let voice = Voice::new(format!("{}:{name}", settings.model), capitalised(name));
        speaks(voice.gender(gender).neural().description(manner), &settings.model)
    });
    let own = clones(settings)?.into_iter().map(|clone| {
        let name = if clone.name.is_empty() { &clone.uri } else { &clone.name };
        let voice = Voice::new(&clone.uri, name).neural().description("Cloned by this account.");
        speaks(voice.label("model", &clone.model), &clone.model)
    });
    Ok(system.chain(own).collect())
}

/// True for the name of a system voice, without its model.
pub(crate) fn is_system(name: &str) -> bool {
    SYSTEM.iter().any(|(known, ..)| *known == name)
}

/// The name of the voice of a request that names none.
pub(crate) const fn default_voice() -> &'static str {
    let [(name, ..), ..] = SYSTEM;
    name
}

/// The account's clones.
pub(crate) fn clones(settings: &Settings) -> Result<Vec<Clone>, Error> {
    memo::remember("clones", CLONES_TTL, || {
        let response = request(settings, "GET", "/audio/voice/list").send()?;
        if !response.is_success() {
            return Err(refusal::of_account(&response.complaint()));
        }
        let mut response = response;
        let document: Value = response.json()?;
        // The documents spell it both ways.
        let list = document.get("result").or_else(|| document.get("results")).and_then(Value::as_array);
        let read = |entry: &Value| serde_json::from_value::<Clone>(entry.clone()).ok();
        let usable = |clone: &Clone| (1..=VOICE_ID_BYTES_MAX).contains(&clone.uri.len());
        Ok(list.into_iter().flatten().filter_map(read).filter(usable).take(CLONES_MAX).collect())
    })
}

/// What is left on the account; the cheapest call that proves a key.
pub(crate) fn check_account(settings: &Settings) -> Result<(), Error> {
    let mut response = request(settings, "GET", "/user/info").send()?;
    if !response.is_success() {
        return Err(refusal::of_account(&response.complaint()));
    }
    let document: Value = response.json()?;
    let field = |name: &str| document.pointer(&format!("/data/{name}")).and_then(Value::as_str);
    if let Some(status) = field("status").filter(|status| *status != "normal") {
        return Err(Error::unauthorized(format!("account is {status}")));
    }
    // Money comes as text.
    let balance = field("totalBalance").and_then(|amount| amount.parse::<f64>().ok());
    if balance.is_some_and(|balance| balance <= 0.0) {
        return Err(Error::QuotaExhausted { resets_in: None });
    }
    Ok(())
}

fn speaks(voice: Voice, model: &str) -> Voice {
    let languages: &[&str] = if model.contains("CosyVoice2") { &LANGUAGES } else { &[] };
    languages.iter().fold(voice, |voice, tag| voice.language(*tag))
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
