//! How a command ends: its exit code, and what a person is told when it is not zero.

use std::error::Error;
use std::process::ExitCode;

use understudy_engine::SpeechError;

use crate::config::ConfigError;
use crate::understudy::StartError;

/// The exit codes; `understudy --help` lists them. 64 and 65 are those of `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// It was done.
    Done = 0,
    /// No speech, or no start.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is wrong.
    BadConfig = 64,
    /// What was asked for cannot be had by anyone.
    BadInput = 65,
    /// Ctrl-c.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The configuration is wrong; each of its problems is printed.
    Config(ConfigError),
    /// Anything else.
    Other {
        /// The code to end with.
        exit: Exit,
        /// What went wrong, and through [`Error::source`] why.
        error: Box<dyn Error + Send + Sync>,
        /// What happened on the way, a line each.
        story: Vec<String>,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A person stopped it, and knows.
    Interrupted,
}

impl Fault {
    pub(super) fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other { exit, error: error.into(), story: Vec::new(), hint: None }
    }

    /// The same with advice.
    pub(super) fn hint(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Other { exit, error, story, .. } => {
                Self::Other { exit, error, story, hint: Some(advice.into()) }
            }
            other => other,
        }
    }

    /// The same, and what happened before it.
    pub(super) fn after(mut self, what: impl std::fmt::Display) -> Self {
        if let Self::Other { story, .. } = &mut self {
            story.push(what.to_string());
        }
        self
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::BadConfig,
            Self::Other { exit, .. } => *exit,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<StartError> for Fault {
    fn from(error: StartError) -> Self {
        let hint = error.hint();
        let fault = Self::new(Exit::Failed, error);
        hint.into_iter().fold(fault, Self::hint)
    }
}

impl From<SpeechError> for Fault {
    fn from(error: SpeechError) -> Self {
        let exit = if error.is_client_fault() { Exit::BadInput } else { Exit::Failed };
        Self::Other { exit, story: story(&error), hint: error.hint(), error: error.into() }
    }
}

/// Who was asked before everybody had failed, and who was not.
fn story(error: &SpeechError) -> Vec<String> {
    let (attempts, skipped) = match error {
        SpeechError::AllFailed { attempts, skipped, .. } => (attempts.as_slice(), skipped.as_slice()),
        SpeechError::Tried { attempts, .. } if attempts.len() > 1 => (attempts.as_slice(), &[][..]),
        _ => return Vec::new(),
    };
    let called = attempts.iter().map(|attempt| {
        format!("{} was called: {} after {} ms", attempt.provider, attempt.outcome, attempt.time.as_millis())
    });
    let passed =
        skipped.iter().map(|skipped| format!("{} was not called: {}", skipped.provider, skipped.reason));
    called.chain(passed).collect()
}

/// Reading or writing failed: says what was being done to which file, then why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}")]
pub(super) struct FileError {
    doing: String,
    source: std::io::Error,
}

impl FileError {
    /// `doing` goes on from "cannot", the file last: `write speech.mp3`.
    pub(super) fn new(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self { doing: doing.into(), source }
    }
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        Self::new(Exit::Failed, error)
    }
}
