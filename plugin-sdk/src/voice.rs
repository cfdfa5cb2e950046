//! Who can speak.

/// How a voice sounds to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gender {
    /// Sounds female.
    Female,
    /// Sounds male.
    Male,
    /// Sounds like neither, or both.
    Neutral,
}

/// The age a voice sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
///
/// ```
/// use understudy_plugin::{Gender, Voice};
/// let voice = Voice::new("aria", "Aria").language("en-US").gender(Gender::Female).neural();
/// assert_eq!(voice.languages, ["en-US"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Voice {
    /// What a request names, unique within the provider. At most 128 bytes, no control characters.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// BCP-47 tags, the voice's own language first.
    pub languages: Vec<String>,
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

impl Voice {
    /// A voice about which nothing more is known.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            languages: Vec::new(),
            gender: None,
            age: None,
            styles: Vec::new(),
            emotions: Vec::new(),
            neural: false,
            premium: false,
            sample_rate: None,
            description: None,
            labels: Vec::new(),
        }
    }

    /// Adds a language, a BCP-47 tag. The first one is the voice's own.
    #[must_use]
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.languages.push(tag.into());
        self
    }

    /// Says how it sounds.
    #[must_use]
    pub fn gender(mut self, gender: Gender) -> Self {
        self.gender = Some(gender);
        self
    }

    /// Says the age it sounds like.
    #[must_use]
    pub fn age(mut self, age: Age) -> Self {
        self.age = Some(age);
        self
    }

    /// Adds a style it can take.
    #[must_use]
    pub fn style(mut self, style: impl Into<String>) -> Self {
        self.styles.push(style.into());
        self
    }

    /// Adds an emotion it can play.
    #[must_use]
    pub fn emotion(mut self, emotion: impl Into<String>) -> Self {
        self.emotions.push(emotion.into());
        self
    }

    /// Says that a neural network synthesizes it.
    #[must_use]
    pub fn neural(mut self) -> Self {
        self.neural = true;
        self
    }

    /// Says that it is billed above the provider's base price.
    #[must_use]
    pub fn premium(mut self) -> Self {
        self.premium = true;
        self
    }

    /// Says the rate it was made for, in samples a second.
    #[must_use]
    pub fn sample_rate(mut self, sample_rate: u32) -> Self {
        self.sample_rate = Some(sample_rate);
        self
    }

    /// Says one sentence about it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds anything else worth showing.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }
}

/// A character: a voice with a personality.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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
    /// BCP-47 tags of the languages it speaks.
    pub languages: Vec<String>,
    /// How it sounds, when known.
    pub gender: Option<Gender>,
    /// The age it sounds like, when known.
    pub age: Option<Age>,
    /// A picture of it.
    pub avatar_url: Option<String>,
    /// The provider's own voice settings for it, a JSON object.
    pub voice_settings: Option<serde_json::Value>,
}

impl Character {
    /// A character about which nothing more is known.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            description: None,
            traits: Vec::new(),
            emotions: Vec::new(),
            languages: Vec::new(),
            gender: None,
            age: None,
            avatar_url: None,
            voice_settings: None,
        }
    }

    /// Says one paragraph about it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds a personality trait.
    #[must_use]
    pub fn personality(mut self, personality: impl Into<String>) -> Self {
        self.traits.push(personality.into());
        self
    }

    /// Adds an emotion it can play.
    #[must_use]
    pub fn emotion(mut self, emotion: impl Into<String>) -> Self {
        self.emotions.push(emotion.into());
        self
    }

    /// Adds a language it speaks, a BCP-47 tag.
    #[must_use]
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.languages.push(tag.into());
        self
    }

    /// Says how it sounds.
    #[must_use]
    pub fn gender(mut self, gender: Gender) -> Self {
        self.gender = Some(gender);
        self
    }

    /// Says the age it sounds like.
    #[must_use]
    pub fn age(mut self, age: Age) -> Self {
        self.age = Some(age);
        self
    }

    /// Says where a picture of it is.
    #[must_use]
    pub fn avatar_url(mut self, url: impl Into<String>) -> Self {
        self.avatar_url = Some(url.into());
        self
    }

    /// Says the provider's own voice settings for it, a JSON object.
    #[must_use]
    pub fn voice_settings(mut self, settings: serde_json::Value) -> Self {
        self.voice_settings = Some(settings);
        self
    }
}
