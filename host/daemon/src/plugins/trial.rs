//! A newer plugin on trial beside the one that plays: a canary.
//!
//! It is brought in like any candidate and then plays for a share of the callers, until its budget is
//! broken or held. What came of it is remembered for as long as neither its file nor its section
//! changes: a plugin that was rolled back must not be tried again with the next reload, and one that
//! was promoted must not be taken back because the file it replaced is still there.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{info, warn};

use super::role::{Judged, Newest, Role, Serving};
use super::{GenerationStatus, GenerationTally, PluginFacts};
use crate::config::Canary;
use crate::reload::{Verdict, judge};

/// What became of a plugin on trial.
#[derive(Clone, Debug)]
pub(crate) enum Trial {
    /// It plays for its share of the callers.
    Running(Running),
    /// It broke its budget.
    RolledBack { was: Running, reason: String },
    /// It held its budget and plays for all.
    Promoted(Running),
    /// It could not be tried.
    Refused { canary: Canary, newest: Newest },
}

/// One that plays, or played, for its share of the callers.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) canary: Canary,
    pub(crate) serving: Option<Serving>,
    pub(super) number: u64,
    pub(super) facts: Arc<PluginFacts>,
    pub(super) judged: Arc<Judged>,
    pub(super) since: Instant,
    /// What its file has been replaced by since, and why that could not be tried.
    pub(super) refused: Option<Newest>,
    /// The one beside it, and what it had done when the trial began.
    pub(super) beside: (u64, GenerationTally),
}

/// A plugin on trial, as it is shown.
#[derive(Clone, Debug)]
pub struct TrialStatus {
    /// `on trial`, `rolled back`, `promoted`, `rejected` or `awaiting grant`.
    pub state: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// The share of callers it is for, in percent.
    pub percent: u8,
    /// What it is, as far as it could be looked at.
    pub facts: Option<PluginFacts>,
    /// Which of the plugins that had this name it is, while it plays.
    pub generation: Option<GenerationStatus>,
    /// A stable code for machines, when it was rolled back or refused, or when its file was replaced by one
    /// that was refused while it plays.
    pub code: Option<&'static str>,
    /// Why it was rolled back or refused.
    pub reason: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Trial {
    pub(super) fn judged(&self) -> &Arc<Judged> {
        match self {
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted(was) => &was.judged,
            Self::Refused { newest, .. } => &newest.judged,
        }
    }

    /// The one that plays, when it does.
    pub(crate) fn running(&self) -> Option<&Serving> {
        match self {
            Self::Running(running) => running.serving.as_ref(),
            _ => None,
        }
    }

    pub(super) fn canary(&self) -> &Canary {
        match self {
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted(was) => &was.canary,
            Self::Refused { canary, .. } => canary,
        }
    }

    /// It is, or was, a trial of this component, given the same.
    pub(super) fn is_of(&self, digest: &str, judged: &Judged) -> bool {
        match self {
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted(was) => {
                was.facts.digest == digest && was.judged.config == judged.config
            }
            Self::Refused { .. } => false,
        }
    }

    /// The same trial, of a file that was written anew.
    pub(super) fn judged_by(&self, judged: &Arc<Judged>) -> Self {
        let mut trial = self.clone();
        if let Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted(was) = &mut trial {
            was.judged = Arc::clone(judged);
            was.refused = None;
        }
        trial
    }

    /// The same trial; its file was replaced by one that cannot be tried, which changes nothing that plays.
    pub(super) fn keeps_playing(&self, newest: &Newest) -> Option<Self> {
        let Self::Running(running) = self else { return None };
        let judged = Arc::clone(&newest.judged);
        Some(Self::Running(Running { refused: Some(newest.clone()), judged, ..running.clone() }))
    }

    /// What its file holds and could not be tried.
    pub(super) const fn refused(&self) -> Option<&Newest> {
        match self {
            Self::Refused { newest, .. } => Some(newest),
            Self::Running(running) => running.refused.as_ref(),
            Self::RolledBack { .. } | Self::Promoted(_) => None,
        }
    }

    /// The same trial in the words of its section now.
    pub(super) fn under(&self, canary: Canary) -> Self {
        let mut trial = self.clone();
        match &mut trial {
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted(was) => {
                was.canary = canary;
            }
            Self::Refused { canary: old, .. } => *old = canary,
        }
        trial
    }

    /// Its word, and what there is to say about it.
    pub(crate) fn status(&self) -> TrialStatus {
        let canary = self.canary();
        let of = |was: &Running, state, reason, hint| TrialStatus {
            state,
            path: canary.path.clone(),
            percent: canary.percent,
            facts: Some(PluginFacts::clone(&was.facts)),
            generation: was.serving.as_ref().map(|serving| GenerationStatus::of(&serving.generation)),
            code: (state == "rolled back").then_some("plugin_canary_rolled_back"),
            reason,
            hint,
        };
        match self {
            Self::Running(was) => {
                let Some(newest) = &was.refused else { return of(was, "on trial", None, None) };
                let status = of(was, "on trial", newest.state.reason(), newest.state.hint());
                TrialStatus { code: newest.state.code(), ..status }
            }
            Self::RolledBack { was, reason } => {
                let hint = "another file, or another canary section, is tried anew".to_owned();
                of(was, "rolled back", Some(reason.clone()), Some(hint))
            }
            Self::Promoted(was) => of(was, "promoted", None, Some(to_make_it_last(canary))),
            Self::Refused { newest, .. } => TrialStatus {
                state: newest.state.name(),
                path: canary.path.clone(),
                percent: canary.percent,
                facts: newest.facts.as_deref().cloned(),
                generation: None,
                code: newest.state.code(),
                reason: newest.state.reason(),
                hint: newest.state.hint(),
            },
        }
    }
}

fn to_make_it_last(canary: &Canary) -> String {
    let path = toml::Value::String(canary.path.display().to_string());
    format!(
        "after a restart it would be tried again; to make it last, remove canary and write:\nplugin = {path}"
    )
}

impl Role {
    /// The role after the verdict on its trial; none when there is none to give.
    pub(crate) fn after_trial(&self, now: Instant) -> Option<Self> {
        let (Some(Trial::Running(running)), Some(stable)) = (&self.trial, &self.serving) else { return None };
        let candidate = running.serving.as_ref()?.generation.tally();
        let beside = stable.generation.tally();
        let (number, begun) = running.beside;
        let beside = if stable.generation.number() == number { beside.since(&begun) } else { beside };
        let verdict = judge(&running.canary.budget, &beside, &candidate, now.duration_since(running.since));
        let (plugin, generation) = (&self.name, running.number);
        let was = Running { serving: None, ..running.clone() };
        match verdict {
            Verdict::Watch => None,
            Verdict::Promote => {
                let hint = to_make_it_last(&running.canary);
                info!(plugin, generation, calls = candidate.calls, hint, "canary promoted, it plays for all");
                // Of two promoted in turn, both took the place of what the section names.
                let over = self.promoted_over.as_ref().unwrap_or(&stable.judged);
                Some(Self {
                    promoted_over: Some(Arc::clone(over)),
                    serving: running.serving.clone(),
                    trial: Some(Trial::Promoted(was)),
                    ..self.clone()
                })
            }
            Verdict::RollBack(reason) => {
                warn!(plugin, generation, reason, "canary rolled back, the one before it plays for all");
                Some(Self { trial: Some(Trial::RolledBack { was, reason }), ..self.clone() })
            }
        }
    }
}
