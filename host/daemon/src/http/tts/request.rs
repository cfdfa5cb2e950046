//! The body of a synthesis, and what it asks of the engine.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use understudy_engine::likeness::speaks;
use understudy_engine::text::language;
use understudy_engine::{CacheUse, Engine, Output, SpeechRequest};
use understudy_speech::{Encoding, Gender, Language, Request, Utterance, Voice};
use utoipa::ToSchema;

use super::super::caching::CacheMode;
use super::super::catalogue::gender_of;
use super::super::error::ApiError;

/// How long a request waits for the list that has the voice it describes. When it does not come, a
/// name is taken as an id, and a gender is dropped: a provider in trouble must not keep the others
/// from speaking.
const VOICE_LIST_PATIENCE: Duration = Duration::from_secs(2);

/// What is spoken, by whom, and what is wanted back.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"text": "The show must go on.", "output_format": "mp3", "words": true}))]
pub(crate) struct SynthesizeRequest {
    /// The provider; left out, the voice's own or the default.
    provider: Option<String>,
    /// Plain text. Either this or `ssml`.
    text: Option<String>,
    /// An SSML document, for providers that take it.
    ssml: Option<String>,
    /// The provider's own id of the voice, or `provider/voice`.
    voice_id: Option<String>,
    /// The voice's id or name.
    voice_name: Option<String>,
    /// BCP-47 tag of the text's language.
    language_code: Option<String>,
    /// `female`, `male` or `neutral`: chooses a voice when none is named.
    gender: Option<String>,
    /// Speaking rate, 0.25 to 4.
    speaking_rate: Option<f32>,
    /// Pitch shift in semitones, -20 to 20.
    pitch: Option<f32>,
    /// Gain in decibels, -96 to 16.
    volume_gain: Option<f32>,
    /// A speaking style of the voice.
    style: Option<String>,
    /// An emotion of the voice or character.
    emotion: Option<String>,
    /// Strength of style or emotion, 0 to 2.
    intensity: Option<f32>,
    /// Speak as this character.
    character_id: Option<String>,
    /// `mp3`, `wav`, `flac`, `opus`, `aac` or `pcm`. Left out: `mp3`.
    output_format: Option<String>,
    /// Samples a second, 8,000 to 192,000.
    sample_rate: Option<u32>,
    /// Bits a second of a lossy format.
    bit_rate: Option<u32>,
    /// Word times are wanted.
    words: Option<bool>,
    /// Subtitles are wanted.
    subtitles: Option<Subtitles>,
    /// The chain of providers to take, by its name in the configuration; left out, the default one.
    route: Option<String>,
    /// `false`: the first provider speaks or nobody does. Left out, another one steps in.
    fallback: Option<bool>,
    /// What is wanted of the cache: `use` what is there, `refresh` it, or `off`. Left out, the header
    /// `cache-control` says it with `no-cache` and `no-store`.
    cache: Option<CacheMode>,
    /// The caller's task, at most 256 bytes, handed back in the answer. It decides about gradual rollouts
    /// when there is no user.
    pub(super) task_id: Option<String>,
    /// The caller's user, at most 256 bytes, handed back in the answer; `user` is another name for it. It
    /// decides about gradual rollouts.
    #[serde(alias = "user")]
    pub(super) user_id: Option<String>,
    /// Options for the provider, passed on unread. Who stands in for it with another plugin does not get them.
    #[schema(value_type = Option<Object>)]
    options: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A subtitle format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Subtitles {
    /// SubRip.
    Srt,
    /// WebVTT.
    Vtt,
}

/// A body, read.
pub(super) struct Wanted {
    pub(super) request: SpeechRequest,
    pub(super) subtitles: Option<Subtitles>,
    /// Fields that found no use.
    pub(super) dropped: Vec<String>,
    pub(super) task_id: Option<String>,
    pub(super) user_id: Option<String>,
}

/// What a request says outside of its body.
pub(super) struct Head {
    pub(super) id: Arc<str>,
    /// The format its client would take if the body names none.
    pub(super) accepted: Option<Encoding>,
    /// The route to take if the body names none.
    pub(super) route: Option<String>,
    /// What is wanted of the cache if the body does not say.
    pub(super) cache: CacheUse,
}

impl SynthesizeRequest {
    /// Reads the body.
    pub(super) async fn read(self, engine: &Engine, head: Head) -> Result<Wanted, ApiError> {
        let Head { id, accepted, route, cache } = head;
        let route = self.route.filter(|route| !route.is_empty()).or(route);
        let utterance = utterance(self.text, self.ssml)?;
        let language = language_of(self.language_code)?;
        // A character has a voice of its own.
        let gender = self
            .gender
            .as_deref()
            .filter(|name| !name.is_empty() && self.character_id.is_none())
            .map(gender_of)
            .transpose()?;
        let encoding = match self.output_format.as_deref() {
            Some(name) => encoding(name)?,
            None => accepted.unwrap_or(Encoding::Mp3),
        };
        let leads = || engine.leader(&id, route.as_deref(), self.character_id.is_some());
        let provider = self.provider.clone().or_else(leads);
        let choice = Choice { provider: provider.as_deref(), language: language.as_ref(), gender };
        let (voice, unused) = choice.voice(engine, self.voice_id, self.voice_name).await;
        let request = Request {
            utterance,
            voice,
            language,
            rate: self.speaking_rate,
            pitch: self.pitch,
            volume: self.volume_gain,
            style: self.style,
            emotion: self.emotion,
            intensity: self.intensity,
            character: self.character_id,
            words: self.words == Some(true) || self.subtitles.is_some(),
            options: self.options,
            ..Request::text(String::new())
        };
        let output =
            Output { encoding: Some(encoding), sample_rate: self.sample_rate, bit_rate: self.bit_rate };
        Ok(Wanted {
            request: SpeechRequest {
                provider: self.provider,
                output,
                route,
                fallback: self.fallback,
                user: self.user_id.clone(),
                task: self.task_id.clone(),
                cache: self.cache.map_or(cache, CacheUse::from),
                ..SpeechRequest::new(id, request)
            },
            subtitles: self.subtitles,
            dropped: unused.map(str::to_owned).into_iter().collect(),
            task_id: self.task_id,
            user_id: self.user_id,
        })
    }
}

fn utterance(text: Option<String>, ssml: Option<String>) -> Result<Utterance, ApiError> {
    match (text, ssml.filter(|ssml| !ssml.trim().is_empty())) {
        (None, Some(ssml)) => Ok(Utterance::Ssml(ssml)),
        (Some(text), Some(ssml)) if text.trim().is_empty() => Ok(Utterance::Ssml(ssml)),
        (Some(_), Some(_)) => {
            Err(ApiError::invalid("invalid_value", "ssml", "ssml must be left out when there is text"))
        }
        (Some(text), None) => Ok(Utterance::Text(text)),
        (None, None) => {
            Err(ApiError::invalid("missing_required_parameter", "text", "missing required parameter: text"))
        }
    }
}

/// The field `language_code`; forms send an empty one for what nobody filled in.
pub(crate) fn language_of(code: Option<String>) -> Result<Option<Language>, ApiError> {
    let tag = code.filter(|tag| !tag.is_empty());
    Ok(tag.map(|tag| language("language_code", &tag)).transpose()?)
}

/// A format by any name that clients of the big services use.
pub(crate) fn encoding(name: &str) -> Result<Encoding, ApiError> {
    match name.to_ascii_lowercase().as_str() {
        "mp3" | "mpeg" => Ok(Encoding::Mp3),
        "wav" | "wave" => Ok(Encoding::Wav),
        "flac" => Ok(Encoding::Flac),
        "opus" | "ogg" | "ogg_opus" | "ogg-opus" => Ok(Encoding::OggOpus),
        "aac" => Ok(Encoding::Aac),
        "pcm" | "pcm_s16le" | "pcm-s16le" | "linear16" => Ok(Encoding::PcmS16le),
        _ => Err(ApiError::invalid(
            "invalid_value",
            "output_format",
            format!("output_format must be one of mp3, wav, flac, opus, aac, pcm, got {name}"),
        )),
    }
}

/// What chooses a voice.
struct Choice<'request> {
    /// Who is asked first.
    provider: Option<&'request str>,
    language: Option<&'request Language>,
    gender: Option<Gender>,
}

impl Choice<'_> {
    /// The voice to ask for, and `gender` when it chose nothing.
    async fn voice(
        &self,
        engine: &Engine,
        id: Option<String>,
        name: Option<String>,
    ) -> (Option<String>, Option<&'static str>) {
        // Forms send empty fields for what nobody filled in.
        let id = id.filter(|id| !id.is_empty());
        let name = name.filter(|name| !name.is_empty());
        let named = match (id, name) {
            (Some(id), _) => return (Some(id), None),
            (None, Some(name)) if name.contains('/') || engine.settings().voices.contains_key(&name) => {
                return (Some(name), None);
            }
            (None, name) => name,
        };
        if named.is_none() && self.gender.is_none() {
            return (None, None);
        }
        let voices = match self.provider {
            Some(provider) => engine.voices_at_hand(provider, VOICE_LIST_PATIENCE).await,
            None => None,
        };
        let voices = voices.as_deref().unwrap_or_default();
        match named {
            Some(name) => (Some(self.by_name(voices, name)), None),
            None => match voices.iter().find(|voice| self.suits(voice)) {
                Some(voice) => (Some(voice.id.clone()), None),
                None => (None, Some("gender")),
            },
        }
    }

    /// A voice's id; for the name that a person reads, the id of the voice that bears it.
    fn by_name(&self, voices: &[Voice], name: String) -> String {
        if voices.iter().any(|voice| voice.id == name) {
            return name;
        }
        let mut bearers = voices.iter().filter(|voice| voice.name == name);
        bearers.next().map_or(name, |voice| voice.id.clone())
    }

    fn suits(&self, voice: &Voice) -> bool {
        let speaks = |wanted: &Language| voice.languages.iter().any(|spoken| speaks(spoken, wanted));
        voice.gender == self.gender && self.language.is_none_or(speaks)
    }
}
