//! A character about to be played.

use std::collections::BTreeMap;

use understudy_speech::{Character, Voice};

use crate::provenance::{Casting, How};
use crate::settings::{CharacterPart, Manner, Plays, VoicePart};

/// A character in one request.
#[derive(Clone, Debug)]
pub(crate) struct Persona {
    /// As a request names it.
    pub(crate) id: String,
    /// What a person reads.
    pub(crate) name: String,
    /// What a stand-in would have to sound like: a voice that nobody has.
    pub(crate) figure: Voice,
    pub(crate) traits: Vec<String>,
    /// What its feelings sound like, as this server says.
    pub(crate) manners: BTreeMap<String, Manner>,
    /// Who plays it, the best first.
    pub(crate) parts: Vec<Played>,
    /// Nobody but `parts` may play it.
    pub(crate) is_pinned: bool,
}

/// Who plays a character, and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Played {
    pub(crate) plays: Plays,
    pub(crate) part: VoicePart,
    /// Emotions the provider's character can play; empty when that is not known.
    pub(crate) emotions: Vec<String>,
    pub(crate) casting: Casting,
}

impl Persona {
    /// Someone of whom no more is known than this profile says, played by nobody yet.
    pub(crate) fn of(id: impl Into<String>, character: &Character) -> Self {
        Self {
            id: id.into(),
            name: character.name.clone(),
            figure: figure(character),
            traits: character.traits.clone(),
            manners: BTreeMap::new(),
            parts: Vec::new(),
            is_pinned: false,
        }
    }

    /// The same, played so and not otherwise.
    pub(crate) fn pinned(&self, played: Played) -> Self {
        Self { parts: vec![played], is_pinned: true, ..self.clone() }
    }
}

impl Played {
    /// A provider's own character.
    pub(crate) fn own(provider: &str, character: &Character) -> Self {
        let part = VoicePart::of(provider, &character.id);
        let (plays, emotions) = (Plays::Character, character.emotions.clone());
        Self { plays, part, emotions, casting: Casting::by(How::Asked) }
    }

    /// As the configuration casts it.
    pub(crate) fn mapped(part: &CharacterPart) -> Self {
        let how = if part.plays == Plays::Character { How::Asked } else { How::Mapped };
        let (plays, part) = (part.plays, part.part.clone());
        Self { plays, part, emotions: Vec::new(), casting: Casting::by(how) }
    }
}

/// The voice a character would have. Its traits are labels, for whoever compares figures.
fn figure(character: &Character) -> Voice {
    Voice {
        id: String::new(),
        name: String::new(),
        languages: character.languages.clone(),
        gender: character.gender,
        age: character.age,
        styles: Vec::new(),
        emotions: Vec::new(),
        neural: true,
        premium: false,
        sample_rate: None,
        description: None,
        labels: character.traits.iter().map(|word| ("trait".to_owned(), word.clone())).collect(),
    }
}

/// A name without what people spell differently: case, blanks and punctuation.
pub(crate) fn plain(name: &str) -> String {
    let words = name.split(|edge: char| !edge.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
