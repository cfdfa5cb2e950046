//! `understudy plugin inspect`: what a plugin is, before it is used.

use std::path::{Path, PathBuf};

use serde_json::json;
use understudy_sandbox::Inspection;
use understudy_speech::Language;

use super::destination::shown;
use super::exit::{Exit, Fault, FileError};
use super::listing::code;
use super::printer::Printer;
use crate::built_in;
use crate::config::Config;
use crate::plugins::{PluginSource, PluginState, Unread, asks, read_component, rejected, section};
use crate::understudy::{StartError, sandbox};

pub(super) async fn run(
    plugin: PathBuf,
    as_json: bool,
    config: Config,
    printer: Printer,
) -> Result<(), Fault> {
    let source = source(&plugin);
    let sandbox = sandbox(&config).map_err(StartError::from)?;
    let wasm = read_component(&source, sandbox.component_bytes_max()).await;
    let wasm = wasm.map_err(|unread| fault(&plugin, Unread::state(unread)))?;
    let inspection = sandbox.inspect(wasm).await.map_err(|error| fault(&plugin, rejected(&error)))?;
    if as_json {
        return Ok(printer.json(&json!({
            "path": source.path().map(shown),
            "digest": inspection.digest,
            "contract": inspection.contract,
            "size_bytes": inspection.size_bytes,
            "manifest": inspection.manifest,
        }))?);
    }
    for (what, found) in facts(&inspection) {
        if !found.is_empty() {
            printer.result(format_args!("{what:<13} {found}"))?;
        }
    }
    if !asks(&inspection.manifest).is_empty() {
        // Relative to this folder it would mean another file in the configuration's.
        let path = source.path().map(std::path::absolute).transpose();
        let path = path.map_err(|error| FileError::new("find the working folder", error))?;
        let toml = section(&inspection.manifest.id, path.as_deref(), &inspection.manifest);
        printer.result(format_args!(
            "\nto let it play, add this to the configuration:\n\n{}",
            toml.trim_end()
        ))?;
    }
    Ok(())
}

/// A file goes before the plugin of that name inside the program.
pub(super) fn source(plugin: &Path) -> PluginSource {
    let name = plugin.to_str().filter(|name| !plugin.is_file() && built_in::component(name).is_some());
    name.map_or_else(|| PluginSource::File(plugin.to_owned()), |name| PluginSource::BuiltIn(name.to_owned()))
}

pub(super) fn fault(file: &Path, state: PluginState) -> Fault {
    let PluginState::Rejected { reason, hint, .. } = state else {
        return Fault::new(Exit::Failed, "the plugin cannot be used");
    };
    let fault = Fault::new(Exit::BadInput, format!("{} is no plugin: {reason}", file.display()));
    hint.into_iter().fold(fault, Fault::hint)
}

fn facts(inspection: &Inspection) -> Vec<(&'static str, String)> {
    let manifest = &inspection.manifest;
    let capabilities = &manifest.capabilities;
    let formats: Vec<&str> = capabilities.formats.iter().map(|format| format.encoding.name()).collect();
    let languages: Vec<&str> = capabilities.languages.iter().map(Language::as_str).collect();
    let asks = asks(manifest);
    let mut facts = vec![
        ("id", manifest.id.clone()),
        ("name", manifest.name.clone()),
        ("version", manifest.version.clone()),
        ("description", manifest.description.clone()),
        ("licence", manifest.license.clone()),
        ("homepage", manifest.homepage.clone().unwrap_or_default()),
        ("contract", inspection.contract.clone()),
        ("size", format!("{:.2} MB", inspection.size_bytes as f64 / 1e6)),
        ("code", code(&inspection.compile)),
        ("sha256", inspection.digest.clone()),
        ("languages", languages.join(" ")),
        ("formats", formats.join(" ")),
    ];
    if asks.is_empty() {
        facts.push(("asks for", "nothing: it needs no grant".to_owned()));
    }
    facts.extend(asks.into_iter().map(|asked| ("asks for", asked)));
    facts
}
