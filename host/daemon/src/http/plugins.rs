//! `GET /api/v1/plugins`: every plugin, its generations, and what waits or was refused.
//!
//! The types are read as well as written: `understudy plugin status` asks a running server.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reply::milliseconds;
use crate::plugins::{GenerationStatus, GenerationTally};
use crate::reload::{Leaving, Pending, PendingWhy};
use crate::{PluginFacts, PluginSource, PluginStatus, TrialStatus, Understudy};

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
    /// What a change of it that is seen and not made yet waits for.
    #[serde(default)]
    pub(crate) pending: Option<PendingWhy>,
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
    /// Which of the plugins that had this name it is, while it plays.
    #[serde(default)]
    pub(crate) generation: Option<u64>,
    /// A stable code for machines, when it was rolled back or refused.
    #[serde(default)]
    pub(crate) code: Option<String>,
    /// Why it was rolled back or refused.
    pub(crate) reason: Option<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// What a plugin is and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PluginWhat {
    /// `ready`, `awaiting grant`, `rejected` or `disabled`; `removed` while one that is wanted no more
    /// finishes, `arriving` when a file is there and not judged yet.
    pub(crate) state: String,
    /// The file, or `built in`.
    pub(crate) source: String,
    /// The plugin's own version.
    pub(crate) version: Option<String>,
    /// SHA-256 of the component.
    pub(crate) digest: Option<String>,
    /// A stable code for machines, when it was rejected or awaits a grant.
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
    /// `serving`; `canary` when it plays for a share of the callers; `leaving` when it only plays for those
    /// who came before its successor; `ended` when it was interrupted at the end of that time.
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
    let state = understudy.reload_state();
    let statuses = understudy.plugins();
    let mut infos: Vec<PluginInfo> =
        statuses.iter().map(|status| PluginInfo::of(status, &leaving, &state.pending)).collect();
    // One that is wanted no more is shown until it has gone.
    for gone in &leaving {
        if infos.iter().all(|info| info.name != gone.provider) {
            infos.push(PluginInfo::without_a_plugin(&gone.provider, "removed", &leaving));
        }
    }
    let arriving = state.pending.iter().filter(|pending| is_new(pending, &statuses));
    infos.extend(arriving.map(PluginInfo::arriving));
    infos
}

/// A plugin's file of which nothing is known yet.
fn is_new(pending: &Pending, known: &[PluginStatus]) -> bool {
    let file = Path::new(&pending.what);
    let is_known = |status: &PluginStatus| concerns(pending, status);
    file.extension().is_some_and(|extension| extension == "wasm") && !known.iter().any(is_known)
}

/// Whether a change that is not made yet is one of this plugin.
fn concerns(pending: &Pending, status: &PluginStatus) -> bool {
    let candidate = status.candidate.as_ref().map(|candidate| &candidate.source);
    let files = std::iter::once(&status.source).chain(candidate).filter_map(PluginSource::path);
    let canary = status.trial.as_ref().map(|trial| trial.path.as_path());
    pending.what == status.name || files.chain(canary).any(|file| file == Path::new(&pending.what))
}

impl PluginInfo {
    fn of(status: &PluginStatus, leaving: &[Leaving], pending: &[Pending]) -> Self {
        let playing = |role: &str, generation: GenerationStatus| GenerationInfo {
            number: generation.number,
            role: role.to_owned(),
            ends_in_ms: None,
            tally: generation.tally,
        };
        let serving = status.generation.map(|generation| playing("serving", generation));
        let canary = status.trial.as_ref().and_then(|trial| trial.generation);
        let canary = canary.map(|generation| playing("canary", generation));
        let candidate = status.candidate.as_deref().cloned();
        Self {
            name: status.name.clone(),
            is: PluginWhat::of(status),
            generations: serving.into_iter().chain(canary).chain(leavers(leaving, &status.name)).collect(),
            candidate: candidate.map(|candidate| PluginWhat::of(&candidate.into())),
            canary: status.trial.as_deref().map(CanaryInfo::of),
            pending: pending.iter().find(|pending| concerns(pending, status)).map(|pending| pending.why),
        }
    }

    pub(in crate::http) fn without_a_plugin(name: &str, state: &str, leaving: &[Leaving]) -> Self {
        let is = PluginWhat {
            state: state.to_owned(),
            source: String::new(),
            version: None,
            digest: None,
            code: None,
            reason: None,
            hint: None,
        };
        let generations = leavers(leaving, name).collect();
        Self { name: name.to_owned(), is, generations, candidate: None, canary: None, pending: None }
    }

    fn arriving(pending: &Pending) -> Self {
        let name = Path::new(&pending.what).file_stem().unwrap_or_default().to_string_lossy();
        let mut info = Self::without_a_plugin(&name, "arriving", &[]);
        info.is.source.clone_from(&pending.what);
        Self { pending: Some(pending.why), ..info }
    }
}

/// The generations of a name that play only for those who came before.
fn leavers<'a>(leaving: &'a [Leaving], name: &'a str) -> impl Iterator<Item = GenerationInfo> + 'a {
    leaving.iter().filter(move |leaving| leaving.provider == name).map(|leaving| GenerationInfo {
        number: leaving.status.number,
        role: if leaving.ended { "ended" } else { "leaving" }.to_owned(),
        ends_in_ms: Some(milliseconds(leaving.left)),
        tally: leaving.status.tally,
    })
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
            generation: trial.generation.map(|generation| generation.number),
            code: trial.code.map(str::to_owned),
            reason: trial.reason.clone(),
            hint: trial.hint.clone(),
        }
    }
}

impl PluginWhat {
    fn of(status: &PluginStatus) -> Self {
        let fact = |of: fn(&PluginFacts) -> &str| status.facts.as_ref().map(|facts| of(facts).to_owned());
        Self {
            state: status.state.name().to_owned(),
            source: status.source.to_string(),
            version: fact(|facts| &facts.manifest.version),
            digest: fact(|facts| &facts.digest),
            code: status.state.code().map(str::to_owned),
            reason: status.state.reason(),
            hint: status.hint(),
        }
    }
}
