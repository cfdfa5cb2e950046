//! Who can speak, in the seed's shapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use understudy_engine::{SpeechError, VoiceId};
use understudy_speech::Voice;
use utoipa::ToSchema;

use super::super::catalogue::{age_name, gender_name};
use super::super::error::{ApiError, Dialect, ErrorBody};
use crate::Understudy;

/// The voices of one provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoiceListResponse {
    /// The provider.
    provider: String,
    /// Its voices.
    voices: Vec<TtsVoice>,
}

/// One voice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TtsVoice {
    /// The public id, `provider/voice`: what a request to any door may name.
    id: String,
    /// The provider's own id.
    voice_id: String,
    /// What a person reads.
    name: String,
    /// The name with its language.
    display_name: String,
    /// The voice's own language.
    language_code: Option<String>,
    /// `female`, `male` or `neutral`.
    gender: Option<&'static str>,
    /// `child`, `young`, `adult` or `elderly`.
    age_group: Option<&'static str>,
    /// The first of its styles.
    style: Option<String>,
    /// Samples a second it was made for.
    sample_rate: Option<u32>,
    /// Synthesized by a neural network.
    is_neural: bool,
    /// Billed above the provider's base price.
    is_premium: bool,
    /// What else is known.
    metadata: VoiceMetadata,
}

/// What else is known of a voice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoiceMetadata {
    /// One sentence about it.
    description: Option<String>,
    /// Every language it speaks.
    languages: Vec<String>,
    /// Styles it can take.
    styles: Vec<String>,
    /// Emotions it can play.
    emotions: Vec<String>,
    /// The provider's own labels.
    labels: BTreeMap<String, String>,
}

/// List the providers
///
/// The names of the providers that can speak, the preferred first.
#[utoipa::path(get, path = "/api/v1/tts/providers", operation_id = "listProviders", tag = "Understudy",
    responses((status = 200, body = Vec<String>)))]
pub(crate) async fn providers(State(understudy): State<Arc<Understudy>>) -> Json<Vec<String>> {
    Json(understudy.engine().provider_names().map(str::to_owned).collect())
}

/// List one provider's voices
#[utoipa::path(
    get, path = "/api/v1/tts/voices/{provider}", operation_id = "listProviderVoices", tag = "Understudy",
    params(("provider" = String, Path, description = "The provider's name.")),
    responses((status = 200, body = VoiceListResponse), (status = 404, body = ErrorBody))
)]
pub(crate) async fn voices(
    State(understudy): State<Arc<Understudy>>,
    Path(provider): Path<String>,
) -> Result<Json<VoiceListResponse>, ApiError> {
    let voices = understudy.engine().voice_list(&provider).await.map_err(|error| {
        let mut told = ApiError::of(&error, Dialect::Native);
        if matches!(error, SpeechError::UnknownProvider { .. }) {
            told.status = StatusCode::NOT_FOUND;
        }
        told
    })?;
    let voices = voices.iter().map(|voice| shown(&provider, voice)).collect();
    Ok(Json(VoiceListResponse { provider, voices }))
}

fn shown(provider: &str, voice: &Voice) -> TtsVoice {
    let language = voice.languages.first().map(ToString::to_string);
    let display_name = match &language {
        Some(language) => format!("{} ({language})", voice.name),
        None => voice.name.clone(),
    };
    TtsVoice {
        id: VoiceId::new(provider, voice.id.as_str()).to_string(),
        voice_id: voice.id.clone(),
        name: voice.name.clone(),
        display_name,
        language_code: language,
        gender: voice.gender.map(gender_name),
        age_group: voice.age.map(age_name),
        style: voice.styles.first().cloned(),
        sample_rate: voice.sample_rate,
        is_neural: voice.neural,
        is_premium: voice.premium,
        metadata: VoiceMetadata {
            description: voice.description.clone(),
            languages: voice.languages.iter().map(ToString::to_string).collect(),
            styles: voice.styles.clone(),
            emotions: voice.emotions.clone(),
            labels: voice.labels.iter().cloned().collect(),
        },
    }
}
