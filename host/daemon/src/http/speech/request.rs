//! The body of a speech call, and what it asks of the engine.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use understudy_engine::text::language;
use understudy_engine::{CacheUse, Engine, Output, SpeechRequest};
use understudy_speech::{Encoding, Request, Utterance};
use utoipa::ToSchema;

use super::super::caching::CacheMode;
use super::super::error::ApiError;
use super::super::stock::{self, Voicing};
use crate::config;

/// What is spoken, by whom, and how it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"model": "understudy", "input": "The show must go on.", "voice": "alloy"}))]
pub(crate) struct SpeechBody {
    /// Who speaks: `understudy`, `tts-1`, `tts-1-hd` and `gpt-4o-mini-tts` mean the default
    /// provider, a provider's name means that one. Left out: the default provider.
    model: Option<String>,
    /// What is spoken. Any length the server allows; OpenAI's limit of 4,096 characters is not
    /// kept.
    input: String,
    /// A voice: `provider/voice`, the provider's own id, or one of OpenAI's names (`alloy`,
    /// `echo`, …), which are cast onto the provider's voices. Left out: the provider's choice.
    #[serde(default, deserialize_with = "voice")]
    #[schema(value_type = Option<VoiceName>)]
    voice: Option<String>,
    /// How it should sound, in words. Handed to providers with styles as the option `instructions`.
    instructions: Option<String>,
    /// `pcm` is 24 kHz, 16 bit, mono, without a header. Left out: `mp3`.
    response_format: Option<Format>,
    /// Speaking rate, 0.25 to 4.
    speed: Option<f32>,
    /// `sse` sends `speech.audio.delta` events and a `speech.audio.done`.
    stream_format: Option<StreamFormat>,
    /// Send audio while it is made.
    stream: Option<bool>,
    /// BCP-47 tag of the text's language. Beyond OpenAI's API.
    #[serde(alias = "language_code")]
    language: Option<String>,
    /// Samples a second, 8,000 to 192,000. Beyond OpenAI's API.
    sample_rate: Option<u32>,
    /// Pitch shift in semitones, -20 to 20. Beyond OpenAI's API.
    pitch: Option<f32>,
    /// Gain in decibels, -96 to 16. Beyond OpenAI's API.
    volume: Option<f32>,
    /// The input is an SSML document. Beyond OpenAI's API.
    #[serde(default)]
    ssml: Option<bool>,
    /// The end user, as in OpenAI's other calls, at most 256 bytes. It decides about gradual rollouts.
    user: Option<String>,
    /// The chain of providers to take, by its name in the configuration; the header
    /// `x-understudy-route` does the same for clients that cannot add a field. Beyond OpenAI's API.
    route: Option<String>,
    /// `false`: the first provider speaks or nobody does. Beyond OpenAI's API.
    fallback: Option<bool>,
    /// What is wanted of the cache: `use` what is there, `refresh` it, or `off`. Left out, the header
    /// `cache-control` says it with `no-cache` and `no-store`. Beyond OpenAI's API.
    cache: Option<CacheMode>,
}

/// A voice's id, or an object that holds it.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum VoiceName {
    /// The id.
    Id(String),
    /// The id in an object.
    Object {
        /// The id.
        id: String,
    },
}

/// An audio format by OpenAI's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Mp3,
    Opus,
    Aac,
    Flac,
    Wav,
    Pcm,
}

/// How a stream is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StreamFormat {
    Audio,
    Sse,
}

/// How the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    Stream,
    Events,
}

/// A body, read.
pub(super) struct Wanted {
    pub(super) request: SpeechRequest,
    pub(super) media_type: &'static str,
    pub(super) delivery: Delivery,
    /// Fields that found no use.
    pub(super) dropped: Vec<String>,
}

/// What a call says outside of its body, and what the server does unless it says otherwise.
pub(super) struct Head {
    pub(super) id: Arc<str>,
    pub(super) route: Option<String>,
    pub(super) cache: CacheUse,
    pub(super) default_delivery: config::Delivery,
}

/// Samples a second of OpenAI's headerless PCM.
const PCM_SAMPLE_RATE: u32 = 24_000;

impl Format {
    const fn encoding(self) -> Encoding {
        match self {
            Self::Mp3 => Encoding::Mp3,
            Self::Opus => Encoding::OggOpus,
            Self::Aac => Encoding::Aac,
            Self::Flac => Encoding::Flac,
            Self::Wav => Encoding::Wav,
            Self::Pcm => Encoding::PcmS16le,
        }
    }

    /// The media type OpenAI answers with.
    const fn media_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/opus",
            other => other.encoding().media_type(),
        }
    }
}

impl SpeechBody {
    pub(super) async fn read(self, engine: &Engine, head: Head) -> Result<Wanted, ApiError> {
        let Head { id, route, cache, default_delivery } = head;
        let named = self.route.as_ref().filter(|route| !route.is_empty()).cloned();
        let route = named.or(route);
        let delivery = self.delivery(delivery_of(engine, route.as_deref()).unwrap_or(default_delivery));
        let format = self.response_format.unwrap_or(Format::Mp3);
        let provider = stock::provider_of(engine, self.model.as_deref())?;
        let language = self
            .language
            .as_deref()
            .filter(|tag| !tag.is_empty())
            .map(|tag| language("language", tag))
            .transpose()?;
        let leader = match provider {
            Some(provider) => Some(provider.to_owned()),
            None => engine.leader(&id, route.as_deref(), false),
        };
        let voicing = match self.voice {
            Some(name) => stock::voice_of(engine, leader.as_deref(), language.as_ref(), name).await,
            None => Voicing::Any,
        };
        let dropped = if voicing == Voicing::Lost { vec!["voice".to_owned()] } else { Vec::new() };
        let voice = if let Voicing::Named(voice) = voicing { Some(voice) } else { None };
        let utterance =
            if self.ssml == Some(true) { Utterance::Ssml(self.input) } else { Utterance::Text(self.input) };
        let instructions = self.instructions.filter(|text| !text.trim().is_empty());
        let options =
            instructions.map(|text| [("instructions".to_owned(), text.into())].into_iter().collect());
        let request = Request {
            utterance,
            voice,
            language,
            rate: self.speed,
            pitch: self.pitch,
            volume: self.volume,
            options,
            ..Request::text(String::new())
        };
        let fixed = (format == Format::Pcm).then_some(PCM_SAMPLE_RATE);
        let output = Output {
            encoding: Some(format.encoding()),
            sample_rate: self.sample_rate.or(fixed),
            bit_rate: None,
        };
        let provider = provider.map(str::to_owned);
        Ok(Wanted {
            request: SpeechRequest {
                provider,
                output,
                route,
                fallback: self.fallback,
                user: self.user,
                cache: self.cache.map_or(cache, CacheUse::from),
                ..SpeechRequest::new(id, request)
            },
            media_type: format.media_type(),
            delivery,
            dropped,
        })
    }

    fn delivery(&self, default: config::Delivery) -> Delivery {
        match (self.stream_format, self.stream, default) {
            (Some(StreamFormat::Sse), ..) => Delivery::Events,
            (_, Some(true), _) | (_, None, config::Delivery::Stream) => Delivery::Stream,
            (_, Some(false), _) | (_, None, config::Delivery::Whole) => Delivery::Whole,
        }
    }
}

/// How the route's audio is sent, when its configuration says.
fn delivery_of(engine: &Engine, route: Option<&str>) -> Option<config::Delivery> {
    let settings = engine.settings();
    let route = settings.routes.get(route.or(settings.default_route.as_deref())?)?;
    Some(match route.delivery? {
        understudy_engine::Delivery::Whole => config::Delivery::Whole,
        understudy_engine::Delivery::Stream => config::Delivery::Stream,
    })
}

/// A string, or an object with an `id`; null is as good as nothing.
fn voice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Name;

    impl<'de> Visitor<'de> for Name {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a voice's id, or an object with an id")
        }

        fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
            Ok(Some(name.to_owned()))
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut id = None;
            while let Some(key) = map.next_key::<String>()? {
                if key == "id" {
                    id = Some(map.next_value()?);
                } else {
                    map.next_value::<de::IgnoredAny>()?;
                }
            }
            id.ok_or_else(|| de::Error::custom("the object has no id")).map(Some)
        }
    }

    deserializer.deserialize_any(Name)
}
