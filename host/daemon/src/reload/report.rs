//! What a reload did, for people and for programs.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::state::{Pending, ReloadState};
use crate::config::ConfigError;
use crate::plugins::{PluginState, Role, Trial, TrialStatus};

/// What a reload did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadReport {
    /// Reloads so far, this one included.
    pub number: u64,
    /// Who asked for it.
    pub trigger: Trigger,
    /// How it ended.
    pub outcome: ReloadOutcome,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: u64,
    /// How long it took.
    pub took_ms: u64,
    /// The configuration's keys that are not as they were.
    pub changed: Vec<String>,
    /// Keys whose new values wait for a restart.
    pub restart: Vec<String>,
    /// What is wrong with the configuration; while it is, the one before it is in effect.
    pub config_problems: Vec<ConfigProblem>,
    /// The plugins that are not as they were, or were refused.
    pub plugins: Vec<PluginChange>,
    /// What waits for an older generation of its provider to go.
    #[serde(default)]
    pub pending: Vec<Pending>,
}

/// Who asked for a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A file changed.
    Files,
    /// SIGHUP.
    Signal,
    /// The admin's route, or a program that embeds this one.
    Request,
    /// A plugin on trial that held its budget, or broke it.
    Canary,
}

/// How a reload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReloadOutcome {
    /// There was nothing to do.
    Unchanged,
    /// What plays is as the files want it.
    Applied,
    /// The configuration or a plugin was refused, or awaits a grant; all else is as the files want it.
    Rejected,
}

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigProblem {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when the file could not be read at all.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// One plugin that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginChange {
    /// The provider's name.
    pub name: String,
    /// `added`, `replaced`, `removed`, `rejected` or `awaiting grant`; of a canary `canary on trial`,
    /// `canary promoted`, `canary rolled back`, `canary rejected`, `canary removed`.
    pub change: String,
    /// The generation that plays now, if any does.
    pub generation: Option<u64>,
    /// SHA-256 of the component the change is about.
    pub digest: Option<String>,
    /// A stable code for machines, when it was refused.
    pub code: Option<String>,
    /// Why it was refused, or what it asks for.
    pub reason: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ConfigProblem {
    /// Everything that is wrong with a file.
    pub(super) fn all(error: &ConfigError) -> Vec<Self> {
        let file = error.file().display().to_string();
        let unreadable = || Self {
            file: file.clone(),
            line: 0,
            column: 0,
            message: error.to_string(),
            hint: Some("what was in effect stays in effect; put the file back".to_owned()),
        };
        let found = error.problems().iter().map(|problem| Self {
            file: file.clone(),
            line: problem.place.line,
            column: problem.place.column,
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        });
        let found: Vec<Self> = found.collect();
        if found.is_empty() { vec![unreadable()] } else { found }
    }
}

impl ReloadReport {
    /// What verdicts on trials changed.
    pub(crate) fn of_trials(before: &[Role], now: &[Role], state: &ReloadState) -> Self {
        let plugins = changes(before, now, false);
        let refused = plugins.iter().any(PluginChange::is_refused);
        Self {
            number: 0,
            trigger: Trigger::Canary,
            outcome: if refused { ReloadOutcome::Rejected } else { ReloadOutcome::Applied },
            at_ms: now_ms(),
            took_ms: 0,
            changed: Vec::new(),
            restart: state.restart.clone(),
            config_problems: state.config_problems.clone(),
            plugins,
            pending: Vec::new(),
        }
    }

    /// What happened in a later part of the same reload.
    pub(super) fn go_on(&mut self, later: Self) {
        self.changed.extend(later.changed);
        self.plugins.retain(|change| later.plugins.iter().all(|newer| newer.name != change.name));
        self.plugins.extend(later.plugins);
        self.took_ms += later.took_ms;
        self.outcome = match (self.outcome, later.outcome) {
            (ReloadOutcome::Unchanged, later) => later,
            (before, ReloadOutcome::Unchanged) => before,
            (_, later) => later,
        };
        (self.restart, self.config_problems, self.at_ms) =
            (later.restart, later.config_problems, later.at_ms);
        self.pending = later.pending;
    }
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// What is different between two casts; with `refused`, also who was refused before and still is.
pub(super) fn changes(before: &[Role], now: &[Role], refused: bool) -> Vec<PluginChange> {
    let was = |name: &str| before.iter().find(|role| role.name == name);
    let mut changes: Vec<PluginChange> = Vec::new();
    for role in now {
        changes.extend(trial(was(&role.name), role, refused));
        changes.extend(newest(was(&role.name), role, refused).or_else(|| serving(was(&role.name), role)));
    }
    let gone =
        before.iter().filter(|role| role.serving.is_some() && now.iter().all(|now| now.name != role.name));
    changes.extend(gone.map(|role| PluginChange::of(role, "removed")));
    changes
}

/// What became of a plugin on trial.
fn trial(was: Option<&Role>, role: &Role, refused: bool) -> Option<PluginChange> {
    let told = |role: &Role| role.trial.as_ref().map(Trial::status);
    let before = was.and_then(told);
    let Some(status) = told(role) else {
        return before.map(|_| PluginChange::of(role, "canary removed"));
    };
    let digest = |status: &TrialStatus| status.facts.as_ref().map(|facts| facts.digest.clone());
    let is_refused = matches!(status.state, "rejected" | "awaiting grant");
    let same = before.is_some_and(|before| {
        (before.state, &before.path, before.percent, &before.reason, digest(&before))
            == (status.state, &status.path, status.percent, &status.reason, digest(&status))
    });
    if same && !(refused && is_refused) {
        return None;
    }
    let change = PluginChange::of(role, &format!("canary {}", status.state));
    let code = status.code.map(str::to_owned);
    Some(PluginChange { digest: digest(&status), code, reason: status.reason, hint: status.hint, ..change })
}

fn serving(was: Option<&Role>, role: &Role) -> Option<PluginChange> {
    let number = |role: &Role| role.serving.as_ref().map(|serving| serving.generation.number());
    let change = match (was.and_then(number), number(role)) {
        (None, Some(_)) => "added",
        (Some(old), Some(new)) if old != new => "replaced",
        (Some(_), None) => "removed",
        _ => return None,
    };
    let digest = role.serving.as_ref().map(|serving| serving.facts.digest.clone());
    Some(PluginChange { digest, ..PluginChange::of(role, change) })
}

fn newest(was: Option<&Role>, role: &Role, refused: bool) -> Option<PluginChange> {
    let newest = role.newest.as_ref()?;
    let old = was.and_then(|was| was.newest.as_ref());
    if old.is_some_and(|old| old.is_like(newest)) && !refused {
        return None;
    }
    match &newest.state {
        // Told when it stops playing, and not every time after.
        PluginState::Ready | PluginState::Disabled => serving(was, role),
        PluginState::Rejected { .. } | PluginState::AwaitingGrant { .. } => Some(PluginChange {
            digest: newest.facts.as_ref().map(|facts| facts.digest.clone()),
            code: newest.state.code().map(str::to_owned),
            reason: newest.state.reason(),
            hint: newest.state.hint(),
            ..PluginChange::of(role, newest.state.name())
        }),
    }
}

impl PluginChange {
    fn of(role: &Role, change: &str) -> Self {
        let generation = role.serving.as_ref().map(|serving| serving.generation.number());
        Self {
            name: role.name.clone(),
            change: change.to_owned(),
            generation: generation.filter(|_| change != "removed"),
            digest: None,
            code: None,
            reason: None,
            hint: None,
        }
    }

    /// Whether the plugin was refused, or waits for a grant.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.code.is_some()
    }
}
