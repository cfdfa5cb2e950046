//! How the store stands: cache, history, and what keeps them from working.
//!
//! The engine's own numbers with descriptions for the API's. The types are read as well as written,
//! because the command line asks a running server.

mod takes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use understudy_engine::Engine;
use understudy_engine::cache::{CacheStats, ProviderStats, StoreState};
use understudy_engine::history::HistoryStats;
use utoipa::ToSchema;

pub(crate) use takes::{ClearedTakes, KeptTake, KeptTakes, VerifiedTakes};

/// Whether takes and history are kept. Speech goes on without.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct StoreHealth {
    /// `serving`, `degraded` or `off`.
    pub(crate) state: String,
    /// What is wrong, for machines: `store_locked`, `store_disk_full`, `store_read_only` or
    /// `store_failed`; null when nothing is.
    pub(crate) code: Option<String>,
    /// What is wrong, for people.
    pub(crate) reason: Option<String>,
    /// What an operator could do.
    pub(crate) hint: Option<String>,
}

/// What the cache holds. Counts are from its first day on, over restarts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct CacheInfo {
    /// Takes.
    pub(crate) takes: usize,
    /// Distinct pieces of audio; fewer than takes when some sound alike.
    pub(crate) files: usize,
    /// Bytes of disk the audio takes.
    pub(crate) bytes: u64,
    /// The cap on them.
    pub(crate) bytes_max: u64,
    /// Bytes of the index beside it.
    pub(crate) index_bytes: u64,
    /// Takes held in memory.
    pub(crate) memory_takes: usize,
    /// Bytes they take there.
    pub(crate) memory_bytes: usize,
    /// Pieces of audio that were damaged and removed, since the start.
    pub(crate) damaged: u64,
    /// By provider.
    pub(crate) providers: BTreeMap<String, CachedProvider>,
}

/// What the cache holds of one provider, and has done for it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct CachedProvider {
    /// Takes.
    pub(crate) takes: usize,
    /// Bytes of their audio.
    pub(crate) bytes: u64,
    /// Requests answered from the cache.
    pub(crate) hits: u64,
    /// Requests that were not.
    pub(crate) misses: u64,
    /// Takes stored.
    pub(crate) stored: u64,
    /// Takes removed to make room.
    pub(crate) evicted: u64,
    /// Takes removed because their time was over.
    pub(crate) expired: u64,
}

/// What the history holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct HistoryInfo {
    /// Records there are.
    pub(crate) records: usize,
    /// Records written since the start.
    pub(crate) written: u64,
    /// Records lost since the start, because too many came at once or the disk failed.
    pub(crate) dropped: u64,
    /// Bytes of its files.
    pub(crate) bytes: u64,
}

/// How the store of `engine` stands, without looking at what is in it.
pub(crate) fn health(engine: &Engine) -> StoreHealth {
    let state = engine.store().map_or(StoreState::Off, understudy_engine::Store::state);
    let name = match &state {
        StoreState::Serving => "serving",
        StoreState::Degraded { .. } => "degraded",
        StoreState::Off => "off",
    };
    let reason = if let StoreState::Degraded { reason } = &state { Some(reason) } else { None };
    StoreHealth {
        state: name.to_owned(),
        code: reason.map(|reason| reason.code().to_owned()),
        reason: reason.map(ToString::to_string),
        hint: reason.map(|reason| reason.hint().to_owned()),
    }
}

/// What the cache of `engine` holds; nothing without one.
pub(crate) fn cache(engine: &Engine) -> CacheInfo {
    engine.store().map(|store| store.cache().stats().into()).unwrap_or_default()
}

/// What the history of `engine` holds; nothing without one.
pub(crate) fn history(engine: &Engine) -> HistoryInfo {
    engine.store().map(|store| store.history().stats().into()).unwrap_or_default()
}

impl From<CacheStats> for CacheInfo {
    fn from(from: CacheStats) -> Self {
        Self {
            takes: from.takes,
            files: from.files,
            bytes: from.bytes,
            bytes_max: from.bytes_max,
            index_bytes: from.index_bytes,
            memory_takes: from.memory_takes,
            memory_bytes: from.memory_bytes,
            damaged: from.damaged,
            providers: from.providers.into_iter().map(|(name, stats)| (name, stats.into())).collect(),
        }
    }
}

impl From<ProviderStats> for CachedProvider {
    fn from(from: ProviderStats) -> Self {
        let ProviderStats { takes, bytes, tally } = from;
        Self {
            takes,
            bytes,
            hits: tally.hits,
            misses: tally.misses,
            stored: tally.stored,
            evicted: tally.evicted,
            expired: tally.expired,
        }
    }
}

impl From<HistoryStats> for HistoryInfo {
    fn from(from: HistoryStats) -> Self {
        let HistoryStats { records, written, dropped, bytes } = from;
        Self { records, written, dropped, bytes }
    }
}
