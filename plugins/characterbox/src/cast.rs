//! The characters, and their list.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use understudy_plugin::language::Spoken;
use understudy_plugin::text::is_language_tag;
use understudy_plugin::{Age, Character, Error, Gender, Voice, log, memo};

use crate::service::Service;

const CAST_TTL: Duration = Duration::from_secs(24 * 60 * 60);
const CAST: &str = "cast";
const PAGES_MAX: usize = 50;
/// The contract's longest list, and longest id in bytes.
const CHARACTERS_MAX: usize = 10_000;
const ID_BYTES_MAX: usize = 128;

/// One character, as much of it as is told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Member {
    #[serde(alias = "id", deserialize_with = "lenient")]
    pub(crate) character_id: String,
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient")]
    personality_traits: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    voice_settings: Option<Map<String, Value>>,
    #[serde(deserialize_with = "lenient")]
    supported_emotions: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    language_codes: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    gender: Option<String>,
    #[serde(deserialize_with = "lenient")]
    age_group: Option<String>,
    #[serde(deserialize_with = "lenient")]
    avatar_url: Option<String>,
    #[serde(deserialize_with = "lenient")]
    preview_url: Option<String>,
    #[serde(deserialize_with = "lenient")]
    is_active: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    is_premium: bool,
}

/// A value of another kind, null included, is as good as none.
fn lenient<'de, D: serde::Deserializer<'de>, T: Default + for<'value> Deserialize<'value>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// All characters of the account, those that have left among them.
pub(crate) fn read(service: &Service) -> Result<Vec<Member>, Error> {
    memo::remember(CAST, CAST_TTL, || fetch(service))
}

fn fetch(service: &Service) -> Result<Vec<Member>, Error> {
    let mut cast: Vec<Member> = Vec::new();
    let mut cursors: Vec<String> = Vec::new();
    for _ in 0..PAGES_MAX {
        let mut request = service.request("GET", "/characters");
        if let Some(cursor) = cursors.last() {
            request = request.query("cursor", cursor);
        }
        let page = service.ask(&request).map_err(crate::service::Failure::of_account)?.document;
        let Some(items) = page.get("characters").and_then(Value::as_array) else {
            return Err(Error::protocol("list of characters has no characters"));
        };
        for item in items.iter().take(CHARACTERS_MAX - cast.len()) {
            take_in(item, &mut cast);
        }
        // Neither member means that this was all, as in the service's first document.
        let more = page.get("has_more").and_then(Value::as_bool).unwrap_or(true);
        let next = page.get("next_cursor").and_then(Value::as_str).filter(|next| more && !next.is_empty());
        let Some(next) = next else { return Ok(cast) };
        if cursors.iter().any(|known| known == next) {
            log::warn("list of characters goes in a circle", &[("cursor", &next)]);
            return Ok(cast);
        }
        cursors.push(next.to_owned());
    }
    log::warn("list of characters has more pages than are read", &[("pages", &PAGES_MAX)]);
    Ok(cast)
}

fn take_in(item: &Value, cast: &mut Vec<Member>) {
    let Some(member) = Member::read(item) else {
        log::warn("character was skipped, it has no usable id", &[]);
        return;
    };
    if !cast.iter().any(|known| known.character_id == member.character_id) {
        cast.push(member);
    }
}

impl Member {
    /// A character as an answer tells it; none when it does not say which one it is.
    pub(crate) fn read(item: &Value) -> Option<Self> {
        let mut item = item.clone();
        if let Some(members) = item.as_object_mut()
            && members.contains_key("character_id")
        {
            members.remove("id");
        }
        let member: Self = serde_json::from_value(item).ok()?;
        let id = &member.character_id;
        let fits = (1..=ID_BYTES_MAX).contains(&id.len()) && !id.contains(char::is_control);
        fits.then_some(member)
    }

    /// It may be spoken as.
    pub(crate) fn is_active(&self) -> bool {
        self.is_active != Some(false)
    }

    /// It speaks a language, its country aside.
    pub(crate) fn speaks(&self, language: &str) -> bool {
        let wanted = Spoken::of(language).language;
        self.language_codes.iter().any(|own| Spoken::of(own).language == wanted)
    }

    fn name(&self) -> &str {
        if self.name.trim().is_empty() { &self.character_id } else { &self.name }
    }

    fn languages(&self) -> Vec<String> {
        self.language_codes.iter().filter(|tag| is_language_tag(tag)).cloned().collect()
    }

    fn gender(&self) -> Option<Gender> {
        match self.gender.as_deref()?.to_lowercase().as_str() {
            "female" => Some(Gender::Female),
            "male" => Some(Gender::Male),
            "neutral" | "non-binary" => Some(Gender::Neutral),
            _ => None,
        }
    }

    fn age(&self) -> Option<Age> {
        match self.age_group.as_deref()?.to_lowercase().as_str() {
            "child" => Some(Age::Child),
            "young" | "teen" => Some(Age::Young),
            "adult" | "middle-aged" => Some(Age::Adult),
            "elderly" | "old" | "senior" => Some(Age::Elderly),
            _ => None,
        }
    }

    /// As a character.
    pub(crate) fn character(&self) -> Character {
        let mut character = Character::new(&self.character_id, self.name());
        character.description.clone_from(&self.description);
        character.traits.clone_from(&self.personality_traits);
        character.emotions.clone_from(&self.supported_emotions);
        character.languages = self.languages();
        character.gender = self.gender();
        character.age = self.age();
        character.avatar_url.clone_from(&self.avatar_url);
        character.voice_settings = self.voice_settings.clone().map(Value::Object);
        character
    }

    /// As a voice.
    pub(crate) fn voice(&self) -> Voice {
        let mut voice = Voice::new(&self.character_id, self.name()).neural();
        voice.languages = self.languages();
        voice.gender = self.gender();
        voice.age = self.age();
        voice.emotions.clone_from(&self.supported_emotions);
        voice.premium = self.is_premium;
        voice.description.clone_from(&self.description);
        let traits = (!self.personality_traits.is_empty()).then(|| self.personality_traits.join(", "));
        for (name, value) in [("traits", traits), ("preview", self.preview_url.clone())] {
            voice.labels.extend(value.map(|value| (name.to_owned(), value)));
        }
        voice
    }
}
