//! `GET /api/v1/plugins`: every plugin, its generations, and what waits or was refused.
//!
//! The types are read as well as written: `understudy plugin status` asks a running server.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reply::milliseconds;
use crate::plugins::GenerationTally;
use crate::{PluginFacts, PluginState, PluginStatus, TrialStatus, Understudy};

/// One plugin.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PluginInfo {
    /// The provider's name; for a dropped file that could not be read, the file's.
    pub(crate) name: String,
    /// What became of it.
    #[serde(flatten)]
    pub(crate) is: PluginWhat,
    /// Everyone of this name who plays now: the one for new requests first, then those that finish.
    pub(crate) generations: Vec<GenerationInfo>,
    /// The newest, when it would play in the place of one that does and cannot.
    pub(crate) candidate: Option<PluginWhat>,
    /// A newer one on trial beside it, or what became of it.
    pub(crate) canary: Option<CanaryInfo>,
}

/// A plugin on trial.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct CanaryInfo {
    /// `on trial`, `rolled back`, `promoted`, `rejected` or `awaiting grant`.
    pub(crate) state: String,
    /// Its file.
    pub(crate) source: String,
    /// The share of callers it is for.
    pub(crate) percent: u8,
    /// The plugin's own version.
    pub(crate) version: Option<String>,
    /// SHA-256 of the component.
    pub(crate) digest: Option<String>,
    /// Why it was rolled back or refused.
    pub(crate) reason: Option<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// What a plugin is and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PluginWhat {
    /// `ready`, `awaiting grant`, `rejected` or `disabled`.
    pub(crate) state: String,
    /// The file, or `built in`.
    pub(crate) source: String,
    /// The plugin's own version.
    pub(crate) version: Option<String>,
    /// SHA-256 of the component.
    pub(crate) digest: Option<String>,
    /// A stable code for machines, when it was rejected.
    pub(crate) code: Option<String>,
    /// Why it was rejected, or what it asks for.
    pub(crate) reason: Option<String>,
    /// What to do so that it plays; for one that awaits a grant, what to paste.
    pub(crate) hint: Option<String>,
}

/// A loaded plugin among those that had its name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct GenerationInfo {
    /// From 1, for every name.
    pub(crate) number: u64,
    /// `serving`, `canary` when it plays for a share of the callers, or `leaving` when it only plays for those who came before its successor.
    pub(crate) role: String,
    /// When one that leaves is interrupted.
    pub(crate) ends_in_ms: Option<u64>,
    /// What it has done.
    #[serde(flatten)]
    pub(crate) tally: GenerationTally,
}

/// List the plugins
///
/// Every plugin and what became of it, with the generations that play, and a newer one that was
/// refused beside the one that goes on playing.
#[utoipa::path(
    get, path = "/api/v1/plugins", operation_id = "listPlugins", tag = "Operation",
    responses((status = 200, body = Vec<PluginInfo>))
)]
pub(crate) async fn plugins(State(understudy): State<Arc<Understudy>>) -> Json<Vec<PluginInfo>> {
    Json(plugin_infos(&understudy))
}

/// Every plugin, as it is shown.
pub(crate) fn plugin_infos(understudy: &Understudy) -> Vec<PluginInfo> {
    let leaving = understudy.departures().leaving();
    let info = |status: PluginStatus| {
        let serving = status.generation.map(|generation| GenerationInfo {
            number: generation.number,
            role: "serving".to_owned(),
            ends_in_ms: None,
            tally: generation.tally,
        });
        let canary = status.trial.as_ref().and_then(|trial| trial.generation);
        let canary = canary.map(|generation| GenerationInfo {
            number: generation.number,
            role: "canary".to_owned(),
            ends_in_ms: None,
            tally: generation.tally,
        });
        let leaving = leaving.iter().filter(|leaving| leaving.provider == status.name);
        let leaving = leaving.map(|leaving| GenerationInfo {
            number: leaving.status.number,
            role: "leaving".to_owned(),
            ends_in_ms: Some(milliseconds(leaving.left)),
            tally: leaving.status.tally,
        });
        PluginInfo {
            generations: serving.into_iter().chain(canary).chain(leaving).collect(),
            canary: status.trial.as_deref().map(CanaryInfo::of),
            candidate: status
                .candidate
                .as_deref()
                .cloned()
                .map(|candidate| PluginWhat::of(&candidate.into())),
            is: PluginWhat::of(&status),
            name: status.name,
        }
    };
    let mut infos: Vec<PluginInfo> = understudy.plugins().into_iter().map(info).collect();
    // One that is wanted no more is shown until it has gone.
    for gone in &leaving {
        if infos.iter().all(|info| info.name != gone.provider) {
            infos.push(PluginInfo::removed(&gone.provider, &leaving));
        }
    }
    infos
}

impl PluginInfo {
    fn removed(name: &str, leaving: &[crate::reload::Leaving]) -> Self {
        let generations = leaving.iter().filter(|leaving| leaving.provider == name);
        let generations = generations.map(|leaving| GenerationInfo {
            number: leaving.status.number,
            role: "leaving".to_owned(),
            ends_in_ms: Some(milliseconds(leaving.left)),
            tally: leaving.status.tally,
        });
        let is = PluginWhat {
            state: "removed".to_owned(),
            source: String::new(),
            version: None,
            digest: None,
            code: None,
            reason: None,
            hint: None,
        };
        Self { name: name.to_owned(), is, generations: generations.collect(), candidate: None, canary: None }
    }
}

impl CanaryInfo {
    fn of(trial: &TrialStatus) -> Self {
        let facts = trial.facts.as_ref();
        Self {
            state: trial.state.to_owned(),
            source: trial.path.display().to_string(),
            percent: trial.percent,
            version: facts.map(|facts| facts.manifest.version.clone()),
            digest: facts.map(|facts| facts.digest.clone()),
            reason: trial.reason.clone(),
            hint: trial.hint.clone(),
        }
    }
}

impl PluginWhat {
    fn of(status: &PluginStatus) -> Self {
        let (code, reason) = match &status.state {
            PluginState::Rejected { code, reason, .. } => (Some((*code).to_owned()), Some(reason.clone())),
            PluginState::AwaitingGrant { asks, .. } => (None, Some(asks.join("; "))),
            PluginState::Ready | PluginState::Disabled => (None, None),
        };
        let fact = |of: fn(&PluginFacts) -> &str| status.facts.as_ref().map(|facts| of(facts).to_owned());
        Self {
            state: status.state.name().to_owned(),
            source: status.source.to_string(),
            version: fact(|facts| &facts.manifest.version),
            digest: fact(|facts| &facts.digest),
            code,
            reason,
            hint: status.hint(),
        }
    }
}
