//! `GET /api/v1/tts/voices`: the voices of all providers, found by what they are.

#![allow(unused_qualifications, reason = "in what `utoipa::path` makes of `params(VoiceQuery)`")]

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use understudy_engine::catalogue::{self, Count, Facets, QueryError, RawQuery};
use utoipa::{IntoParams, ToSchema};

use crate::Understudy;
use crate::catalogue::{Lists, Missing};
use crate::http::catalogue::CatalogueVoice;
use crate::http::error::{ApiError, ErrorBody};

/// Which voices are wanted; what is left out does not narrow.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VoiceQuery {
    /// A BCP-47 tag: `en` for all of English, `en-US` for one region.
    language: Option<String>,
    /// `female`, `male`, `neutral`, or `unknown` for voices of which nothing is said.
    gender: Option<String>,
    /// A style or an emotion the voice has.
    style: Option<String>,
    /// Only of this provider.
    provider: Option<String>,
    /// Words that must all stand in a voice's name, id, description or labels; accents and case do
    /// not matter.
    search: Option<String>,
    /// Voices of one answer, 1 to 1000; 100 when left out.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    /// The `next` of the answer before.
    cursor: Option<String>,
}

/// Voices of all providers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoicePage {
    /// The voices, by provider, language and name.
    voices: Vec<CatalogueVoice>,
    /// How many match on all pages.
    total: usize,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
    /// How many match by each property, if that were chosen in place of what is.
    facets: VoiceFacets,
    /// Providers that could not list their voices now. What they listed before is shown.
    unavailable: Vec<UnavailableProvider>,
}

/// Counts by property, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoiceFacets {
    /// By spoken language: `en`.
    languages: Vec<FacetCount>,
    /// By whole tag: `en-US`.
    locales: Vec<FacetCount>,
    /// `female`, `male`, `neutral`, `unknown`.
    genders: Vec<FacetCount>,
    /// By style and emotion.
    styles: Vec<FacetCount>,
    /// By provider.
    providers: Vec<FacetCount>,
}

/// One value of a property.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FacetCount {
    /// The value, as a query names it.
    value: String,
    /// Voices that have it.
    count: usize,
}

/// A provider that could not list its voices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnavailableProvider {
    /// Its name.
    provider: String,
    /// A stable code for machines.
    code: &'static str,
    /// Why.
    reason: String,
}

/// Find voices
///
/// The voices of all providers in one list, filtered and a page at a time. Providers are asked at
/// once; one that fails is named under `unavailable` and hides nobody else's voices.
#[utoipa::path(
    get, path = "/api/v1/tts/voices", operation_id = "findVoices", tag = "Understudy", params(VoiceQuery),
    responses((status = 200, body = VoicePage), (status = 400, body = ErrorBody))
)]
pub(crate) async fn find_voices(
    State(understudy): State<Arc<Understudy>>,
    query: Result<Query<VoiceQuery>, QueryRejection>,
) -> Result<Json<VoicePage>, ApiError> {
    let Query(query) = query.map_err(|rejection| ApiError::of_query(&rejection))?;
    let query = catalogue::Query::read(&RawQuery {
        language: query.language.as_deref(),
        gender: query.gender.as_deref(),
        style: query.style.as_deref(),
        provider: query.provider.as_deref(),
        search: query.search.as_deref(),
        limit: query.limit.as_deref(),
        cursor: query.cursor.as_deref(),
    });
    let query = query.map_err(|error| refused(&error))?;
    let lists = Lists::fetch(&understudy.engine()).await;
    let catalogue = lists.catalogue();
    let page = catalogue.page(&query).map_err(|error| refused(&error))?;
    let missing = |missing: &Missing| UnavailableProvider {
        provider: missing.provider.clone(),
        code: missing.error.code(),
        reason: missing.reason(),
    };
    Ok(Json(VoicePage {
        voices: page.entries.iter().map(|entry| CatalogueVoice::new(entry.provider, entry.voice)).collect(),
        total: page.total,
        next: page.next,
        facets: page.facets.into(),
        unavailable: lists.missing().iter().map(missing).collect(),
    }))
}

fn refused(error: &QueryError) -> ApiError {
    let code = if matches!(error, QueryError::UnknownProvider { .. }) {
        "unknown_provider"
    } else {
        "invalid_value"
    };
    let told = ApiError::invalid(code, error.field(), error.to_string());
    error.hint().into_iter().fold(told, ApiError::hint)
}

impl From<Facets> for VoiceFacets {
    fn from(facets: Facets) -> Self {
        let counts = |counts: Vec<Count>| -> Vec<FacetCount> {
            counts.into_iter().map(|Count { value, count }| FacetCount { value, count }).collect()
        };
        Self {
            languages: counts(facets.languages),
            locales: counts(facets.locales),
            genders: counts(facets.genders),
            styles: counts(facets.styles),
            providers: counts(facets.providers),
        }
    }
}
