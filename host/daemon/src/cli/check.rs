//! `understudy config check`: is the configuration right, all the way to the plugins?
//!
//! A file can be well formed and still name a plugin that is not there, or give it a setting it
//! does not take. Only the plugin's own manifest knows, so the plugins of the file are asked for it,
//! whatever else is wrong with the file: all mistakes are told at once.

use std::path::{Path, PathBuf};

use super::args::Global;
use super::exit::Fault;
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
    let text = Config::text_of(&file)?;
    let config = examined(&text, &file).await?;
    // Rejected plugins are told below, so that the log would only say it twice.
    logging::start(super::asked_for(global, LogLevel::Error), config.log.format);
    let understudy = Understudy::start_keeping(config, Keeping::Nothing).await?;
    let config = understudy.config();
    let is_section =
        |status: &PluginStatus| config.providers.iter().any(|section| section.name == status.name);
    let plugins: Vec<PluginStatus> = understudy.plugins().into_iter().filter(is_section).collect();
    let problems: Vec<Problem> = plugins.iter().filter_map(|status| rejection(&text, status)).collect();
    if !problems.is_empty() {
        return Err(invalid(&file, problems));
    }
    Ok(printer.result(format_args!("{} is right: {}", file.display(), counted(plugins.len())))?)
}

/// The configuration, when neither it nor a plugin finds anything wrong with the file.
async fn examined(text: &str, file: &Path) -> Result<Config, Fault> {
    let (config, mut problems) = Config::examine(text, file);
    if let Some(config) = &config {
        problems.extend(found_by_plugins(config, text).await?);
    }
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(invalid(file, problems)),
    }
}

/// The problems, in the order of the file.
fn invalid(file: &Path, mut problems: Vec<Problem>) -> Fault {
    problems.sort_by_key(|problem| (problem.place.line, problem.place.column));
    ConfigError::Invalid { file: file.to_owned(), problems }.into()
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

fn rejection(text: &str, status: &PluginStatus) -> Option<Problem> {
    let PluginState::Rejected { code, reason, hint } = &status.state else { return None };
    Some(Config::rejected_section(text, &status.name, (code, reason), hint.as_deref()))
}

fn counted(providers: usize) -> String {
    match providers {
        0 => "no providers of its own".to_owned(),
        1 => "1 provider".to_owned(),
        more => format!("{more} providers"),
    }
}
