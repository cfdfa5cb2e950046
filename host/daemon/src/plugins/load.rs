//! From the configuration and the plugin folders to everybody who can play.
//!
//! The start and every reload come through here. A reload brings what was there before, and whatever
//! has not changed is taken over as it is.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;

use futures_util::future::join_all;
use tracing::{info, warn};

use super::bring_in::Bringing;
use super::role::Role;
use super::wanted::{configured, dropped, implicit_offline};
use super::{PluginSource, PluginState, grant};

/// Everybody who is wanted, and what is left for later.
pub(crate) struct Loaded {
    pub(crate) roles: Vec<Role>,
    /// Names that wait until an older generation of theirs has gone.
    pub(crate) crowded: BTreeSet<String>,
    /// A file changed while it was read.
    pub(crate) restless: bool,
}

/// Loads all plugins at once.
///
/// The order is the order of preference: the configuration's, then dropped files by name, then the
/// offline voice. Two dropped files with the same id: the first by file name stands.
pub(crate) async fn load(bringing: &Bringing<'_>) -> Loaded {
    let config = bringing.config;
    let configured = configured(config);
    let offline = implicit_offline(config);
    let taken: HashSet<String> =
        configured.iter().chain(&offline).map(|wanted| wanted.name.clone()).collect();
    let dropped = bringing.settled(dropped(config, &configured), &configured);
    let before = |name: &str| bringing.before.iter().find(|role| role.name == name);
    let of_file = |file: &PathBuf| bringing.before.iter().find(|role| role.dropped.as_ref() == Some(file));
    let (configured, offline, dropped) = tokio::join!(
        join_all(configured.into_iter().map(|wanted| {
            let before = before(&wanted.name);
            bringing.bring_in_both(wanted, before)
        })),
        join_all(offline.into_iter().map(|wanted| {
            let before = before(&wanted.name);
            bringing.bring_in(wanted, before)
        })),
        join_all(dropped.into_iter().map(|file| {
            let before = of_file(&file);
            bringing.look_at(&taken, file, before)
        })),
    );
    let mut roles = configured;
    roles.extend(without_twins(dropped));
    roles.extend(offline);
    let crowded = bringing.crowded.lock().map(|names| names.clone()).unwrap_or_default();
    Loaded { roles, crowded, restless: is_set(&bringing.restless) }
}

fn is_set(flag: &Mutex<bool>) -> bool {
    flag.lock().is_ok_and(|flag| *flag)
}

/// Of several dropped files with one id the first stands.
fn without_twins(roles: Vec<Role>) -> impl Iterator<Item = Role> {
    let mut names = HashSet::new();
    roles.into_iter().map(move |mut role| {
        if role.serving.is_some() && !names.insert(role.name.clone()) {
            role.bow_to_twin();
        }
        role
    })
}

/// Tells the log what became of those that are not as they were.
pub(crate) fn tell(before: &[Role], roles: &[Role]) {
    for role in roles {
        let was = before.iter().find(|was| was.name == role.name && was.dropped == role.dropped);
        tell_serving(was, role);
        tell_newest(was, role);
    }
}

fn tell_serving(was: Option<&Role>, role: &Role) {
    let Some(serving) = &role.serving else { return };
    let (plugin, generation) = (&role.name, serving.generation.number());
    let replaces = was.and_then(|was| was.serving.as_ref()).map(|was| was.generation.number());
    if replaces == Some(generation) {
        return;
    }
    let (source, version) = (&serving.judged.source, serving.facts.manifest.version.as_str());
    info!(plugin, generation, replaces, %source, version, "plugin ready");
}

fn tell_newest(was: Option<&Role>, role: &Role) {
    let Some(newest) = &role.newest else { return };
    let old = was.and_then(|was| was.newest.as_ref());
    if old.is_some_and(|old| old.is_like(newest)) {
        return;
    }
    let (plugin, source) = (&role.name, &newest.judged.source);
    let playing = role.serving.as_ref().map(|serving| serving.generation.number());
    match &newest.state {
        PluginState::Ready => {}
        PluginState::Disabled => info!(plugin, %source, "plugin disabled"),
        PluginState::AwaitingGrant { asks, .. } => {
            warn!(plugin, %source, playing, asks = asks.join("; "), "plugin awaits a grant");
        }
        PluginState::Rejected { code, reason, hint } => {
            warn!(plugin, %source, playing, code, reason, hint, "plugin rejected");
        }
    }
}

pub(super) fn name_taken(name: &str, source: &PluginSource) -> PluginState {
    let section = source.path().map(|file| grant::plain_section(&format!("{name}-2"), file));
    PluginState::Rejected {
        code: "provider_name_taken",
        reason: format!("there is another provider with its id: {name}"),
        hint: section.map(|section| format!("give it a name of its own in the configuration:\n{section}")),
    }
}
