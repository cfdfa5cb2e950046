//! `understudy config check`: is the configuration right, all the way to the plugins?
//!
//! A file can be well formed and still name a plugin that is not there, or give it a setting it
//! does not take. Only the plugin's own manifest knows, so the plugins of the file are asked for it,
//! whatever else is wrong with the file: all mistakes are told at once.

use std::path::{Path, PathBuf};

use super::args::Global;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use crate::config::{Config, ConfigError, Environment, LogLevel, Problem, locate};
use crate::plugins::{Pinnable, pinnables, read_component};
use crate::understudy::{Keeping, StartError, sandbox};
use crate::{PluginState, PluginStatus, Understudy, logging};

pub(super) async fn run(file: Option<PathBuf>, global: &Global, printer: Printer) -> Result<(), Fault> {
    let file = locate(file.as_deref().or(global.config.as_deref()), &Environment::of_process());
    let Some(file) = file else {
        return Ok(printer.result("no configuration file: everything is as by default")?);
    };
    let config = examined(&file).await?;
    // Rejected plugins are told below, so that the log would only say it twice.
    logging::start(super::asked_for(global, LogLevel::Error), config.log.format);
    let understudy = Understudy::start_keeping(config, Keeping::Nothing).await?;
    let config = understudy.config();
    let is_section =
        |status: &PluginStatus| config.providers.iter().any(|section| section.name == status.name);
    let plugins: Vec<PluginStatus> = understudy.plugins().into_iter().filter(is_section).collect();
    let rejected = plugins.iter().filter(|status| told_as_rejected(status, printer)).count();
    if rejected > 0 {
        let sections = if rejected == 1 { "a provider" } else { "providers" };
        return Err(Fault::new(
            Exit::BadConfig,
            format!("configuration has {sections} that cannot play: {}", file.display()),
        ));
    }
    Ok(printer.result(format_args!("{} is right: {}", file.display(), counted(plugins.len())))?)
}

/// The configuration, when neither it nor a plugin finds anything wrong with the file.
async fn examined(file: &Path) -> Result<Config, Fault> {
    let text = Config::text_of(file)?;
    let (config, mut problems) = Config::examine(&text, file);
    if let Some(config) = &config {
        problems.extend(found_by_plugins(config, &text).await?);
    }
    problems.sort_by_key(|problem| (problem.place.line, problem.place.column));
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(ConfigError::Invalid { file: file.to_owned(), problems }.into()),
    }
}

/// What the plugins find wrong with their sections. One that cannot be looked at says nothing here.
async fn found_by_plugins(config: &Config, text: &str) -> Result<Vec<Problem>, Fault> {
    let sandbox = sandbox(config).map_err(StartError::from)?;
    let mut problems = Vec::new();
    for Pinnable { name, source, .. } in pinnables(config).into_iter().filter(|plugin| !plugin.is_canary) {
        let Some(section) = config.provider(&name).filter(|section| section.enabled) else { continue };
        let Ok(wasm) = read_component(&source, sandbox.component_bytes_max()).await else { continue };
        let Ok(seen) = sandbox.inspect(wasm).await else { continue };
        problems.extend(Config::examine_section(text, section, &seen.manifest));
    }
    Ok(problems)
}

fn told_as_rejected(status: &PluginStatus, printer: Printer) -> bool {
    let PluginState::Rejected { reason, hint, .. } = &status.state else { return false };
    printer.warning(format_args!("[providers.{}] cannot play: {reason}", status.name), hint.as_deref());
    true
}

fn counted(providers: usize) -> String {
    match providers {
        0 => "no providers of its own".to_owned(),
        1 => "1 provider".to_owned(),
        more => format!("{more} providers"),
    }
}
