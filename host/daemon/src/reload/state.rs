//! What is remembered of reloads.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::{ConfigProblem, ReloadOutcome, ReloadReport};

/// How reloading stands.
#[derive(Clone, Debug, Default)]
pub struct ReloadState {
    /// The last reload that somebody asked for, or that found something.
    pub last: Option<ReloadReport>,
    /// Reloads that changed what plays.
    pub applied: u64,
    /// Reloads that found nothing to do.
    pub unchanged: u64,
    /// Reloads in which something was refused.
    pub rejected: u64,
    /// What is wrong with the configuration's file; empty when it is what is in effect.
    pub config_problems: Vec<ConfigProblem>,
    /// Keys whose new values wait for a restart.
    pub restart: Vec<String>,
    /// Changes that are seen and not made yet.
    pub pending: Vec<Pending>,
}

/// A change that is seen and not made yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pending {
    /// A file, or a provider's name.
    pub what: String,
    /// What it waits for.
    pub why: PendingWhy,
}

/// What a change waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PendingWhy {
    /// The file is still changing.
    Changing,
    /// The file is being read, compiled or checked.
    Judged,
    /// An older generation of the provider has to go first.
    Crowded,
}

impl PendingWhy {
    /// All of these wait for this.
    pub(super) fn all<T: AsRef<Path>>(self, what: &BTreeSet<T>) -> Vec<Pending> {
        what.iter().map(|what| Pending { what: what.as_ref().display().to_string(), why: self }).collect()
    }

    /// In words for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Changing => "waits until its file stays the same",
            Self::Judged => "is being read, compiled or checked",
            Self::Crowded => "waits until an older generation of it has gone",
        }
    }
}

impl ReloadState {
    /// What a part of a reload found out, while the rest of it is under way: a mistake must not wait
    /// to be told until a plugin has drained.
    pub(crate) fn meanwhile(&self, report: &ReloadReport) -> Self {
        Self {
            config_problems: report.config_problems.clone(),
            restart: report.restart.clone(),
            ..self.clone()
        }
    }

    /// The state after `report`, which is numbered here. One that nobody asked for and that found
    /// nothing is not told.
    pub(crate) fn after(&self, report: ReloadReport, asked: bool) -> (Self, ReloadReport) {
        let mut state = self.clone();
        let told = asked || report.outcome != ReloadOutcome::Unchanged;
        if !told {
            return (state, report);
        }
        let count = match report.outcome {
            ReloadOutcome::Applied => &mut state.applied,
            ReloadOutcome::Unchanged => &mut state.unchanged,
            ReloadOutcome::Rejected => &mut state.rejected,
        };
        *count += 1;
        let number = state.applied + state.unchanged + state.rejected;
        let report = ReloadReport { number, ..report };
        state.config_problems.clone_from(&report.config_problems);
        state.restart.clone_from(&report.restart);
        state.last = Some(report.clone());
        (state, report)
    }
}
