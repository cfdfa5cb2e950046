//! Who can speak.

use serde::{Deserialize, Serialize};

use crate::Language;

/// How a voice sounds to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gender {
    /// Sounds female.
    Female,
    /// Sounds male.
    Male,
    /// Sounds like neither, or both.
    Neutral,
}

/// The age a voice sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Age {
    /// A child.
    Child,
    /// A young adult.
    Young,
    /// An adult.
    Adult,
    /// An elderly person.
    Elderly,
}

/// One voice of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// What a request names, unique within the provider.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// The voice's own language first.
    pub languages: Vec<Language>,
    /// How it sounds, when known.
    pub gender: Option<Gender>,
    /// The age it sounds like, when known.
    pub age: Option<Age>,
    /// Styles it can take.
    pub styles: Vec<String>,
    /// Emotions it can play.
    pub emotions: Vec<String>,
    /// Synthesized by a neural network.
    pub neural: bool,
    /// Billed above the provider's base price.
    pub premium: bool,
    /// Samples a second it was made for.
    pub sample_rate: Option<u32>,
    /// One sentence about it.
    pub description: Option<String>,
    /// Anything else worth showing: name and value.
    pub labels: Vec<(String, String)>,
}

/// A character: a voice with a personality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Character {
    /// What a request names.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// One paragraph about it.
    pub description: Option<String>,
    /// Personality traits.
    pub traits: Vec<String>,
    /// Emotions it can play.
    pub emotions: Vec<String>,
    /// Languages it speaks.
    pub languages: Vec<Language>,
    /// How it sounds, when known.
    pub gender: Option<Gender>,
    /// The age it sounds like, when known.
    pub age: Option<Age>,
    /// A picture of it.
    pub avatar_url: Option<String>,
    /// The provider's own voice settings, a JSON object.
    pub voice_settings: Option<serde_json::Value>,
}
