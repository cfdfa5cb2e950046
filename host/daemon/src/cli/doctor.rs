//! `understudy doctor`: is this machine as it should be?
//!
//! Each check is one line: what was looked at, what was found, and when it is not good what to do.
//! A check that fails never hides the ones after it.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::net::TcpListener;
use tokio::time::Instant;
use understudy_engine::cache::{Degradation, StoreState};
use understudy_engine::{SpeechRequest, Store, WallClock};
use understudy_sandbox::{Sandbox, SandboxError, SandboxOptions};
use understudy_speech::Request;

use super::args::Global;
use super::exit::{Exit, Fault};
use super::printer::{Printer, Verdict};
use crate::config::{Config, ConfigError, Environment, LogLevel, locate};
use crate::plugins::plugins_in;
use crate::understudy::Keeping;
use crate::{PluginSource, PluginState, TrialStatus, Understudy, built_in, logging};

/// Where Linux keeps its limit on memory maps, which bounds calls in flight.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";

/// Mappings of one call in flight, and those of the rest of the process.
const MAPS_PER_SLOT: u64 = 6;
const MAPS_OF_PROCESS: u64 = 5_000;

/// What the offline voice is asked to say.
const WORD: &str = "Ready.";

/// Below this a voice cannot keep up with its own speech on this machine.
const SLOW: f64 = 2.0;

/// Prints as it goes and remembers the worst.
struct Findings {
    printer: Printer,
    bad: bool,
}

impl Findings {
    fn tell(&mut self, verdict: Verdict, what: &str, found: &str, hint: Option<&str>) -> io::Result<()> {
        self.bad |= verdict == Verdict::Bad;
        self.printer.verdict(verdict, what, found, hint)
    }

    fn good(&mut self, what: &str, found: &str) -> io::Result<()> {
        self.tell(Verdict::Good, what, found, None)
    }
}

pub(super) async fn run(global: &Global, printer: Printer) -> Result<(), Fault> {
    let mut findings = Findings { printer, bad: false };
    let mut config = configuration(global, &mut findings)?;
    config.plugins.locked |= global.locked;
    logging::start(super::asked_for(global, LogLevel::Off), config.log.format);
    folders(&config, &mut findings)?;
    sandbox(&config, &mut findings)?;
    store(&config, &mut findings)?;
    addresses(&config, &mut findings).await?;
    match Understudy::start_keeping(config, Keeping::Nothing).await {
        Ok(understudy) => {
            plugins(&understudy, &mut findings)?;
            offline_voice(&understudy, &mut findings).await?;
        }
        Err(error) => {
            findings.tell(Verdict::Bad, "plugins", &error.to_string(), Some("see the sandbox above"))?;
        }
    }
    if findings.bad {
        return Err(Fault::new(Exit::Failed, "something does not work on this machine"));
    }
    Ok(())
}

/// A wrong configuration is one finding; the rest is then looked at with the defaults.
fn configuration(global: &Global, findings: &mut Findings) -> io::Result<Config> {
    let file = locate(global.config.as_deref(), &Environment::of_process());
    let Some(file) = file else {
        findings.good("configuration", "no file, everything is as by default")?;
        return Ok(Config::default());
    };
    match Config::load(&file) {
        Ok(config) => {
            findings.good("configuration", &file.display().to_string())?;
            Ok(config)
        }
        Err(error) => {
            let hint = match &error {
                ConfigError::Invalid { .. } => "`understudy config check` shows each problem",
                ConfigError::Unreadable { .. } => "check the path and who may read it",
            };
            findings.tell(Verdict::Bad, "configuration", &error.to_string(), Some(hint))?;
            Ok(Config::default())
        }
    }
}

fn folders(config: &Config, findings: &mut Findings) -> io::Result<()> {
    for folder in &config.plugins.folders {
        let shown = folder.display();
        match plugins_in(folder) {
            Ok(_) if !folder.exists() => {
                findings
                    .good("plugin folder", &format!("{shown} (not there; plugins may be dropped into it)"))?;
            }
            Ok(files) => findings.good("plugin folder", &format!("{shown} ({} plugins)", files.len()))?,
            Err(error) => findings.tell(
                Verdict::Bad,
                "plugin folder",
                &format!("{shown}: {error}"),
                Some("make it readable, or set plugins.folders"),
            )?,
        }
    }
    Ok(())
}

fn sandbox(config: &Config, findings: &mut Findings) -> io::Result<()> {
    let folder = &config.plugins.code_cache;
    let options = SandboxOptions {
        slots: config.sandbox.slots,
        code_cache: Some(folder.clone()),
        extra_roots: config.sandbox.certificate_authorities.clone(),
        ..SandboxOptions::default()
    };
    let sandbox = match Sandbox::new(options.clone()) {
        Err(SandboxError::CodeCache(error)) => {
            findings.tell(
                Verdict::Warning,
                "code cache",
                &format!("{error}, every start compiles again"),
                Some("make the folder writable for this user alone, or set plugins.code_cache"),
            )?;
            Sandbox::new(SandboxOptions { code_cache: None, ..options })
        }
        other => {
            findings.good("code cache", &folder.display().to_string())?;
            other
        }
    };
    match sandbox {
        Ok(sandbox) => slots(config.sandbox.slots, sandbox.slots(), findings),
        Err(error) => findings.tell(Verdict::Bad, "sandbox", &error.to_string(), Some(advice(&error))),
    }
}

const fn advice(error: &SandboxError) -> &'static str {
    match error {
        SandboxError::Certificates(_) => {
            "set sandbox.certificate_authorities to a PEM file that this account may read"
        }
        SandboxError::CodeCache(_) => {
            "make the folder writable for this user alone, or set plugins.code_cache"
        }
        SandboxError::Engine(_) | SandboxError::Ticker(_) => {
            "it needs address space: raise `ulimit -v`, or lower sandbox.slots"
        }
    }
}

/// Opens the store as a server would, and closes it again.
fn store(config: &Config, findings: &mut Findings) -> io::Result<()> {
    const WHAT: &str = "cache and history";
    let shown = config.store.folder.display();
    let clock = WallClock::new(SystemTime::now);
    let opened = Store::open_if_free(&config.store.folder, config.store.settings.clone(), &clock);
    let reason = match opened.map(|store| (store.state(), store)) {
        Ok((StoreState::Degraded { reason }, _)) => reason,
        Ok((_, store)) => {
            let (takes, records) = (store.cache().stats().takes, store.history().stats().records);
            return findings.good(WHAT, &format!("{shown} ({takes} takes, {records} requests)"));
        }
        Err(reason) => reason,
    };
    let hint = match reason {
        Degradation::Locked { .. } => "fine if `understudy serve` is running",
        _ => reason.hint(),
    };
    findings.tell(Verdict::Warning, WHAT, &format!("{reason}, speech goes on without"), Some(hint))
}

fn slots(wanted: u32, possible: u32, findings: &mut Findings) -> io::Result<()> {
    let maps = std::fs::read_to_string(MAX_MAP_COUNT).unwrap_or_default();
    let allowed = match maps.trim() {
        "" => String::new(),
        count => format!(" (vm.max_map_count = {count})"),
    };
    if possible >= wanted {
        return findings.good("calls at once", &format!("{wanted}{allowed}"));
    }
    let needed = u64::from(wanted) * MAPS_PER_SLOT + MAPS_OF_PROCESS;
    findings.tell(
        Verdict::Warning,
        "calls at once",
        &format!("{possible} of {wanted}{allowed}"),
        Some(&format!("sysctl -w vm.max_map_count={needed}, or lower sandbox.slots")),
    )
}

async fn addresses(config: &Config, findings: &mut Findings) -> io::Result<()> {
    for address in &config.server.listen {
        match TcpListener::bind(address).await {
            Ok(_) => findings.good("address", &format!("{address} is free"))?,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => findings.tell(
                Verdict::Warning,
                "address",
                &format!("{address} is in use"),
                Some("fine if `understudy serve` is running; else choose another with --listen"),
            )?,
            Err(error) => findings.tell(
                Verdict::Bad,
                "address",
                &format!("{address}: {error}"),
                Some("set server.listen to an address of this machine"),
            )?,
        }
    }
    Ok(())
}

fn plugins(understudy: &Understudy, findings: &mut Findings) -> io::Result<()> {
    for status in understudy.plugins() {
        let what = format!("plugin {}", status.name);
        match &status.state {
            PluginState::Ready => {
                let version = status.facts.as_ref().map_or("", |facts| facts.manifest.version.as_str());
                findings.good(&what, &format!("ready, version {version}, {}", status.source))?;
            }
            PluginState::Disabled => findings.good(&what, "disabled")?,
            PluginState::AwaitingGrant { .. } => findings.tell(
                Verdict::Warning,
                &what,
                "awaits a grant",
                Some("`understudy plugin list` shows what it asks for"),
            )?,
            PluginState::Rejected { reason, hint, .. } => {
                findings.tell(Verdict::Bad, &what, &format!("rejected: {reason}"), hint.as_deref())?;
            }
        }
        if let Some(trial) = &status.trial {
            canary(&status.name, trial, findings)?;
        }
    }
    Ok(())
}

fn canary(name: &str, trial: &TrialStatus, findings: &mut Findings) -> io::Result<()> {
    let (what, path) = (format!("canary of {name}"), trial.path.display());
    match &trial.reason {
        Some(reason) => {
            let found = format!("{}: {reason}", trial.state);
            findings.tell(Verdict::Warning, &what, &found, trial.hint.as_deref())
        }
        None => findings.good(&what, &format!("{}, {path}", trial.state)),
    }
}

/// Speaks twice: the first call may still wait for code to be read from the disk.
async fn offline_voice(understudy: &Arc<Understudy>, findings: &mut Findings) -> io::Result<()> {
    const WHAT: &str = "offline voice";
    let is_ready = |status: &crate::PluginStatus| {
        status.source == PluginSource::BuiltIn(built_in::OFFLINE_VOICE.to_owned())
            && status.state == PluginState::Ready
    };
    let Some(status) = understudy.plugins().into_iter().find(is_ready) else {
        let hint = "without it nobody speaks when the network is down; see the plugins above";
        return findings.tell(Verdict::Warning, WHAT, "not there", Some(hint));
    };
    let request = || SpeechRequest {
        provider: Some(status.name.clone()),
        ..SpeechRequest::new("doctor", Request::text(WORD))
    };
    let first = understudy.engine().speak(request()).await;
    let started = Instant::now();
    let spoken = match first {
        Ok(_) => understudy.engine().speak(request()).await,
        error => error,
    };
    let took = started.elapsed().as_secs_f64();
    match spoken {
        Ok(speech) => {
            let factor = speech.duration.as_secs_f64() / took.max(1e-6);
            let verdict = if factor < SLOW { Verdict::Warning } else { Verdict::Good };
            let found = format!("spoke a word in {:.1} ms, {factor:.0} × real time", took * 1e3);
            let hint = "this machine is busy or slow";
            findings.tell(verdict, WHAT, &found, (factor < SLOW).then_some(hint))
        }
        Err(error) => findings.tell(Verdict::Bad, WHAT, &error.to_string(), error.hint().as_deref()),
    }
}
