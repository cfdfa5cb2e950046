//! `GET /api/v1/status`: how everything stands, for people and their scripts.
//!
//! The types are read as well as written: `understudy status` asks a running server.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use understudy_engine::{BreakerState, EngineStatus, ProviderStatus};
use utoipa::ToSchema;

use super::keeping::{self, CacheInfo, HistoryInfo, StoreHealth};
use super::plugins::{PluginInfo, plugin_infos};
use super::reply::milliseconds;
use crate::Understudy;
use crate::reload::{ConfigProblem, Pending, ReloadReport, ReloadState};

/// The server at one moment. Counts are from its start.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct StatusResponse {
    /// The program's version.
    pub(crate) version: String,
    /// True when somebody can speak and the server is not about to stop.
    pub(crate) ready: bool,
    /// Who plays when nobody is named.
    pub(crate) default_provider: Option<String>,
    /// Requests being spoken.
    pub(crate) speaking: usize,
    /// How many may be spoken at once.
    pub(crate) speaking_max: usize,
    /// Requests that wait for a place.
    pub(crate) waiting: usize,
    /// How many may wait.
    pub(crate) waiting_max: usize,
    /// Whether takes and history are kept.
    pub(crate) store: StoreHealth,
    /// The cache of takes.
    pub(crate) cache: CacheInfo,
    /// The history of requests.
    pub(crate) history: HistoryInfo,
    /// Every provider.
    pub(crate) providers: Vec<ProviderInfo>,
    /// How reloading stands.
    pub(crate) reload: ReloadInfo,
}

/// How reloading stands. Counts are from the server's start.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReloadInfo {
    /// Reloads that changed what plays.
    pub(crate) applied: u64,
    /// Reloads that found nothing to do.
    pub(crate) unchanged: u64,
    /// Reloads in which something was refused.
    pub(crate) rejected: u64,
    /// What is wrong with the configuration's file, when another one is in effect.
    pub(crate) config_problems: Vec<ConfigProblem>,
    /// Keys of the configuration whose new values wait for a restart.
    pub(crate) restart: Vec<String>,
    /// Changes that are seen and not made yet.
    #[serde(default)]
    pub(crate) pending: Vec<Pending>,
    /// The last one that did something, or that was asked for.
    pub(crate) last: Option<ReloadReport>,
    /// Every plugin.
    pub(crate) plugins: Vec<PluginInfo>,
}

/// One provider at one moment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProviderInfo {
    /// The name requests use.
    pub(crate) name: String,
    /// `closed` when it is asked, `open` when it is left alone, `half-open` when it is proving itself.
    pub(crate) breaker: String,
    /// How long it is left alone.
    pub(crate) retry_after_ms: Option<u64>,
    /// Calls under way.
    pub(crate) in_flight: usize,
    /// Calls made.
    pub(crate) calls: u64,
    /// Calls that gave a take.
    pub(crate) successes: u64,
    /// Calls that nobody waited for any more.
    pub(crate) cancelled: u64,
    /// Calls that were made because an earlier one of the same request had failed here.
    pub(crate) retries: u64,
    /// Calls that failed, by the error's code.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Times it was passed over, by the reason's code.
    pub(crate) withheld: BTreeMap<String, u64>,
    /// What half of the last thousand successes took at most, within a tenth.
    pub(crate) latency_p50_ms: Option<u64>,
    /// What nineteen of twenty took at most.
    pub(crate) latency_p95_ms: Option<u64>,
    /// Characters it was asked to speak today, UTC.
    pub(crate) characters_today: u64,
    /// Characters it was asked to speak in this calendar month, UTC.
    pub(crate) characters_this_month: u64,
}

/// How it stands
///
/// Breakers, counters, latencies, calls under way and the queue. For a monitoring system there is
/// `/metrics`.
#[utoipa::path(
    get, path = "/api/v1/status", operation_id = "status", tag = "Operation",
    responses((status = 200, body = StatusResponse))
)]
pub(crate) async fn status(State(understudy): State<Arc<Understudy>>) -> Json<StatusResponse> {
    let engine = understudy.engine();
    let EngineStatus { speaking, waiting, speaking_max, waiting_max, providers } = engine.status();
    Json(StatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ready: understudy.is_ready(),
        default_provider: engine.default_provider().map(str::to_owned),
        speaking,
        speaking_max,
        waiting,
        waiting_max,
        store: keeping::health(&engine),
        cache: keeping::cache(&engine),
        history: keeping::history(&engine),
        providers: providers.into_iter().map(ProviderInfo::from).collect(),
        reload: reload_info(&understudy),
    })
}

fn reload_info(understudy: &Understudy) -> ReloadInfo {
    let state = understudy.reload_state();
    let ReloadState { last, applied, unchanged, rejected, config_problems, restart, pending } = &*state;
    ReloadInfo {
        applied: *applied,
        unchanged: *unchanged,
        rejected: *rejected,
        config_problems: config_problems.clone(),
        restart: restart.clone(),
        pending: pending.clone(),
        last: last.clone(),
        plugins: plugin_infos(understudy),
    }
}

impl From<ProviderStatus> for ProviderInfo {
    fn from(from: ProviderStatus) -> Self {
        let named = |counts: BTreeMap<&'static str, u64>| {
            counts.into_iter().map(|(code, count)| (code.to_owned(), count)).collect()
        };
        Self {
            name: from.name,
            breaker: breaker_name(from.breaker).to_owned(),
            retry_after_ms: from.retry_after.map(milliseconds),
            in_flight: from.in_flight,
            calls: from.calls,
            successes: from.successes,
            cancelled: from.cancelled,
            retries: from.retries,
            failures: named(from.failures),
            withheld: named(from.withheld),
            latency_p50_ms: from.latency_p50.map(milliseconds),
            latency_p95_ms: from.latency_p95.map(milliseconds),
            characters_today: from.spending.day_characters,
            characters_this_month: from.spending.month_characters,
        }
    }
}

/// The word for a breaker's state.
pub(super) const fn breaker_name(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Closed => "closed",
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half-open",
    }
}
