//! The characters, and their list.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::mishap::Mishap;
use super::trouble::Trouble;
use super::{Desk, Profile};
use crate::speech::Manner;

/// One character, and how the simulator makes it sound.
#[derive(Debug)]
pub(super) struct Character {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    description: &'static str,
    traits: &'static [&'static str],
    pub(super) emotions: &'static [&'static str],
    pub(super) languages: &'static [&'static str],
    gender: &'static str,
    age: &'static str,
    pub(super) active: bool,
    pub(super) premium: bool,
    pub(super) allowed: bool,
    semitones: f32,
    pace: f32,
}

const MANY: &[&str] = &[
    "neutral",
    "happy",
    "sad",
    "angry",
    "fearful",
    "surprised",
    "disgusted",
    "excited",
    "calm",
    "serious",
    "sarcastic",
    "tender",
    "whisper",
    "shouting",
];

const PLAIN: Character = Character {
    id: "",
    name: "",
    description: "",
    traits: &[],
    emotions: MANY,
    languages: &["en-US"],
    gender: "neutral",
    age: "adult",
    active: true,
    premium: false,
    allowed: true,
    semitones: 0.0,
    pace: 1.0,
};

/// All of them.
pub(super) const CAST: [Character; 8] = [
    Character {
        id: "char_123",
        name: "Captain Nova",
        description: "Commands a small ship and a large heart.",
        traits: &["bold", "warm"],
        languages: &["en-US", "en-GB"],
        gender: "female",
        semitones: 4.0,
        ..PLAIN
    },
    Character {
        id: "char_bram",
        name: "Old Bram",
        description: "Has kept the lighthouse since before it had a light.",
        traits: &["gruff", "wise"],
        gender: "male",
        age: "elderly",
        semitones: -4.0,
        pace: 0.85,
        ..PLAIN
    },
    Character {
        id: "char_pip",
        name: "Pip",
        description: "Asks one question more than there are answers.",
        traits: &["curious", "quick"],
        emotions: &["neutral", "happy", "excited", "surprised"],
        gender: "female",
        age: "child",
        semitones: 9.0,
        pace: 1.15,
        ..PLAIN
    },
    Character {
        id: "char_vex",
        name: "Vex",
        description: "Owes everybody, and forgives nobody.",
        traits: &["sly"],
        emotions: &["neutral", "angry", "sarcastic", "whisper", "purring"],
        gender: "male",
        semitones: -1.0,
        ..PLAIN
    },
    Character {
        id: "char_lumi",
        name: "Lumi",
        description: "The ship's voice.",
        traits: &["precise"],
        languages: &["en-US", "de-DE", "fr-FR"],
        age: "young",
        premium: true,
        semitones: 2.0,
        ..PLAIN
    },
    Character {
        id: "char_gone",
        name: "Greta",
        description: "Has left.",
        active: false,
        gender: "female",
        ..PLAIN
    },
    Character { id: "char_ghost", name: "The Ghost", description: "Not for you.", allowed: false, ..PLAIN },
    Character {
        id: "char_mona",
        name: "Mona",
        description: "Feels nothing, on purpose.",
        emotions: &["neutral"],
        gender: "female",
        semitones: 6.0,
        pace: 0.95,
        ..PLAIN
    },
];

impl Character {
    /// The character with this id.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        CAST.iter().find(|character| character.id == id)
    }

    /// The same, when it may speak for this account.
    pub(super) fn playing(id: &str, premium: bool) -> Result<&'static Self, Trouble> {
        let character = Self::find(id).ok_or_else(|| Trouble::no_character(id))?;
        if !character.active {
            return Err(Trouble::conflict("character_inactive", format!("Character '{id}' is not active")));
        }
        if !character.allowed {
            return Err(Trouble::forbidden(
                "character_not_allowed",
                format!("Character '{id}' is not for you"),
            ));
        }
        if character.premium && !premium {
            return Err(Trouble::forbidden("premium_required", format!("Character '{id}' is premium")));
        }
        Ok(character)
    }

    /// Refuses what it cannot play.
    pub(super) fn can_play(&self, emotion: &str) -> Result<(), Trouble> {
        if self.emotions.contains(&emotion) {
            return Ok(());
        }
        let message = format!("{} cannot be {emotion}", self.name);
        Err(Trouble::field("emotion", "unsupported_emotion", message))
    }

    /// Refuses what it does not speak; a bare language stands for all of its countries.
    pub(super) fn can_speak(&self, language: &str) -> Result<(), Trouble> {
        let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        if self.languages.iter().any(|own| base(own) == base(language)) {
            return Ok(());
        }
        let message = format!("{} does not speak {language}", self.name);
        Err(Trouble::field("language_code", "unsupported_language", message))
    }

    /// How it speaks with this much of an emotion.
    pub(super) fn manner(&self, emotion: &str, intensity: f64) -> Manner {
        let (rate, semitones, gain_db) = match emotion {
            "happy" | "excited" | "surprised" => (1.1, 1.5, 1.0),
            "sad" | "tender" | "calm" => (0.85, -1.0, -2.0),
            "angry" | "shouting" => (1.1, 1.0, 4.0),
            "whisper" | "fearful" => (0.95, 0.5, -8.0),
            _ => (1.0, 0.0, 0.0),
        };
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
        let share = (intensity * 2.0) as f32;
        Manner {
            rate: self.pace * (1.0 + (rate - 1.0) * share),
            semitones: self.semitones + semitones * share,
            gain_db: gain_db * share,
            // One voice for all, so that pitches are apart by as much as the table says.
            ..Manner::of("characterbox")
        }
    }

    /// As a profile tells it.
    pub(super) fn told(&self, profile: Profile) -> Value {
        let mut told = json!({
            "character_id": self.id, "name": self.name, "description": self.description,
            "personality_traits": self.traits,
            "voice_settings": { "speed": 1.0, "pitch": 0.0, "volume": 1.0, "stability": 0.5 },
            "supported_emotions": self.emotions, "language_codes": self.languages,
            "avatar_url": format!("https://cdn.characterbox.example/avatars/{}.png", self.id),
            "is_active": self.active, "usage_count": 0,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        });
        let Some(members) = told.as_object_mut() else { return told };
        if profile != Profile::StrictSeed {
            members.insert("is_premium".to_owned(), self.premium.into());
        }
        if profile == Profile::Full {
            members.insert("gender".to_owned(), self.gender.into());
            members.insert("age_group".to_owned(), self.age.into());
            let preview = format!("https://cdn.characterbox.example/previews/{}.mp3", self.id);
            members.insert("preview_url".to_owned(), preview.into());
        }
        if profile == Profile::LegacyHint {
            let id = members.remove("character_id").unwrap_or_default();
            members.insert("id".to_owned(), id);
        }
        told
    }
}

#[derive(Deserialize)]
pub(super) struct Questions {
    limit: Option<String>,
    cursor: Option<String>,
    language: Option<String>,
    emotion: Option<String>,
    active: Option<String>,
}

/// `GET /characters`: a page, and the cursor of the next.
pub(super) async fn list(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(asked): Query<Questions>,
) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    let profile = desk.service.profile;
    if profile != Profile::Full {
        let characters: Vec<Value> = CAST.iter().map(|character| character.told(profile)).collect();
        return Ok(Json(json!({ "characters": characters })));
    }
    page(&desk, &asked).map(Json).map_err(|trouble| desk.refuse(trouble))
}

fn page(desk: &Desk, asked: &Questions) -> Result<Value, Trouble> {
    let invalid = |param: &str| Trouble::field(param, "invalid_field", format!("{param} is not valid"));
    let limit =
        asked.limit.as_deref().unwrap_or("100").parse().ok().filter(|limit| (1..=100).contains(limit));
    let limit: usize = limit.ok_or_else(|| invalid("limit"))?;
    let start = match &asked.cursor {
        None => 0,
        Some(cursor) => {
            cursor.strip_prefix("after-").and_then(|at| at.parse().ok()).ok_or_else(|| invalid("cursor"))?
        }
    };
    let active: Option<bool> =
        asked.active.as_deref().map(|active| active.parse().map_err(|_| invalid("active"))).transpose()?;
    let wanted = |character: &&Character| {
        let language = asked.language.as_deref().unwrap_or_default();
        let speaks = character.languages.iter().any(|own| own.starts_with(language));
        let plays = asked.emotion.as_deref().is_none_or(|emotion| character.emotions.contains(&emotion));
        speaks && plays && active.is_none_or(|active| character.active == active)
    };
    let found: Vec<&Character> = CAST.iter().filter(wanted).collect();
    let size = limit.min(desk.service.page_max);
    let rows = found.iter().skip(start).take(size);
    let characters: Vec<Value> = rows.map(|character| character.told(Profile::Full)).collect();
    let looping = desk.service.mishaps.meets(&Mishap::PagingLoop);
    let has_more = looping || start + size < found.len();
    let next = has_more.then(|| format!("after-{}", if looping { 0 } else { start + size }));
    Ok(json!({ "characters": characters, "next_cursor": next, "has_more": has_more }))
}

/// `GET /characters/{id}`.
pub(super) async fn one(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    let found = Character::find(&id).map(|character| Json(character.told(Profile::Full)));
    found.ok_or_else(|| desk.refuse(Trouble::no_character(&id)))
}
