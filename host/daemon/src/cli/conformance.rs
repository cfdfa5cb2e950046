//! `understudy plugin check`: does a plugin keep the contract?

use std::path::PathBuf;

use understudy_conformance::{Verdict, check_alone};

use super::exit::{Exit, Fault};
use super::inspect::{fault, source};
use super::printer::Printer;
use crate::config::Config;
use crate::plugins::{Unread, config_of, read_component};
use crate::understudy::{StartError, sandbox};

pub(super) async fn run(
    plugin: PathBuf,
    as_json: bool,
    config: Config,
    printer: Printer,
) -> Result<(), Fault> {
    let source = source(&plugin);
    let sandbox = sandbox(&config).map_err(StartError::from)?;
    let wasm = read_component(&source, sandbox.component_bytes_max()).await;
    let wasm = wasm.map_err(|unread| fault(&plugin, Unread::state(unread)))?;
    let plugin_config = config_of(&config, &source).await.map_err(|state| fault(&plugin, state))?;
    let report = check_alone(&sandbox, wasm, plugin_config).await;
    if as_json {
        printer.json(&report)?;
    } else {
        printer.result(format_args!("{}", report.to_string().trim_end()))?;
    }
    let broken =
        report.findings().iter().filter(|finding| matches!(finding.verdict, Verdict::Failed(_))).count();
    if broken == 0 {
        return Ok(());
    }
    let rules = if broken == 1 { "a rule".to_owned() } else { format!("{broken} rules") };
    Err(Fault::new(Exit::BadInput, format!("{} breaks {rules} of the contract", plugin.display())))
}
