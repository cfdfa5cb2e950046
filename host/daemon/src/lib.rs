//! Understudy: speech from many providers behind one door.
//!
//! This crate is the top floor: it reads the configuration, loads the plugins into the sandbox,
//! hands them to the engine as a cast, and opens the doors through which a client comes: HTTP and
//! the command line. It is also the embedding API: [`Understudy::start`] gives a program of yours
//! the same thing without either door.
//!
//! Only this crate reads the environment, the configuration file and the clock's wall time.

pub mod cli;
pub mod config;
pub mod http;

mod built_in;
mod catalogue;
mod cue_sheet;
mod logging;
mod moment;
mod plugins;
mod reload;
mod understudy;

pub use config::Config;
pub use plugins::{
    CandidateStatus, GenerationStatus, GenerationTally, PluginFacts, PluginSource, PluginState, PluginStatus,
    TrialStatus,
};
pub use reload::{
    ConfigProblem, NotWatching, Pending, PendingWhy, PluginChange, ReloadOutcome, ReloadReport, ReloadState,
    Trigger,
};
pub use understudy::{StartError, Understudy};
