//! The service, its voices and the account.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use understudy_plugin::text::is_language_tag;
use understudy_plugin::{Age, Error, Gender, Voice, http, log, memo};

use crate::refusal;
use crate::settings::Settings;

/// How long the voice list is kept.
const VOICES_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// Voices a page, the most the service gives, and pages, which come to the contract's 10,000.
const PAGE_VOICES: &str = "100";
const PAGES_MAX: usize = 100;

/// A request with the account's key.
pub(crate) fn request(settings: &Settings, method: &str, path: &str) -> http::Request {
    http::Request::new(method, format!("{}{path}", settings.base_url)).header("xi-api-key", &settings.api_key)
}

pub(crate) fn get(settings: &Settings, path: &str) -> http::Request {
    request(settings, "GET", path)
}

/// What of a voice is kept: the service sends a hundred times as much.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Known {
    pub(crate) voice_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    labels: Option<Map<String, Value>>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    preview_url: Option<String>,
    #[serde(default)]
    verified_languages: Option<Vec<VerifiedLanguage>>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct VerifiedLanguage {
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    locale: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Page {
    voices: Vec<Known>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// The account's voices.
pub(crate) fn voices(settings: &Settings) -> Result<Vec<Known>, Error> {
    memo::remember("voices", VOICES_TTL, || fetch_voices(settings))
}

fn fetch_voices(settings: &Settings) -> Result<Vec<Known>, Error> {
    let mut voices = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let request = get(settings, "/v2/voices").query("page_size", PAGE_VOICES);
        let request = token.iter().fold(request, |request, token| request.query("next_page_token", token));
        let mut response = request.send()?;
        if !response.is_success() {
            return Err(refusal::of_account(&response.complaint()));
        }
        let page: Page = response.json()?;
        voices.extend(page.voices);
        token = page.next_page_token.filter(|_| page.has_more);
        if token.is_none() {
            break;
        }
    }
    Ok(voices)
}

/// Whether the key is good and there is something left on the account. Free of charge.
pub(crate) fn check_account(settings: &Settings) -> Result<(), Error> {
    let mut response = get(settings, "/v1/user/subscription").send()?;
    if !response.is_success() {
        let complaint = response.complaint();
        if complaint.is(&["missing_permissions", "insufficient_permissions"]) {
            log::info("key may not read the account, which it need not", &[]);
            return Ok(());
        }
        return Err(refusal::of_account(&complaint));
    }
    let account: Value = response.json()?;
    let number = |name: &str| account.get(name).and_then(Value::as_u64);
    match (number("character_count"), number("character_limit")) {
        (Some(used), Some(limit)) if used >= limit => {
            let resets = number("next_character_count_reset_unix").map(Duration::from_secs);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Err(Error::QuotaExhausted { resets_in: resets.and_then(|resets| resets.checked_sub(now)) })
        }
        _ => Ok(()),
    }
}

impl Known {
    fn label(&self, name: &str) -> Option<&str> {
        self.labels.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// The languages it was verified for, its own first.
    pub(crate) fn languages(&self) -> Vec<String> {
        let own = self.label("language").map(str::to_owned);
        let verified = self.verified_languages.iter().flatten();
        let verified =
            verified.filter_map(|language| language.locale.clone().or_else(|| language.language.clone()));
        let mut languages: Vec<String> = Vec::new();
        for tag in own.into_iter().chain(verified) {
            let listed = languages.iter().any(|known| known.eq_ignore_ascii_case(&tag));
            if is_language_tag(&tag) && !listed {
                languages.push(tag);
            }
        }
        languages
    }

    /// As it is listed.
    pub(crate) fn voice(&self) -> Voice {
        let name = if self.name.is_empty() { &self.voice_id } else { &self.name };
        let mut voice = Voice::new(&self.voice_id, name).neural();
        voice.languages = self.languages();
        voice.gender = self.label("gender").and_then(|gender| match gender.to_lowercase().as_str() {
            "female" => Some(Gender::Female),
            "male" => Some(Gender::Male),
            "neutral" | "non-binary" => Some(Gender::Neutral),
            _ => None,
        });
        voice.age =
            self.label("age").and_then(|age| match age.to_lowercase().replace(['_', ' '], "-").as_str() {
                "child" => Some(Age::Child),
                "young" => Some(Age::Young),
                "middle-aged" | "adult" => Some(Age::Adult),
                "old" | "elderly" => Some(Age::Elderly),
                _ => None,
            });
        voice.description = self.description.clone().filter(|text| !text.is_empty());
        let labels = ["accent", "use_case", "descriptive"].map(|name| (name, self.label(name)));
        let others = [("category", self.category.as_deref()), ("preview", self.preview_url.as_deref())];
        for (name, value) in labels.into_iter().chain(others) {
            voice.labels.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
        voice
    }
}
