//! The store, for the commands that look into it.
//!
//! One process has it at a time. While a server runs it is the server's, and whoever wants to know
//! what is in it asks the server.

use std::time::SystemTime;

use tokio::task::spawn_blocking;
use understudy_engine::cache::{Degradation, StoreState};
use understudy_engine::{Store, WallClock};

use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::progress::spinner;
use crate::config::Config;

/// A store, or that somebody else has it.
pub(super) enum Opened {
    Here(Store),
    /// Another process has it.
    Elsewhere(Degradation),
}

/// Opens the store; one of many takes is read for a moment first.
pub(super) async fn open(config: &Config, printer: Printer) -> Result<Opened, Fault> {
    let (folder, settings) = (config.store.folder.clone(), config.store.settings.clone());
    let spinner = spinner(printer, "opening");
    let opened =
        spawn_blocking(move || Store::open_if_free(&folder, settings, &WallClock::new(SystemTime::now)));
    let opened = opened.await.map_err(|error| Fault::new(Exit::Failed, error))?;
    spinner.finish_and_clear();
    match opened.map(|store| (store.state(), store)) {
        Ok((StoreState::Degraded { reason }, _)) => Err(broken(reason)),
        Ok((_, store)) => Ok(Opened::Here(store)),
        Err(reason @ Degradation::Locked { .. }) => Ok(Opened::Elsewhere(reason)),
        Err(reason) => Err(broken(reason)),
    }
}

pub(super) fn broken(reason: Degradation) -> Fault {
    let hint = reason.hint();
    Fault::new(Exit::Failed, reason).hint(hint)
}

impl Opened {
    /// The store, when it is not somebody else's.
    pub(super) const fn here(&self) -> Option<&Store> {
        match self {
            Self::Here(store) => Some(store),
            Self::Elsewhere(_) => None,
        }
    }

    /// What went wrong, and that somebody else was asked.
    pub(super) fn blame(&self, fault: Fault) -> Fault {
        match self {
            Self::Here(_) => fault,
            Self::Elsewhere(reason) => fault.after(reason),
        }
    }
}
