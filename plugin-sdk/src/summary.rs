//! What a finished take was.

use crate::{AudioFormat, Character, WordTimes};

/// What a finished take was. [`Take::summary`](crate::Take::summary) starts one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The format really delivered; equal to what the take began with.
    pub format: AudioFormat,
    /// The voice that really spoke, when the service chose it.
    pub voice: Option<String>,
    /// Where word times came from; none when no marks were sent.
    pub word_times: Option<WordTimes>,
    /// Characters the service bills for this call, when it says so or bills by a public rule.
    pub characters_billed: Option<u32>,
    /// The service's id for this call, for its support desk.
    pub request_id: Option<String>,
    /// The character that spoke.
    pub character: Option<Character>,
    /// How well the emotion came through by the service's own measure: 0.0 to 1.0.
    pub emotion_score: Option<f32>,
}

impl Summary {
    /// A take of this format about which nothing more is known.
    #[must_use]
    pub const fn new(format: AudioFormat) -> Self {
        Self {
            format,
            voice: None,
            word_times: None,
            characters_billed: None,
            request_id: None,
            character: None,
            emotion_score: None,
        }
    }

    /// Says which voice really spoke.
    #[must_use]
    pub fn voice(mut self, id: impl Into<String>) -> Self {
        self.voice = Some(id.into());
        self
    }

    /// Says where word times came from.
    #[must_use]
    pub fn word_times(mut self, times: WordTimes) -> Self {
        self.word_times = Some(times);
        self
    }

    /// Says how many characters the service bills.
    #[must_use]
    pub fn characters_billed(mut self, characters: u32) -> Self {
        self.characters_billed = Some(characters);
        self
    }

    /// Says the service's id for this call.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Says which character spoke.
    #[must_use]
    pub fn character(mut self, character: Character) -> Self {
        self.character = Some(character);
        self
    }

    /// Says how well the emotion came through: 0.0 to 1.0.
    #[must_use]
    pub fn emotion_score(mut self, score: f32) -> Self {
        self.emotion_score = Some(score);
        self
    }
}
