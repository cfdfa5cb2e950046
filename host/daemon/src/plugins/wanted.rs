//! Which plugins are wanted, and by whose word.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;
use tracing::warn;
use understudy_sandbox::{PluginConfig, Secret};

use super::{PluginSource, PluginState, folder};
use crate::built_in;
use crate::config::{Canary, Config, PluginChoice, ProviderConfig, SecretSource};

/// A plugin that somebody wants.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) source: PluginSource,
    pub(super) enabled: bool,
    pub(super) config: PluginConfig,
    /// Somebody has said what it may reach.
    pub(super) decided: bool,
    pub(super) secrets: BTreeMap<String, SecretSource>,
    /// What its file has to be.
    pub(super) pin: Pin,
    /// A newer one on trial beside it.
    pub(super) canary: Option<Canary>,
    /// It is one itself.
    pub(super) on_trial: bool,
}

/// What a plugin's file has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pin {
    /// The component of this digest.
    To(String),
    /// Whatever it is.
    Open,
    /// There has to be a pin, and there is none.
    Missing,
}

impl Pin {
    /// Files are pinned by their sections; what is inside the program is what the program is.
    pub(super) fn of(pin: Option<&String>, source: &PluginSource, config: &Config) -> Self {
        match (pin, source) {
            (Some(digest), _) => Self::To(digest.clone()),
            (None, PluginSource::File(_)) if config.plugins.locked => Self::Missing,
            (None, _) => Self::Open,
        }
    }

    /// Holds a file against it; `how` says how its pin is written.
    pub(super) fn admits(&self, digest: &str, how: &str) -> Result<(), PluginState> {
        match self {
            Self::To(pinned) if pinned != digest => Err(PluginState::Rejected {
                code: "plugin_digest_mismatch",
                reason: format!("file is not the one that is pinned: {digest}"),
                hint: Some(format!("when the new file is meant, {how}sha256 = \"{digest}\"")),
            }),
            Self::Missing => Err(PluginState::Rejected {
                code: "plugin_not_pinned",
                reason: format!("file is not pinned: {digest}"),
                hint: Some(format!("only pinned files are taken; {how}sha256 = \"{digest}\"")),
            }),
            Self::To(_) | Self::Open => Ok(()),
        }
    }
}

/// A plugin that a section can pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pinnable {
    /// The provider's name.
    pub(crate) name: String,
    pub(crate) source: PluginSource,
    /// It is the canary of its provider.
    pub(crate) is_canary: bool,
}

/// As a person calls it.
impl fmt::Display for Pinnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.is_canary { "'s canary" } else { "" })
    }
}

/// Every plugin of the configuration's sections, those on trial included.
pub(crate) fn pinnables(config: &Config) -> Vec<Pinnable> {
    let of = |wanted: Wanted| {
        let canary = wanted.canary.map(|canary| Pinnable {
            name: wanted.name.clone(),
            source: PluginSource::File(canary.path),
            is_canary: true,
        });
        [Pinnable { name: wanted.name, source: wanted.source, is_canary: false }].into_iter().chain(canary)
    };
    configured(config).into_iter().flat_map(of).collect()
}

/// Files that cannot be pinned, because no section speaks for them.
pub(crate) fn sectionless(config: &Config) -> Vec<PathBuf> {
    dropped(config, &configured(config))
}

impl Wanted {
    /// How its pin is written.
    pub(super) fn how_pinned(&self) -> String {
        let (name, canary) = (&self.name, if self.on_trial { "canary of " } else { "" });
        format!("run `understudy plugin lock {name}`, or write this into {canary}[providers.{name}]:\n")
    }

    /// One that plays without a section: it asks for nothing.
    pub(super) fn plain(name: &str, source: PluginSource, config: &Config) -> Self {
        Self {
            pin: Pin::of(None, &source, config),
            canary: None,
            on_trial: false,
            name: name.to_owned(),
            source,
            enabled: true,
            config: PluginConfig { limits: config.sandbox.limits.clone(), ..PluginConfig::named(name) },
            decided: true,
            secrets: BTreeMap::new(),
        }
    }
}

/// Those of the configuration's sections, in its order.
pub(super) fn configured(config: &Config) -> Vec<Wanted> {
    config.providers.iter().map(|provider| of_section(config, provider)).collect()
}

fn of_section(config: &Config, provider: &ProviderConfig) -> Wanted {
    let source = match &provider.plugin {
        PluginChoice::File(path) => PluginSource::File(path.clone()),
        PluginChoice::Named(plugin) => named(config, plugin),
    };
    Wanted {
        name: provider.name.clone(),
        pin: Pin::of(provider.sha256.as_ref(), &source, config),
        canary: provider.canary.clone(),
        on_trial: false,
        source,
        enabled: provider.enabled,
        config: PluginConfig {
            settings: provider.settings.clone(),
            limits: provider.limits.clone(),
            grants: provider.grants.clone().unwrap_or_default(),
            uses: provider.uses,
            ..PluginConfig::named(&provider.name)
        },
        decided: provider.grants.is_some(),
        secrets: provider.secrets.clone(),
    }
}

/// How the configuration would have a plugin loaded: as its first section says, else by default.
pub(crate) async fn config_of(config: &Config, source: &PluginSource) -> Result<PluginConfig, PluginState> {
    let wanted = configured(config).into_iter().find(|wanted| is_same(&wanted.source, source));
    let Some(Wanted { config: mut plugin, secrets, .. }) = wanted else {
        return Ok(PluginConfig { limits: config.sandbox.limits.clone(), ..PluginConfig::named("plugin") });
    };
    plugin.secrets = read_secrets(secrets).await?;
    Ok(plugin)
}

/// One file may be written in several ways.
fn is_same(one: &PluginSource, other: &PluginSource) -> bool {
    match (one.path(), other.path()) {
        (Some(one), Some(other)) => canonical(one) == canonical(other),
        _ => one == other,
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
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
pub(super) fn implicit_offline(config: &Config) -> Option<Wanted> {
    let name = built_in::OFFLINE_VOICE;
    let wanted = built_in::component(name).is_some() && config.provider(name).is_none();
    wanted.then(|| Wanted::plain(name, PluginSource::BuiltIn(name.to_owned()), config))
}

/// Files in the plugin folders that no section speaks for.
pub(super) fn dropped(config: &Config, configured: &[Wanted]) -> Vec<PathBuf> {
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

/// The secrets' values, read as late as can be, off the runtime: a file can lie on a slow disk.
pub(super) async fn read_secrets(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_section_is_its_files_however_the_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wasm"), "").unwrap();
        std::fs::create_dir(folder.path().join("inside")).unwrap();
        let text = "[providers.amy]\nplugin = './a.wasm'\nsettings.speed = 2";
        let config = Config::parse(text, &folder.path().join("understudy.toml")).unwrap();
        let named = async |path: &str| {
            let source = PluginSource::File(folder.path().join(path));
            config_of(&config, &source).await.unwrap().name
        };
        assert_eq!(named("a.wasm").await, "amy");
        assert_eq!(named("inside/../a.wasm").await, "amy");
        assert_eq!(named("b.wasm").await, "plugin");
    }
}
