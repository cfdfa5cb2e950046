//! `POST /api/v1/characters/conversation`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use understudy_engine::cache::TakeNotes;
use understudy_engine::script::{Place, SceneLine};
use understudy_engine::{
    CharacterProfile, ConversationRequest as Wanted, Engine, Output, Recast, ScriptSource, Speaker,
    SpeechError,
};
use understudy_speech::Encoding;
use utoipa::ToSchema;

use super::heads::Heads;
use super::manner::{VoiceSettings, Within};
use super::performed::ConversationResponse;
use super::sound;
use crate::Understudy;
use crate::http::accept::accepted;
use crate::http::body::Object;
use crate::http::caching;
use crate::http::envelope::RequestId;
use crate::http::error::{ApiError, Dialect, ErrorBody};
use crate::http::route_of;
use crate::http::tts::{Subtitles, encoding, language_of};

/// A conversation to be performed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({
    "characters": ["captain-nova", "old-bram"],
    "script": "Captain Nova [happy]: We sail at dawn!\nOld Bram: You said so yesterday.",
}))]
pub(crate) struct ConversationRequest {
    /// Who may speak, by ids or names; a script that names nobody is dealt to them line by line. Left
    /// out or empty: anybody the script names.
    #[serde(default)]
    characters: Vec<String>,
    /// `Speaker [emotion]: text`, a line each. Either this or `lines`.
    script: Option<String>,
    /// `dialogue`, `monologue` or `narration`; handed back.
    conversation_type: Option<String>,
    /// The lines one by one.
    lines: Option<Vec<Line>>,
    /// Seconds of silence between lines, 0 to 10.
    gap: Option<f64>,
    /// `mp3`, `wav`, `flac`, `opus`, `aac` or `pcm`. Left out: `mp3`.
    output_format: Option<String>,
    /// Samples a second, 8,000 to 192,000.
    sample_rate: Option<u32>,
    /// BCP-47 tag of the whole's language.
    language_code: Option<String>,
    /// Subtitles are wanted, with the speakers' names.
    subtitles: Option<Subtitles>,
    /// What is cast again when a provider fails in mid-scene: `scene`, so that nobody changes voice,
    /// or `line`.
    recast: Option<RecastName>,
    /// The chain of providers along which stand-ins are looked for.
    route: Option<String>,
    /// The caller's task, at most 256 bytes.
    task_id: Option<String>,
    /// The caller's user, at most 256 bytes.
    #[serde(alias = "user")]
    user_id: Option<String>,
}

/// One line.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Line {
    /// Whose it is, by id or name.
    #[serde(alias = "speaker", alias = "character")]
    character_id: String,
    /// What is said.
    text: String,
    /// How it feels.
    emotion: Option<String>,
    /// How strongly, 0 to 1; 0.5 is the usual.
    emotion_intensity: Option<f32>,
    /// How its voice is moved.
    voice_settings: Option<VoiceSettings>,
    /// Seconds of silence after it, in place of the gap.
    pause_after: Option<f64>,
}

/// What is cast again.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RecastName {
    /// Whoever had a voice at the provider that failed, from the first line on.
    Scene,
    /// The line that failed.
    Line,
}

/// Perform a conversation
///
/// Everybody is cast before anything is bought; an unknown speaker is an error with its line and
/// column. The answer is one file with the time of every line and word, and an account of who stood in
/// for whom. With `Accept: audio/*` it is the file itself, and its head says who spoke
/// (`x-understudy-provider`) and for whom somebody stood in (`x-understudy-substituted`).
#[utoipa::path(
    post, path = "/api/v1/characters/conversation", tag = "Understudy", request_body = ConversationRequest,
    responses(
        (status = 200, description = "The conversation.", content(
            (ConversationResponse = "application/json"), (Vec<u8> = "audio/mpeg"),
        )),
        (status = 400, description = "The script is wrong.", body = ErrorBody),
        (status = 404, description = "No such character.", body = ErrorBody),
        (status = 422, description = "The `idempotency-key` belongs to another request.", body = ErrorBody),
        (status = 502, description = "The provider failed.", body = ErrorBody),
        (status = 503, description = "Nobody can speak right now.", body = ErrorBody),
    )
)]
pub(crate) async fn converse(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
    Object { value, ignored }: Object<ConversationRequest>,
) -> Result<Response, ApiError> {
    let (engine, accepted) = (understudy.engine(), accepted(&headers));
    let kind = kind(value.conversation_type.clone())?;
    let subtitles = value.subtitles;
    let wanted = value.read(id, accepted.flatten(), route_of(&headers))?;
    let wanted = Wanted { cache: caching::wanted(&headers), ..wanted };
    let is_script = matches!(wanted.script, ScriptSource::Text(_));
    let performed = engine.converse(wanted, |_| ()).await;
    let performed = performed.map_err(|error| refused(&error, is_script))?;
    let heads = Heads::of(&performed, &ignored);
    let mut response = if accepted.is_some() {
        let media_type = HeaderValue::from_static(performed.format.encoding.media_type());
        ([(CONTENT_TYPE, media_type)], Body::from(performed.audio)).into_response()
    } else {
        let profiles = profiles(&engine, &performed.speakers).await;
        let provider = performed.lines.first().map_or("", |line| line.provider.as_str());
        let kept = (provider, TakeNotes::new(performed.format, performed.duration));
        let url = sound::url(&engine, &headers, kept, &performed.audio).await;
        Json(ConversationResponse::new(performed, url, kind, subtitles, profiles, ignored)).into_response()
    };
    heads.put_on(&mut response);
    Ok(response)
}

/// Why there is no conversation. A line of a script stands there and nowhere else; that all of them are too
/// long, and who may speak, has a field in this call alone.
fn refused(error: &SpeechError, is_script: bool) -> ApiError {
    let told = ApiError::of(error, Dialect::Characters);
    let at = |field: &str| Some(field.to_owned());
    match error {
        SpeechError::Script(_) | SpeechError::Line { .. } if is_script => {
            ApiError { param: at("script"), message: error.to_string().into(), ..told }
        }
        SpeechError::TextTooLong { .. } => {
            ApiError { param: at(if is_script { "script" } else { "lines" }), ..told }
        }
        SpeechError::UnknownCharacter { .. } => ApiError { param: at("characters"), ..told },
        _ => told,
    }
}

async fn profiles(engine: &Engine, speakers: &[Speaker]) -> Vec<CharacterProfile> {
    let mut profiles = Vec::with_capacity(speakers.len());
    for speaker in speakers {
        profiles.extend(engine.character(&speaker.character).await.ok());
    }
    profiles
}

fn kind(kind: Option<String>) -> Result<String, ApiError> {
    match kind.as_deref() {
        None | Some("") => Ok("dialogue".to_owned()),
        Some("dialogue" | "monologue" | "narration") => Ok(kind.unwrap_or_default()),
        Some(other) => Err(ApiError::invalid(
            "invalid_value",
            "conversation_type",
            format!("conversation_type must be one of dialogue, monologue, narration, got {other}"),
        )),
    }
}

/// The one of both that says anything; forms send empty fields for what nobody filled in.
fn script(script: Option<String>, lines: Option<Vec<Line>>) -> Result<ScriptSource, ApiError> {
    match (script, lines.filter(|lines| !lines.is_empty())) {
        (Some(script), Some(_)) if !script.trim().is_empty() => {
            let message = "lines must be left out when there is a script";
            Err(ApiError::invalid("invalid_value", "lines", message))
        }
        (_, Some(lines)) => {
            let lines = lines.into_iter().enumerate().map(|(index, line)| line.read(index));
            Ok(ScriptSource::Lines(lines.collect::<Result<_, _>>()?))
        }
        (Some(script), None) => Ok(ScriptSource::Text(script)),
        (None, None) => {
            let message = "missing required parameter: script";
            Err(ApiError::invalid("missing_required_parameter", "script", message))
        }
    }
}

impl ConversationRequest {
    fn read(
        self,
        id: Arc<str>,
        accepted: Option<Encoding>,
        route: Option<String>,
    ) -> Result<Wanted, ApiError> {
        let script = script(self.script, self.lines)?;
        let encoding = match self.output_format.as_deref() {
            Some(name) => encoding(name)?,
            None => accepted.unwrap_or(Encoding::Mp3),
        };
        Ok(Wanted {
            characters: self.characters,
            output: Output { encoding: Some(encoding), sample_rate: self.sample_rate, bit_rate: None },
            language: language_of(self.language_code)?,
            gap: Within::Request.seconds("gap", self.gap, 10.0)?,
            recast: self.recast.map(|recast| match recast {
                RecastName::Scene => Recast::Scene,
                RecastName::Line => Recast::Line,
            }),
            route: self.route.filter(|name| !name.is_empty()).or(route),
            user: self.user_id,
            task: self.task_id,
            ..Wanted::new(id, script)
        })
    }
}

impl Line {
    fn read(self, index: usize) -> Result<SceneLine, ApiError> {
        let (settings, within) = (self.voice_settings.unwrap_or_default(), Within::Line(index));
        Ok(SceneLine {
            speaker: self.character_id,
            text: self.text.trim().to_owned(),
            emotion: self.emotion.filter(|emotion| !emotion.is_empty()),
            intensity: within.intensity(self.emotion_intensity)?,
            rate: settings.speed,
            pitch: settings.pitch,
            volume: within.decibels(settings)?,
            pause: within.seconds("pause_after", self.pause_after, 60.0)?,
            place: Place { line: index + 1, column: 1 },
        })
    }
}
