//! `POST /api/v1/tts/explain`: what a synthesis would do, without doing it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::HeaderMap;
use serde::Serialize;
use understudy_engine::{Casting, Rehearsal, Rehearsed, Withheld};
use utoipa::ToSchema;

use super::request::{Head, SynthesizeRequest};
use crate::Understudy;
use crate::http::body::Object;
use crate::http::caching;
use crate::http::envelope::RequestId;
use crate::http::error::{ApiError, Dialect, ErrorBody};
use crate::http::provenance::{SkippedInfo, how_name};
use crate::http::reply::milliseconds;
use crate::http::route_of;

/// A request's plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainResponse {
    /// The request's id. It draws the order of providers with weights, so the same id in
    /// `x-request-id` gives the same order.
    request_id: String,
    /// What was asked for: a voice as `provider/voice`, the name of a voice of this server, or the
    /// provider that leads.
    asked: String,
    /// The route taken; null when none was named and there is no default.
    route: Option<String>,
    /// Who would be called first right now; null when nobody could be.
    leader: Option<String>,
    /// Characters of the text.
    characters: usize,
    /// The time the request would have.
    deadline_ms: u64,
    /// What would be done to the request.
    notes: Vec<String>,
    /// Fields of the request that would find no use, whoever spoke.
    dropped: Vec<String>,
    /// Fields of the request that nobody knows.
    ignored: Vec<String>,
    /// Who could speak, in order.
    candidates: Vec<CandidateInfo>,
}

/// One who could speak.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CandidateInfo {
    /// The provider.
    provider: String,
    /// The voice it would use, as `provider/voice`; null when it chooses, or is skipped.
    voice: Option<String>,
    /// How the voice was found: `asked`, `unnamed`, `mapped`, `same-name` or `nearest`; null when
    /// it is skipped.
    how: Option<&'static str>,
    /// How alike it is to the voice asked for, 0 to 1, when that was measured.
    score: Option<f32>,
    /// What was compared, in words.
    reasons: Vec<String>,
    /// Fields it would speak without.
    dropped: Vec<String>,
    /// Why it cannot play this at all; null when it can.
    skipped: Option<SkippedInfo>,
    /// What keeps it from being called right now; null when nothing does.
    withheld: Option<WithheldInfo>,
    /// Whether its take is in the cache and would be had without a call; null when there is no cache, or
    /// the request wants nothing of it.
    cached: Option<bool>,
    /// What it would cost in US dollars, when a price is known.
    price: Option<f64>,
}

/// What keeps a provider from being called.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WithheldInfo {
    /// A stable code for machines, for example `breaker_open`.
    code: &'static str,
    /// The reason.
    reason: String,
    /// When it may be otherwise, if that is known.
    retry_after_ms: Option<u64>,
}

/// Explain a synthesis
///
/// Takes what `synthesize` takes and tells what it would do: who could speak in which order, with
/// which voice and why that one, what keeps whom from being called right now, at what price. Nobody is
/// asked to speak and nothing is billed.
#[utoipa::path(
    post, path = "/api/v1/tts/explain", operation_id = "explainSynthesis", tag = "Understudy",
    request_body = SynthesizeRequest,
    responses(
        (status = 200, description = "The plan.", body = ExplainResponse),
        (status = 400, description = "The request is wrong.", body = ErrorBody),
        (status = 503, description = "There is no provider.", body = ErrorBody),
    )
)]
pub(crate) async fn explain(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
    Object { value, ignored }: Object<SynthesizeRequest>,
) -> Result<Json<ExplainResponse>, ApiError> {
    let engine = understudy.engine();
    let head = Head {
        id: Arc::clone(&id),
        accepted: None,
        route: route_of(&headers),
        cache: caching::wanted(&headers),
    };
    let wanted = value.read(&engine, head).await?;
    let rehearsal = engine.rehearse(wanted.request).await;
    let rehearsal = rehearsal.map_err(|error| ApiError::of(&error, Dialect::Native))?;
    Ok(Json(response(&id, rehearsal, wanted.dropped, ignored)))
}

fn response(id: &str, from: Rehearsal, dropped: Vec<String>, ignored: Vec<String>) -> ExplainResponse {
    let leader = from.leader().map(|leader| leader.provider.clone());
    let Rehearsal { asked, route, characters, deadline, notes, candidates } = from;
    ExplainResponse {
        request_id: id.to_owned(),
        asked,
        route,
        leader,
        characters,
        deadline_ms: milliseconds(deadline),
        notes,
        dropped,
        ignored,
        candidates: candidates.into_iter().map(CandidateInfo::from).collect(),
    }
}

impl From<Rehearsed> for CandidateInfo {
    fn from(from: Rehearsed) -> Self {
        let Rehearsed { provider, voice, casting, dropped, skipped, withheld, cached, price } = from;
        let how = casting.as_ref().map(|casting| how_name(casting.how));
        let (score, reasons) =
            casting.map_or((None, Vec::new()), |Casting { score, reasons, .. }| (score, reasons));
        Self {
            provider,
            voice,
            how,
            score,
            reasons,
            dropped: dropped.iter().map(|field| Dialect::Native.field(field).to_owned()).collect(),
            skipped: skipped.as_ref().map(SkippedInfo::from),
            withheld: withheld.as_ref().map(WithheldInfo::from),
            cached,
            price,
        }
    }
}

impl From<&Withheld> for WithheldInfo {
    fn from(from: &Withheld) -> Self {
        let retry_after_ms = from.retry_after().map(milliseconds);
        Self { code: from.code(), reason: from.to_string(), retry_after_ms }
    }
}
