//! `POST /api/v1/characters/speak`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use understudy_engine::cache::TakeNotes;
use understudy_engine::{Engine, Output, Speech, SpeechRequest, VoiceId};
use understudy_speech::{Character, Encoding, Request};
use utoipa::ToSchema;

use super::info::CharacterInfo;
use super::manner::{VoiceSettings, Within};
use super::sound;
use crate::Understudy;
use crate::http::accept::accepted;
use crate::http::body::Object;
use crate::http::caching;
use crate::http::envelope::RequestId;
use crate::http::error::{ApiError, Dialect, ErrorBody};
use crate::http::provenance::ProvenanceInfo;
use crate::http::reply::{Reply, milliseconds};
use crate::http::route_of;
use crate::http::tts::{SpokenWord, dropped, encoding, language_of, place_of, spoken, times_name};

/// What a character is to say, and how.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"character_id": "captain-nova", "text": "We sail at dawn!", "emotion": "happy"}))]
pub(crate) struct CharacterRequest {
    /// The character by its id or its name.
    character_id: Option<String>,
    /// Plain text.
    text: Option<String>,
    /// How it feels; left out or null, neutral.
    emotion: Option<String>,
    /// `speed` (a factor), `pitch` (semitones) and `volume` (a factor, 0 to 2).
    voice_settings: Option<VoiceSettings>,
    /// How strongly it feels, 0 to 1; 0.5 is the usual.
    emotion_intensity: Option<f32>,
    /// `mp3`, `wav`, `flac`, `opus`, `aac` or `pcm`. Left out: `mp3`.
    output_format: Option<String>,
    /// Samples a second, 8,000 to 192,000.
    sample_rate: Option<u32>,
    /// BCP-47 tag of the text's language.
    language_code: Option<String>,
    /// The provider; left out, whoever plays the character best.
    provider: Option<String>,
    /// Word times are wanted.
    words: Option<bool>,
    /// The chain of providers along which a stand-in is looked for.
    route: Option<String>,
    /// `false`: the first who plays the character speaks or nobody does.
    fallback: Option<bool>,
    /// The caller's task, at most 256 bytes.
    task_id: Option<String>,
    /// The caller's user, at most 256 bytes.
    #[serde(alias = "user")]
    user_id: Option<String>,
}

/// Speech by a character.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CharacterResponse {
    /// Where the audio is: an address on this server, for as long as it is in the cache; a `data:` URL
    /// where nothing is kept, or with `cache-control: no-store`.
    audio_url: String,
    /// The character.
    character_info: Option<CharacterInfo>,
    /// How long it plays, in seconds.
    duration: f64,
    /// How well the emotion came through by the service's own measure, 0 to 1; 0 when nobody says.
    emotion_score: f32,
    /// The audio's format.
    audio_format: &'static str,
    /// Samples a second.
    sample_rate: u32,
    /// When each word is heard; empty unless asked for.
    words: Vec<SpokenWord>,
    /// Where the times come from: `native` is the synthesizer itself; `estimated` is made here.
    word_times: Option<&'static str>,
    /// The request's `task_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    /// The request's `user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// How it came about: who really spoke, for whom, and what became of the emotion.
    provenance: ProvenanceInfo,
}

/// Speak as a character
///
/// The character is played by itself where it can be had; else by whom the configuration casts, else by
/// the voice most like it. Its emotion goes over to a stand-in as far as that can play it; what was
/// done stands in `provenance.notes`, and what was lost in `provenance.dropped`. With `Accept: audio/*`
/// the answer is the audio itself.
#[utoipa::path(
    post, path = "/api/v1/characters/speak", tag = "Understudy", request_body = CharacterRequest,
    responses(
        (status = 200, description = "The speech.", content(
            (CharacterResponse = "application/json"), (Vec<u8> = "audio/mpeg"),
        )),
        (status = 400, description = "The request is wrong.", body = ErrorBody),
        (status = 404, description = "No such character.", body = ErrorBody),
        (status = 422, description = "The `idempotency-key` belongs to another request.", body = ErrorBody),
        (status = 502, description = "The provider failed.", body = ErrorBody),
        (status = 503, description = "Nobody can speak right now.", body = ErrorBody),
    )
)]
pub(crate) async fn speak(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
    Object { value, ignored }: Object<CharacterRequest>,
) -> Result<Response, ApiError> {
    let engine = understudy.engine();
    let accepted = accepted(&headers);
    let CharacterRequest { task_id, user_id, .. } = &value;
    let (task_id, user_id) = (task_id.clone(), user_id.clone());
    let wanted = value.read(id, accepted.flatten(), route_of(&headers))?;
    let wanted = SpeechRequest { cache: caching::wanted(&headers), ..wanted };
    let text = wanted.request.utterance.source().to_owned();
    let name = wanted.request.character.clone().unwrap_or_default();
    let failed = |error| ApiError::of(&error, Dialect::Characters);
    let speech = engine.speak(wanted).await.map_err(failed)?;
    let audio = speech.bytes().await.map_err(failed)?;
    let dropped = dropped(&speech.provenance, Dialect::Characters, &[]);
    let place = accepted.and_then(|_| place_of(&engine, &speech));
    let told = reply(&speech, &dropped, &ignored, place).told();
    let mut response = if accepted.is_some() {
        let media_type = HeaderValue::from_static(speech.format.encoding.media_type());
        ([(CONTENT_TYPE, media_type)], Body::from(audio)).into_response()
    } else {
        let words = speech.words.iter().filter_map(|word| spoken(*word, &text)).collect();
        let kept = (speech.provenance.provider.as_str(), TakeNotes::new(speech.format, speech.duration));
        Json(CharacterResponse {
            audio_url: sound::url(&engine, &headers, kept, &audio).await,
            character_info: info(&engine, &name, &speech).await,
            duration: speech.duration.as_secs_f64(),
            emotion_score: speech.emotion_score.unwrap_or(0.0),
            audio_format: super::performed::format_name(speech.format.encoding),
            sample_rate: speech.format.sample_rate,
            words,
            word_times: speech.word_times.map(times_name),
            task_id,
            user_id,
            provenance: ProvenanceInfo::new(speech.provenance, dropped, ignored),
        })
        .into_response()
    };
    told.put_on(&mut response);
    Ok(response)
}

fn reply<'a>(
    speech: &'a Speech,
    dropped: &'a [String],
    ignored: &'a [String],
    place: Option<String>,
) -> Reply<'a> {
    let provenance = &speech.provenance;
    Reply {
        provider: &provenance.provider,
        cache: provenance.cache,
        age: provenance.age,
        place,
        voice: provenance.voice.as_deref(),
        duration_ms: Some(milliseconds(speech.duration)),
        substituted: provenance.substituted.as_ref(),
        attempts: &provenance.attempts,
        skipped: &provenance.skipped,
        dropped,
        ignored,
    }
}

/// What is known of the character; what its service told with the take when nobody lists it.
async fn info(engine: &Engine, name: &str, speech: &Speech) -> Option<CharacterInfo> {
    if let Ok(known) = engine.character(name).await {
        return Some(known.into());
    }
    let told: Character = speech.character.clone()?;
    let id = VoiceId::new(speech.provenance.provider.as_str(), told.id.as_str()).to_string();
    Some(CharacterInfo::of_take(id, told))
}

impl CharacterRequest {
    fn read(
        self,
        id: Arc<str>,
        accepted: Option<Encoding>,
        route: Option<String>,
    ) -> Result<SpeechRequest, ApiError> {
        let missing = |name: &'static str| {
            ApiError::invalid(
                "missing_required_parameter",
                name,
                format!("missing required parameter: {name}"),
            )
        };
        let character = self.character_id.ok_or_else(|| missing("character_id"))?;
        let text = self.text.ok_or_else(|| missing("text"))?;
        let settings = self.voice_settings.unwrap_or_default();
        let encoding = match self.output_format.as_deref() {
            Some(name) => encoding(name)?,
            None => accepted.unwrap_or(Encoding::Mp3),
        };
        let request = Request {
            rate: settings.speed,
            pitch: settings.pitch,
            volume: Within::Request.decibels(settings)?,
            intensity: Within::Request.intensity(self.emotion_intensity)?,
            emotion: self.emotion.filter(|emotion| !emotion.is_empty()),
            character: Some(character),
            language: language_of(self.language_code)?,
            words: self.words == Some(true),
            ..Request::text(text)
        };
        Ok(SpeechRequest {
            provider: self.provider.filter(|name| !name.is_empty()),
            output: Output { encoding: Some(encoding), sample_rate: self.sample_rate, bit_rate: None },
            route: self.route.filter(|name| !name.is_empty()).or(route),
            fallback: self.fallback,
            user: self.user_id,
            task: self.task_id,
            ..SpeechRequest::new(id, request)
        })
    }
}
