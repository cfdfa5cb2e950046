//! From the guest's vocabulary to the host's: what plugins answer, checked as it is translated.
//!
//! A string from a guest is bounded here, once, before anything prints it. What does not
//! translate is a broken contract, and the reason says which value it was.

mod described;

use std::collections::HashSet;
use std::time::Duration;

use understudy_speech::{
    Age, AudioFormat, Character, Encoding, Gender, InvalidField, Language, LineMark, ProviderError, Summary,
    TextLimit, TextUnit, Voice, Word, WordTimes,
};

pub(super) use self::described::manifest;
use super::bindings::understudy::provider::types as wit;
use crate::trap::bounded;

/// Most voices or characters of one provider.
const VOICES_MAX: usize = 10_000;

/// Longest texts, in bytes.
const ID_BYTES_MAX: usize = 128;
const NAME_BYTES_MAX: usize = 256;
const MESSAGE_BYTES_MAX: usize = 1_000;
const DESCRIPTION_BYTES_MAX: usize = 4_000;
const REQUEST_ID_BYTES_MAX: usize = 256;

pub(super) fn error(error: wit::Error) -> ProviderError {
    let text = |text: String| bounded(&text, MESSAGE_BYTES_MAX);
    match error {
        wit::Error::InvalidRequest(invalid) => ProviderError::InvalidRequest(InvalidField {
            field: bounded(&invalid.field, ID_BYTES_MAX),
            message: text(invalid.message),
        }),
        wit::Error::TextTooLong(limit) => ProviderError::TextTooLong(text_limit(limit)),
        wit::Error::VoiceNotFound(voice) => ProviderError::VoiceNotFound(text(voice)),
        wit::Error::Unsupported(what) => ProviderError::Unsupported(text(what)),
        wit::Error::Unauthorized(reason) => ProviderError::Unauthorized(text(reason)),
        wit::Error::QuotaExhausted(resets) => {
            ProviderError::QuotaExhausted { resets_in: resets.map(Duration::from_millis) }
        }
        wit::Error::RateLimited(retry) => {
            ProviderError::RateLimited { retry_after: retry.map(Duration::from_millis) }
        }
        wit::Error::ContentBlocked(reason) => ProviderError::ContentBlocked(text(reason)),
        wit::Error::Unavailable(reason) => ProviderError::Unavailable(text(reason)),
        wit::Error::TimedOut => ProviderError::TimedOut,
        wit::Error::Protocol(reason) => ProviderError::Protocol(text(reason)),
        wit::Error::NoAudio => ProviderError::NoAudio,
    }
}

pub(super) fn voices(voices: Vec<wit::Voice>) -> Result<Vec<Voice>, String> {
    check_list("voices", voices.iter().map(|voice| voice.id.as_str()))?;
    voices.into_iter().map(voice).collect()
}

pub(super) fn characters(characters: Vec<wit::Character>) -> Result<Vec<Character>, String> {
    check_list("characters", characters.iter().map(|character| character.id.as_str()))?;
    characters.into_iter().map(character).collect()
}

pub(super) fn summary(summary: wit::Summary) -> Result<Summary, String> {
    let score = summary.emotion_score;
    if score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        return Err(format!("emotion score is not between 0 and 1: {}", score.unwrap_or_default()));
    }
    Ok(Summary {
        format: audio_format(summary.format),
        voice: summary.voice.map(|voice| bounded(&voice, ID_BYTES_MAX)),
        word_times: summary.word_times.map(word_times),
        characters_billed: summary.characters_billed,
        request_id: summary.request_id.map(|id| bounded(&id, REQUEST_ID_BYTES_MAX)),
        character: summary.character.map(character).transpose()?,
        emotion_score: score,
    })
}

pub(super) fn audio_format(format: wit::AudioFormat) -> AudioFormat {
    AudioFormat {
        encoding: encoding(format.encoding),
        sample_rate: format.sample_rate,
        channels: format.channels,
        bit_rate: format.bit_rate,
    }
}

pub(super) fn word(word: wit::Word) -> Word {
    Word {
        start_byte: word.start_byte,
        end_byte: word.end_byte,
        start_ms: word.start_ms,
        end_ms: word.end_ms,
    }
}

pub(super) fn line_mark(mark: wit::LineMark) -> LineMark {
    LineMark { index: mark.index, start_ms: mark.start_ms, end_ms: mark.end_ms }
}

fn check_list<'id>(what: &str, ids: impl ExactSizeIterator<Item = &'id str>) -> Result<(), String> {
    if ids.len() > VOICES_MAX {
        return Err(format!("more than {VOICES_MAX} {what}: {}", ids.len()));
    }
    let mut seen = HashSet::with_capacity(ids.len());
    for id in ids {
        if !(1..=ID_BYTES_MAX).contains(&id.len()) || id.chars().any(char::is_control) {
            return Err(format!(
                "id among the {what} is not 1 to 128 bytes of text: {}",
                bounded(id, ID_BYTES_MAX)
            ));
        }
        if !seen.insert(id) {
            return Err(format!("id appears twice among the {what}: {id}"));
        }
    }
    Ok(())
}

fn voice(voice: wit::Voice) -> Result<Voice, String> {
    Ok(Voice {
        languages: languages(&voice.languages)
            .map_err(|language| format!("language of voice {} is not a BCP-47 tag: {language}", voice.id))?,
        id: voice.id,
        name: bounded(&voice.name, NAME_BYTES_MAX),
        gender: voice.gender.map(gender),
        age: voice.age.map(age),
        styles: names(&voice.styles),
        emotions: names(&voice.emotions),
        neural: voice.neural,
        premium: voice.premium,
        sample_rate: voice.sample_rate,
        description: voice.description.map(|text| bounded(&text, DESCRIPTION_BYTES_MAX)),
        labels: voice
            .labels
            .iter()
            .map(|(name, value)| (bounded(name, NAME_BYTES_MAX), bounded(value, NAME_BYTES_MAX)))
            .collect(),
    })
}

fn character(character: wit::Character) -> Result<Character, String> {
    let voice_settings = character
        .voice_settings
        .map(|json| serde_json::from_str(&json))
        .transpose()
        .map_err(|error| format!("voice settings of character {} are not JSON: {error}", character.id))?;
    Ok(Character {
        languages: languages(&character.languages).map_err(|language| {
            format!("language of character {} is not a BCP-47 tag: {language}", character.id)
        })?,
        id: bounded(&character.id, ID_BYTES_MAX),
        name: bounded(&character.name, NAME_BYTES_MAX),
        description: character.description.map(|text| bounded(&text, DESCRIPTION_BYTES_MAX)),
        traits: names(&character.traits),
        emotions: names(&character.emotions),
        gender: character.gender.map(gender),
        age: character.age.map(age),
        avatar_url: character.avatar_url.map(|url| bounded(&url, DESCRIPTION_BYTES_MAX)),
        voice_settings,
    })
}

/// The tags, or the first that is none.
fn languages(tags: &[String]) -> Result<Vec<Language>, String> {
    tags.iter().map(|tag| tag.parse().map_err(|_| bounded(tag, ID_BYTES_MAX))).collect()
}

fn names(names: &[String]) -> Vec<String> {
    names.iter().map(|name| bounded(name, NAME_BYTES_MAX)).collect()
}

fn text_limit(limit: wit::TextLimit) -> TextLimit {
    let unit = match limit.unit {
        wit::TextUnit::Characters => TextUnit::Characters,
        wit::TextUnit::Bytes => TextUnit::Bytes,
    };
    TextLimit { maximum: limit.maximum, unit }
}

fn word_times(times: wit::WordTimes) -> WordTimes {
    match times {
        wit::WordTimes::Native => WordTimes::Native,
        wit::WordTimes::Estimated => WordTimes::Estimated,
    }
}

fn encoding(encoding: wit::Encoding) -> Encoding {
    match encoding {
        wit::Encoding::PcmS16le => Encoding::PcmS16le,
        wit::Encoding::Wav => Encoding::Wav,
        wit::Encoding::Mp3 => Encoding::Mp3,
        wit::Encoding::Flac => Encoding::Flac,
        wit::Encoding::OggOpus => Encoding::OggOpus,
        wit::Encoding::OggVorbis => Encoding::OggVorbis,
        wit::Encoding::Aac => Encoding::Aac,
        wit::Encoding::WebmOpus => Encoding::WebmOpus,
    }
}

fn gender(gender: wit::Gender) -> Gender {
    match gender {
        wit::Gender::Female => Gender::Female,
        wit::Gender::Male => Gender::Male,
        wit::Gender::Neutral => Gender::Neutral,
    }
}

fn age(age: wit::Age) -> Age {
    match age {
        wit::Age::Child => Age::Child,
        wit::Age::Young => Age::Young,
        wit::Age::Adult => Age::Adult,
        wit::Age::Elderly => Age::Elderly,
    }
}
