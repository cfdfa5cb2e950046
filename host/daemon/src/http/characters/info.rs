//! A character as the API tells it.

use serde::Serialize;
use understudy_engine::CharacterProfile;
use understudy_speech::{Age, Character, Language};
use utoipa::ToSchema;

use super::super::catalogue::gender_name;

/// A character.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CharacterInfo {
    /// What a request names: a name of this server, or `provider/id`.
    pub(crate) character_id: String,
    /// What a person reads, and a script may write.
    pub(crate) name: String,
    /// One paragraph about it.
    description: Option<String>,
    /// Its personality.
    personality_traits: Vec<String>,
    /// The provider's own voice settings.
    #[schema(value_type = Object)]
    voice_settings: serde_json::Value,
    /// Emotions it is known to play.
    supported_emotions: Vec<String>,
    /// BCP-47 tags, its own language first.
    language_codes: Vec<String>,
    /// A picture of it.
    avatar_url: Option<String>,
    /// False for one that its provider does not list any more.
    is_active: bool,
    /// How many texts were spoken as it.
    usage_count: u64,
    /// When it was first seen here.
    created_at: Option<String>,
    /// When it was last seen to have changed.
    updated_at: Option<String>,
    /// `female`, `male` or `neutral`, when known.
    gender: Option<&'static str>,
    /// `child`, `young`, `adult` or `elderly`, when known.
    age_group: Option<&'static str>,
    /// Whose character it is; null for one of this server.
    provider: Option<String>,
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
            gender: character.gender.map(gender_name),
            age_group: character.age.map(age_name),
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

pub(crate) const fn age_name(age: Age) -> &'static str {
    match age {
        Age::Child => "child",
        Age::Young => "young",
        Age::Adult => "adult",
        Age::Elderly => "elderly",
    }
}
