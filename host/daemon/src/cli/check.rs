//! `understudy config check`: is the configuration right, all the way to the plugins?
//!
//! A file can be well formed and still name a plugin that is not there, or give it a setting it
//! does not take. Only the plugin's own manifest knows, so the plugins of the file are asked for it,
//! whatever else is wrong with the file: all mistakes are told at once.

use std::path::{Path, PathBuf};

use understudy_sandbox::SandboxError;

use super::args::Global;
use super::exit::Fault;
use super::printer::Printer;
use crate::config::{Config, ConfigError, Environment, LogLevel, Problem, locate};
use crate::plugins::{CANARY_PLAYS_ALREADY, Pinnable, pinnables, read_component};
use crate::understudy::{Keeping, StartError, sandbox};
use crate::{PluginState, PluginStatus, Understudy, logging};

pub(super) async fn run(file: Option<PathBuf>, global: &Global, printer: Printer) -> Result<(), Fault> {
    let file = locate(file.as_deref().or(global.config.as_deref()), &Environment::of_process());
    let Some(file) = file else {
        return Ok(printer.result("no configuration file: everything is as by default")?);
    };
    let text = Config::text_of(&file)?;
    let mut config = examined(&text, &file).await?;
    config.plugins.locked |= global.locked;
    // Rejected plugins are told below, so that the log would only say it twice.
    logging::start(super::asked_for(global, LogLevel::Error), config.log.format);
    let understudy = Understudy::start_keeping(config, Keeping::Nothing).await?;
    let config = understudy.config();
    let is_section =
        |status: &PluginStatus| config.providers.iter().any(|section| section.name == status.name);
    let plugins: Vec<PluginStatus> = understudy.plugins().into_iter().filter(is_section).collect();
    let problems: Vec<Problem> = plugins.iter().flat_map(|status| rejections(&text, status)).collect();
    if !problems.is_empty() {
        return Err(invalid(&file, problems));
    }
    printer.result(format_args!("{} is right: {}", file.display(), counted(plugins.len())))?;
    plugins.iter().try_for_each(|status| tell(status, printer))
}

/// Who speaks for a section, and who does not yet.
fn tell(status: &PluginStatus, printer: Printer) -> Result<(), Fault> {
    let PluginStatus { name, state, source, trial, .. } = status;
    printer.result(format_args!("{name} is {}: {source}", state.name()))?;
    if matches!(state, PluginState::AwaitingGrant { .. }) {
        let hint = "`understudy plugin list` shows what it asks for, and what to write";
        printer.warning(format_args!("{name} cannot play: it awaits a grant"), Some(hint));
    }
    let Some(trial) = trial else { return Ok(()) };
    printer.result(format_args!("{name}'s canary is {}: {}", trial.state, trial.path.display()))?;
    if let Some(reason) = &trial.reason {
        printer.warning(format_args!("{name}'s canary cannot be tried: {reason}"), trial.hint.as_deref());
    }
    Ok(())
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

/// What the sandbox and the plugins find wrong with the file. A plugin that cannot be looked at says
/// nothing here.
async fn found_by_plugins(config: &Config, text: &str) -> Result<Vec<Problem>, Fault> {
    let mut problems = Vec::new();
    let sandbox = match sandbox(config) {
        Err(SandboxError::Certificates(reason)) => {
            problems.push(Config::refused_authorities(text, &reason));
            sandbox(&without_authorities(config))
        }
        other => other,
    };
    let sandbox = sandbox.map_err(StartError::from)?;
    // What is wrong with a canary is told when it is loaded; it has the settings of its section.
    for Pinnable { name, source, .. } in pinnables(config).into_iter().filter(|plugin| !plugin.is_canary) {
        let Some(section) = config.provider(&name).filter(|section| section.enabled) else { continue };
        let Ok(wasm) = read_component(&source, sandbox.component_bytes_max()).await else { continue };
        let Ok(seen) = sandbox.inspect(wasm).await else { continue };
        problems.extend(Config::examine_section(text, section, &seen.manifest));
    }
    Ok(problems)
}

fn without_authorities(config: &Config) -> Config {
    let mut config = config.clone();
    config.sandbox.certificate_authorities = None;
    config
}

/// That the plugin of a section was rejected, or its canary.
fn rejections(text: &str, status: &PluginStatus) -> Vec<Problem> {
    let name = &status.name;
    let mut problems = Vec::new();
    if let PluginState::Rejected { code, reason, hint } = &status.state {
        problems.push(Config::rejected_section(text, (name, false), (code, reason), hint.as_deref()));
    }
    // One that plays already was tried by somebody, and is at most in the way.
    if let Some(trial) = &status.trial
        && let (Some(code), Some(reason)) = (trial.code, &trial.reason)
        && code != CANARY_PLAYS_ALREADY
    {
        problems.push(Config::rejected_section(text, (name, true), (code, reason), trial.hint.as_deref()));
    }
    problems
}

fn counted(providers: usize) -> String {
    match providers {
        0 => "no providers of its own".to_owned(),
        1 => "1 provider".to_owned(),
        more => format!("{more} providers"),
    }
}
