//! The host's log.
//!
//! Lines carry the provider's name. The volume a call may write is limited, and what is past it is
//! dropped and counted. Messages are constant and lower-case; what varies goes into fields. What a
//! panic says is logged too, as an error with its location, before the call ends in a trap.
//!
//! ```
//! use understudy_plugin::log;
//! log::info("token refreshed", &[("expires_in_s", &3600)]);
//! ```

use std::fmt::Display;

use crate::host;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What an operator may want to know.
    Info,
    /// Something went wrong and was handled.
    Warn,
    /// Something went wrong and was not.
    Error,
}

/// Writes a line at a level.
pub fn write(level: Level, message: &str, fields: &[(&str, &dyn Display)]) {
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    host::log(level, message, &fields);
}

/// Writes a line at [`Level::Trace`].
pub fn trace(message: &str, fields: &[(&str, &dyn Display)]) {
    write(Level::Trace, message, fields);
}

/// Writes a line at [`Level::Debug`].
pub fn debug(message: &str, fields: &[(&str, &dyn Display)]) {
    write(Level::Debug, message, fields);
}

/// Writes a line at [`Level::Info`].
pub fn info(message: &str, fields: &[(&str, &dyn Display)]) {
    write(Level::Info, message, fields);
}

/// Writes a line at [`Level::Warn`].
pub fn warn(message: &str, fields: &[(&str, &dyn Display)]) {
    write(Level::Warn, message, fields);
}

/// Writes a line at [`Level::Error`].
pub fn error(message: &str, fields: &[(&str, &dyn Display)]) {
    write(Level::Error, message, fields);
}
