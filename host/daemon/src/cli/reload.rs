//! `understudy plugin reload` and `understudy plugin status`: a running server and its plugins.

use super::args::Remote;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::server::{ask, order, place};
use super::table::Table;
use crate::config::Server;
use crate::http::plugins::{CanaryInfo, GenerationInfo, PluginInfo};
use crate::reload::{ConfigProblem, Pending, PluginChange, ReloadOutcome, ReloadReport};

/// Has a running server read everything anew.
pub(super) async fn reload(remote: Remote, server: Server, printer: Printer) -> Result<(), Fault> {
    let url = place(remote.url.as_deref(), &server)?;
    let report: ReloadReport = order(&url, "/api/v1/admin/reload", &[]).await?;
    if remote.json {
        printer.json(&report)?;
    } else {
        tell(&report, printer)?;
    }
    match report.outcome {
        ReloadOutcome::Applied | ReloadOutcome::Unchanged => Ok(()),
        ReloadOutcome::Rejected => Err(Fault::new(Exit::Failed, "not everything was taken")
            .hint("what served before serves on; `understudy plugin status` and `config check` say why")),
    }
}

fn tell(report: &ReloadReport, printer: Printer) -> Result<(), Fault> {
    for Pending { what, why } in &report.pending {
        printer.result(format_args!("{what}: a change {}", why.words()))?;
    }
    if report.outcome == ReloadOutcome::Unchanged && report.pending.is_empty() {
        printer.result("everything is as the files want it already")?;
    }
    for ConfigProblem { file, line, column, message, hint } in &report.config_problems {
        printer.warning(format_args!("{file}:{line}:{column}: {message}"), hint.as_deref());
    }
    if !report.changed.is_empty() {
        printer.result(format_args!("changed: {}", report.changed.join(", ")))?;
    }
    if !report.restart.is_empty() {
        printer.result(format_args!("waits for a restart: {}", report.restart.join(", ")))?;
    }
    for PluginChange { name, change, generation, reason, hint, .. } in &report.plugins {
        let generation = generation.map(|number| format!(" (generation {number} plays)")).unwrap_or_default();
        match reason {
            Some(reason) => {
                printer.warning(format_args!("{name} is {change}{generation}: {reason}"), hint.as_deref());
            }
            None => printer.result(format_args!("{name} is {change}{generation}"))?,
        }
    }
    Ok(())
}

/// Shows the plugins of a running server.
pub(super) async fn status(remote: Remote, server: Server, printer: Printer) -> Result<(), Fault> {
    let url = place(remote.url.as_deref(), &server)?;
    let plugins: Vec<PluginInfo> = ask(&url, "/api/v1/plugins", &[]).await?;
    if remote.json {
        return Ok(printer.json(&plugins)?);
    }
    let mut table =
        Table::new(["PLUGIN", "STATE", "VERSION", "GENERATION", "NOW", "CALLS", "FAILED", "SHA256"]);
    for plugin in &plugins {
        match plugin.generations.split_first() {
            Some((first, others)) => {
                table.row(row(plugin, &plugin.is.state, Some(first)));
                others.iter().for_each(|other| table.row(row(plugin, &other.role, Some(other))));
            }
            None => table.row(row(plugin, &plugin.is.state, None)),
        }
    }
    table.print(printer)?;
    for plugin in &plugins {
        refused(plugin, printer)?;
        on_trial(plugin, printer)?;
    }
    Ok(())
}

fn row(plugin: &PluginInfo, state: &str, generation: Option<&GenerationInfo>) -> [String; 8] {
    let count =
        |of: fn(&GenerationInfo) -> u64| generation.map(|one| of(one).to_string()).unwrap_or_default();
    // Of those that leave nothing is known any more but their counts.
    let (version, digest) = match (generation.map(|one| one.role.as_str()), &plugin.canary) {
        (None | Some("serving"), _) => (plugin.is.version.clone(), plugin.is.digest.clone()),
        (Some("canary"), Some(canary)) => (canary.version.clone(), canary.digest.clone()),
        _ => (None, None),
    };
    [
        plugin.name.clone(),
        state.to_owned(),
        version.unwrap_or_default(),
        count(|one| one.number),
        count(|one| one.tally.in_flight as u64),
        count(|one| one.tally.calls),
        count(|one| one.tally.failures),
        digest.unwrap_or_default().chars().take(12).collect(),
    ]
}

/// A newer one on trial, or what became of it.
pub(super) fn on_trial(plugin: &PluginInfo, printer: Printer) -> Result<(), Fault> {
    let Some(canary) = &plugin.canary else { return Ok(()) };
    let CanaryInfo { state, source, percent, reason, hint, .. } = canary;
    // One that still plays was not refused itself.
    let because = if canary.generation.is_some() { ", and its new file is refused: " } else { ": " };
    let reason = reason.as_ref().map(|reason| format!("{because}{reason}")).unwrap_or_default();
    printer.result(format_args!(
        "\n{}: the canary for {percent} % of the callers, {source}, is {state}{reason}",
        plugin.name
    ))?;
    hint.iter().try_for_each(|hint| printer.result(format_args!("hint: {}", hint.trim_end())))?;
    Ok(())
}

/// Who does not play, or would play in another's place, and why not.
pub(super) fn refused(plugin: &PluginInfo, printer: Printer) -> Result<(), Fault> {
    if let Some(why) = plugin.pending {
        printer.result(format_args!("\n{}: a change {}", plugin.name, why.words()))?;
    }
    let newer = plugin.candidate.as_ref();
    let newer = newer.map(|candidate| (candidate, "a newer one ", ", the one before it plays"));
    let itself = (plugin.is.reason.is_some()).then_some((&plugin.is, "", ""));
    for (what, which, consequence) in itself.into_iter().chain(newer) {
        let reason = what.reason.as_deref().unwrap_or_default();
        let (name, state) = (&plugin.name, &what.state);
        printer.result(format_args!("\n{name}: {which}is {state}{consequence}: {reason}"))?;
        what.hint.iter().try_for_each(|hint| printer.result(format_args!("hint: {}", hint.trim_end())))?;
    }
    Ok(())
}
