//! Whether the cache serves, and if not, why.
//!
//! A cache that cannot work is never a reason not to speak. Every failure ends in one of these
//! states: speech goes on without, health and metrics can tell, and what can pass by itself (a
//! full disk) is tried again every half minute, by the next take or else by the housekeeper.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long after a failed write the next one is tried.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Whether the cache or the history serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// What is to be kept is kept, and what was kept is found.
    Serving,
    /// Nothing is kept, and found only as far as the reason lets it.
    Degraded {
        /// Why.
        reason: Degradation,
    },
    /// There is none: nobody asked for one.
    Off,
}

/// What keeps a store from working.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Degradation {
    /// Another process has the folder.
    #[error("store is in use by another process{}: {}", holder(*.process), .folder.display())]
    Locked {
        /// The store's folder.
        folder: PathBuf,
        /// The process that has it, when it said so.
        process: Option<u32>,
    },
    /// No space is left.
    #[error("disk is full: {}", .folder.display())]
    DiskFull {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The folder cannot be written.
    #[error("store cannot be written: {}", .folder.display())]
    ReadOnly {
        /// The store's folder.
        folder: PathBuf,
    },
    /// Anything else the operating system or the database says.
    #[error("store failed: {}: {reason}", .folder.display())]
    Failed {
        /// The store's folder.
        folder: PathBuf,
        /// What was said.
        reason: String,
    },
}

impl Degradation {
    /// What an I/O error means for a store in `folder`.
    pub(crate) fn of(folder: &Path, kind: io::ErrorKind, reason: &str) -> Self {
        let folder = folder.to_path_buf();
        match kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { folder },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly { folder },
            _ => Self::Failed { folder, reason: reason.to_owned() },
        }
    }

    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "store_locked",
            Self::DiskFull { .. } => "store_disk_full",
            Self::ReadOnly { .. } => "store_read_only",
            Self::Failed { .. } => "store_failed",
        }
    }

    /// What an operator could do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "stop the other process, or give each a folder of its own",
            Self::DiskFull { .. } => "free some space, or lower the cache's cap",
            Self::ReadOnly { .. } => "make the folder writable for the user this runs as",
            Self::Failed { .. } => "look at the disk; an empty folder always works",
        }
    }
}

fn holder(process: Option<u32>) -> String {
    process.map(|process| format!(" (process {process})")).unwrap_or_default()
}

/// Why a take was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// It does not fit, or others that are being written leave no room for it.
    #[error("cache has no room for a take of {bytes} bytes, its cap is {limit}")]
    NoRoom {
        /// The take's audio.
        bytes: u64,
        /// The cap.
        limit: u64,
    },
    /// The cache does not work.
    #[error(transparent)]
    Degraded(#[from] Degradation),
    /// There is no cache.
    #[error("cache is off")]
    Off,
    /// Another check of all takes is under way.
    #[error("takes are being checked already")]
    Verifying,
    /// A part of this program failed where it must not.
    #[error("internal failure: {0}")]
    Internal(String),
}

impl CacheError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoRoom { .. } => "cache_no_room",
            Self::Degraded(reason) => reason.code(),
            Self::Off => "cache_off",
            Self::Verifying => "cache_verifying",
            Self::Internal(_) => "internal",
        }
    }
}

pub(super) struct Health {
    folder: PathBuf,
    now: Mutex<(StoreState, Option<Instant>)>,
}

impl Health {
    pub(super) fn new(folder: &Path, state: StoreState) -> Self {
        Self { folder: folder.to_path_buf(), now: Mutex::new((state, None)) }
    }

    pub(super) fn state(&self) -> StoreState {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Fails while the last write failed and it is too early for another.
    pub(super) fn may_write(&self) -> Result<(), CacheError> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        match &*now {
            (StoreState::Degraded { reason }, Some(retry)) if Instant::now() < *retry => {
                Err(reason.clone().into())
            }
            (StoreState::Degraded { .. }, _) => {
                // This one tries; the others wait for what becomes of it.
                now.1 = Some(Instant::now() + RETRY_AFTER);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What an I/O error means here.
    pub(super) fn name(&self, kind: io::ErrorKind, reason: &str) -> Degradation {
        Degradation::of(&self.folder, kind, reason)
    }

    pub(super) fn fail(&self, kind: io::ErrorKind, reason: &str) -> CacheError {
        let reason = self.name(kind, reason);
        self.degrade(&reason);
        reason.into()
    }

    pub(super) fn degrade(&self, reason: &Degradation) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let state = StoreState::Degraded { reason: reason.clone() };
        if now.0 != state {
            tracing::error!(code = reason.code(), %reason, hint = reason.hint(), "takes are not kept");
        }
        *now = (state, Some(Instant::now() + RETRY_AFTER));
    }

    pub(super) fn succeed(&self) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0 != StoreState::Serving {
            tracing::info!("takes are kept");
            *now = (StoreState::Serving, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: io::ErrorKind, code: &str, message: &str) {
        let reason = Degradation::of(Path::new("/s"), kind, "odd");
        assert_eq!((reason.code(), reason.to_string().as_str()), (code, message));
    }

    #[test]
    fn each_trouble_has_a_name_of_its_own() {
        check(io::ErrorKind::StorageFull, "store_disk_full", "disk is full: /s");
        check(io::ErrorKind::QuotaExceeded, "store_disk_full", "disk is full: /s");
        check(io::ErrorKind::ReadOnlyFilesystem, "store_read_only", "store cannot be written: /s");
        check(io::ErrorKind::PermissionDenied, "store_read_only", "store cannot be written: /s");
        check(io::ErrorKind::Other, "store_failed", "store failed: /s: odd");
        let locked = Degradation::Locked { folder: "/s".into(), process: Some(7) };
        assert_eq!(locked.to_string(), "store is in use by another process (process 7): /s");
    }

    #[tokio::test(start_paused = true)]
    async fn one_write_in_half_a_minute_tries_whether_the_trouble_is_over() {
        let health = Health::new(Path::new("/s"), StoreState::Serving);
        assert!(health.may_write().is_ok());
        health.fail(io::ErrorKind::StorageFull, "");
        assert_eq!(health.may_write().map_err(|error| error.code()), Err("store_disk_full"));
        tokio::time::advance(RETRY_AFTER).await;
        assert!(health.may_write().is_ok());
        assert!(health.may_write().is_err());
        health.succeed();
        assert_eq!((health.may_write(), health.state()), (Ok(()), StoreState::Serving));
    }
}
