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

use super::bring_in::Bringing;
use super::role::{Judged, Newest, Role, Serving};
use super::source::{Unread, read_component};
use super::wanted::Wanted;
use super::{GenerationStatus, GenerationTally, PluginFacts, PluginSource, PluginState};
use crate::config::Canary;
use crate::reload::{Verdict, judge};

/// What became of a plugin on trial.
#[derive(Clone, Debug)]
pub(crate) enum Trial {
    /// It plays for its share of the callers.
    Running(Running),
    /// It broke its budget.
    RolledBack { was: Running, reason: String },
    /// It held its budget and plays for all, in the place of one that was judged by this.
    Promoted { was: Running, replaced: Arc<Judged> },
    /// It could not be tried.
    Refused { canary: Canary, newest: Newest },
}

/// One that plays, or played, for its share of the callers.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) canary: Canary,
    pub(crate) serving: Option<Serving>,
    number: u64,
    facts: Arc<PluginFacts>,
    judged: Arc<Judged>,
    since: Instant,
    /// The one beside it, and what it had done when the trial began.
    beside: (u64, GenerationTally),
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
    /// Why it was rolled back or refused.
    pub reason: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Trial {
    fn judged(&self) -> &Arc<Judged> {
        match self {
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted { was, .. } => &was.judged,
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
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted { was, .. } => &was.canary,
            Self::Refused { canary, .. } => canary,
        }
    }

    /// The same trial in the words of its section now.
    fn under(&self, canary: Canary) -> Self {
        let mut trial = self.clone();
        match &mut trial {
            Self::Running(was) | Self::RolledBack { was, .. } | Self::Promoted { was, .. } => {
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
            reason,
            hint,
        };
        match self {
            Self::Running(was) => of(was, "on trial", None, None),
            Self::RolledBack { was, reason } => {
                let hint = "another file, or another canary section, is tried anew".to_owned();
                of(was, "rolled back", Some(reason.clone()), Some(hint))
            }
            Self::Promoted { was, .. } => of(was, "promoted", None, Some(to_make_it_last(canary))),
            Self::Refused { newest, .. } => {
                let (reason, hint) = match &newest.state {
                    PluginState::Rejected { reason, hint, .. } => (Some(reason.clone()), hint.clone()),
                    PluginState::AwaitingGrant { asks, toml } => (Some(asks.join("; ")), Some(toml.clone())),
                    PluginState::Ready | PluginState::Disabled => (None, None),
                };
                TrialStatus {
                    state: newest.state.name(),
                    path: canary.path.clone(),
                    percent: canary.percent,
                    facts: newest.facts.as_deref().cloned(),
                    generation: None,
                    reason,
                    hint,
                }
            }
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
                let replaced = Arc::clone(&stable.judged);
                let serving = running.serving.clone();
                Some(Self { serving, trial: Some(Trial::Promoted { was, replaced }), ..self.clone() })
            }
            Verdict::RollBack(reason) => {
                warn!(plugin, generation, reason, "canary rolled back, the one before it plays for all");
                Some(Self { trial: Some(Trial::RolledBack { was, reason }), ..self.clone() })
            }
        }
    }
}

impl Bringing<'_> {
    /// Brings in the plugin of a section, and the one that is on trial beside it.
    pub(super) async fn bring_in_both(&self, mut wanted: Wanted, before: Option<&Role>) -> Role {
        let Some(canary) = wanted.canary.take().filter(|_| wanted.enabled) else {
            return Role { trial: None, ..self.bring_in(wanted, before).await };
        };
        let mut tried = Wanted::on_trial(&wanted, &canary, self.config);
        let (judged, unreadable) = self.prepare(&mut tried).await;
        let old = before.and_then(|role| role.trial.as_ref());
        let (stable, _) = self.prepare(&mut wanted.clone()).await;
        if let (Some(role), Some(trial @ Trial::Promoted { was, replaced })) = (before, old)
            && *was.judged == *judged
            && **replaced == *stable
        {
            return Role { trial: Some(trial.under(canary)), ..role.clone() };
        }
        let role = self.bring_in(wanted, before).await;
        let Some(serving) = &role.serving else { return Role { trial: None, ..role } };
        if self.unsettled.contains(&canary.path) {
            return Role { trial: old.cloned(), ..role };
        }
        let known = old
            .filter(|old| **old.judged() == *judged && !(self.again && matches!(old, Trial::Refused { .. })));
        if let Some(known) = known {
            return Role { trial: Some(known.under(canary)), ..role };
        }
        let tried = match unreadable {
            Some(state) => Err((state, None)),
            None => self.try_out(&tried, &judged, serving).await,
        };
        let trial = match tried {
            Ok(None) => old.cloned(),
            Ok(Some(candidate)) => Some(begin(canary, candidate, serving)),
            Err((state, facts)) => {
                let (plugin, path) = (&role.name, canary.path.display());
                warn!(plugin, %path, state = state.name(), reason = state.reason(), "canary refused");
                let newest = Newest { state, facts: facts.map(Arc::new), judged };
                Some(Trial::Refused { canary, newest })
            }
        };
        Role { trial, ..role }
    }

    /// A candidate for a trial; none when it has to wait.
    async fn try_out(
        &self,
        wanted: &Wanted,
        judged: &Arc<Judged>,
        serving: &Serving,
    ) -> Result<Option<Serving>, (PluginState, Option<PluginFacts>)> {
        let wasm = read_component(&wanted.source, self.sandbox.component_bytes_max()).await;
        let wasm = wasm.map_err(|unread| (Unread::state(unread), None))?;
        let digest = understudy_sandbox::digest(&wasm);
        wanted.pin.admits(&digest, &wanted.name).map_err(|state| (state, None))?;
        if digest == serving.facts.digest {
            let state = PluginState::Rejected {
                code: "canary_plays_already",
                reason: "canary is the plugin that plays already".to_owned(),
                hint: Some("remove canary from the section".to_owned()),
            };
            return Err((state, None));
        }
        if self.must_wait(&wanted.name) {
            return Ok(None);
        }
        let plugin = self.audition(wasm, wanted, Some(serving)).await?;
        Ok(Some(self.cast(&wanted.name, plugin, Arc::clone(judged))))
    }
}

fn begin(canary: Canary, candidate: Serving, beside: &Serving) -> Trial {
    let number = candidate.generation.number();
    info!(
        plugin = candidate.generation.provider(),
        generation = number,
        percent = canary.percent,
        watch_seconds = canary.budget.watch.as_secs_f64(),
        "canary on trial"
    );
    Trial::Running(Running {
        canary,
        number,
        facts: Arc::clone(&candidate.facts),
        judged: Arc::clone(&candidate.judged),
        since: Instant::now(),
        beside: (beside.generation.number(), beside.generation.tally()),
        serving: Some(candidate),
    })
}

impl Wanted {
    /// The plugin of a canary: all is as the section says, but for the file.
    fn on_trial(wanted: &Self, canary: &Canary, config: &crate::config::Config) -> Self {
        let source = PluginSource::File(canary.path.clone());
        let pin = super::wanted::Pin::of(canary.sha256.as_ref(), &source, config);
        Self { source, pin, canary: None, ..wanted.clone() }
    }
}
