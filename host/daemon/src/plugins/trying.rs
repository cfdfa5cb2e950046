//! How a plugin comes to be on trial: from its section to the second seat behind a name.
//!
//! The stable one is brought in first, as if there were no trial. Only then is the candidate looked at,
//! and only when it is another than the one whose trial is under way or over.

use std::sync::{Arc, PoisonError};

use tokio::time::Instant;
use tracing::{info, warn};

use super::bring_in::Bringing;
use super::role::{Judged, Newest, Role, Serving};
use super::source::{Unread, read_component};
use super::trial::{Running, Trial};
use super::wanted::{Pin, Wanted};
use super::{PluginFacts, PluginSource, PluginState};
use crate::config::{Canary, Config};

/// The code of a canary that is what it would be tried beside.
pub(crate) const CANARY_PLAYS_ALREADY: &str = "canary_plays_already";

impl Bringing<'_> {
    /// Brings in the plugin of a section, and the one that is on trial beside it.
    pub(super) async fn bring_in_both(&self, mut wanted: Wanted, before: Option<&Role>) -> Role {
        let Some(canary) = wanted.canary.take().filter(|_| wanted.enabled) else {
            return Role { trial: None, ..self.bring_in(wanted, before).await };
        };
        let mut tried = Wanted::on_trial(&wanted, &canary, self.config);
        let (judged, unreadable) = self.prepare(&mut tried).await;
        let promoted = self.promoted(&wanted, before).await;
        let role = match promoted {
            Some(role) => role.clone(),
            None => self.bring_in(wanted, before).await,
        };
        // What was promoted and has been replaced since is no longer what plays.
        let is_past = |old: &&Trial| promoted.is_none() && matches!(old, Trial::Promoted(_));
        let old = before.and_then(|role| role.trial.as_ref()).filter(|old| !is_past(old));
        let Some(serving) = &role.serving else { return Role { trial: None, ..role } };
        if self.unsettled.contains(&canary.path) {
            return Role { trial: old.cloned(), ..role };
        }
        if let Some(known) = old.filter(|old| **old.judged() == *judged && !self.is_doubtful(old)) {
            return Role { trial: Some(known.under(canary)), ..role };
        }
        let is_crowded = old.is_some_and(|old| old.running().is_some())
            && before.and_then(|before| before.serving.as_ref()).is_some_and(|was| !was.is(serving));
        let tried = match unreadable {
            Some(state) => Err((state, None)),
            // Both were replaced at once, and both of the old ones still play.
            None if is_crowded => Ok(self.crowd(&role.name)),
            None => self.try_out(&tried, &judged, serving, old).await,
        };
        let trial = match tried {
            Ok(Tried::Waits) => old.cloned(),
            Ok(Tried::Before(trial)) => Some(trial.under(canary)),
            Ok(Tried::Candidate(candidate)) => Some(begin(canary, candidate, serving)),
            // Whoever removes a file wants its plugin to go.
            Ok(Tried::Gone(state)) => {
                let newest = Newest { state, facts: None, judged };
                tell_refused(&role.name, &newest, old);
                Some(Trial::Refused { canary, newest })
            }
            Err((state, facts)) => {
                let newest = Newest { state, facts: facts.map(Arc::new), judged };
                tell_refused(&role.name, &newest, old);
                let playing = old.and_then(|old| old.keeps_playing(&newest));
                let trial = playing.unwrap_or(Trial::Refused { canary: canary.clone(), newest });
                Some(trial.under(canary))
            }
        };
        Role { trial, ..role }
    }

    /// The role of whoever was promoted and plays on: what its section names is as it was judged then, or
    /// is still changing.
    async fn promoted<'a>(&self, wanted: &Wanted, before: Option<&'a Role>) -> Option<&'a Role> {
        let before = before?;
        let over = before.promoted_over.as_ref()?;
        let is_changing = wanted.source.path().is_some_and(|file| self.unsettled.contains(file));
        let (stable, _) = self.prepare(&mut wanted.clone()).await;
        (is_changing || *stable == **over).then_some(before)
    }

    /// The same file may be judged otherwise now: somebody asked, or another plays beside it.
    fn is_doubtful(&self, old: &Trial) -> bool {
        old.refused().is_some_and(|newest| self.again || newest.state.code() == Some(CANARY_PLAYS_ALREADY))
    }

    /// There would be too many generations of the name: the newest waits.
    fn crowd(&self, name: &str) -> Tried {
        self.crowded.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Tried::Waits
    }

    /// A candidate for a trial, if there has to be one and it can be had.
    async fn try_out(
        &self,
        wanted: &Wanted,
        judged: &Arc<Judged>,
        serving: &Serving,
        old: Option<&Trial>,
    ) -> Result<Tried, (PluginState, Option<PluginFacts>)> {
        let wasm = read_component(&wanted.source, self.sandbox.component_bytes_max()).await;
        let wasm = match wasm {
            Ok(wasm) => wasm,
            Err(Unread::Missing(state)) => return Ok(Tried::Gone(state)),
            Err(Unread::Refused(state)) => return Err((state, None)),
        };
        let digest = understudy_sandbox::digest(&wasm);
        wanted.pin.admits(&digest, &wanted.how_pinned()).map_err(|state| (state, None))?;
        if let Some(old) = old.filter(|old| old.is_of(&digest, judged)) {
            return Ok(Tried::Before(Box::new(old.judged_by(judged))));
        }
        if digest == serving.facts.digest {
            let state = PluginState::Rejected {
                code: CANARY_PLAYS_ALREADY,
                reason: "canary is the plugin that plays already".to_owned(),
                hint: Some("remove canary from the section".to_owned()),
            };
            return Err((state, None));
        }
        if self.must_wait(&wanted.name) {
            return Ok(Tried::Waits);
        }
        let plugin = self.audition(wasm, wanted, Some(serving)).await?;
        Ok(Tried::Candidate(self.cast(&wanted.name, plugin, Arc::clone(judged))))
    }
}

/// What came of a candidate for a trial.
enum Tried {
    /// It can be tried.
    Candidate(Serving),
    /// It is the one that is, or was, on trial: only its file's times are others.
    Before(Box<Trial>),
    /// Its file is not there.
    Gone(PluginState),
    /// It has to wait.
    Waits,
}

/// Told once: what is doubtful is looked at with every pass.
fn tell_refused(plugin: &str, newest: &Newest, old: Option<&Trial>) {
    if !old.and_then(Trial::refused).is_some_and(|old| old.is_like(newest)) {
        let (state, path) = (&newest.state, &newest.judged.source);
        warn!(plugin, %path, state = state.name(), reason = state.reason(), "canary refused");
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
        refused: None,
        since: Instant::now(),
        beside: (beside.generation.number(), beside.generation.tally()),
        serving: Some(candidate),
    })
}

impl Wanted {
    /// The plugin of a canary: all is as the section says, but for the file.
    fn on_trial(wanted: &Self, canary: &Canary, config: &Config) -> Self {
        let source = PluginSource::File(canary.path.clone());
        let pin = Pin::of(canary.sha256.as_ref(), &source, config);
        Self { source, pin, canary: None, on_trial: true, ..wanted.clone() }
    }
}
