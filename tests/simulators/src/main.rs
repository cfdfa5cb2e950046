//! `understudy-simulators openai --listen 127.0.0.1:0`: a speech service for a person at a terminal.
//!
//! It prints the address it bound, the key it asks for, and every request with the status it was
//! answered with. Faults are given at the start with `--fault`, or typed while it runs.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use tokio::io::{AsyncBufReadExt, BufReader};
use understudy_simulators::fault::GRAMMAR;
use understudy_simulators::{CATALOGUE, Entry, Options, Order, Service, Simulator, catalogue};

/// How often new requests are shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// Runs the server side of a speech service on loopback.
#[derive(Parser)]
#[command(name = "understudy-simulators", after_help = after_help())]
struct Arguments {
    /// The service to be.
    #[arg(value_parser = PossibleValuesParser::new(CATALOGUE.iter().map(|entry| entry.name)))]
    service: String,
    /// Where to listen: a loopback address, port 0 for a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The key clients must send [default: the one printed at the start].
    #[arg(long)]
    key: Option<String>,
    /// Milliseconds between two pieces of a streamed answer.
    #[arg(long, default_value_t = 0)]
    gap_ms: u64,
    /// Something that goes wrong; may be given more than once.
    #[arg(long, value_name = "FAULT")]
    fault: Vec<String>,
}

fn after_help() -> String {
    let width = CATALOGUE.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    let services: String =
        CATALOGUE.iter().map(|entry| format!("  {:width$}  {}\n", entry.name, entry.about)).collect();
    format!(
        "Services:\n{services}\nFaults:\n  {GRAMMAR}\n{}\nWhile it runs, type a fault to add it, or `clear`.\n\n\
         Example:\n  understudy-simulators openai --fault status=503,times=2 --fault latency=250ms",
        own_faults(),
    )
}

/// Those of single services, each set of them once.
fn own_faults() -> String {
    let mut told: Vec<&str> = Vec::new();
    let mut faults = String::new();
    for entry in CATALOGUE {
        let own = (entry.make)().own_faults();
        if !own.is_empty() && !told.contains(&own) {
            told.push(own);
            faults.push_str(&format!("\nFaults of {} alone:\n  {own}\n", entry.name));
        }
    }
    faults
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(entry) = catalogue::find(&arguments.service) else { return ExitCode::from(64) };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let outcome = runtime.block_on(run(entry, arguments));
    // Standard input may still be waited for on a thread of its own; it is not worth the wait.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(io::stderr(), "error: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

async fn run(entry: &Entry, arguments: Arguments) -> io::Result<()> {
    let options = Options {
        listen: arguments.listen,
        key: arguments.key,
        gap: Duration::from_millis(arguments.gap_ms),
    };
    let service = (entry.make)();
    let simulator = Simulator::start_shared(&service, options)?;
    for fault in &arguments.fault {
        order(&simulator, service.as_ref(), fault).map_err(io::Error::other)?;
    }
    let (name, address, path) = (entry.name, simulator.base_url(), entry.base_path);
    writeln!(io::stdout(), "{name} listens on {address}{path} (key {})", simulator.key())?;

    let mut typed = Some(BufReader::new(tokio::io::stdin()).lines());
    let mut shown = 0;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return show(&simulator, &mut shown),
            () = tokio::time::sleep(SHOW_EVERY) => show(&simulator, &mut shown)?,
            line = next_line(&mut typed) => heed(&simulator, service.as_ref(), &line)?,
        }
    }
}

type Lines = tokio::io::Lines<BufReader<tokio::io::Stdin>>;

/// The next line a person typed; never, once standard input has ended.
async fn next_line(lines: &mut Option<Lines>) -> String {
    if let Some(open) = lines
        && let Ok(Some(line)) = open.next_line().await
    {
        return line;
    }
    *lines = None;
    std::future::pending().await
}

fn heed(simulator: &Simulator, service: &dyn Service, line: &str) -> io::Result<()> {
    match line.trim() {
        "" => Ok(()),
        "clear" => {
            simulator.faults().clear();
            service.clear_orders();
            writeln!(io::stdout(), "no faults")
        }
        fault => match order(simulator, service, fault) {
            Ok(()) => writeln!(io::stdout(), "ordered: {fault}"),
            Err(error) => writeln!(io::stdout(), "{error}"),
        },
    }
}

/// Orders a fault of any service, or one of this service's own.
fn order(simulator: &Simulator, service: &dyn Service, fault: &str) -> Result<(), String> {
    let general = match fault.parse::<Order>() {
        Ok(order) => {
            simulator.faults().order(order);
            return Ok(());
        }
        Err(error) => error,
    };
    service.order(fault).map_err(|own| {
        let known = fault.split(['=', ',']).next().unwrap_or_default();
        // Whichever grammar knows the word is the one whose complaint helps.
        let error = if GRAMMAR.contains(known) { general } else { own };
        let separator = if service.own_faults().is_empty() { "" } else { " | " };
        format!("{error}\nhint: {}{separator}{GRAMMAR}", service.own_faults())
    })
}

/// Prints the requests that were not shown yet and have an answer.
fn show(simulator: &Simulator, shown: &mut u64) -> io::Result<()> {
    for request in simulator.requests_since(*shown) {
        let status = request.status.map_or_else(|| "…".to_owned(), |status| status.to_string());
        writeln!(io::stdout(), "{status} {} {} ({} bytes)", request.method, request.uri, request.body.len())?;
        *shown = request.sequence() + 1;
    }
    Ok(())
}
