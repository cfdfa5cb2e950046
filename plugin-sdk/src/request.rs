//! What is to be spoken, and how.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::text::is_speakable;
use crate::{Encoding, Error};

/// The text of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// Plain text in the caller's own spelling.
    Text(String),
    /// A well-formed SSML document, root element `speak`. Sent only to plugins whose manifest says
    /// `ssml`.
    Ssml(String),
}

impl Utterance {
    /// The text word spans point into: the plain text, or the whole document.
    #[must_use]
    pub fn source(&self) -> &str {
        match self {
            Self::Text(text) | Self::Ssml(text) => text,
        }
    }
}

/// One request for speech.
///
/// *Absent means absent*: a field that is `None` was not set by the caller. Do not send a default
/// of your own to the service in its place. The host makes requests; the builder methods are there
/// for tests.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// What is spoken.
    pub utterance: Utterance,
    /// The voice's `id` from this plugin's own list. None: its natural default for the language.
    pub voice: Option<String>,
    /// BCP-47 language tag of the text.
    pub language: Option<String>,
    /// Speaking rate as a factor: 0.25 to 4.0. The voice's own pace, 1.0, comes as none, and so does a
    /// pitch or a volume of 0.0: what changes nothing is not asked for.
    pub rate: Option<f32>,
    /// Pitch shift in semitones: −20.0 to 20.0.
    pub pitch: Option<f32>,
    /// Gain in decibels: −96.0 to 16.0.
    pub volume: Option<f32>,
    /// A speaking style the voice lists.
    pub style: Option<String>,
    /// An emotion the voice or character lists.
    pub emotion: Option<String>,
    /// Strength of the style or emotion: 0.0 to 2.0; 1.0 is as the provider means it.
    pub intensity: Option<f32>,
    /// Speak as this character (its `id`).
    pub character: Option<String>,
    /// Encodings the host can use, best first. Any other of the contract is accepted too, and the
    /// host converts. See [`Request::preferred`].
    pub encodings: Vec<Encoding>,
    /// Wanted samples a second. A wish, not a condition.
    pub sample_rate: Option<u32>,
    /// The caller wants word marks. Do not pay for them when false.
    pub words: bool,
    /// Provider options from the caller, passed through unread. See [`Request::options_as`].
    pub options: Option<Map<String, Value>>,
}

/// A control's value as JSON: the shortest decimal that is this number, `1.2` and not
/// `1.2000000476837158`.
///
/// ```
/// assert_eq!(understudy_plugin::decimal(1.2).to_string(), "1.2");
/// ```
#[must_use]
pub fn decimal(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

impl Request {
    /// A request for plain text with nothing else set.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Utterance::Text(text.into()))
    }

    /// A request for an SSML document with nothing else set.
    pub fn ssml(document: impl Into<String>) -> Self {
        Self::new(Utterance::Ssml(document.into()))
    }

    /// The text, for a service that takes plain text.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for SSML, and for a text without a letter or a digit: a service would
    /// refuse it or bill for silence, and another provider may read it out.
    pub fn plain_text(&self) -> Result<&str, Error> {
        match &self.utterance {
            Utterance::Ssml(_) => Err(Error::unsupported("SSML")),
            Utterance::Text(text) if is_speakable(text) => Ok(text),
            Utterance::Text(_) => Err(Error::unsupported("text in which nothing can be spoken")),
        }
    }

    pub(crate) fn new(utterance: Utterance) -> Self {
        Self {
            utterance,
            voice: None,
            language: None,
            rate: None,
            pitch: None,
            volume: None,
            style: None,
            emotion: None,
            intensity: None,
            character: None,
            encodings: Vec::new(),
            sample_rate: None,
            words: false,
            options: None,
        }
    }

    /// The first encoding the host wants among those on `offered`, else the first offered.
    ///
    /// ```
    /// use understudy_plugin::{Encoding, Request};
    /// let request = Request::text("Hello.").encodings([Encoding::Flac, Encoding::Mp3]);
    /// assert_eq!(request.preferred(&[Encoding::Wav, Encoding::Mp3]), Some(Encoding::Mp3));
    /// assert_eq!(request.preferred(&[Encoding::Wav]), Some(Encoding::Wav));
    /// ```
    #[must_use]
    pub fn preferred(&self, offered: &[Encoding]) -> Option<Encoding> {
        self.encodings.iter().find(|wanted| offered.contains(wanted)).or(offered.first()).copied()
    }

    /// The caller's options as a type; none when there are none. The option `instructions`, how to speak
    /// in words, comes only to a plugin whose settings have a key of that name.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] naming `options` when they do not fit the type.
    pub fn options_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let Some(options) = &self.options else { return Ok(None) };
        serde_json::from_value(Value::Object(options.clone()))
            .map(Some)
            .map_err(|error| Error::invalid("options", error.to_string()))
    }

    /// Names a voice.
    #[must_use]
    pub fn voice(mut self, id: impl Into<String>) -> Self {
        self.voice = Some(id.into());
        self
    }

    /// Names the language of the text, a BCP-47 tag.
    #[must_use]
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.language = Some(tag.into());
        self
    }

    /// Sets the speaking rate, a factor.
    #[must_use]
    pub fn rate(mut self, factor: f32) -> Self {
        self.rate = Some(factor);
        self
    }

    /// Sets the pitch shift in semitones.
    #[must_use]
    pub fn pitch(mut self, semitones: f32) -> Self {
        self.pitch = Some(semitones);
        self
    }

    /// Sets the gain in decibels.
    #[must_use]
    pub fn volume(mut self, decibels: f32) -> Self {
        self.volume = Some(decibels);
        self
    }

    /// Sets a speaking style.
    #[must_use]
    pub fn style(mut self, style: impl Into<String>) -> Self {
        self.style = Some(style.into());
        self
    }

    /// Sets an emotion.
    #[must_use]
    pub fn emotion(mut self, emotion: impl Into<String>) -> Self {
        self.emotion = Some(emotion.into());
        self
    }

    /// Sets the strength of the style or emotion.
    #[must_use]
    pub fn intensity(mut self, intensity: f32) -> Self {
        self.intensity = Some(intensity);
        self
    }

    /// Speaks as a character.
    #[must_use]
    pub fn character(mut self, id: impl Into<String>) -> Self {
        self.character = Some(id.into());
        self
    }

    /// Sets the encodings the host can use, best first.
    #[must_use]
    pub fn encodings(mut self, encodings: impl IntoIterator<Item = Encoding>) -> Self {
        self.encodings = encodings.into_iter().collect();
        self
    }

    /// Sets the wanted samples a second.
    #[must_use]
    pub fn sample_rate(mut self, sample_rate: u32) -> Self {
        self.sample_rate = Some(sample_rate);
        self
    }

    /// Asks for word marks.
    #[must_use]
    pub fn words(mut self) -> Self {
        self.words = true;
        self
    }

    /// Sets one provider option.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.get_or_insert_default().insert(name.into(), value.into());
        self
    }
}
