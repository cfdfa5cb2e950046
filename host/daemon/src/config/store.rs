//! `[cache]` and `[history]`: what is kept from one request to the next, and where.
//!
//! Both are one store in one folder, and so are the counters of budgets. It lies with the program's
//! data and not with its caches: whoever empties those does not mean to forget what was spent.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use understudy_engine::StoreSettings;
use understudy_engine::cache::CacheSettings;
use understudy_engine::history::HistorySettings;

use super::folders;
use super::section::Section;

/// A megabyte, as disks are sold.
const MB: u64 = 1_000_000;
/// Least and largest cap, in megabytes: a petabyte is more than one folder holds.
const SIZE_MB: RangeInclusive<u64> = 1..=1_000_000_000;
/// Least and most memory, in megabytes: half a terabyte is more than one machine has to spare.
const MEMORY_MB: RangeInclusive<u64> = 0..=500_000;
/// Least and longest time a take is good for, in hours: some seconds, and ten years.
const TTL_HOURS: RangeInclusive<f64> = 0.001..=87_600.0;
/// Least and longest time a record is kept, in days: a minute and a half, and ten years.
const AGE_DAYS: RangeInclusive<f64> = 0.001..=3_650.0;
/// Most takes and records: each costs some hundred bytes of memory or disk.
const ENTRIES: RangeInclusive<usize> = 1..=100_000_000;
/// Most wishes for a form of a take before it is kept.
const MAX_WISHES: u32 = 1_000_000;

const HOUR_SECONDS: f64 = 3_600.0;
const DAY_SECONDS: f64 = 24.0 * HOUR_SECONDS;

/// `[cache]` and `[history]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// Where takes, history and the counters of budgets lie; created when missing. One process has
    /// it for itself.
    pub folder: PathBuf,
    /// The rest of both sections.
    pub settings: StoreSettings,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { folder: folders::store(), settings: StoreSettings::default() }
    }
}

pub(super) fn read(file: &Section<'_>, folder: &Path) -> StoreConfig {
    let (place, cache) = cache(file.section("cache"), folder);
    StoreConfig {
        folder: place,
        settings: StoreSettings { cache, history: history(file.section("history")) },
    }
}

fn cache(section: Section<'_>, folder: &Path) -> (PathBuf, CacheSettings) {
    let default = CacheSettings::default();
    let place =
        section.string("folder").map_or_else(folders::store, |text| folders::expand(&text.value, folder));
    let memory = |key, default: usize| bytes(section.integer(key, default as u64 / MB, MEMORY_MB));
    let cache = CacheSettings {
        enabled: section.boolean("enabled", default.enabled),
        bytes_max: section.integer("max_size_mb", default.bytes_max / MB, SIZE_MB) * MB,
        ttl: times(&section, "ttl_hours", default.ttl, HOUR_SECONDS, TTL_HOURS),
        entries_max: section.integer("max_takes", default.entries_max, ENTRIES),
        memory_bytes_max: memory("memory_mb", default.memory_bytes_max),
        memory_take_bytes_max: memory("memory_take_mb", default.memory_take_bytes_max),
        derived_after: section.integer("keep_form_after", default.derived_after, 1..=MAX_WISHES),
        ..default
    };
    section.finish();
    (place, cache)
}

fn history(section: Section<'_>) -> HistorySettings {
    let default = HistorySettings::default();
    let history = HistorySettings {
        enabled: section.boolean("enabled", default.enabled),
        store_text: section.boolean("store_text", default.store_text),
        max_age: times(&section, "max_age_days", default.max_age, DAY_SECONDS, AGE_DAYS),
        records_max: section.integer("max_entries", default.records_max, ENTRIES),
        ..default
    };
    section.finish();
    history
}

/// A time in units of so many seconds.
fn times(
    section: &Section<'_>,
    key: &'static str,
    default: Duration,
    unit_seconds: f64,
    range: RangeInclusive<f64>,
) -> Duration {
    Duration::from_secs_f64(section.number(key, default.as_secs_f64() / unit_seconds, range) * unit_seconds)
}

fn bytes(megabytes: u64) -> usize {
    usize::try_from(megabytes.saturating_mul(MB)).unwrap_or(usize::MAX)
}
