//! What is remembered of reloads.

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
}

impl ReloadState {
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
