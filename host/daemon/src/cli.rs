//! The command line: a door to the same engine the server has.
//!
//! Each command is one file. A command returns or fails with a [`Fault`]; nothing below this file
//! ends the process or chooses its exit code.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use tokio::runtime::{Builder, Runtime};

use crate::config::{Config, Environment, LogLevel, Server, keys, locate};
use crate::logging;

mod args;
mod cache;
mod characters;
mod check;
mod conformance;
mod destination;
mod doctor;
mod exit;
mod explain;
mod explain_key;
mod file;
mod history;
mod inspect;
mod likeness;
mod listing;
mod lock;
mod perform;
mod printer;
mod progress;
mod reload;
mod request_id;
mod say;
mod scaffold;
mod serve;
mod server;
mod status;
mod store;
mod subtitles;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod voices;
mod wish;

use args::{Arguments, Command, Global};
use exit::{Exit, Fault, FileError};
use printer::Printer;

/// The version, and the commit when the build knew it.
const VERSION: &str = env!("UNDERSTUDY_VERSION");

/// How long the threads of a server that was stopped may take to end.
const PUTTING_DOWN: Duration = Duration::from_secs(1);

/// Runs the program: the arguments, the command, the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    let printer = Printer::new(global.quiet, global.verbose > 0);
    match run(command, &global, printer) {
        Ok(()) => Exit::Done.into(),
        Err(fault) => {
            printer.fault(&fault);
            fault.exit().into()
        }
    }
}

fn run(command: Command, global: &Global, printer: Printer) -> Result<(), Fault> {
    // A command that answers once shows what went wrong, not how it went.
    let config = || configure(global, Some(LogLevel::Warn));
    // These tell of plugins that are not ready themselves.
    let listing = || configure(global, Some(LogLevel::Error));
    let server = || configured_server(global, printer);
    // Whoever names a server asks that one, whatever this machine's configuration is like.
    let beside = |url: Option<&String>| if url.is_some() { readable(global, printer) } else { config() };
    match command {
        Command::Say(say) => once(say::run(*say, config()?, printer)),
        Command::Perform(perform) => to_its_end(perform::run(*perform, config()?, printer)),
        Command::Characters(characters) => {
            let config = beside(characters.url.as_ref())?;
            once(characters::run(characters, config, printer))
        }
        Command::Explain(explain) => once(explain::run(*explain, config()?, printer)),
        Command::Status(status) => once(status::run(status, server()?, printer)),
        Command::Serve(serve) => {
            let config = configure(global, None)?;
            let threads = config.server.worker_threads;
            serving(serve::run(serve, global.locked, config), threads)
        }
        Command::History(history) => {
            let config = beside(history.url.as_ref())?;
            once(history::run(history, config, printer))
        }
        Command::Cache(cache) => {
            let config = beside(cache.remote().url.as_ref())?;
            once(cache::run(cache, config, printer))
        }
        Command::Voices(voices) => once(voices::run(voices, config()?, printer)),
        Command::Providers(providers) => once(listing::providers(listing()?, providers.json, printer)),
        Command::Plugin(args::Plugin::List { json }) => once(listing::plugins(listing()?, json, printer)),
        Command::Plugin(args::Plugin::Inspect { plugin, json }) => {
            once(inspect::run(plugin, json, readable(global, printer)?, printer))
        }
        Command::Plugin(args::Plugin::Check { plugin, json }) => {
            once(conformance::run(plugin, json, readable(global, printer)?, printer))
        }
        Command::Plugin(args::Plugin::New(new)) => scaffold::run(&new, printer),
        Command::Plugin(args::Plugin::Status(remote)) => once(reload::status(remote, server()?, printer)),
        Command::Plugin(args::Plugin::Reload(remote)) => once(reload::reload(remote, server()?, printer)),
        Command::Plugin(args::Plugin::Lock(lock)) => once(lock::run(lock, global.config.as_deref(), printer)),
        Command::Config(args::Config::Check { file }) => once(check::run(file, global, printer)),
        Command::Config(args::Config::Explain { key }) => explain_key::run(key.as_deref(), printer),
        Command::Config(args::Config::Schema) => Ok(printer.json(&keys::schema())?),
        Command::Doctor => once(doctor::run(global, printer)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "understudy", &mut script);
            Ok(printer.bytes(&script)?)
        }
    }
}

/// Reads the configuration and starts the log: at the configured level, at most `ceiling`, unless
/// the command line asks for more or less.
fn configure(global: &Global, ceiling: Option<LogLevel>) -> Result<Config, Fault> {
    let environment = Environment::of_process();
    let file = locate(global.config.as_deref(), &environment);
    let default = || Config { looked_for: environment.places(), ..Config::default() };
    let mut config = file.as_deref().map_or_else(|| Ok(default()), Config::load)?;
    config.plugins.locked |= global.locked;
    let configured = ceiling.map_or(config.log.level, |ceiling| config.log.level.min(ceiling));
    logging::start(asked_for(global, configured), config.log.format);
    Ok(config)
}

/// The configuration for a command that tells what belongs into it: one with mistakes in it is left aside.
fn readable(global: &Global, printer: Printer) -> Result<Config, Fault> {
    match configure(global, Some(LogLevel::Warn)) {
        Err(fault) if fault.exit() == Exit::BadConfig => {
            let hint = "`understudy config check` lists them";
            printer.warning("configuration has mistakes and was left aside", Some(hint));
            Ok(Config::default())
        }
        read => read,
    }
}

/// What the configuration says of the server. Other mistakes in it are no matter: one that runs serves on
/// with what it read before.
fn configured_server(global: &Global, printer: Printer) -> Result<Server, Fault> {
    let Some(file) = locate(global.config.as_deref(), &Environment::of_process()) else {
        return Ok(Server::default());
    };
    let text = Config::text_of(&file)?;
    let (_, problems) = Config::examine(&text, &file);
    if !problems.is_empty() {
        let hint = "`understudy config check` lists them";
        printer.warning("configuration has mistakes and is taken as far as it can be read", Some(hint));
    }
    Ok(Config::server_of(&text))
}

fn asked_for(global: &Global, configured: LogLevel) -> LogLevel {
    match global.verbose {
        0 if global.quiet => configured.min(LogLevel::Error),
        0 => configured,
        1 => configured.max(LogLevel::Info),
        2 => configured.max(LogLevel::Debug),
        _ => LogLevel::Trace,
    }
}

/// Works with so many threads, or as many as there are cores.
fn runtime(threads: Option<usize>) -> Result<Runtime, Fault> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build();
    runtime.map_err(|error| FileError::new("start the threads the program works with", error).into())
}

/// Runs a command that ends by itself, or by ctrl-c: what it holds is dropped then, unfinished
/// files with it.
fn once(command: impl Future<Output = Result<(), Fault>>) -> Result<(), Fault> {
    to_its_end(async {
        tokio::select! {
            result = command => result,
            fault = interrupted() => Err(fault),
        }
    })
}

/// Runs a command that ends by itself, and hears ctrl-c where it can be stopped.
fn to_its_end(command: impl Future<Output = Result<(), Fault>>) -> Result<(), Fault> {
    let runtime = runtime(None)?;
    let result = runtime.block_on(command);
    // Nobody waits for what is still computing in the background.
    runtime.shutdown_background();
    result
}

/// Runs the server, which ends by signals. What it kept is on the disk then; a plugin that is still being
/// compiled, or a disk that hangs, holds it up no longer than this.
fn serving(command: impl Future<Output = Result<(), Fault>>, threads: Option<usize>) -> Result<(), Fault> {
    let runtime = runtime(threads)?;
    let result = runtime.block_on(command);
    runtime.shutdown_timeout(PUTTING_DOWN);
    result
}

/// Ctrl-c.
async fn interrupted() -> Fault {
    tokio::signal::ctrl_c().await.map_or_else(Fault::from, |()| Fault::Interrupted)
}

/// Standard input, output or a signal: the only I/O without a file of its own.
impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        FileError::new("use the terminal or pipe", error).into()
    }
}
