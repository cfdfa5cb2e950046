//! The one place that prints.
//!
//! Results go to standard output, so that they can be piped; everything said *about* the work goes
//! to standard error. Colours vanish when the stream is no terminal or `NO_COLOR` is set. A reader
//! that closes the pipe early (`| head`) has got what it wanted: that is no error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use indicatif::ProgressDrawTarget;

use super::exit::Fault;
use crate::config::{ConfigError, Problem};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();

/// How much a person wants to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    quiet: bool,
    verbose: bool,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Warning,
    /// It does not work.
    Bad,
}

impl Printer {
    pub(super) const fn new(quiet: bool, verbose: bool) -> Self {
        Self { quiet, verbose }
    }

    /// A line of the result.
    pub(super) fn result(self, line: impl Display) -> io::Result<()> {
        forgive_closed_pipe(writeln!(anstream::stdout(), "{line}"))
    }

    /// The head of a table.
    pub(super) fn table_head(self, line: &str) -> io::Result<()> {
        self.result(format_args!("{HEAD}{line}{HEAD:#}"))
    }

    /// A value as indented JSON.
    pub(super) fn json(self, value: &impl serde::Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.result(text)
    }

    /// Bytes of the result, unchanged.
    pub(super) fn bytes(self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        forgive_closed_pipe(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    /// Said about the work; silent when quiet.
    pub(super) fn note(self, line: impl Display) {
        if !self.quiet {
            to_stderr(format_args!("{line}\n"));
        }
    }

    /// Something to know that stops nothing.
    pub(super) fn warning(self, message: impl Display, hint: Option<&str>) {
        if !self.quiet {
            to_stderr(format_args!("{WARNING}warning{WARNING:#}{HEAD}:{HEAD:#} {message}\n"));
            self.hint(hint);
        }
    }

    /// One line of `doctor`.
    pub(super) fn verdict(
        self,
        verdict: Verdict,
        what: &str,
        found: &str,
        hint: Option<&str>,
    ) -> io::Result<()> {
        let (style, word) = match verdict {
            Verdict::Good => (GOOD, "ok  "),
            Verdict::Warning => (WARNING, "warn"),
            Verdict::Bad => (ERROR, "fail"),
        };
        self.result(format_args!("{style}{word}{style:#}  {HEAD}{what:<22}{HEAD:#} {found}"))?;
        match hint {
            Some(hint) => self.result(format_args!("      {HINT}hint{HINT:#}{HEAD}:{HEAD:#} {hint}")),
            None => Ok(()),
        }
    }

    /// Why a command failed. Never silent.
    pub(super) fn fault(self, fault: &Fault) {
        match fault {
            Fault::Config(error) => self.config_error(error),
            Fault::Other { error, story, hint, .. } => {
                self.error(error);
                for line in story {
                    to_stderr(format_args!("  {line}\n"));
                }
                let mut cause = error.source();
                while let Some(error) = cause {
                    to_stderr(format_args!("  {ERROR}caused by{ERROR:#}{HEAD}:{HEAD:#} {error}\n"));
                    cause = error.source();
                }
                self.hint(hint.as_deref());
            }
            Fault::Interrupted => {}
        }
    }

    /// Every problem of a configuration, as a compiler shows mistakes.
    pub(super) fn config_error(self, error: &ConfigError) {
        let file = error.file().display();
        for Problem { message, hint, place } in error.problems() {
            self.error(message);
            to_stderr(format_args!("  {FAINT}-->{FAINT:#} {file}:{}:{}\n", place.line, place.column));
            to_stderr(format_args!("{place}\n"));
            self.hint(hint.as_deref());
            to_stderr("\n");
        }
        self.error(error);
    }

    fn error(self, message: impl Display) {
        to_stderr(format_args!("{ERROR}error{ERROR:#}{HEAD}:{HEAD:#} {message}\n"));
    }

    fn hint(self, hint: Option<&str>) {
        if let Some(hint) = hint {
            to_stderr(format_args!("{HINT}hint{HINT:#}{HEAD}:{HEAD:#} {hint}\n"));
        }
    }

    /// Where a progress bar is drawn: on a terminal, unless that is quiet or shows the log.
    pub(super) fn progress_target(self) -> ProgressDrawTarget {
        if self.quiet || self.verbose || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        }
    }
}

/// Nobody can be told that standard error is closed.
fn to_stderr(text: impl Display) {
    let _ = write!(anstream::stderr(), "{text}");
}

fn forgive_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
