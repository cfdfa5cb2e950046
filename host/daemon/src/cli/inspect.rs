//! `understudy plugin inspect FILE`: what a stranger's plugin is, before it is used.

use std::path::PathBuf;

use serde_json::json;
use understudy_sandbox::Inspection;
use understudy_speech::Language;

use super::exit::{Exit, Fault};
use super::listing::code;
use super::printer::Printer;
use crate::config::Config;
use crate::plugins::{PluginSource, PluginState, asks, read_component, rejected};
use crate::understudy::{StartError, sandbox};

pub(super) async fn run(file: PathBuf, as_json: bool, config: Config, printer: Printer) -> Result<(), Fault> {
    let wasm = read_component(&PluginSource::File(file.clone())).await.map_err(|state| fault(&file, state))?;
    let sandbox = sandbox(&config).map_err(StartError::from)?;
    let inspection = sandbox.inspect(wasm).await.map_err(|error| fault(&file, rejected(&error)))?;
    if as_json {
        return Ok(printer.json(&json!({
            "path": file,
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
    Ok(())
}

fn fault(file: &std::path::Path, state: PluginState) -> Fault {
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
