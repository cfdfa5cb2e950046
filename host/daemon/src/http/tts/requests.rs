//! `GET /api/v1/tts/requests`: what was asked, and what became of it.
//!
//! It is the admin's, the one request by its id as well: it names users and tasks, may hold texts, and leads
//! to the audio, which says them in any case. An id is no secret that would make a request its caller's
//! own: clients choose it, and logs hold it.

#![allow(unused_qualifications, reason = "in what `utoipa::path` makes of `params(RequestsQuery)`")]

mod info;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use understudy_engine::cache::Degradation;
use understudy_engine::history::{HistoryPage, HistoryQuery, PAGE_MAX, RequestStatus};
use understudy_engine::{Engine, Store, nearest};
use utoipa::{IntoParams, ToSchema};

pub(crate) use info::RequestInfo;

use crate::Understudy;
use crate::http::admin::Admin;
use crate::http::error::{ApiError, ErrorBody};
use crate::moment;

/// Records of one answer when nobody says how many.
pub(crate) const PAGE: usize = 100;

/// The words for how a request ended.
pub(crate) const STATUSES: [(&str, RequestStatus); 4] = [
    ("completed", RequestStatus::Completed),
    ("cached", RequestStatus::Cached),
    ("failed", RequestStatus::Failed),
    ("cancelled", RequestStatus::Cancelled),
];

/// Which requests are wanted; what is left out does not narrow.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestsQuery {
    /// Not before this: an RFC 3339 time such as `2026-11-23T08:00:00Z`, a day, or milliseconds since
    /// 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// Before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    /// Of this provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<String>,
    /// `completed`, `cached`, `failed` or `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// Of this route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
    /// Of this task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) task_id: Option<String>,
    /// Requests of one answer, 1 to 1000; 100 when left out.
    #[param(value_type = Option<u32>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<String>,
    /// The `next` of the answer before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
}

/// Requests, the newest first.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct RequestPage {
    /// The requests.
    pub(crate) requests: Vec<RequestInfo>,
    /// The `cursor` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

/// A query that cannot be meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}, got {value}")]
pub(crate) struct BadQuery {
    pub(crate) field: &'static str,
    problem: &'static str,
    value: String,
    pub(crate) hint: Option<String>,
}

/// Look back
///
/// The requests for speech and what became of each, the newest first. Texts are kept only when the
/// configuration says so. Callers on this machine only, unless `server.admin_from` says otherwise.
#[utoipa::path(
    get, path = "/api/v1/tts/requests", operation_id = "listRequests", tag = "Understudy",
    params(RequestsQuery),
    responses(
        (status = 200, body = RequestPage),
        (status = 400, body = ErrorBody),
        (status = 403, description = "The caller is not on this machine.", body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn requests(
    _: Admin,
    State(understudy): State<Arc<Understudy>>,
    query: Result<Query<RequestsQuery>, QueryRejection>,
) -> Result<Json<RequestPage>, ApiError> {
    let Query(query) = query.map_err(|rejection| ApiError::of_query(&rejection))?;
    let (query, length) = query.read().map_err(|bad| {
        let error = ApiError::invalid("invalid_value", bad.field, bad.to_string());
        bad.hint.into_iter().fold(error, ApiError::hint)
    })?;
    let engine = understudy.engine();
    let store = remembering(&engine)?;
    let page = store.history().query(query, length).await.map_err(|reason| unreadable(&reason))?;
    Ok(Json(RequestPage::of(page, store)))
}

/// Look back at one
///
/// What became of the request with this id, the newest if it was used more than once. Callers on this
/// machine only, unless `server.admin_from` says otherwise.
#[utoipa::path(
    get, path = "/api/v1/tts/requests/{id}", operation_id = "getRequest", tag = "Understudy",
    params(("id" = String, Path, description = "The request's id, as in `x-request-id`.")),
    responses(
        (status = 200, body = RequestInfo),
        (status = 403, description = "The caller is not on this machine.", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn request(
    _: Admin,
    State(understudy): State<Arc<Understudy>>,
    Path(id): Path<String>,
) -> Result<Json<RequestInfo>, ApiError> {
    let engine = understudy.engine();
    let store = remembering(&engine)?;
    let found = store.history().find(&id).await.map_err(|reason| unreadable(&reason))?;
    found.map(|record| Json(RequestInfo::of(record, store.cache()))).ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "request_not_found", format!("no such request: {id}"))
    })
}

fn remembering(engine: &Engine) -> Result<&Store, ApiError> {
    engine.store().filter(|store| store.history().settings().enabled).ok_or_else(|| {
        let off = "requests are not remembered";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "history_off", off).hint("set history.enabled = true")
    })
}

fn unreadable(reason: &Degradation) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, reason.code(), reason.to_string()).hint(reason.hint())
}

impl RequestsQuery {
    /// What the history is asked, and for how many.
    pub(crate) fn read(&self) -> Result<(HistoryQuery, usize), BadQuery> {
        let bad =
            |field, problem, value: &str| BadQuery { field, problem, value: value.to_owned(), hint: None };
        let time = |field, text: &Option<String>| {
            let read = |text: &String| moment::read(text).ok_or_else(|| bad(field, "must be a time", text));
            text.as_ref().map(read).transpose()
        };
        let status = self.status.as_deref().map(status).transpose()?;
        let limit = self.limit.as_deref().map(|text| {
            let number = text.parse().ok().filter(|number| (1..=PAGE_MAX).contains(number));
            number.ok_or_else(|| bad("limit", "must be a number from 1 to 1000", text))
        });
        let cursor = self.cursor.as_deref().map(|text| {
            text.parse().map_err(|_| bad("cursor", "must be the `next` of an earlier answer", text))
        });
        let query = HistoryQuery {
            from_ms: time("from", &self.from)?,
            until_ms: time("until", &self.until)?,
            provider: self.provider.clone(),
            status,
            route: self.route.clone(),
            task_id: self.task_id.clone(),
            after: cursor.transpose()?,
        };
        Ok((query, limit.transpose()?.unwrap_or(PAGE)))
    }
}

fn status(text: &str) -> Result<RequestStatus, BadQuery> {
    let known = STATUSES.iter().find(|(word, _)| *word == text).map(|(_, status)| *status);
    known.ok_or_else(|| BadQuery {
        field: "status",
        problem: "must be one of completed, cached, failed, cancelled",
        value: text.to_owned(),
        hint: nearest(text, STATUSES.iter().map(|(word, _)| *word))
            .map(|meant| format!("did you mean `{meant}`?")),
    })
}

impl RequestPage {
    /// A page of the history of `store`.
    pub(crate) fn of(page: HistoryPage, store: &Store) -> Self {
        let info = |record| RequestInfo::of(record, store.cache());
        Self {
            requests: page.records.into_iter().map(info).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &RequestsQuery, expected: &str) {
        assert_eq!(query.read().unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let none = RequestsQuery::default;
        check(&RequestsQuery { from: some("soon"), ..none() }, "from must be a time, got soon");
        check(&RequestsQuery { limit: some("0"), ..none() }, "limit must be a number from 1 to 1000, got 0");
        check(
            &RequestsQuery { cursor: some("x"), ..none() },
            "cursor must be the `next` of an earlier answer, got x",
        );
        let bad = RequestsQuery { status: some("fail"), ..none() }.read().unwrap_err();
        assert_eq!(bad.hint.as_deref(), Some("did you mean `failed`?"));
        let (query, length) =
            RequestsQuery { from: some("1970-01-01T00:00:01Z"), limit: some("7"), ..none() }.read().unwrap();
        assert_eq!((query.from_ms, length), (Some(1_000), 7));
    }
}
