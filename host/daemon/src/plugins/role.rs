//! A name, who plays under it, and what became of the newest that wants to.
//!
//! The two are kept apart because a reload must never make them one: a candidate that is refused is
//! shown beside the generation that goes on playing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use understudy_engine::Member;
use understudy_engine::cache::settings_digest;
use understudy_sandbox::{PluginConfig, with_defaults};
use understudy_speech::Provider;

use super::generation::Generation;
use super::load::name_taken;
use super::trial::Trial;
use super::wanted::Pin;
use super::{CandidateStatus, GenerationStatus, PluginFacts, PluginSource, PluginState, PluginStatus};
use crate::reload::Stamp;

/// One name.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// The dropped file it came from, when no section speaks for it.
    pub(super) dropped: Option<PathBuf>,
    /// Who plays.
    pub(crate) serving: Option<Serving>,
    /// What became of the newest, when it is not who plays.
    pub(crate) newest: Option<Newest>,
    /// A newer one on trial beside it.
    pub(crate) trial: Option<Trial>,
    /// Who plays was on trial and promoted; by this was judged what its section names, which does not
    /// come back for as long as it would be judged the same.
    pub(super) promoted_over: Option<Arc<Judged>>,
}

/// Who plays.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub(crate) generation: Arc<Generation>,
    pub(crate) facts: Arc<PluginFacts>,
    pub(super) judged: Arc<Judged>,
}

/// One that does not play.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    pub(crate) state: PluginState,
    pub(crate) facts: Option<Arc<PluginFacts>>,
    pub(super) judged: Arc<Judged>,
}

/// By what somebody was judged: the same again would be judged the same.
#[derive(Debug, PartialEq)]
pub(crate) struct Judged {
    pub(super) source: PluginSource,
    pub(super) stamp: Option<Stamp>,
    pub(super) config: PluginConfig,
    pub(super) decided: bool,
    pub(super) pin: Pin,
    /// Its own name was another's, or could not be one.
    pub(super) nameless: bool,
}

impl Serving {
    /// The same generation.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.generation, &other.generation)
    }
}

impl Role {
    pub(super) fn playing(name: String, serving: Serving) -> Self {
        Self { name, dropped: None, serving: Some(serving), newest: None, trial: None, promoted_over: None }
    }

    /// Nobody plays, and here is why.
    pub(super) fn idle(name: String, newest: Newest) -> Self {
        Self { name, dropped: None, serving: None, newest: Some(newest), trial: None, promoted_over: None }
    }

    /// Whoever plays in `before` goes on; the newest does not.
    pub(super) fn refused(name: String, before: Option<&Self>, newest: Newest) -> Self {
        let serving = before.and_then(|role| role.serving.clone());
        Self { name, dropped: None, serving, newest: Some(newest), trial: None, promoted_over: None }
    }

    /// There is another of its name, which goes before it.
    pub(super) fn bow_to_twin(&mut self) {
        if let Some(Serving { facts, judged, .. }) = self.serving.take() {
            let state = name_taken(&self.name, &judged.source);
            self.newest = Some(Newest { state, facts: Some(facts), judged });
        }
    }

    pub(super) fn of_file(self, file: &Path) -> Self {
        Self { dropped: Some(file.to_owned()), ..self }
    }

    /// The files it was made of, or would be.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let serving = self.serving.as_ref().map(|serving| &serving.judged);
        let newest = self.newest.as_ref().map(|newest| &newest.judged);
        serving.into_iter().chain(newest).filter_map(|judged| judged.source.path())
    }

    /// Everyone who plays for new requests.
    pub(crate) fn generations(&self) -> impl Iterator<Item = &Arc<Generation>> {
        let trial = self.trial.as_ref().and_then(Trial::running);
        self.serving.iter().chain(trial).map(|serving| &serving.generation)
    }

    /// Somebody is on trial here.
    pub(crate) fn is_trying(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.running().is_some())
    }

    /// The member of the cast, when somebody plays.
    pub(crate) fn member(&self) -> Option<Member> {
        let Serving { generation, judged, facts } = self.serving.as_ref()?;
        let provider = Arc::clone(generation) as Arc<dyn Provider>;
        // With defaults, as the plugin sees them: one that is written out is no other take, and a newer
        // plugin with another default is.
        let schema = &facts.manifest.settings_schema;
        let settings = settings_digest(&with_defaults(schema, &judged.config.settings));
        let trial = self.trial.as_ref().and_then(|trial| {
            let (Serving { generation, facts, .. }, canary) = (trial.running()?, trial.canary());
            Some(understudy_engine::Trial {
                provider: Arc::clone(generation) as Arc<dyn Provider>,
                identity: facts.digest.clone(),
                score: generation.score(),
                percent: canary.percent,
                sticky: canary.sticky,
            })
        });
        Some(Member { name: self.name.clone(), provider, settings, score: generation.score(), trial })
    }

    /// As it is shown.
    pub(crate) fn status(&self) -> PluginStatus {
        let name = self.name.clone();
        match (&self.serving, &self.newest) {
            (Some(serving), newest) => PluginStatus {
                name,
                state: PluginState::Ready,
                source: serving.judged.source.clone(),
                facts: Some(PluginFacts::clone(&serving.facts)),
                generation: Some(GenerationStatus::of(&serving.generation)),
                candidate: newest.as_ref().map(|newest| Box::new(newest.status())),
                trial: self.trial.as_ref().map(|trial| Box::new(trial.status())),
            },
            (None, Some(newest)) => {
                let CandidateStatus { state, source, facts } = newest.status();
                PluginStatus { name, state, source, facts, generation: None, candidate: None, trial: None }
            }
            (None, None) => {
                let source = PluginSource::Missing(name.clone());
                PluginStatus {
                    name,
                    state: PluginState::Disabled,
                    source,
                    facts: None,
                    generation: None,
                    candidate: None,
                    trial: None,
                }
            }
        }
    }
}

impl Newest {
    /// Judged by the same, with the same result.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.state == other.state && *self.judged == *other.judged
    }

    fn status(&self) -> CandidateStatus {
        CandidateStatus {
            state: self.state.clone(),
            source: self.judged.source.clone(),
            facts: self.facts.as_deref().cloned(),
        }
    }
}
