//! The answer to a synthesis.

use base64_simd::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use understudy_audio::cue::{srt, vtt};
use understudy_engine::{Provenance, Speech, VoiceId};
use understudy_speech::{Character, Encoding, Utterance, Voice, Word, WordTimes};
use utoipa::ToSchema;

use super::super::catalogue::gender_name;
use super::super::error::Dialect;
use super::super::provenance::ProvenanceInfo;
use super::request::Subtitles;
use crate::cue_sheet::cues;

/// Speech.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SynthesizeResponse {
    /// The audio file in base64.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required)]
    audio_content: String,
    // What `write` writes as `audio_content`, which stays empty: every answer goes through there.
    #[serde(skip)]
    audio: Bytes,
    /// Where the same audio can be had again while it is kept, as a path on this server: for players,
    /// which want ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_url: Option<String>,
    /// Its format, by the name the request used.
    audio_format: &'static str,
    /// Samples a second.
    sample_rate: u32,
    /// How long it plays, in seconds.
    duration: f64,
    /// Who spoke.
    voice_info: VoiceInfo,
    /// When each word is heard; empty unless asked for.
    words: Vec<SpokenWord>,
    /// Where the times come from: `native` is the synthesizer itself; `estimated` is made here from
    /// the text and the sound, mostly right within a tenth of a second.
    word_times: Option<&'static str>,
    /// The subtitles asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitles: Option<String>,
    /// How well the emotion came through by the service's own measure, 0 to 1.
    emotion_score: Option<f32>,
    /// The request's `task_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    /// The request's `user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// How it came about.
    provenance: ProvenanceInfo,
}

const AUDIO_BEGIN: &[u8] = br#"{"audio_content":""#;

/// Who spoke.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoiceInfo {
    /// The voice by the provider's own id.
    name: Option<String>,
    /// The public id, `provider/voice`.
    id: Option<String>,
    /// What a person reads.
    display_name: Option<String>,
    /// The language spoken: the request's, else the voice's own.
    language: Option<String>,
    /// How it sounds.
    gender: Option<&'static str>,
    /// The character that spoke.
    character: Option<CharacterInfo>,
}

/// A character.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CharacterInfo {
    /// What a request names.
    character_id: String,
    /// What a person reads.
    name: String,
}

/// A word and when it is heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpokenWord {
    /// The word in the request's own spelling.
    text: String,
    /// Its first byte in the request's text.
    start_byte: u32,
    /// One past its last byte.
    end_byte: u32,
    /// When it begins, in milliseconds.
    start_ms: u32,
    /// When it ends, in milliseconds.
    end_ms: u32,
}

/// What the answer takes from the request.
pub(super) struct Asked {
    pub(super) utterance: Utterance,
    pub(super) language: Option<String>,
    pub(super) subtitles: Option<Subtitles>,
    pub(super) task_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) dropped: Vec<String>,
    pub(super) ignored: Vec<String>,
}

impl SynthesizeResponse {
    /// The answer for `speech`, spoken by `voice` where that is known.
    pub(super) fn new(speech: Speech, audio: Bytes, voice: Option<&Voice>, asked: Asked) -> Self {
        let subtitles = asked.subtitles.and_then(|kind| subtitles(&speech, &asked.utterance, kind));
        let dropped = dropped(&speech.provenance, Dialect::Native, &asked.dropped);
        let source = asked.utterance.source();
        let words = speech.words.iter().filter_map(|word| spoken(*word, source)).collect();
        Self {
            audio_content: String::new(),
            audio,
            audio_url: None,
            audio_format: format_name(speech.format.encoding),
            sample_rate: speech.format.sample_rate,
            duration: speech.duration.as_secs_f64(),
            voice_info: voice_info(&speech, voice, asked.language),
            words,
            word_times: speech.word_times.map(times_name),
            subtitles,
            emotion_score: speech.emotion_score,
            task_id: asked.task_id,
            user_id: asked.user_id,
            provenance: ProvenanceInfo::new(speech.provenance, dropped, asked.ignored),
        }
    }

    /// Appends it to a JSON text. Nearly all of it is the audio, and base64 needs no escapes: looking for
    /// some takes longer than to find the take.
    pub(super) fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        const REST_BYTES: usize = 4 * 1024;
        json.reserve(AUDIO_BEGIN.len() + STANDARD.encoded_length(self.audio.len()) + REST_BYTES);
        json.extend_from_slice(AUDIO_BEGIN);
        STANDARD.encode_append(&self.audio, json);
        json.push(b'"');
        let end = json.len();
        serde_json::to_writer(&mut *json, self)?;
        // The rest of the same object.
        if let Some(brace) = json.get_mut(end) {
            *brace = b',';
        }
        Ok(())
    }

    /// The same, which says where its audio can be had again.
    pub(super) fn at(self, audio_url: Option<String>) -> Self {
        Self { audio_url, ..self }
    }
}

/// A cue sheet, unless there are no words to cut it from.
fn subtitles(speech: &Speech, utterance: &Utterance, kind: Subtitles) -> Option<String> {
    if speech.words.is_empty() {
        return None;
    }
    let cues = cues(utterance, speech);
    Some(match kind {
        Subtitles::Srt => srt(&cues),
        Subtitles::Vtt => vtt(&cues),
    })
}

pub(crate) fn spoken(word: Word, text: &str) -> Option<SpokenWord> {
    let Word { start_byte, end_byte, start_ms, end_ms } = word;
    Some(SpokenWord { text: word.in_text(text)?.to_owned(), start_byte, end_byte, start_ms, end_ms })
}

fn voice_info(speech: &Speech, voice: Option<&Voice>, language: Option<String>) -> VoiceInfo {
    let Provenance { provider, voice: name, .. } = &speech.provenance;
    let own = || voice.and_then(|voice| voice.languages.first()).map(ToString::to_string);
    let character = |character: &Character| CharacterInfo {
        character_id: character.id.clone(),
        name: character.name.clone(),
    };
    VoiceInfo {
        id: name.as_ref().map(|name| VoiceId::new(provider.as_str(), name.as_str()).to_string()),
        name: name.clone(),
        display_name: voice.map(|voice| voice.name.clone()),
        language: language.or_else(own),
        gender: voice.and_then(|voice| voice.gender).map(gender_name),
        character: speech.character.as_ref().map(character),
    }
}

/// What was not honoured, by the names of `dialect`.
pub(crate) fn dropped(provenance: &Provenance, dialect: Dialect, unused: &[String]) -> Vec<String> {
    let dropped = provenance.dropped.iter().map(|field| dialect.field(field).to_owned());
    dropped.chain(unused.iter().cloned()).collect()
}

/// The word for where word times come from.
pub(crate) const fn times_name(times: WordTimes) -> &'static str {
    match times {
        WordTimes::Native => "native",
        WordTimes::Estimated => "estimated",
    }
}

/// This API's name for an encoding.
const fn format_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::PcmS16le => "pcm",
        Encoding::OggOpus => "opus",
        other => other.name(),
    }
}
