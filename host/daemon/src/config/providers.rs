//! `[providers.NAME]`: who speaks, under which name, with which settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::de::DeValue;
use understudy_engine::ProviderPolicy;
use understudy_sandbox::{Grant, Limits, Uses};

use super::access::{self, SecretSource};
use super::canary::{self, Canary};
use super::section::{Found, Section};
use super::{folders, policies, sandbox};

/// Longest name of a provider, in characters. It is part of every public voice id.
const MAX_NAME_CHARACTERS: usize = 64;

/// Hexadecimal digits of a SHA-256.
const DIGEST_DIGITS: usize = 64;

/// One provider of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderConfig {
    /// What requests call it: lower-case letters, digits and hyphens.
    pub name: String,
    /// The plugin that speaks.
    pub plugin: PluginChoice,
    /// A disabled provider is listed and never asked.
    pub enabled: bool,
    /// Given to the plugin, which says in its manifest what it takes.
    pub settings: serde_json::Map<String, Value>,
    /// The hosts it may reach, of those its manifest asks for. None: nobody has decided, and a
    /// plugin that asks for hosts waits until somebody does.
    pub grants: Option<Vec<Grant>>,
    /// Where its secrets are, by their names in the manifest.
    pub secrets: BTreeMap<String, SecretSource>,
    /// What is used of its plugin's abilities.
    pub uses: Uses,
    /// When its turn comes, and how much may be asked of it.
    pub policy: ProviderPolicy,
    /// The limits of one call.
    pub limits: Limits,
    /// SHA-256 of the component, in lower-case hex. None: whatever the file holds.
    pub sha256: Option<String>,
    /// A newer plugin on trial beside it.
    pub canary: Option<Canary>,
}

/// Which plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginChoice {
    /// A file.
    File(PathBuf),
    /// `NAME.wasm` in one of the plugin folders, else the one of that name inside the program.
    Named(String),
}

impl PluginChoice {
    fn of(text: &str, folder: &Path) -> Self {
        if text.ends_with(".wasm") || text.contains(['/', '\\']) {
            Self::File(folders::expand(text, folder))
        } else {
            Self::Named(text.to_owned())
        }
    }
}

/// Reads every `[providers.NAME]`. `folder` is where the configuration file lies; `limits` are
/// those of `[sandbox]`.
pub(super) fn read(section: &Section<'_>, folder: &Path, limits: &Limits) -> Vec<ProviderConfig> {
    section.sections().into_iter().map(|(name, provider)| read_one(name, provider, folder, limits)).collect()
}

fn read_one(name: Found<String>, section: Section<'_>, folder: &Path, limits: &Limits) -> ProviderConfig {
    check_name(&name, &section);
    let plugin = section.string("plugin").map_or_else(|| name.value.clone(), |found| found.value);
    let overrides = section.section("limits");
    let provider = ProviderConfig {
        plugin: PluginChoice::of(&plugin, folder),
        name: name.value,
        enabled: section.boolean("enabled", true),
        settings: settings(&section),
        grants: access::grants(&section),
        secrets: access::secrets(&section, folder),
        uses: uses(&section),
        policy: policies::provider(&section),
        limits: sandbox::read_limits(&overrides, limits),
        sha256: sha256(&section),
        canary: canary::read(&section, folder),
    };
    overrides.finish();
    section.finish();
    provider
}

fn uses(section: &Section<'_>) -> Uses {
    Uses {
        ssml: section.boolean("supports_ssml", true),
        emotions: section.boolean("supports_emotions", true),
        characters: section.boolean("supports_characters", true),
    }
}

fn check_name(name: &Found<String>, section: &Section<'_>) {
    if !is_provider_name(&name.value) {
        section.report(
            &name.span,
            format!("not a name for a provider: {:?}", name.value),
            format!(
                "names begin with a lower-case letter and go on with lower-case letters, digits and \
                 hyphens, at most {MAX_NAME_CHARACTERS}"
            ),
        );
    }
}

/// Whether requests may call a provider this: public voice ids are `provider/voice`, and clients
/// split them at commas and slashes.
pub(crate) fn is_provider_name(name: &str) -> bool {
    name.len() <= MAX_NAME_CHARACTERS
        && name.starts_with(|character: char| character.is_ascii_lowercase())
        && name
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-')
}

pub(super) fn sha256(section: &Section<'_>) -> Option<String> {
    let found = section.string("sha256")?;
    let digest = found.value.to_ascii_lowercase();
    if digest.len() != DIGEST_DIGITS || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        section.report(
            &found.span,
            format!("not a SHA-256 of {DIGEST_DIGITS} hexadecimal digits: {}", found.value),
            "`understudy plugin lock` writes it, and `understudy plugin inspect FILE` prints it",
        );
    }
    Some(digest)
}

fn settings(section: &Section<'_>) -> serde_json::Map<String, Value> {
    match section.table("settings").map(to_json) {
        Some(Value::Object(settings)) => settings,
        _ => serde_json::Map::new(),
    }
}

/// Settings are the plugin's own: they are carried over unread, dates as their text.
fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(
            table.iter().map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref()))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_a_name_or_a_file() {
        let check = |text, expected| assert_eq!(PluginChoice::of(text, Path::new("/etc")), expected);
        check("my-voice", PluginChoice::Named("my-voice".into()));
        check("my-voice.wasm", PluginChoice::File("/etc/my-voice.wasm".into()));
        check("/opt/voice.wasm", PluginChoice::File("/opt/voice.wasm".into()));
        check("./voice", PluginChoice::File("/etc/./voice".into()));
    }

    #[test]
    fn names_fit_a_public_voice_id() {
        for name in ["flite", "azure-eu", "a1"] {
            assert!(is_provider_name(name), "{name}");
        }
        for name in ["", "Azure", "1a", "a/b", "a,b", "a b", "ä", "-a", &"a".repeat(65)] {
            assert!(!is_provider_name(name), "{name}");
        }
    }
}
