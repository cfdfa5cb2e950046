//! The program's log: lines on standard error, for people or for machines.
//!
//! `UNDERSTUDY_LOG` beats the command line, which beats the configuration. It takes a level or
//! `tracing`'s directives (`info,understudy_engine=debug`). A directive that cannot be read is
//! told, and the rest stands: whoever sets this is already looking for another problem.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{LogFormat, LogLevel};

/// The variable that says what is logged.
pub(crate) const VARIABLE: &str = "UNDERSTUDY_LOG";

/// Starts logging at `level`, unless [`VARIABLE`] says otherwise. A second call does nothing: the
/// program that embeds this one has its own log.
pub(crate) fn start(level: LogLevel, format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(std::env::var(VARIABLE).ok().as_deref(), level))
        .with_span_events(FmtSpan::NONE)
        .with_writer(io::stderr);
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(true).try_init(),
        LogFormat::Text => builder.with_ansi(colours()).with_target(level >= LogLevel::Debug).try_init(),
    };
}

fn colours() -> bool {
    io::IsTerminal::is_terminal(&io::stderr())
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Everything but what the compiler thinks: a build with its checks on tells that, hundreds of megabytes for
/// the plugins of this repository.
const TRACE: &str = "trace,cranelift_codegen=info,cranelift_frontend=info,regalloc2=info";

/// Ours at `level`; of the crates below only what is worth waking up for.
fn filter(variable: Option<&str>, level: LogLevel) -> EnvFilter {
    let others = level.min(LogLevel::Warn).name();
    let default = match level {
        LogLevel::Trace => TRACE.to_owned(),
        level => format!(
            "{others},understudy={level},understudy_engine={level},understudy_sandbox={level},understudy_audio={level},plugin={level}",
            level = level.name()
        ),
    };
    EnvFilter::new(variable.filter(|text| !text.trim().is_empty()).unwrap_or(&default))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variable: Option<&str>, level: LogLevel, expected: &str) {
        let mut directives: Vec<String> =
            filter(variable, level).to_string().split(',').map(str::to_owned).collect();
        directives.sort();
        let mut expected: Vec<&str> = expected.split(',').collect();
        expected.sort_unstable();
        assert_eq!(directives, expected);
    }

    #[test]
    fn the_variable_beats_the_level() {
        check(Some("understudy_engine=debug"), LogLevel::Info, "understudy_engine=debug");
        check(Some("trace"), LogLevel::Off, "trace");
        check(Some(" "), LogLevel::Trace, TRACE);
        check(None, LogLevel::Trace, TRACE);
    }

    #[test]
    fn dependencies_are_quiet_unless_everything_is_wanted() {
        check(
            None,
            LogLevel::Debug,
            "warn,understudy=debug,understudy_engine=debug,understudy_sandbox=debug,understudy_audio=debug,plugin=debug",
        );
    }
}
