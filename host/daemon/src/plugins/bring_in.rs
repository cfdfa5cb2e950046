//! One plugin, from its file to its place, or the reason why not.
//!
//! The steps are by cost, and none touches what plays: settled, read, held against its pin, compiled
//! off the runtime, described, granted, checked. Only a candidate that has passed all of them becomes a
//! generation; whoever played before goes on playing in every other case. One thing is not like a
//! start. A candidate that would take the place of one that plays is asked to check itself first: its
//! predecessor is proof that the service can be had, so what the candidate finds wrong with itself is
//! believed. What it says of the network is not, because that would be true of the predecessor too.

mod probe;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use understudy_sandbox::{LoadError, Plugin, Sandbox};
use understudy_speech::{Manifest, Provider};

use super::generation::Generation;
use super::grant::plain_section;
use super::load::name_taken;
use super::role::{Judged, Newest, Role, Serving};
use super::source::{Unread, read_component, rejected};
use super::wanted::{Pin, Wanted, read_secrets};
use super::{PluginFacts, PluginSource, PluginState, grant};
use crate::config::{Config, is_provider_name};
use crate::reload::Stamp;

/// What is put between the engine and a plugin.
pub(crate) type Wrap<'a> = &'a (dyn Fn(Arc<dyn Provider>) -> Arc<dyn Provider> + Send + Sync);

/// How many generations each name has had.
pub(crate) type Numbers = Mutex<BTreeMap<String, u64>>;

/// Everything plugins are brought in with.
pub(crate) struct Bringing<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) config: &'a Config,
    /// Who was there before; empty at the start.
    pub(crate) before: &'a [Role],
    pub(crate) numbers: &'a Numbers,
    /// Rings when a generation has gone.
    pub(crate) gone: &'a Arc<Notify>,
    pub(crate) wrap: Wrap<'a>,
    /// Files that are still changing.
    pub(crate) unsettled: &'a BTreeSet<PathBuf>,
    /// What was refused is judged again, whether or not it has changed.
    pub(crate) again: bool,
    /// Names of which an older generation still plays to its end.
    pub(crate) draining: &'a BTreeSet<String>,
    pub(crate) crowded: Mutex<BTreeSet<String>>,
    pub(crate) restless: Mutex<bool>,
}

/// A candidate and what it is judged by.
struct Candidate<'a> {
    wanted: Wanted,
    judged: Arc<Judged>,
    before: Option<&'a Role>,
}

impl Bringing<'_> {
    /// Brings in a plugin that has a section, or needs none.
    pub(super) async fn bring_in(&self, mut wanted: Wanted, before: Option<&Role>) -> Role {
        let name = wanted.name.clone();
        if let Some(before) = before.filter(|role| self.is_changing(&wanted.source, role)) {
            return Role { dropped: None, ..before.clone() };
        }
        let (judged, unreadable) = self.prepare(&mut wanted).await;
        if !wanted.enabled {
            return Role::idle(name, Newest { state: PluginState::Disabled, facts: None, judged });
        }
        if let Some(state) = unreadable {
            return Role::refused(name, before, Newest { state, facts: None, judged });
        }
        if let Some(same) = before.and_then(|before| self.unchanged(before, &judged)) {
            return same;
        }
        self.judge(Candidate { wanted, judged, before }).await
    }

    /// What it will be judged by, its secrets included; and why they cannot be had.
    pub(super) async fn prepare(&self, wanted: &mut Wanted) -> (Arc<Judged>, Option<PluginState>) {
        let secrets = read_secrets(std::mem::take(&mut wanted.secrets)).await;
        let unreadable = secrets.map(|secrets| wanted.config.secrets = secrets).err();
        (Arc::new(judged(wanted)), unreadable)
    }

    fn is_changing(&self, source: &PluginSource, before: &Role) -> bool {
        source.path().into_iter().chain(before.files()).any(|file| self.unsettled.contains(file))
    }

    /// What was decided before, when the same would be decided again.
    fn unchanged(&self, before: &Role, judged: &Judged) -> Option<Role> {
        let serving = before.serving.as_ref().filter(|serving| *serving.judged == *judged);
        if let Some(serving) = serving {
            return Some(Role::playing(before.name.clone(), serving.clone()));
        }
        let refused = before.newest.as_ref().is_some_and(|newest| *newest.judged == *judged);
        (refused && !self.again).then(|| Role { dropped: None, ..before.clone() })
    }

    async fn judge(&self, candidate: Candidate<'_>) -> Role {
        let Candidate { wanted, judged, before } = candidate;
        let name = wanted.name.clone();
        let refuse = |state, facts| {
            Role::refused(name.clone(), before, Newest { state, facts, judged: Arc::clone(&judged) })
        };
        let wasm = match read_component(&wanted.source, self.sandbox.component_bytes_max()).await {
            Ok(wasm) => wasm,
            // Whoever removes a file wants its plugin to go.
            Err(Unread::Missing(state)) => return Role::idle(name, Newest { state, facts: None, judged }),
            Err(Unread::Refused(state)) => return refuse(state, None),
        };
        if self.moved_on(&judged) {
            return self.later(&name, before, judged);
        }
        let digest = understudy_sandbox::digest(&wasm);
        if let Err(state) = wanted.pin.admits(&digest, &wanted.how_pinned()) {
            return refuse(state, None);
        }
        let serving = before.and_then(|role| role.serving.as_ref());
        if let Some(serving) = serving.filter(|serving| is_the_same(serving, &digest, &judged)) {
            return Role::playing(name, Serving { judged, ..serving.clone() });
        }
        if serving.is_some() && self.must_wait(&name) {
            return before.cloned().unwrap_or_else(|| self.later(&name, None, judged));
        }
        match self.audition(wasm, &wanted, serving).await {
            Ok(plugin) => Role::playing(name, self.cast(&wanted.name, plugin, judged)),
            Err((state, facts)) => refuse(state, facts.map(Arc::new)),
        }
    }

    /// An older generation of the name has not gone yet, and there would be too many.
    pub(super) fn must_wait(&self, name: &str) -> bool {
        let waits = self.draining.contains(name);
        if waits {
            self.crowded.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        }
        waits
    }

    /// The file is not the one that was looked at.
    fn moved_on(&self, judged: &Judged) -> bool {
        judged.source.path().is_some_and(|path| Stamp::of(path) != judged.stamp)
    }

    /// As it was, and to be looked at again.
    fn later(&self, name: &str, before: Option<&Role>, judged: Arc<Judged>) -> Role {
        *self.restless.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let state = PluginState::Rejected {
            code: "plugin_unsettled",
            reason: "file is still being written".to_owned(),
            hint: Some("it is looked at again as soon as it stays the same".to_owned()),
        };
        let newest = Newest { state, facts: None, judged };
        before.cloned().unwrap_or_else(|| Role::idle(name.to_owned(), newest))
    }

    /// The plugin, or why it cannot play and what is known of it.
    pub(super) async fn audition(
        &self,
        wasm: Bytes,
        wanted: &Wanted,
        serving: Option<&Serving>,
    ) -> Result<Plugin, (PluginState, Option<PluginFacts>)> {
        let (name, source) = (&wanted.name, &wanted.source);
        let plugin = match self.sandbox.load(wasm.clone(), wanted.config.clone()).await {
            Ok(plugin) => plugin,
            Err(error @ LoadError::MissingSecret { .. }) => {
                let seen = self.sandbox.inspect(wasm).await.map_err(|_| (rejected(&error), None))?;
                return Err((self.awaiting(name, source, &seen.manifest), Some(PluginFacts::from(&seen))));
            }
            Err(error) => return Err((rejected(&error), None)),
        };
        let manifest = plugin.manifest();
        let undecided = !wanted.decided && !manifest.hosts.is_empty();
        let asks_more = serving
            .is_some_and(|serving| grant::asks_more(&serving.facts.manifest, manifest, &wanted.config));
        if undecided || asks_more {
            return Err((self.awaiting(name, source, manifest), Some(PluginFacts::from(&plugin))));
        }
        // Whoever pins a file means it; nobody else has said that a key may go elsewhere.
        let rebound = serving
            .filter(|_| !matches!(wanted.pin, Pin::To(_)))
            .map(|serving| grant::rebound(&serving.facts.manifest, manifest, &wanted.config))
            .unwrap_or_default();
        if !rebound.is_empty() {
            let toml = grant::acceptance(&rebound, name, plugin.digest());
            let canary = if wanted.on_trial { "canary of " } else { "its section " };
            let place = format!("write this into {canary}[providers.{name}] in {}", self.config_file());
            let state = PluginState::AwaitingGrant { asks: rebound, toml, place };
            return Err((state, Some(PluginFacts::from(&plugin))));
        }
        let patience = self.config.plugins.check;
        if serving.is_some() && !patience.is_zero() {
            probe::probe(&plugin, patience)
                .await
                .map_err(|state| (state, Some(PluginFacts::from(&plugin))))?;
        }
        Ok(plugin)
    }

    pub(super) fn cast(&self, name: &str, plugin: Plugin, judged: Arc<Judged>) -> Serving {
        let facts = Arc::new(PluginFacts::from(&plugin));
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.entry(name.to_owned()).or_default();
        *number += 1;
        let plugin = (self.wrap)(Arc::new(plugin));
        Serving { generation: Generation::new(name, *number, plugin, Arc::clone(self.gone)), facts, judged }
    }

    /// The dropped files that can be looked at. One that has just gone, or is just being replaced,
    /// is still there for as long as that lasts.
    pub(super) fn settled(&self, mut files: Vec<PathBuf>, configured: &[Wanted]) -> Vec<PathBuf> {
        let known = |file: &Path| self.before.iter().any(|role| role.dropped.as_deref() == Some(file));
        files.retain(|file| !self.unsettled.contains(file) || known(file));
        let spoken_for = |file: &Path| configured.iter().any(|wanted| wanted.source.path() == Some(file));
        let held = self.before.iter().filter_map(|role| role.dropped.as_ref());
        let held = held.filter(|file| self.unsettled.contains(*file) && !spoken_for(file));
        let held: Vec<PathBuf> = held.filter(|file| !files.contains(file)).cloned().collect();
        files.extend(held);
        files.sort();
        files
    }

    /// Looks at a dropped file, and brings it in when it asks for nothing and its name is free.
    pub(super) async fn look_at(
        &self,
        taken: &HashSet<String>,
        file: PathBuf,
        before: Option<&Role>,
    ) -> Role {
        let file_name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let source = PluginSource::File(file.clone());
        if let Some(before) = before.filter(|_| self.unsettled.contains(&file)) {
            return before.clone();
        }
        let old_name = before.map(|role| role.name.clone());
        let free = |name: &str| is_provider_name(name) && !taken.contains(name);
        let was_free = old_name.as_deref().is_some_and(free);
        let mut plain = Wanted::plain(old_name.as_deref().unwrap_or(&file_name), source.clone(), self.config);
        let known = before.and_then(|before| {
            let judged = Judged { nameless: !was_free, ..judged(&plain) };
            self.unchanged(before, &judged)
        });
        if let Some(known) = known {
            return known.of_file(&file);
        }
        let (name, state, facts) = match self.identify(&source).await {
            Ok(facts) => {
                let manifest = &facts.manifest;
                let name = manifest.id.clone();
                let needs_nothing = manifest.hosts.is_empty() && manifest.secrets.is_empty();
                let pinned =
                    plain.pin.admits(&facts.digest, &format!("write:\n{}", plain_section(&name, &file)));
                let state = if let Err(unpinned) = pinned {
                    unpinned
                } else if !free(&name) {
                    name_taken(&name, &source)
                } else if !needs_nothing {
                    self.awaiting(&name, &source, manifest)
                } else {
                    let before = before.filter(|role| role.name == name);
                    plain = Wanted::plain(&name, source, self.config);
                    return self.bring_in(plain, before).await.of_file(&file);
                };
                (name, state, Some(Arc::new(facts)))
            }
            Err(state) => (old_name.clone().unwrap_or(file_name), state, None),
        };
        let keeps = before.filter(|role| role.serving.is_some() && was_free);
        let name = keeps.map_or(name, |role| role.name.clone());
        let nameless = !free(&name);
        plain.config.name.clone_from(&name);
        let judged = Arc::new(Judged { nameless, ..judged(&plain) });
        Role::refused(name, keeps, Newest { state, facts, judged }).of_file(&file)
    }

    fn awaiting(&self, name: &str, source: &PluginSource, manifest: &Manifest) -> PluginState {
        let file = self.config_file();
        let (toml, place) = match self.config.provider(name) {
            Some(section) => {
                let place = format!("write this into its section [providers.{name}] in {file}");
                (grant::additions(section, manifest), place)
            }
            None => (grant::section(name, source.path(), manifest), format!("add this to {file}")),
        };
        PluginState::AwaitingGrant { asks: grant::asks(manifest), toml, place }
    }

    fn config_file(&self) -> String {
        let shown = |file: &Path| std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let file = self.config.file_to_write();
        file.map_or_else(|| "the configuration".into(), |file| shown(file).display().to_string())
    }

    async fn identify(&self, source: &PluginSource) -> Result<PluginFacts, PluginState> {
        let wasm = read_component(source, self.sandbox.component_bytes_max()).await.map_err(Unread::state)?;
        let inspection = self.sandbox.inspect(wasm).await.map_err(|error| rejected(&error))?;
        Ok(PluginFacts::from(&inspection))
    }
}

fn judged(wanted: &Wanted) -> Judged {
    Judged {
        source: wanted.source.clone(),
        stamp: wanted.source.path().and_then(Stamp::of),
        config: wanted.config.clone(),
        decided: wanted.decided,
        pin: wanted.pin.clone(),
        nameless: false,
    }
}

/// The bytes are those of whoever plays, and so is all it is given.
fn is_the_same(serving: &Serving, digest: &str, judged: &Judged) -> bool {
    serving.judged.config == judged.config && serving.facts.digest == digest
}

impl<'a> Bringing<'a> {
    /// For a start: nobody was there before.
    pub(crate) fn at_start(
        sandbox: &'a Sandbox,
        config: &'a Config,
        (numbers, gone): (&'a Numbers, &'a Arc<Notify>),
        wrap: Wrap<'a>,
    ) -> Self {
        static NOTHING: BTreeSet<PathBuf> = BTreeSet::new();
        static NOBODY: BTreeSet<String> = BTreeSet::new();
        Self {
            sandbox,
            config,
            before: &[],
            numbers,
            gone,
            wrap,
            unsettled: &NOTHING,
            again: true,
            draining: &NOBODY,
            crowded: Mutex::default(),
            restless: Mutex::default(),
        }
    }
}
