//! `/healthz` and `/readyz`: alive, and able to speak.
//!
//! Two questions, because they have two answers to act on: a process that is not alive is
//! restarted, one that is not ready is only left out until it is. Liveness asks nothing of
//! anybody, or a slow provider would get the server killed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::keeping::{self, StoreHealth};
use crate::reload::ConfigProblem;
use crate::{PluginStatus, Understudy};

/// The server lives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `healthy`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// Whether the server can speak.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// True when somebody can speak and the server is not about to stop.
    ready: bool,
    /// Who plays when nobody is named.
    default_provider: Option<String>,
    /// Whether takes and history are kept. It has no say in `ready`: speech goes on without.
    store: StoreHealth,
    /// Every plugin and its state.
    plugins: Vec<PluginReadiness>,
    /// What is wrong with the configuration's file, when another one is in effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    config_problems: Vec<ConfigProblem>,
    /// Keys of the configuration whose new values wait for a restart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    restart: Vec<String>,
}

/// A plugin's state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginReadiness {
    /// The provider's name.
    name: String,
    /// `ready`, `awaiting grant`, `rejected` or `disabled`.
    state: &'static str,
    /// The stable code of why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why it was rejected, or what it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The state of a newer one that would play in its place and cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<&'static str>,
    /// The stable code of why that one was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_code: Option<&'static str>,
    /// The state of a newer one on trial beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<&'static str>,
}

/// Is it alive?
#[utoipa::path(get, path = "/healthz", operation_id = "liveness", tag = "Operation", responses((status = 200, body = Health)))]
pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "healthy", version: env!("CARGO_PKG_VERSION") })
}

/// Can it speak?
#[utoipa::path(
    get, path = "/readyz", operation_id = "readiness", tag = "Operation",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(crate) async fn ready(State(understudy): State<Arc<Understudy>>) -> Response {
    let ready = understudy.is_ready();
    let state = |plugin: PluginStatus| PluginReadiness {
        state: plugin.state.name(),
        code: plugin.state.code(),
        reason: plugin.state.reason(),
        candidate: plugin.candidate.as_ref().map(|candidate| candidate.state.name()),
        candidate_code: plugin.candidate.and_then(|candidate| candidate.state.code()),
        canary: plugin.trial.map(|trial| trial.state),
        name: plugin.name,
    };
    let reload = understudy.reload_state();
    let body = Readiness {
        ready,
        default_provider: understudy.engine().default_provider().map(str::to_owned),
        store: keeping::health(&understudy.engine()),
        plugins: understudy.plugins().into_iter().map(state).collect(),
        config_problems: reload.config_problems.clone(),
        restart: reload.restart.clone(),
    };
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}
