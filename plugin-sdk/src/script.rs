//! A conversation between characters.

use serde_json::{Map, Value};

use crate::Encoding;

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Line {
    /// The character's id.
    pub character: String,
    /// What it says.
    pub text: String,
    /// How it feels.
    pub emotion: Option<String>,
    /// Strength of the emotion: 0.0 to 2.0.
    pub intensity: Option<f32>,
    /// Silence after this line, in place of the script's own gap.
    pub pause_ms: Option<u32>,
}

impl Line {
    /// A line said plainly.
    pub fn new(character: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            character: character.into(),
            text: text.into(),
            emotion: None,
            intensity: None,
            pause_ms: None,
        }
    }

    /// Says how the character feels.
    #[must_use]
    pub fn emotion(mut self, emotion: impl Into<String>) -> Self {
        self.emotion = Some(emotion.into());
        self
    }

    /// Sets the strength of the emotion.
    #[must_use]
    pub fn intensity(mut self, intensity: f32) -> Self {
        self.intensity = Some(intensity);
        self
    }

    /// Sets the silence after this line, in milliseconds.
    #[must_use]
    pub fn pause_ms(mut self, milliseconds: u32) -> Self {
        self.pause_ms = Some(milliseconds);
        self
    }
}

/// A conversation, in the order it is spoken.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Script {
    /// The lines.
    pub lines: Vec<Line>,
    /// Silence between lines, in milliseconds.
    pub gap_ms: Option<u32>,
    /// The language of the whole, a BCP-47 tag.
    pub language: Option<String>,
    /// Encodings the host can use, best first.
    pub encodings: Vec<Encoding>,
    /// Wanted samples a second.
    pub sample_rate: Option<u32>,
    /// The caller wants word marks.
    pub words: bool,
    /// Provider options, passed through unread.
    pub options: Option<Map<String, Value>>,
}

impl Script {
    /// A conversation of these lines with nothing else set.
    pub fn new(lines: impl IntoIterator<Item = Line>) -> Self {
        Self { lines: lines.into_iter().collect(), ..Self::default() }
    }

    /// Asks for word marks.
    #[must_use]
    pub fn words(mut self) -> Self {
        self.words = true;
        self
    }

    /// Sets the silence between lines, in milliseconds.
    #[must_use]
    pub fn gap_ms(mut self, milliseconds: u32) -> Self {
        self.gap_ms = Some(milliseconds);
        self
    }

    /// The text word spans point into: the lines' texts joined by single line feeds.
    #[must_use]
    pub fn source(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}
