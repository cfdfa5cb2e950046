//! A character as it is shown.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use understudy_speech::Character;

use crate::settings::LocalCharacter;
use crate::voice_id::VoiceId;

/// Everything that is known of a character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharacterProfile {
    /// What a request names: `provider/id`, or the name of a character of this server.
    pub id: String,
    /// The provider whose character it is; none: this server's.
    pub provider: Option<String>,
    /// Who it is. Its id is the provider's own.
    pub character: Character,
    /// False for one that its provider does not list any more.
    pub is_active: bool,
    /// How many texts were spoken as it.
    pub usage_count: u64,
    /// When it was first seen, in milliseconds since 1970 UTC.
    pub created_ms: u64,
    /// When it was last seen to have changed.
    pub updated_ms: u64,
}

impl CharacterProfile {
    /// When it was first seen, as RFC 3339 in UTC: `2026-11-23T06:00:00Z`.
    #[must_use]
    pub fn created_at(&self) -> String {
        rfc_3339(self.created_ms)
    }

    /// When it was last seen to have changed.
    #[must_use]
    pub fn updated_at(&self) -> String {
        rfc_3339(self.updated_ms)
    }

    /// A profile that was never seen before.
    pub(super) fn new(provider: Option<&str>, character: &Character, now_ms: u64) -> Self {
        let id = public_id(provider, &character.id);
        let (provider, character) = (provider.map(str::to_owned), character.clone());
        let (created_ms, updated_ms) = (now_ms, now_ms);
        Self { id, provider, character, is_active: true, usage_count: 0, created_ms, updated_ms }
    }

    /// True for one that a script or a request may mean by `name`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.id == name
            || self.character.id == name
            || super::plain(&self.character.name) == super::plain(name)
    }
}

fn rfc_3339(unix_ms: u64) -> String {
    let at = OffsetDateTime::from(UNIX_EPOCH + Duration::from_millis(unix_ms));
    let ((year, month, day), (hour, minute, second)) = (at.to_calendar_date(), at.to_hms());
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

pub(super) fn public_id(provider: Option<&str>, id: &str) -> String {
    provider.map_or_else(|| id.to_owned(), |provider| VoiceId::new(provider, id).to_string())
}

/// A character of this server as a provider would list it.
pub(super) fn of_local(id: &str, local: &LocalCharacter) -> Character {
    Character {
        id: id.to_owned(),
        name: if local.name.is_empty() { id.to_owned() } else { local.name.clone() },
        description: local.description.clone(),
        traits: local.traits.clone(),
        emotions: local.emotions.keys().cloned().collect(),
        languages: local.languages.clone(),
        gender: local.gender,
        age: local.age,
        avatar_url: local.avatar_url.clone(),
        voice_settings: None,
    }
}
