//! From the configuration and the plugin folders to everybody who can play.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use understudy_engine::cache::settings_digest;
use understudy_engine::{Member, nearest};
use understudy_sandbox::{LoadError, Plugin, PluginConfig, Sandbox, Secret};
use understudy_speech::{Manifest, Provider};

use super::{PluginFacts, PluginSource, PluginState, PluginStatus, folder, grant};
use crate::built_in;
use crate::config::{Config, PluginChoice, SecretSource, is_provider_name};

/// Everybody who can play, and what became of everybody.
pub(crate) struct Loaded {
    pub(crate) members: Vec<Member>,
    pub(crate) statuses: Vec<PluginStatus>,
}

/// A plugin that somebody wants.
struct Wanted {
    name: String,
    source: PluginSource,
    enabled: bool,
    config: PluginConfig,
    /// Somebody has said what it may reach.
    decided: bool,
    secrets: BTreeMap<String, SecretSource>,
}

/// What became of it.
struct Outcome {
    status: PluginStatus,
    member: Option<Member>,
}

/// Loads all plugins at once.
///
/// The order is the order of preference: the configuration's, then dropped files by name, then the
/// offline voice. Two dropped files with the same id: the first by file name stands.
pub(crate) async fn load(sandbox: &Sandbox, config: &Config) -> Loaded {
    let configured = configured(config);
    let offline = implicit_offline(config);
    let taken: HashSet<String> =
        configured.iter().chain(&offline).map(|wanted| wanted.name.clone()).collect();
    let dropped = dropped(config, &configured);
    let (configured, offline, dropped) = tokio::join!(
        join_all(configured.into_iter().map(|wanted| bring_in(sandbox, wanted))),
        join_all(offline.into_iter().map(|wanted| bring_in(sandbox, wanted))),
        join_all(dropped.into_iter().map(|file| look_at(sandbox, config, &taken, file))),
    );
    let mut loaded = Loaded { members: Vec::new(), statuses: Vec::new() };
    for outcome in configured.into_iter().chain(without_twins(dropped)).chain(offline) {
        tell(&outcome.status);
        loaded.members.extend(outcome.member);
        loaded.statuses.push(outcome.status);
    }
    loaded
}

fn configured(config: &Config) -> Vec<Wanted> {
    let wanted = config.providers.iter().map(|provider| Wanted {
        name: provider.name.clone(),
        source: match &provider.plugin {
            PluginChoice::File(path) => PluginSource::File(path.clone()),
            PluginChoice::Named(plugin) => named(config, plugin),
        },
        enabled: provider.enabled,
        config: PluginConfig {
            settings: provider.settings.clone(),
            limits: provider.limits.clone(),
            grants: provider.grants.clone().unwrap_or_default(),
            ..PluginConfig::named(&provider.name)
        },
        decided: provider.grants.is_some(),
        secrets: provider.secrets.clone(),
    });
    wanted.collect()
}

/// How the configuration would have a plugin loaded: as its first section says, else by default.
pub(crate) async fn config_of(config: &Config, source: &PluginSource) -> Result<PluginConfig, PluginState> {
    let wanted = configured(config).into_iter().find(|wanted| wanted.source == *source);
    let Some(Wanted { config: mut plugin, secrets, .. }) = wanted else {
        return Ok(PluginConfig { limits: config.sandbox.limits.clone(), ..PluginConfig::named("plugin") });
    };
    plugin.secrets = read_secrets(secrets).await?;
    Ok(plugin)
}

/// The plugin's file, with its hyphens or with cargo's underscores for them, else the one inside
/// the program.
fn named(config: &Config, plugin: &str) -> PluginSource {
    let names = [format!("{plugin}.wasm"), format!("{}.wasm", plugin.replace('-', "_"))];
    let mut paths =
        config.plugins.folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    let found = paths.find(|path| path.is_file());
    match found {
        Some(file) => PluginSource::File(file),
        None if built_in::component(plugin).is_some() => PluginSource::BuiltIn(plugin.to_owned()),
        None => PluginSource::Missing(plugin.to_owned()),
    }
}

/// The offline voice, unless a section has its name, or this build has none.
fn implicit_offline(config: &Config) -> Option<Wanted> {
    let name = built_in::OFFLINE_VOICE;
    (built_in::component(name).is_some() && config.provider(name).is_none()).then(|| Wanted {
        name: name.to_owned(),
        source: PluginSource::BuiltIn(name.to_owned()),
        enabled: true,
        config: PluginConfig { limits: config.sandbox.limits.clone(), ..PluginConfig::named(name) },
        decided: true,
        secrets: BTreeMap::new(),
    })
}

/// Files in the plugin folders that no section speaks for.
fn dropped(config: &Config, configured: &[Wanted]) -> Vec<PathBuf> {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut seen: HashSet<PathBuf> =
        configured.iter().filter_map(|wanted| wanted.source.path()).map(canonical).collect();
    let mut files = Vec::new();
    for folder in &config.plugins.folders {
        match folder::plugins_in(folder) {
            Ok(found) => files.extend(found.into_iter().filter(|file| seen.insert(canonical(file)))),
            Err(error) => warn!(folder = %folder.display(), %error, "plugin folder cannot be read"),
        }
    }
    files
}

/// Loads a plugin that has a section, or needs none.
async fn bring_in(sandbox: &Sandbox, wanted: Wanted) -> Outcome {
    let (name, source) = (wanted.name.clone(), wanted.source.clone());
    // A take that was bought under other settings is another take.
    let settings = settings_digest(&wanted.config.settings);
    let (state, facts, member) = match play(sandbox, wanted).await {
        Ok(plugin) => {
            let facts = PluginFacts::from(&plugin);
            let member = Member { settings, ..Member::new(name.clone(), Arc::new(plugin)) };
            (PluginState::Ready, Some(facts), Some(member))
        }
        Err((state, facts)) => (state, facts, None),
    };
    Outcome { status: PluginStatus { name, state, source, facts }, member }
}

/// The plugin, or why it cannot play and what is known of it.
async fn play(sandbox: &Sandbox, wanted: Wanted) -> Result<Plugin, (PluginState, Option<PluginFacts>)> {
    let Wanted { name, source, enabled, mut config, decided, secrets } = wanted;
    if !enabled {
        return Err((PluginState::Disabled, None));
    }
    let unknown = |state| (state, None);
    let wasm = read_component(&source).await.map_err(unknown)?;
    config.secrets = read_secrets(secrets).await.map_err(unknown)?;
    match sandbox.load(wasm.clone(), config).await {
        Ok(plugin) if !decided && !plugin.manifest().hosts.is_empty() => {
            Err((awaiting(&name, &source, plugin.manifest()), Some(PluginFacts::from(&plugin))))
        }
        Ok(plugin) => Ok(plugin),
        Err(error @ LoadError::MissingSecret { .. }) => {
            let seen = sandbox.inspect(wasm).await.map_err(|_| unknown(rejected(&error)))?;
            Err((awaiting(&name, &source, &seen.manifest), Some(PluginFacts::from(&seen))))
        }
        Err(error) => Err(unknown(rejected(&error))),
    }
}

fn awaiting(name: &str, source: &PluginSource, manifest: &Manifest) -> PluginState {
    let toml = grant::section(name, source.path(), manifest);
    PluginState::AwaitingGrant { asks: grant::asks(manifest), toml }
}

/// The secrets' values, read as late as can be, off the runtime: a file can lie on a slow disk.
async fn read_secrets(
    sources: BTreeMap<String, SecretSource>,
) -> Result<BTreeMap<String, Secret>, PluginState> {
    let unreadable = |name: &str, reason: String| PluginState::Rejected {
        code: "plugin_secret_unreadable",
        reason: format!("secret cannot be had: {name}, {reason}"),
        hint: Some("set it before the program starts, or correct the provider's secrets table".to_owned()),
    };
    let mut secrets = BTreeMap::new();
    for (name, source) in sources {
        let read = spawn_blocking(move || source.read()).await;
        let read = read.unwrap_or_else(|stopped| Err(stopped.to_string()));
        let secret = read.map_err(|reason| unreadable(&name, reason))?;
        secrets.insert(name, secret);
    }
    Ok(secrets)
}

/// Looks at a dropped file, and loads it when it asks for nothing and its name is free.
async fn look_at(sandbox: &Sandbox, config: &Config, taken: &HashSet<String>, file: PathBuf) -> Outcome {
    let file_name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let source = PluginSource::File(file.clone());
    let status = |name, state, facts| PluginStatus { name, state, source: source.clone(), facts };
    let wasm = match read_component(&source).await {
        Ok(wasm) => wasm,
        Err(rejected) => return Outcome { status: status(file_name, rejected, None), member: None },
    };
    let inspection = match sandbox.inspect(wasm.clone()).await {
        Ok(inspection) => inspection,
        Err(error) => return Outcome { status: status(file_name, rejected(&error), None), member: None },
    };
    let name = inspection.manifest.id.clone();
    let needs_nothing = inspection.manifest.hosts.is_empty() && inspection.manifest.secrets.is_empty();
    let facts = Some(PluginFacts::from(&inspection));
    let state = if taken.contains(&name) || !is_provider_name(&name) {
        name_taken(&name, &file)
    } else if !needs_nothing {
        awaiting(&name, &source, &inspection.manifest)
    } else {
        let plugin_config =
            PluginConfig { limits: config.sandbox.limits.clone(), ..PluginConfig::named(&name) };
        let wanted = Wanted {
            name,
            source: source.clone(),
            enabled: true,
            config: plugin_config,
            decided: true,
            secrets: BTreeMap::new(),
        };
        return bring_in(sandbox, wanted).await;
    };
    Outcome { status: status(name, state, facts), member: None }
}

/// Of several dropped files with one id the first stands.
fn without_twins(outcomes: Vec<Outcome>) -> impl Iterator<Item = Outcome> {
    let mut names = HashSet::new();
    outcomes.into_iter().map(move |mut outcome| {
        if outcome.status.state == PluginState::Ready && !names.insert(outcome.status.name.clone()) {
            outcome.member = None;
            if let PluginSource::File(file) = &outcome.status.source {
                outcome.status.state = name_taken(&outcome.status.name, file);
            }
        }
        outcome
    })
}

/// The component's bytes, or why there are none.
pub(crate) async fn read_component(source: &PluginSource) -> Result<Bytes, PluginState> {
    let missing = |reason: String, hint: &str| PluginState::Rejected {
        code: "plugin_unreadable",
        reason,
        hint: Some(hint.to_owned()),
    };
    match source {
        PluginSource::BuiltIn(name) => built_in::component(name).map(Bytes::from_static).ok_or_else(|| {
            missing(
                format!("this program was built without the plugin: {name}"),
                "build it without UNDERSTUDY_SKIP_PLUGINS, or name a plugin file",
            )
        }),
        PluginSource::Missing(name) => Err(missing(
            format!("neither a plugin folder nor the program has it: {name}.wasm"),
            &nearest(name, built_in::names()).map_or_else(
                || "set plugin to the path of the file; `understudy doctor` lists the folders".to_owned(),
                |meant| format!("did you mean {meant}?"),
            ),
        )),
        PluginSource::File(path) => tokio::fs::read(path).await.map(Bytes::from).map_err(|error| {
            missing(format!("file cannot be read: {error}"), "check the path and who may read it")
        }),
    }
}

pub(crate) fn rejected(error: &LoadError) -> PluginState {
    PluginState::Rejected {
        code: error.code(),
        reason: error.to_string(),
        hint: Some(error.hint().to_owned()),
    }
}

fn name_taken(name: &str, file: &Path) -> PluginState {
    PluginState::Rejected {
        code: "provider_name_taken",
        reason: format!("there is another provider with its id: {name}"),
        hint: Some(format!(
            "give it a name of its own in the configuration:\n{}",
            grant::plain_section(&format!("{name}-2"), file)
        )),
    }
}

fn tell(status: &PluginStatus) {
    let (plugin, source) = (&status.name, &status.source);
    match &status.state {
        PluginState::Ready => {
            let facts = status.facts.as_ref();
            let version = facts.map(|facts| facts.manifest.version.as_str());
            info!(plugin, %source, version, "plugin ready");
        }
        PluginState::Disabled => info!(plugin, %source, "plugin disabled"),
        PluginState::AwaitingGrant { asks, .. } => {
            warn!(plugin, %source, asks = asks.join("; "), "plugin awaits a grant");
        }
        PluginState::Rejected { code, reason, .. } => {
            warn!(plugin, %source, code, reason, "plugin rejected");
        }
    }
}
