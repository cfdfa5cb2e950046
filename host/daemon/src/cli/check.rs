//! `understudy config check`: is the configuration right, all the way to the plugins?
//!
//! A file can be well formed and still name a plugin that is not there, or give it a setting it
//! does not take. Only the plugin's own manifest knows, so the plugins of the file are loaded.

use std::path::PathBuf;

use super::args::Global;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use crate::config::{Config, Environment, LogLevel, locate};
use crate::understudy::Keeping;
use crate::{PluginState, PluginStatus, Understudy, logging};

pub(super) async fn run(file: Option<PathBuf>, global: &Global, printer: Printer) -> Result<(), Fault> {
    let file = locate(file.as_deref().or(global.config.as_deref()), &Environment::of_process());
    let Some(file) = file else {
        return Ok(printer.result("no configuration file: everything is as by default")?);
    };
    let config = Config::load(&file)?;
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
