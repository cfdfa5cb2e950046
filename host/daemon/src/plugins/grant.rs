//! What a plugin asks for, in words a person decides by.

use std::path::Path;

use understudy_speech::{Host, Manifest};

/// Longest reason shown, in characters; it is the plugin's own text.
const MAX_REASON_CHARACTERS: usize = 120;

/// Everything a manifest asks for, one line each; empty when it works with nothing.
pub(crate) fn asks(manifest: &Manifest) -> Vec<String> {
    let hosts = manifest.hosts.iter().map(|asked| format!("host {}: {}", name(&asked.host), reason(&asked.reason)));
    let secrets = manifest.secrets.iter().map(|asked| {
        let hosts: Vec<String> = asked.hosts.iter().map(name).collect();
        let optional = if asked.required { "" } else { " (optional)" };
        format!("secret {}{optional}, sent to {}: {}", asked.name, hosts.join(" "), reason(&asked.reason))
    });
    hosts.chain(secrets).collect()
}

/// The section that lets the plugin of `file` play.
pub(super) fn section(provider: &str, file: &Path, asks: &[String]) -> String {
    let asks: String = asks.iter().map(|asked| format!("# asks for {asked}\n")).collect();
    let file = toml::Value::String(file.display().to_string());
    format!("[providers.{provider}]\nplugin = {file}\n{asks}")
}

fn name(host: &Host) -> String {
    match host {
        Host::Name(name) => name.clone(),
        Host::Setting(setting) => format!("of the setting {setting}"),
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
