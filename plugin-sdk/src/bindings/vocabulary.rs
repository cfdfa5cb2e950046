//! Both directions between the contract's types and this crate's.

use std::time::Duration;

use serde_json::{Map, Value};

use super::speech::understudy::provider::types as wit;
use crate::{
    Age, AudioFormat, Character, Encoding, Error, Gender, LineMark, Request, Summary, TextLimit, TextUnit,
    Utterance, Voice, Word, WordTimes,
};

impl From<wit::Encoding> for Encoding {
    fn from(encoding: wit::Encoding) -> Self {
        match encoding {
            wit::Encoding::PcmS16le => Self::PcmS16le,
            wit::Encoding::Wav => Self::Wav,
            wit::Encoding::Mp3 => Self::Mp3,
            wit::Encoding::Flac => Self::Flac,
            wit::Encoding::OggOpus => Self::OggOpus,
            wit::Encoding::OggVorbis => Self::OggVorbis,
            wit::Encoding::Aac => Self::Aac,
            wit::Encoding::WebmOpus => Self::WebmOpus,
        }
    }
}

impl From<Encoding> for wit::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::PcmS16le => Self::PcmS16le,
            Encoding::Wav => Self::Wav,
            Encoding::Mp3 => Self::Mp3,
            Encoding::Flac => Self::Flac,
            Encoding::OggOpus => Self::OggOpus,
            Encoding::OggVorbis => Self::OggVorbis,
            Encoding::Aac => Self::Aac,
            Encoding::WebmOpus => Self::WebmOpus,
        }
    }
}

impl From<AudioFormat> for wit::AudioFormat {
    fn from(format: AudioFormat) -> Self {
        let AudioFormat { encoding, sample_rate, channels, bit_rate } = format;
        Self { encoding: encoding.into(), sample_rate, channels, bit_rate }
    }
}

impl From<Word> for wit::Word {
    fn from(word: Word) -> Self {
        let Word { start_byte, end_byte, start_ms, end_ms } = word;
        Self { start_byte, end_byte, start_ms, end_ms }
    }
}

impl From<LineMark> for wit::LineMark {
    fn from(mark: LineMark) -> Self {
        let LineMark { index, start_ms, end_ms } = mark;
        Self { index, start_ms, end_ms }
    }
}

impl From<WordTimes> for wit::WordTimes {
    fn from(times: WordTimes) -> Self {
        match times {
            WordTimes::Native => Self::Native,
            WordTimes::Estimated => Self::Estimated,
        }
    }
}

impl From<TextLimit> for wit::TextLimit {
    fn from(limit: TextLimit) -> Self {
        let unit = match limit.unit {
            TextUnit::Characters => wit::TextUnit::Characters,
            TextUnit::Bytes => wit::TextUnit::Bytes,
        };
        Self { maximum: limit.maximum, unit }
    }
}

impl From<wit::Request> for Request {
    fn from(request: wit::Request) -> Self {
        let utterance = match request.utterance {
            wit::Utterance::Text(text) => Utterance::Text(text),
            wit::Utterance::Ssml(document) => Utterance::Ssml(document),
        };
        Self {
            voice: request.voice,
            language: request.language,
            rate: request.rate,
            pitch: request.pitch,
            volume: request.volume,
            style: request.style,
            emotion: request.emotion,
            intensity: request.intensity,
            character: request.character,
            encodings: request.encodings.into_iter().map(Into::into).collect(),
            sample_rate: request.sample_rate,
            words: request.words,
            options: request.options.as_deref().and_then(object),
            ..Self::new(utterance)
        }
    }
}

/// A JSON object the host has checked to be one.
pub(super) fn object(json: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(json).ok()
}

impl From<Gender> for wit::Gender {
    fn from(gender: Gender) -> Self {
        match gender {
            Gender::Female => Self::Female,
            Gender::Male => Self::Male,
            Gender::Neutral => Self::Neutral,
        }
    }
}

impl From<Age> for wit::Age {
    fn from(age: Age) -> Self {
        match age {
            Age::Child => Self::Child,
            Age::Young => Self::Young,
            Age::Adult => Self::Adult,
            Age::Elderly => Self::Elderly,
        }
    }
}

impl From<Voice> for wit::Voice {
    fn from(voice: Voice) -> Self {
        Self {
            id: voice.id,
            name: voice.name,
            languages: voice.languages,
            gender: voice.gender.map(Into::into),
            age: voice.age.map(Into::into),
            styles: voice.styles,
            emotions: voice.emotions,
            neural: voice.neural,
            premium: voice.premium,
            sample_rate: voice.sample_rate,
            description: voice.description,
            labels: voice.labels,
        }
    }
}

impl From<Character> for wit::Character {
    fn from(character: Character) -> Self {
        Self {
            id: character.id,
            name: character.name,
            description: character.description,
            traits: character.traits,
            emotions: character.emotions,
            languages: character.languages,
            gender: character.gender.map(Into::into),
            age: character.age.map(Into::into),
            avatar_url: character.avatar_url,
            voice_settings: character.voice_settings.map(|settings| settings.to_string()),
        }
    }
}

impl From<Summary> for wit::Summary {
    fn from(summary: Summary) -> Self {
        Self {
            format: summary.format.into(),
            voice: summary.voice,
            word_times: summary.word_times.map(Into::into),
            characters_billed: summary.characters_billed,
            request_id: summary.request_id,
            character: summary.character.map(Into::into),
            emotion_score: summary.emotion_score,
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidRequest(field) => {
                Self::InvalidRequest(wit::InvalidField { field: field.field, message: field.message })
            }
            Error::TextTooLong(limit) => Self::TextTooLong(limit.into()),
            Error::VoiceNotFound(voice) => Self::VoiceNotFound(voice),
            Error::Unsupported(what) => Self::Unsupported(what),
            Error::Unauthorized(message) => Self::Unauthorized(message),
            Error::QuotaExhausted { resets_in } => Self::QuotaExhausted(resets_in.map(milliseconds)),
            Error::RateLimited { retry_after } => Self::RateLimited(retry_after.map(milliseconds)),
            Error::ContentBlocked(message) => Self::ContentBlocked(message),
            Error::Unavailable(message) => Self::Unavailable(message),
            Error::TimedOut => Self::TimedOut,
            Error::Protocol(message) => Self::Protocol(message),
            Error::NoAudio => Self::NoAudio,
            // The host has left the call and reads no answer; this case blames nobody if it does.
            Error::Stopped => Self::Unsupported("a take nobody listens to".to_owned()),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
