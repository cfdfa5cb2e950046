//! A character as the API tells it.

use serde::{Deserialize, Serialize};
use understudy_engine::CharacterProfile;
use understudy_speech::{Character, Language};
use utoipa::ToSchema;

use super::super::catalogue::{age_name, gender_name};

/// A character.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct CharacterInfo {
    /// What a request names: a name of this server, or `provider/id`.
    pub(crate) character_id: String,
    /// What a person reads, and a script may write.
    pub(crate) name: String,
    /// One paragraph about it.
    pub(crate) description: Option<String>,
    /// Its personality.
    pub(crate) personality_traits: Vec<String>,
    /// The provider's own voice settings.
    #[schema(value_type = Object)]
    pub(crate) voice_settings: serde_json::Value,
    /// Emotions it is known to play.
    pub(crate) supported_emotions: Vec<String>,
    /// BCP-47 tags, its own language first.
    pub(crate) language_codes: Vec<String>,
    /// A picture of it.
    pub(crate) avatar_url: Option<String>,
    /// False for one that its provider does not list any more.
    pub(crate) is_active: bool,
    /// How many texts were spoken as it.
    pub(crate) usage_count: u64,
    /// When it was first seen here.
    pub(crate) created_at: Option<String>,
    /// When it was last seen to have changed.
    pub(crate) updated_at: Option<String>,
    /// `female`, `male` or `neutral`, when known.
    pub(crate) gender: Option<String>,
    /// `child`, `young`, `adult` or `elderly`, when known.
    pub(crate) age_group: Option<String>,
    /// Whose character it is; null for one of this server.
    pub(crate) provider: Option<String>,
}

impl CharacterInfo {
    /// One of whom no more is known than its provider told with a take.
    pub(super) fn of_take(id: String, character: Character) -> Self {
        Self {
            character_id: id,
            name: character.name,
            description: character.description,
            personality_traits: character.traits,
            voice_settings: character.voice_settings.unwrap_or_else(|| serde_json::json!({})),
            supported_emotions: character.emotions,
            language_codes: character.languages.iter().map(Language::to_string).collect(),
            avatar_url: character.avatar_url,
            is_active: true,
            usage_count: 0,
            created_at: None,
            updated_at: None,
            gender: character.gender.map(|gender| gender_name(gender).to_owned()),
            age_group: character.age.map(|age| age_name(age).to_owned()),
            provider: None,
        }
    }
}

impl From<CharacterProfile> for CharacterInfo {
    fn from(from: CharacterProfile) -> Self {
        let (created_at, updated_at) = (Some(from.created_at()), Some(from.updated_at()));
        Self {
            is_active: from.is_active,
            usage_count: from.usage_count,
            created_at,
            updated_at,
            provider: from.provider,
            ..Self::of_take(from.id, from.character)
        }
    }
}
