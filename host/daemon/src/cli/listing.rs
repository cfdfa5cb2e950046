//! `understudy providers` and `understudy plugin list`.

use serde_json::json;
use understudy_engine::ProviderInfo;
use understudy_sandbox::CompileOutcome;
use understudy_speech::{Capabilities, Language};

use super::exit::Fault;
use super::printer::Printer;
use super::table::Table;
use crate::built_in;
use crate::config::Config;
use crate::understudy::Keeping;
use crate::{PluginFacts, PluginState, PluginStatus, Understudy};

/// Most languages named in a table.
const MAX_LANGUAGES: usize = 4;

pub(super) async fn providers(config: Config, as_json: bool, printer: Printer) -> Result<(), Fault> {
    let understudy = Understudy::start_keeping(config, Keeping::Nothing).await?;
    let engine = understudy.engine();
    let default = engine.default_provider();
    let providers = engine.providers();
    if as_json {
        let list: Vec<_> = providers.iter().map(|info| provider_json(info, default)).collect();
        return Ok(printer.json(&list)?);
    }
    let mut table = Table::new(["PROVIDER", "NAME", "VERSION", "LANGUAGES", "CAN"]);
    for ProviderInfo { name, manifest } in providers {
        let is_default = if default == Some(name.as_str()) { " (default)" } else { "" };
        table.row([
            format!("{name}{is_default}"),
            manifest.name,
            manifest.version,
            languages(&manifest.capabilities.languages),
            abilities(&manifest.capabilities).join(", "),
        ]);
    }
    table.print(printer)?;
    tell_of_missing(&understudy.plugins(), printer);
    Ok(())
}

fn provider_json(info: &ProviderInfo, default: Option<&str>) -> serde_json::Value {
    json!({
        "name": info.name,
        "default": default == Some(info.name.as_str()),
        "plugin": info.manifest.id,
        "display_name": info.manifest.name,
        "version": info.manifest.version,
        "description": info.manifest.description,
        "license": info.manifest.license,
        "capabilities": info.manifest.capabilities,
    })
}

fn languages(languages: &[Language]) -> String {
    let shown: Vec<&str> = languages.iter().take(MAX_LANGUAGES).map(Language::as_str).collect();
    match languages.len().saturating_sub(MAX_LANGUAGES) {
        0 if shown.is_empty() => "see voices".to_owned(),
        0 => shown.join(" "),
        more => format!("{} +{more}", shown.join(" ")),
    }
}

fn abilities(capabilities: &Capabilities) -> Vec<&'static str> {
    let offers = [
        (capabilities.rate.is_some(), "rate"),
        (capabilities.pitch.is_some(), "pitch"),
        (capabilities.volume.is_some(), "volume"),
        (capabilities.words.is_some(), "words"),
        (capabilities.streaming, "streaming"),
        (capabilities.ssml, "ssml"),
        (capabilities.styles, "styles"),
        (capabilities.emotions, "emotions"),
        (capabilities.characters, "characters"),
    ];
    offers.into_iter().filter(|(offered, _)| *offered).map(|(_, name)| name).collect()
}

/// Providers that were wanted and are not there are missed in the table above.
fn tell_of_missing(plugins: &[PluginStatus], printer: Printer) {
    let missing = |status: &&PluginStatus| {
        matches!(status.state, PluginState::Rejected { .. } | PluginState::AwaitingGrant { .. })
    };
    for status in plugins.iter().filter(missing) {
        let (name, state) = (&status.name, status.state.name());
        printer.warning(
            format_args!("plugin {name} is not ready: {state}"),
            Some("see `understudy plugin list`"),
        );
    }
}

pub(super) async fn plugins(config: Config, as_json: bool, printer: Printer) -> Result<(), Fault> {
    let understudy = Understudy::start_keeping(config, Keeping::Nothing).await?;
    let plugins = understudy.plugins();
    if as_json {
        return Ok(printer.json(&plugins)?);
    }
    let mut table = Table::new(["PLUGIN", "STATE", "VERSION", "CONTRACT", "CODE", "FROM"]);
    for status in &plugins {
        let fact = |of: fn(&PluginFacts) -> String| status.facts.as_ref().map(of).unwrap_or_default();
        table.row([
            status.name.clone(),
            status.state.name().to_owned(),
            fact(|facts| facts.manifest.version.clone()),
            fact(|facts| facts.contract.clone()),
            fact(|facts| code(&facts.compile)),
            status.source.to_string(),
        ]);
    }
    table.print(printer)?;
    for status in &plugins {
        details(status, printer)?;
    }
    let used = |name: &&str| plugins.iter().any(|status| status.name == *name);
    let idle: Vec<&str> = built_in::names().filter(|name| !used(name)).collect();
    if !idle.is_empty() {
        printer.result(format_args!("\nalso inside the program: {}", idle.join(", ")))?;
        printer.result(format_args!("`understudy plugin inspect NAME` shows what each asks for"))?;
    }
    Ok(())
}

/// Why a plugin is not ready, and what to do about it.
fn details(status: &PluginStatus, printer: Printer) -> Result<(), Fault> {
    let name = &status.name;
    match &status.state {
        PluginState::Ready | PluginState::Disabled => return Ok(()),
        PluginState::Rejected { reason, .. } => printer.result(format_args!("\n{name}: {reason}"))?,
        PluginState::AwaitingGrant { asks, .. } => {
            printer.result(format_args!("\n{name} asks for"))?;
            asks.iter().try_for_each(|asked| printer.result(format_args!("  {asked}")))?;
        }
    }
    status.hint().iter().try_for_each(|hint| printer.result(format_args!("hint: {}", hint.trim_end())))?;
    Ok(())
}

pub(super) fn code(outcome: &CompileOutcome) -> String {
    match outcome {
        CompileOutcome::Cached(time) => format!("cached, {:.1} ms", time.as_secs_f64() * 1e3),
        CompileOutcome::Compiled(time) => format!("compiled, {:.0} ms", time.as_secs_f64() * 1e3),
    }
}
