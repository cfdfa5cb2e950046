//! What a plugin asks for: in words a person decides by, and as the section that grants it.
//!
//! The section is whole and exact, because it is pasted: every host of the manifest as a grant,
//! every secret with a variable of the environment to take it from, every setting the plugin cannot
//! do without with an example. What only the operator knows, the address of a service of one's own,
//! stands in it as a comment.

mod examples;

use std::fmt::Write;
use std::path::Path;

use serde_json::Map;
use understudy_sandbox::{Grant, HostPattern, PluginConfig};
use understudy_speech::{Host, Manifest, SecretRequest};

use crate::config::ProviderConfig;

/// Longest reason shown, in characters; it is the plugin's own text.
const MAX_REASON_CHARACTERS: usize = 120;

/// A service of one's own, as it is often found.
const HOST_EXAMPLE: &str = "http://localhost:8880";

/// Everything a manifest asks for, one line each; empty when it works with nothing.
pub(crate) fn asks(manifest: &Manifest) -> Vec<String> {
    let schema = &manifest.settings_schema;
    let hosts = manifest
        .hosts
        .iter()
        .map(|asked| format!("host {}: {}", name(&asked.host, schema), reason(&asked.reason)));
    let secrets = manifest.secrets.iter().map(|asked| {
        let optional = if asked.required { "" } else { " (optional)" };
        let hosts = targets(asked, schema);
        format!("secret {}{optional}, sent to {hosts}: {}", asked.name, reason(&asked.reason))
    });
    hosts.chain(secrets).collect()
}

/// Whether a plugin asks for a host that its predecessor did not ask for and nobody has granted.
pub(super) fn asks_more(before: &Manifest, now: &Manifest, config: &PluginConfig) -> bool {
    let granted = |asked: &Host| {
        let wanted = pattern(asked, now, config);
        config.grants.iter().any(|grant| Some(&grant.host) == wanted.as_ref())
    };
    let old = |asked: &Host| before.hosts.iter().any(|known| known.host == *asked);
    now.hosts.iter().any(|asked| !old(&asked.host) && !granted(&asked.host))
}

/// The secrets that a plugin would send to a host its predecessor did not send them to, one line each.
/// A grant says which hosts may be reached, and not which of them may have a key.
pub(super) fn rebound(before: &Manifest, now: &Manifest, config: &PluginConfig) -> Vec<String> {
    let targets = |asked: &SecretRequest, manifest: &Manifest| -> Vec<HostPattern> {
        asked.hosts.iter().filter_map(|host| pattern(host, manifest, config)).collect()
    };
    let set = now.secrets.iter().filter(|asked| config.secrets.contains_key(&asked.name));
    let pairs = set.filter_map(|asked| {
        let known = before.secrets.iter().find(|known| known.name == asked.name)?;
        let known = targets(known, before);
        let more = targets(asked, now).into_iter().filter(|host| !known.contains(host));
        let more: Vec<String> = more.map(|host| host.to_string()).collect();
        (!more.is_empty())
            .then(|| format!("secret {} would now also be sent to {}", asked.name, more.join(", ")))
    });
    pairs.collect()
}

/// The line that accepts a plugin by its digest, under what it is about.
pub(super) fn acceptance(rebound: &[String], provider: &str, digest: &str) -> String {
    let mut toml = String::new();
    for line in rebound {
        let _ = writeln!(toml, "# {line}");
    }
    let _ = writeln!(
        toml,
        "# `understudy plugin lock {provider}` writes this, and a restart takes the file without it\n\
         sha256 = \"{digest}\""
    );
    toml
}

/// The host that is meant, as far as settings and defaults say.
fn pattern(asked: &Host, manifest: &Manifest, config: &PluginConfig) -> Option<HostPattern> {
    match asked {
        Host::Name(name) => name.parse().ok(),
        Host::Setting(field) => {
            let set = config.settings.get(field).and_then(|value| Grant::reaching(value.as_str()?));
            set.or_else(|| grant(asked, &manifest.settings_schema).ok()).map(|grant| grant.host)
        }
    }
}

/// The section that makes a file a provider and grants it nothing.
pub(crate) fn plain_section(provider: &str, file: &Path) -> String {
    let file = toml::Value::String(file.display().to_string());
    format!("[providers.{provider}]\nplugin = {file}\n")
}

/// The section that lets the plugin of `file` play; without a file for one inside the program.
pub(crate) fn section(provider: &str, file: Option<&Path>, manifest: &Manifest) -> String {
    let mut toml =
        file.map_or_else(|| format!("[providers.{provider}]\n"), |file| plain_section(provider, file));
    grants(&mut toml, &[], manifest);
    let lines = examples::lines(manifest, &Map::new(), "");
    if !lines.is_empty() {
        let _ = write!(toml, "\n[providers.{provider}.settings]\n{lines}");
    }
    if !manifest.secrets.is_empty() {
        let _ = writeln!(toml, "\n[providers.{provider}.secrets]");
    }
    for asked in &manifest.secrets {
        secret(&mut toml, provider, "", asked, &manifest.settings_schema);
    }
    toml
}

/// The lines that a section lacks to let this plugin play.
pub(super) fn additions(section: &ProviderConfig, manifest: &Manifest) -> String {
    let mut toml = String::new();
    let missing = |asked: &&SecretRequest| asked.required && !section.secrets.contains_key(&asked.name);
    let missing: Vec<&SecretRequest> = manifest.secrets.iter().filter(missing).collect();
    match &section.grants {
        None => grants(&mut toml, &[], manifest),
        // It has what its predecessor asked for, and this one asks for more.
        Some(granted) if missing.is_empty() => grants(&mut toml, granted, manifest),
        Some(_) => {}
    }
    // A table that stands there already cannot be written to from above it.
    let (mut below, name) = (String::new(), &section.name);
    let has_settings = !section.settings.is_empty();
    let lines = examples::lines(manifest, &section.settings, if has_settings { "" } else { "settings." });
    if has_settings && !lines.is_empty() {
        let _ = write!(below, "# and into [providers.{name}.settings]\n{lines}");
    } else {
        toml.push_str(&lines);
    }
    let has_secrets = !section.secrets.is_empty();
    if has_secrets && !missing.is_empty() {
        let _ = writeln!(below, "# and into [providers.{name}.secrets]");
    }
    let (toml_of_secrets, prefix) = if has_secrets { (&mut below, "") } else { (&mut toml, "secrets.") };
    for asked in missing {
        secret(toml_of_secrets, name, prefix, asked, &manifest.settings_schema);
    }
    toml + &below
}

/// The key `grants`: what is granted already, and what a manifest asks for.
fn grants(toml: &mut String, already: &[Grant], manifest: &Manifest) {
    let mut granted: Vec<String> = already.iter().map(ToString::to_string).collect();
    for asked in &manifest.hosts {
        let why = reason(&asked.reason);
        let _ = match grant(&asked.host, &manifest.settings_schema) {
            Ok(grant) => {
                if already.iter().all(|known| known.host != grant.host) {
                    granted.push(grant.to_string());
                }
                writeln!(toml, "# {}: {why}", grant.host)
            }
            Err(field) => writeln!(
                toml,
                "# the host of its {field}: {why}\n# with {field} = \"{HOST_EXAMPLE}\" among its settings, grant \
                 {{ host = \"localhost:8880\", private = true, plain_http = true }}"
            ),
        };
    }
    if !granted.is_empty() {
        let _ = writeln!(toml, "grants = [{}]", granted.join(", "));
    }
}

/// A secret's key, with the variable of the environment it may come from.
fn secret(
    toml: &mut String,
    provider: &str,
    prefix: &str,
    asked: &SecretRequest,
    schema: &serde_json::Value,
) {
    let (name, why) = (&asked.name, reason(&asked.reason));
    let (optional, comment) = if asked.required { ("", "") } else { ("optional, ", "# ") };
    let (hosts, variable) = (targets(asked, schema), variable(provider, name));
    let _ =
        writeln!(toml, "# {optional}sent to {hosts}: {why}\n{comment}{prefix}{name} = \"env:{variable}\"");
}

/// The grant a manifest's host needs, or the setting that would have to be known.
fn grant<'host>(host: &'host Host, schema: &serde_json::Value) -> Result<Grant, &'host str> {
    match host {
        Host::Name(name) => name
            .parse()
            .map(|host: HostPattern| Grant { host, private: false, plain_http: false })
            .map_err(|_| name.as_str()),
        Host::Setting(field) => {
            let default = schema.pointer(&format!("/properties/{field}/default"));
            default.and_then(|text| Grant::reaching(text.as_str()?)).ok_or(field)
        }
    }
}

/// The variable of the environment a person would expect: `AZURE_API_KEY`.
fn variable(provider: &str, secret: &str) -> String {
    let shout = |text: &str| -> String {
        let upper = text.chars().map(|character| character.to_ascii_uppercase());
        upper.map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
    };
    format!("{}_{}", shout(provider), shout(secret))
}

fn targets(asked: &SecretRequest, schema: &serde_json::Value) -> String {
    asked.hosts.iter().map(|host| name(host, schema)).collect::<Vec<_>>().join(", ")
}

/// A host as far as it is known.
fn name(host: &Host, schema: &serde_json::Value) -> String {
    match (host, grant(host, schema)) {
        (Host::Name(name), _) => name.clone(),
        (Host::Setting(setting), Ok(default)) => format!("{} (setting {setting})", default.host),
        (Host::Setting(setting), Err(_)) => format!("(setting {setting})"),
    }
}

/// One line, bounded, without control characters: it ends up in comments of a file and on
/// terminals.
fn reason(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MAX_REASON_CHARACTERS)
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests;
