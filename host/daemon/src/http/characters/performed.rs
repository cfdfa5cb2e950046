//! The answer to a conversation.

use serde::Serialize;
use understudy_audio::cue::{CueOptions, srt, vtt};
use understudy_engine::{CharacterProfile, Conversation, Recasting, Speaker, SpokenLine, VoiceId};
use understudy_speech::Encoding;
use utoipa::ToSchema;

use super::info::CharacterInfo;
use crate::http::error::Dialect;
use crate::http::provenance::{SkippedInfo, SubstitutionInfo, how_name};
use crate::http::tts::{SpokenWord, Subtitles, dropped, spoken, times_name};

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationResponse {
    /// The request's id.
    conversation_id: String,
    /// Always `completed`.
    status: &'static str,
    /// As asked for.
    conversation_type: String,
    /// How long it plays, in seconds.
    total_duration: f64,
    /// The audio's format.
    audio_format: &'static str,
    /// Samples a second.
    sample_rate: u32,
    /// Where the whole is: an address on this server, for as long as it is in the cache; a `data:` URL
    /// where nothing is kept, or with `cache-control: no-store`.
    combined_audio_url: String,
    /// The lines, in order.
    segments: Vec<Segment>,
    /// Who speaks, in the order of their first lines.
    characters: Vec<CharacterInfo>,
    /// The subtitles asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitles: Option<String>,
    /// Who played whom, and who failed on the way.
    account: Account,
    /// What was spoken.
    usage: Usage,
    /// Fields of the request that nobody knows.
    ignored: Vec<String>,
}

/// A line and when it is heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Segment {
    /// Its place, from 0.
    index: usize,
    /// Whose it is.
    character_id: String,
    /// The character's name.
    character_name: String,
    /// What was said.
    text: String,
    /// The emotion asked for.
    emotion: Option<String>,
    /// How well it came through by the service's own measure, 0 to 1; 0 when nobody says.
    emotion_score: f32,
    /// When it begins, in seconds of the whole.
    start: f64,
    /// How long it takes.
    duration: f64,
    /// When each word is heard, in milliseconds of the whole.
    words: Vec<SpokenWord>,
    /// Where these times come from: `native` is the synthesizer itself; `estimated` is made here.
    word_times: Option<&'static str>,
    /// The voice or character that spoke it, `provider/id`.
    voice: String,
    /// For whom it stood in, in this line alone.
    substituted: Option<SubstitutionInfo>,
    /// What was not honoured in this line.
    dropped: Vec<String>,
    /// What was done to this line.
    notes: Vec<String>,
}

/// Who played whom, and who failed on the way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// The service that performed the whole; null when it was spoken line by line.
    whole: Option<String>,
    /// True when anybody but whoever should have played a character plays it, or a line.
    substituted: bool,
    /// Who played whom.
    speakers: Vec<SpeakerInfo>,
    /// Who failed in mid-scene, and who was cast again.
    recasts: Vec<RecastInfo>,
}

/// Who played a character, from the first line to the last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpeakerInfo {
    /// The character.
    character_id: String,
    /// Who played it, `provider/id`.
    voice: String,
    /// True for a service's own character.
    own: bool,
    /// How it was found: `asked` as itself, `mapped` by the configuration, or the `nearest`.
    how: &'static str,
    /// How alike it is, 0 to 1, when that was measured.
    score: Option<f32>,
    /// What was compared, in words.
    reasons: Vec<String>,
    /// Why whoever should have played it did not; null when nobody stood in.
    substituted_why: Option<&'static str>,
    /// Who was passed over.
    skipped: Vec<SkippedInfo>,
    /// What brings its voice to the common loudness, in decibels.
    gain_db: f32,
}

/// A provider that failed in mid-scene.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecastInfo {
    /// The provider.
    provider: String,
    /// The error's code.
    code: &'static str,
    /// The error.
    reason: String,
    /// The line it failed at, from 0; null when it performed the whole.
    line: Option<usize>,
    /// The characters that were given to others.
    recast: Vec<String>,
    /// Lines that were spoken anew.
    lines_again: usize,
}

/// What was spoken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Characters of the text.
    characters: usize,
}

impl ConversationResponse {
    pub(super) fn new(
        from: Conversation,
        combined_audio_url: String,
        conversation_type: String,
        subtitles: Option<Subtitles>,
        profiles: Vec<CharacterProfile>,
        ignored: Vec<String>,
    ) -> Self {
        let cues = || from.cues(&CueOptions::default());
        let subtitles = subtitles.map(|kind| match kind {
            Subtitles::Srt => srt(&cues()),
            Subtitles::Vtt => vtt(&cues()),
        });
        let rows = from.lines.iter().enumerate();
        Self {
            conversation_id: from.id.to_string(),
            status: "completed",
            conversation_type,
            total_duration: from.duration.as_secs_f64(),
            audio_format: format_name(from.format.encoding),
            sample_rate: from.format.sample_rate,
            combined_audio_url,
            segments: rows.map(|(index, line)| segment(index, line, &from.speakers)).collect(),
            characters: profiles.into_iter().map(CharacterInfo::from).collect(),
            subtitles,
            account: Account {
                whole: from.whole.clone(),
                substituted: from.is_substituted(),
                speakers: from.speakers.iter().map(SpeakerInfo::from).collect(),
                recasts: from.recasts.into_iter().map(RecastInfo::from).collect(),
            },
            usage: Usage { characters: from.characters },
            ignored,
        }
    }
}

fn segment(index: usize, line: &SpokenLine, speakers: &[Speaker]) -> Segment {
    let speaker = speakers.get(line.speaker);
    let seconds = |ms: u32| f64::from(ms) / 1000.0;
    let provenance = line.provenance.as_ref();
    let voice = line.voice.as_deref().unwrap_or_default();
    Segment {
        index,
        character_id: speaker.map(|speaker| speaker.character.clone()).unwrap_or_default(),
        character_name: speaker.map(|speaker| speaker.name.clone()).unwrap_or_default(),
        text: line.text.clone(),
        emotion: line.emotion.clone(),
        emotion_score: line.emotion_score.unwrap_or(0.0),
        start: seconds(line.start_ms),
        duration: seconds(line.end_ms - line.start_ms.min(line.end_ms)),
        words: line.words.iter().filter_map(|word| spoken(*word, &line.text)).collect(),
        word_times: line.word_times.map(times_name),
        voice: VoiceId::new(line.provider.as_str(), voice).to_string(),
        substituted: provenance.and_then(|told| told.substituted.clone()).map(SubstitutionInfo::from),
        dropped: provenance.map(|told| dropped(told, Dialect::Characters, &[])).unwrap_or_default(),
        notes: provenance.map(|told| told.notes.clone()).unwrap_or_default(),
    }
}

impl From<&Speaker> for SpeakerInfo {
    fn from(from: &Speaker) -> Self {
        Self {
            character_id: from.character.clone(),
            voice: VoiceId::new(from.provider.as_str(), from.voice.as_str()).to_string(),
            own: from.is_own,
            how: how_name(from.casting.how),
            score: from.casting.score,
            reasons: from.casting.reasons.clone(),
            substituted_why: from.substituted,
            skipped: from.skipped.iter().map(SkippedInfo::from).collect(),
            gain_db: from.gain_db,
        }
    }
}

impl From<Recasting> for RecastInfo {
    fn from(from: Recasting) -> Self {
        let Recasting { provider, code, reason, line, recast, lines_again } = from;
        Self { provider, code, reason, line, recast, lines_again }
    }
}

/// The API's name for an encoding.
pub(super) const fn format_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::PcmS16le => "pcm",
        Encoding::OggOpus => "opus",
        other => other.name(),
    }
}
