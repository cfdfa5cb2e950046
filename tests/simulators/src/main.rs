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
use understudy_simulators::{CATALOGUE, Entry, Options, Order, Simulator, catalogue};

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
    fault: Vec<Order>,
}

fn after_help() -> String {
    let width = CATALOGUE.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    let services: String =
        CATALOGUE.iter().map(|entry| format!("  {:width$}  {}\n", entry.name, entry.about)).collect();
    format!(
        "Services:\n{services}\nFaults:\n  {GRAMMAR}\n\nWhile it runs, type a fault to add it, or `clear`.\n\n\
         Example:\n  understudy-simulators openai --fault status=503,times=2 --fault latency=250ms"
    )
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
    let simulator = Simulator::start_shared(&(entry.make)(), options)?;
    for order in arguments.fault {
        simulator.faults().order(order);
    }
    let (name, address, path) = (entry.name, simulator.base_url(), entry.base_path);
    writeln!(io::stdout(), "{name} listens on {address}{path} (key {})", simulator.key())?;

    let mut typed = Some(BufReader::new(tokio::io::stdin()).lines());
    let mut shown = 0;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return show(&simulator, &mut shown),
            () = tokio::time::sleep(SHOW_EVERY) => show(&simulator, &mut shown)?,
            line = next_line(&mut typed) => heed(&simulator, &line)?,
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

fn heed(simulator: &Simulator, line: &str) -> io::Result<()> {
    match line.trim() {
        "" => Ok(()),
        "clear" => {
            simulator.faults().clear();
            writeln!(io::stdout(), "no faults")
        }
        order => match order.parse::<Order>() {
            Ok(order) => {
                writeln!(io::stdout(), "ordered: {order:?}")?;
                simulator.faults().order(order);
                Ok(())
            }
            Err(error) => writeln!(io::stdout(), "{error}\nhint: {GRAMMAR}"),
        },
    }
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
