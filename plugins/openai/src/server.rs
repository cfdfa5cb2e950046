//! Who is at the other end.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use understudy_plugin::{Error, Gender, Voice, http, memo};

use crate::refusal;
use crate::settings::{Flavour, GenderSetting, Settings};
use crate::voices;

const LISTING: &str = "listing";
/// How long the voice list is kept, and that a server has none.
const LISTING_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an answer is believed that may come of something before the server, such as a proxy's page.
const NO_LISTING_TTL: Duration = Duration::from_secs(5 * 60);
/// The longest list that is read, in bytes.
const LISTING_BYTES_MAX: u32 = 8 << 20;
/// What OpenAI gets when nobody chose a model, for it demands one.
const OFFICIAL_MODEL: &str = "gpt-4o-mini-tts";
/// Characters OpenAI takes at once.
const OFFICIAL_CHARACTERS_MAX: u32 = 4096;
/// The contract's longest voice id, in bytes, and longest list.
const VOICE_ID_BYTES_MAX: usize = 128;
const VOICES_MAX: usize = 10_000;

/// The server of the settings.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) settings: Settings,
    base: String,
}

/// What its voice list says.
#[derive(Debug, Deserialize, Serialize)]
struct Listing {
    flavour: Flavour,
    voices: Vec<Listed>,
}

impl Listing {
    /// Of a server that lists nothing.
    const NONE: Self = Self { flavour: Flavour::Other, voices: Vec::new() };
}

/// One voice of it.
#[derive(Debug, Deserialize, Serialize)]
struct Listed {
    id: String,
    name: String,
    language: Option<String>,
}

impl Server {
    pub(crate) fn read() -> Result<Self, Error> {
        let settings = Settings::read()?;
        let base = normalised(&settings.base_url);
        Ok(Self { settings, base })
    }

    /// A request to a path below the API's root, with the account's headers.
    pub(crate) fn request(&self, method: &str, path: &str) -> http::Request {
        self.authorized(http::Request::new(method, format!("{}{path}", self.base)))
    }

    /// A request to a path beside the API, where Kokoro keeps what OpenAI does not have.
    pub(crate) fn request_beside(&self, method: &str, path: &str) -> http::Request {
        let root = self.base.strip_suffix("/v1").unwrap_or(&self.base);
        self.authorized(http::Request::new(method, format!("{root}{path}")))
    }

    fn authorized(&self, request: http::Request) -> http::Request {
        let Settings { api_key, organization, project, .. } = &self.settings;
        let key = api_key.as_ref().map(|key| ("authorization", format!("Bearer {key}")));
        let organization = organization.clone().map(|id| ("openai-organization", id));
        let project = project.clone().map(|id| ("openai-project", id));
        let headers = [key, organization, project].into_iter().flatten();
        headers.fold(request, |request, (name, value)| request.header(name, value))
    }

    /// True when OpenAI's own rules hold.
    pub(crate) fn is_official(&self) -> bool {
        let host = host(&self.base);
        match self.settings.server {
            Some(flavour) => flavour == Flavour::OpenAi,
            None => host == "api.openai.com" || host.ends_with(".api.openai.com"),
        }
    }

    /// Whose server it is: said, known by its address, or told by its voice list.
    pub(crate) fn flavour(&self) -> Result<Flavour, Error> {
        match self.settings.server {
            Some(flavour) => Ok(flavour),
            None if self.is_official() => Ok(Flavour::OpenAi),
            None => Ok(self.listing()?.flavour),
        }
    }

    /// The model, when one was chosen or has to be.
    pub(crate) fn model(&self) -> Option<&str> {
        self.settings.model.as_deref().or(self.is_official().then_some(OFFICIAL_MODEL))
    }

    /// The longest text of one request, in characters.
    pub(crate) fn characters_max(&self) -> Option<u32> {
        self.settings.max_characters.or(self.is_official().then_some(OFFICIAL_CHARACTERS_MAX))
    }

    /// The operator's voices, else OpenAI's, else the server's list.
    pub(crate) fn voices(&self) -> Result<Vec<Voice>, Error> {
        if !self.settings.voices.is_empty() {
            return Ok(self.configured());
        }
        if self.is_official() {
            return Ok(voices::official(self.model().unwrap_or_default()));
        }
        let mut voices: Vec<Voice> = self.listing()?.voices.into_iter().map(listed).collect();
        // A server without a list still speaks with the voice its operator chose.
        if let (true, Some(id)) = (voices.is_empty(), &self.settings.voice) {
            voices.push(Voice::new(id, id));
        }
        Ok(voices)
    }

    fn configured(&self) -> Vec<Voice> {
        let voice = |setting: &crate::settings::VoiceSetting| {
            let mut voice = Voice::new(&setting.id, setting.name.as_ref().unwrap_or(&setting.id));
            voice.languages.extend(setting.language.clone());
            voice.gender = setting.gender.map(|gender| match gender {
                GenderSetting::Female => Gender::Female,
                GenderSetting::Male => Gender::Male,
                GenderSetting::Neutral => Gender::Neutral,
            });
            voice
        };
        self.settings.voices.iter().map(voice).collect()
    }

    fn listing(&self) -> Result<Listing, Error> {
        if let Some(listing) = memo::get_json(LISTING) {
            return Ok(listing);
        }
        let (listing, ttl) = self.fetch_listing()?;
        // Not keeping it only costs the next call its time.
        let _ = memo::set_json(LISTING, &listing, ttl);
        Ok(listing)
    }

    /// The list, and how long to believe it. One that breaks off is none.
    fn fetch_listing(&self) -> Result<(Listing, Duration), Error> {
        let mut response = self.request("GET", "/audio/voices").send()?;
        if response.is_success() {
            let body = response.bytes(LISTING_BYTES_MAX)?;
            let document = serde_json::from_slice(&body).ok();
            let listing = document.map(|document| read_listing(&document, self.settings.model.as_deref()));
            // A page that is no JSON is some other service's answer to a path it does not know.
            return Ok(listing.map_or((Listing::NONE, NO_LISTING_TTL), |listing| (listing, LISTING_TTL)));
        }
        match response.status() {
            404 | 405 | 501 => Ok((Listing::NONE, LISTING_TTL)),
            401 | 403 | 429 | 500.. => Err(refusal::of_account(&response.complaint())),
            _ => Ok((Listing::NONE, NO_LISTING_TTL)),
        }
    }
}

/// Without slashes at its end, and with the API's path when it has none.
fn normalised(base: &str) -> String {
    let base = base.trim().trim_end_matches('/');
    let after_scheme = base.split_once("://").map_or(base, |(_, rest)| rest);
    if after_scheme.contains('/') { base.to_owned() } else { format!("{base}/v1") }
}

fn host(base: &str) -> &str {
    let authority = base.split_once("://").map_or(base, |(_, rest)| rest);
    authority.split(['/', ':']).next().unwrap_or_default()
}

/// Reads a list in any of the shapes servers have: texts or objects, bare or below `voices` or
/// `data`. With a model, voices of other models are left out.
fn read_listing(document: &Value, model: Option<&str>) -> Listing {
    let inner = document.get("voices").or_else(|| document.get("data")).unwrap_or(document);
    let mut voices: Vec<Listed> = Vec::new();
    for entry in inner.as_array().into_iter().flatten().take(VOICES_MAX) {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let of_other_model = text("model_id").zip(model).is_some_and(|(its, wanted)| its != wanted);
        let id = entry.as_str().or_else(|| text("id")).or_else(|| text("voice_id")).or_else(|| text("name"));
        let Some(id) = id.filter(|id| is_id(id) && !of_other_model) else { continue };
        if !voices.iter().any(|voice| voice.id == id) {
            let name = text("name").unwrap_or(id).to_owned();
            voices.push(Listed { id: id.to_owned(), name, language: text("language").map(str::to_owned) });
        }
    }
    // Both have Kokoro's voices, but only speaches wraps its list as OpenAI wraps its own.
    let flavour = if document.get("object").is_some() {
        Flavour::Speaches
    } else if voices.iter().any(|voice| voices::kokoro(&voice.id).is_some()) {
        Flavour::Kokoro
    } else {
        Flavour::Other
    };
    Listing { flavour, voices }
}

fn is_id(id: &str) -> bool {
    (1..=VOICE_ID_BYTES_MAX).contains(&id.len()) && !id.chars().any(char::is_control)
}

fn listed(Listed { id, name, language }: Listed) -> Voice {
    let known = voices::kokoro(&id);
    let language = language.or_else(|| known.map(|(tag, _)| tag.to_owned()));
    let mut voice = Voice::new(id, name).neural();
    voice.languages.extend(language);
    voice.gender = known.map(|(_, gender)| gender);
    voice
}
