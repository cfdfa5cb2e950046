//! What became of every plugin.
//!
//! A plugin that cannot play never stops the program: it is listed with the reason, and the others
//! play. Three ways lead here. A `[providers.NAME]` section names a plugin on purpose. A file
//! dropped into a plugin folder is looked at first: one that asks for nothing can do no harm and
//! plays at once, under the id it gives itself; one that asks for hosts or secrets waits until a
//! person writes its section, because dropping a file is not consent to its reading a key. And the
//! offline voice is always there unless its section disables it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use understudy_sandbox::{CompileOutcome, Inspection, Plugin};
use understudy_speech::{Manifest, Provider};

mod bring_in;
mod folder;
mod generation;
mod grant;
mod load;
mod role;
mod source;
mod trial;
mod trying;
mod wanted;

pub(crate) use bring_in::{Bringing, Numbers, Wrap};
pub(crate) use folder::plugins_in;
pub(crate) use generation::Generation;
pub use generation::GenerationTally;
pub(crate) use grant::{asks, plain_section, section};
pub(crate) use load::{Loaded, load, tell};
pub(crate) use role::Role;
pub use source::PluginSource;
pub(crate) use source::{Unread, read_component, rejected};
pub(crate) use trial::Trial;
pub use trial::TrialStatus;
pub(crate) use trying::CANARY_PLAYS_ALREADY;
pub(crate) use wanted::{Pinnable, config_of, pinnables, sectionless};

/// One plugin and its state.
#[derive(Clone, Debug)]
pub struct PluginStatus {
    /// The provider's name; for a dropped file that could not be read, the file's.
    pub name: String,
    /// What became of it.
    pub state: PluginState,
    /// Where it came from.
    pub source: PluginSource,
    /// What it is; none when it could not be looked at, or was not because it is disabled.
    pub facts: Option<PluginFacts>,
    /// Which of the plugins that had this name it is, when it plays.
    pub generation: Option<GenerationStatus>,
    /// What became of the newest, when it is not the one that plays.
    pub candidate: Option<Box<CandidateStatus>>,
    /// A newer one on trial beside it, or what became of it.
    pub trial: Option<Box<TrialStatus>>,
}

/// A loaded plugin among those that had its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GenerationStatus {
    /// From 1, for every name.
    pub number: u64,
    /// What it has done.
    #[serde(flatten)]
    pub tally: GenerationTally,
}

impl GenerationStatus {
    pub(crate) fn of(generation: &Generation) -> Self {
        Self { number: generation.number(), tally: generation.tally() }
    }
}

/// A plugin that would play in the place of one that does.
#[derive(Clone, Debug)]
pub struct CandidateStatus {
    /// Why it does not.
    pub state: PluginState,
    /// Where it came from.
    pub source: PluginSource,
    /// What it is, as far as it could be looked at.
    pub facts: Option<PluginFacts>,
}

/// What a plugin file is.
#[derive(Clone, Debug)]
pub struct PluginFacts {
    /// Its own description.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// The version of the contract it speaks.
    pub contract: String,
    /// The component's size.
    pub size_bytes: u64,
    /// Whether its machine code was in the code cache, and how long that took.
    pub compile: CompileOutcome,
}

impl From<&Plugin> for PluginFacts {
    fn from(plugin: &Plugin) -> Self {
        Self {
            manifest: plugin.manifest().clone(),
            digest: plugin.digest().to_owned(),
            contract: plugin.contract().to_owned(),
            size_bytes: plugin.size_bytes(),
            compile: plugin.compile(),
        }
    }
}

impl From<&Inspection> for PluginFacts {
    fn from(inspection: &Inspection) -> Self {
        Self {
            manifest: inspection.manifest.clone(),
            digest: inspection.digest.clone(),
            contract: inspection.contract.clone(),
            size_bytes: inspection.size_bytes,
            compile: inspection.compile,
        }
    }
}

/// What became of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginState {
    /// It plays.
    Ready,
    /// It asks for what nobody granted.
    AwaitingGrant {
        /// What it asks for, one line each.
        asks: Vec<String>,
        /// What to write into the configuration to let it play.
        toml: String,
        /// Where to write it, as the end of a sentence.
        place: String,
    },
    /// It cannot play.
    Rejected {
        /// A stable code for machines.
        code: &'static str,
        /// What is wrong with it.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Its section says so.
    Disabled,
}

impl PluginState {
    /// The state's name: `ready`, `awaiting grant`, `rejected`, `disabled`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::AwaitingGrant { .. } => "awaiting grant",
            Self::Rejected { .. } => "rejected",
            Self::Disabled => "disabled",
        }
    }

    /// What to do so that it plays, when it does not and its state says enough.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::AwaitingGrant { toml, place, .. } => Some(format!("to let it play, {place}:\n{toml}")),
            Self::Rejected { hint, .. } => hint.clone(),
            Self::Ready | Self::Disabled => None,
        }
    }

    /// A stable code for machines, when it was rejected or awaits a grant.
    pub(crate) const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Rejected { code, .. } => Some(*code),
            Self::AwaitingGrant { .. } => Some("plugin_awaiting_grant"),
            Self::Ready | Self::Disabled => None,
        }
    }

    /// Why it was rejected, or what it asks for.
    pub(crate) fn reason(&self) -> Option<String> {
        match self {
            Self::Rejected { reason, .. } => Some(reason.clone()),
            Self::AwaitingGrant { asks, .. } => Some(asks.join("; ")),
            Self::Ready | Self::Disabled => None,
        }
    }
}

impl PluginStatus {
    /// What to do so that it plays, when it does not.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.state {
            PluginState::Disabled => Some(format!("set enabled = true in [providers.{}]", self.name)),
            state => state.hint(),
        }
    }
}

/// As if it were the only one of its name.
impl From<CandidateStatus> for PluginStatus {
    fn from(CandidateStatus { state, source, facts }: CandidateStatus) -> Self {
        let name = facts.as_ref().map(|facts| facts.manifest.id.clone()).unwrap_or_default();
        Self { name, state, source, facts, generation: None, candidate: None, trial: None }
    }
}

/// One flat object: absent facts are absent keys, the manifest is whole.
impl Serialize for PluginStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("state", self.state.name())?;
        map.serialize_entry("built_in", &matches!(self.source, PluginSource::BuiltIn(_)))?;
        // One that is not UTF-8 is shown as well as can be.
        map.serialize_entry("path", &self.source.path().map(|path| path.display().to_string()))?;
        match &self.state {
            PluginState::Rejected { code, reason, .. } => {
                map.serialize_entry("code", code)?;
                map.serialize_entry("reason", reason)?;
            }
            PluginState::AwaitingGrant { asks, .. } => map.serialize_entry("asks", asks)?,
            PluginState::Ready | PluginState::Disabled => {}
        }
        if let Some(hint) = self.hint() {
            map.serialize_entry("hint", &hint)?;
        }
        if let Some(facts) = &self.facts {
            let (CompileOutcome::Cached(time) | CompileOutcome::Compiled(time)) = facts.compile;
            map.serialize_entry("version", &facts.manifest.version)?;
            map.serialize_entry("contract", &facts.contract)?;
            map.serialize_entry("digest", &facts.digest)?;
            map.serialize_entry("size_bytes", &facts.size_bytes)?;
            map.serialize_entry("code_cached", &matches!(facts.compile, CompileOutcome::Cached(_)))?;
            map.serialize_entry("code_ms", &(time.as_secs_f64() * 1e3))?;
            map.serialize_entry("manifest", &facts.manifest)?;
        }
        if let Some(generation) = &self.generation {
            map.serialize_entry("generation", generation)?;
        }
        if let Some(candidate) = &self.candidate {
            map.serialize_entry("candidate", &PluginStatus::from(CandidateStatus::clone(candidate)))?;
        }
        map.end()
    }
}
