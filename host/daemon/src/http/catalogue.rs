//! `GET /v1/audio/voices`: every voice of every provider.
//!
//! OpenAI has no such call; the servers that speak its API have agreed on an object with `voices`,
//! each with `id` and `name`, and that one body serves Open WebUI, Kokoro's clients and
//! MoneyPrinterTurbo. The ids are the ones a request may name, whoever plays by default.

#![allow(unused_qualifications, reason = "in what `utoipa::path` makes of `params(Filter)`")]

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use understudy_engine::VoiceId;
use understudy_engine::catalogue::given;
use understudy_engine::likeness::speaks;
use understudy_engine::text::language;
use understudy_speech::{Age, Gender, Language, Voice};
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, Dialect, ErrorBody};
use crate::Understudy;
use crate::catalogue::PATIENCE;

/// Which voices are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only of this provider.
    provider: Option<String>,
    /// Only those that speak this BCP-47 language, for example `en` or `en-GB`.
    language: Option<String>,
    /// `female`, `male` or `neutral`.
    gender: Option<String>,
}

/// Every voice that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Catalogue {
    /// Always `list`.
    object: &'static str,
    /// The voices, in the order of the providers.
    voices: Vec<CatalogueVoice>,
    /// Providers whose voices could not be listed now; what they listed before is there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unavailable: Vec<String>,
}

/// One voice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueVoice {
    /// What a request names: `provider/voice`.
    id: String,
    /// What a person reads.
    name: String,
    /// The provider it belongs to.
    provider: String,
    /// The voice's own language.
    language: Option<String>,
    /// Every language it speaks.
    languages: Vec<String>,
    /// How it sounds.
    gender: Option<&'static str>,
    /// The age it sounds like.
    age: Option<&'static str>,
    /// Styles it can take.
    styles: Vec<String>,
    /// Emotions it can play.
    emotions: Vec<String>,
    /// Synthesized by a neural network.
    neural: bool,
    /// Billed above the provider's base price.
    premium: bool,
    /// Samples a second it was made for.
    sample_rate: Option<u32>,
    /// One sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// List the voices
///
/// Every voice a request may name, as `provider/voice`. Also at `/audio/voices`.
#[utoipa::path(
    get, path = "/v1/audio/voices", operation_id = "listVoices", tag = "OpenAI", params(Filter),
    responses((status = 200, body = Catalogue), (status = 400, body = ErrorBody))
)]
pub(crate) async fn list(
    State(understudy): State<Arc<Understudy>>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Catalogue>, ApiError> {
    let Query(filter) = filter.map_err(|rejection| ApiError::of_query(&rejection))?;
    let engine = understudy.engine();
    let wanted = Wanted::read(&filter)?;
    let named = given(filter.provider.as_deref());
    let providers: Vec<&str> = named.map_or_else(|| engine.provider_names().collect(), |name| vec![name]);
    let lists = join_all(providers.iter().map(|name| engine.voices_within(name, PATIENCE))).await;
    let mut catalogue = Catalogue { object: "list", voices: Vec::new(), unavailable: Vec::new() };
    for (provider, list) in providers.into_iter().zip(lists) {
        let voices = match (list, engine.last_voices(provider)) {
            (Ok(voices), _) => voices,
            (Err(error), None) if named.is_some() => return Err(refused(&error)),
            // One provider that is down must not hide the voices of the others, nor what it told before.
            (Err(_), known) => {
                catalogue.unavailable.push(provider.to_owned());
                known.unwrap_or_default()
            }
        };
        let admitted = voices.iter().filter(|voice| wanted.admits(voice));
        catalogue.voices.extend(admitted.map(|voice| CatalogueVoice::new(provider, voice)));
    }
    Ok(Json(catalogue))
}

fn refused(error: &understudy_engine::SpeechError) -> ApiError {
    let mut error = ApiError::of(error, Dialect::Native);
    if error.param.is_some() {
        error.param = Some("provider".to_owned());
    }
    error
}

struct Wanted {
    language: Option<Language>,
    gender: Option<Gender>,
}

impl Wanted {
    fn read(filter: &Filter) -> Result<Self, ApiError> {
        let language = given(filter.language.as_deref()).map(|tag| language("language", tag)).transpose()?;
        Ok(Self { language, gender: given(filter.gender.as_deref()).map(gender_of).transpose()? })
    }

    fn admits(&self, voice: &Voice) -> bool {
        let speaks = |wanted: &Language| voice.languages.iter().any(|spoken| speaks(spoken, wanted));
        self.language.as_ref().is_none_or(speaks)
            && self.gender.is_none_or(|wanted| voice.gender == Some(wanted))
    }
}

/// A gender by name; the case does not matter, since Google writes it in capitals.
pub(crate) fn gender_of(name: &str) -> Result<Gender, ApiError> {
    match name.to_ascii_lowercase().as_str() {
        "female" => Ok(Gender::Female),
        "male" => Ok(Gender::Male),
        "neutral" => Ok(Gender::Neutral),
        _ => Err(ApiError::invalid(
            "invalid_value",
            "gender",
            format!("gender must be female, male or neutral, got {name}"),
        )),
    }
}

/// A gender's name.
pub(crate) const fn gender_name(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Neutral => "neutral",
    }
}

/// An age's name.
pub(crate) const fn age_name(age: Age) -> &'static str {
    match age {
        Age::Child => "child",
        Age::Young => "young",
        Age::Adult => "adult",
        Age::Elderly => "elderly",
    }
}

impl CatalogueVoice {
    pub(crate) fn new(provider: &str, voice: &Voice) -> Self {
        Self {
            id: VoiceId::new(provider, voice.id.as_str()).to_string(),
            name: voice.name.clone(),
            provider: provider.to_owned(),
            language: voice.languages.first().map(ToString::to_string),
            languages: voice.languages.iter().map(ToString::to_string).collect(),
            gender: voice.gender.map(gender_name),
            age: voice.age.map(age_name),
            styles: voice.styles.clone(),
            emotions: voice.emotions.clone(),
            neural: voice.neural,
            premium: voice.premium,
            sample_rate: voice.sample_rate,
            description: voice.description.clone(),
        }
    }
}
