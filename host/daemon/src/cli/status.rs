//! `understudy status`: how a running server stands.

use super::args::Status;
use super::exit::Fault;
use super::printer::Printer;
use super::reload::{on_trial, refused};
use super::server::{ask, place};
use super::table::Table;
use crate::config::Server;
use crate::http::keeping::CachedProvider;
use crate::http::status::{ProviderInfo, ReloadInfo, StatusResponse};
use crate::reload::ConfigProblem;

pub(super) async fn run(status: Status, server: Server, printer: Printer) -> Result<(), Fault> {
    let url = place(status.url.as_deref(), &server)?;
    let answer: StatusResponse = ask(&url, "/api/v1/status", &[]).await?;
    if status.json {
        return Ok(printer.json(&answer)?);
    }
    printer.result(headline(&answer))?;
    printer.result("")?;
    table(&answer.providers).print(printer)?;
    for provider in &answer.providers {
        details(provider, printer)?;
    }
    printer.result(format_args!("\n{}", store(&answer)))?;
    reloading(&answer.reload, printer)
}

/// What the files want and the server does not do, and why.
fn reloading(reload: &ReloadInfo, printer: Printer) -> Result<(), Fault> {
    if !reload.config_problems.is_empty() {
        printer.result("\nthe configuration is wrong, the one before it is in effect")?;
    }
    for ConfigProblem { file, line, column, message, hint } in &reload.config_problems {
        printer.result(format_args!("  {file}:{line}:{column}: {message}"))?;
        hint.iter().try_for_each(|hint| printer.result(format_args!("  hint: {hint}")))?;
    }
    if !reload.restart.is_empty() {
        printer.result(format_args!("\nwaits for a restart: {}", reload.restart.join(", ")))?;
    }
    for plugin in &reload.plugins {
        refused(plugin, printer)?;
        on_trial(plugin, printer)?;
    }
    Ok(())
}

fn headline(status: &StatusResponse) -> String {
    let StatusResponse { version, ready, speaking, speaking_max, waiting, waiting_max, .. } = status;
    let ready = if *ready { "ready" } else { "not ready" };
    format!(
        "understudy {version} is {ready}: {speaking} of {speaking_max} speaking, {waiting} of {waiting_max} waiting"
    )
}

/// What is kept, or why nothing is.
fn store(status: &StatusResponse) -> String {
    let StatusResponse { store, cache, history, .. } = status;
    if let (Some(reason), Some(hint)) = (&store.reason, &store.hint) {
        return format!("nothing is kept: {reason}\nhint: {hint}");
    }
    let sum = |count: fn(&CachedProvider) -> u64| cache.providers.values().map(count).sum::<u64>();
    let (hits, misses) = (sum(|of| of.hits), sum(|of| of.misses));
    format!(
        "cache: {} takes, {} of {}, {hits} hits, {misses} misses; history: {} requests",
        cache.takes,
        megabytes(cache.bytes),
        megabytes(cache.bytes_max),
        history.records,
    )
}

/// Bytes as a disk's seller counts them.
pub(super) fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let megabytes = bytes as f64 / 1e6;
    format!("{megabytes:.1} MB")
}

fn table(providers: &[ProviderInfo]) -> Table<8> {
    let mut table =
        Table::new(["PROVIDER", "BREAKER", "NOW", "CALLS", "OK", "P50", "P95", "CHARACTERS TODAY"]);
    let time = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"));
    for provider in providers {
        table.row([
            provider.name.clone(),
            breaker(provider),
            provider.in_flight.to_string(),
            provider.calls.to_string(),
            provider.successes.to_string(),
            time(provider.latency_p50_ms),
            time(provider.latency_p95_ms),
            provider.characters_today.to_string(),
        ]);
    }
    table
}

/// The breaker, and how long the provider is left alone: by it, or on its own word.
fn breaker(provider: &ProviderInfo) -> String {
    match provider.retry_after_ms {
        Some(left) => format!("{}, left alone {} s", provider.breaker, left.div_ceil(1_000)),
        None => provider.breaker.clone(),
    }
}

/// What went wrong, when anything did.
fn details(provider: &ProviderInfo, printer: Printer) -> Result<(), Fault> {
    for (what, counts) in [("failed", &provider.failures), ("passed over", &provider.withheld)] {
        if counts.is_empty() {
            continue;
        }
        let counts: Vec<String> = counts.iter().map(|(code, count)| format!("{code} {count}")).collect();
        printer.result(format_args!("\n{} {what}: {}", provider.name, counts.join(", ")))?;
    }
    Ok(())
}
