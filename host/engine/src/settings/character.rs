//! A character of this server: `[characters.NAME]`.
//!
//! A service's characters live and die with the service. One that is written down here exists
//! whoever is up: it says how it sounds, who lends it a voice at each provider, and what its
//! feelings sound like where a provider knows none.

use std::collections::BTreeMap;

use understudy_speech::{Age, Gender, Language};

use super::voice::VoicePart;

/// A character of this server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalCharacter {
    /// What a person reads, and a script may write.
    pub name: String,
    /// One paragraph about it.
    pub description: Option<String>,
    /// Its personality, in single words.
    pub traits: Vec<String>,
    /// How it sounds.
    pub gender: Option<Gender>,
    /// The age it sounds like.
    pub age: Option<Age>,
    /// Languages it speaks, its own first.
    pub languages: Vec<Language>,
    /// A picture of it.
    pub avatar_url: Option<String>,
    /// Who plays it, the best first.
    pub cast: Vec<CharacterPart>,
    /// What its feelings sound like, by emotion, where a voice does not know the emotion itself.
    pub emotions: BTreeMap<String, Manner>,
}

/// How one provider plays a character.
#[derive(Clone, Debug, PartialEq)]
pub struct CharacterPart {
    /// What its `part` names.
    pub plays: Plays,
    /// The voice, or the character, and its trims.
    pub part: VoicePart,
}

/// What a part names at its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plays {
    /// A voice.
    Voice,
    /// A character of the provider's own, by its id.
    Character,
}

/// What a feeling sounds like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manner {
    /// A speaking style, where the voice has it.
    pub style: Option<String>,
    /// A factor on the speaking rate.
    pub rate: Option<f32>,
    /// Semitones on the pitch.
    pub pitch: Option<f32>,
    /// Decibels on the volume.
    pub volume: Option<f32>,
    /// How to speak, in words, for models that are told so.
    pub instructions: Option<String>,
}
