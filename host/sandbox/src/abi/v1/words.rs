//! From the host's vocabulary to the guest's.

use understudy_speech::{Encoding, Request, Script, Utterance};

use super::bindings::exports::understudy::provider::characters as wit_characters;
use super::bindings::understudy::provider::types as wit;

pub(super) fn request(request: &Request, options: Option<String>) -> wit::Request {
    wit::Request {
        utterance: match &request.utterance {
            Utterance::Text(text) => wit::Utterance::Text(text.clone()),
            Utterance::Ssml(document) => wit::Utterance::Ssml(document.clone()),
        },
        voice: request.voice.clone(),
        language: request.language.as_ref().map(ToString::to_string),
        rate: request.rate,
        pitch: request.pitch,
        volume: request.volume,
        style: request.style.clone(),
        emotion: request.emotion.clone(),
        intensity: request.intensity,
        character: request.character.clone(),
        encodings: request.encodings.iter().copied().map(encoding).collect(),
        sample_rate: request.sample_rate,
        words: request.words,
        options,
    }
}

pub(super) fn script(script: &Script, options: Option<String>) -> wit_characters::Script {
    let lines = script.lines.iter().map(|line| wit_characters::Line {
        character: line.character.clone(),
        text: line.text.clone(),
        emotion: line.emotion.clone(),
        intensity: line.intensity,
        pause_ms: line.pause_ms,
    });
    wit_characters::Script {
        lines: lines.collect(),
        gap_ms: script.gap_ms,
        language: script.language.as_ref().map(ToString::to_string),
        encodings: script.encodings.iter().copied().map(encoding).collect(),
        sample_rate: script.sample_rate,
        words: script.words,
        options,
    }
}

fn encoding(encoding: Encoding) -> wit::Encoding {
    match encoding {
        Encoding::PcmS16le => wit::Encoding::PcmS16le,
        Encoding::Wav => wit::Encoding::Wav,
        Encoding::Mp3 => wit::Encoding::Mp3,
        Encoding::Flac => wit::Encoding::Flac,
        Encoding::OggOpus => wit::Encoding::OggOpus,
        Encoding::OggVorbis => wit::Encoding::OggVorbis,
        Encoding::Aac => wit::Encoding::Aac,
        Encoding::WebmOpus => wit::Encoding::WebmOpus,
    }
}
