//! Characters spoken, by provider and by day and month in UTC: what budgets are held against.
//!
//! They are counted in memory, at once, and written down within a second: a budget is asked on
//! every request. They count on when the store does not work, because a full disk is no reason to
//! overdraw an account; then a restart forgets them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::calendar::day_and_month;
use crate::wall_clock::WallClock;

/// How long the count of a day and of a month is remembered, in days.
const DAYS_KEPT: u64 = 62;
const MONTHS_KEPT: u64 = 400;
const DAY_MS: u64 = 86_400_000;

/// The counters of a store. Clones share them.
#[derive(Clone, Debug)]
pub struct Counters {
    table: Arc<Mutex<Table>>,
    clock: WallClock,
}

#[derive(Debug, Default)]
struct Table {
    totals: BTreeMap<String, u64>,
    changed: BTreeSet<String>,
}

/// What a provider has spoken, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// Since midnight, UTC.
    pub today: u64,
    /// Since the first of the month, UTC.
    pub this_month: u64,
}

impl Counters {
    pub(super) fn new(clock: &WallClock) -> Self {
        Self { table: Arc::default(), clock: clock.clone() }
    }

    /// Adds what was written down in earlier times.
    pub(super) fn restore(&self, totals: BTreeMap<String, u64>) {
        let mut table = self.table();
        for (name, total) in totals {
            let now = table.totals.entry(name).or_default();
            *now = now.saturating_add(total);
        }
    }

    /// Adds `characters` of `provider`; says what that makes.
    pub fn add(&self, provider: &str, characters: u64) -> Spoken {
        let (day, month) = Self::names(provider, self.now_ms());
        let mut table = self.table();
        Spoken { today: table.add(day, characters), this_month: table.add(month, characters) }
    }

    /// Takes `characters` of `provider` back that were added at `added_at_ms`.
    pub fn take_back(&self, provider: &str, characters: u64, added_at_ms: u64) {
        let (day, month) = Self::names(provider, added_at_ms);
        let mut table = self.table();
        table.take_back(day, characters);
        table.take_back(month, characters);
    }

    /// What `provider` has spoken.
    #[must_use]
    pub fn spoken(&self, provider: &str) -> Spoken {
        let (day, month) = Self::names(provider, self.now_ms());
        let table = self.table();
        let total = |name| table.totals.get(&name).copied().unwrap_or(0);
        Spoken { today: total(day), this_month: total(month) }
    }

    /// What has changed since the last call, and its total; none for what is forgotten.
    pub(super) fn take_changed(&self) -> Vec<(String, Option<u64>)> {
        let mut table = self.table();
        if table.changed.is_empty() {
            return Vec::new();
        }
        let now = self.clock.unix_ms();
        let (day, _) = day_and_month(now.saturating_sub(DAYS_KEPT * DAY_MS));
        let (_, month) = day_and_month(now.saturating_sub(MONTHS_KEPT * DAY_MS));
        table.forget_before(&format!("day {day}"), "day ");
        table.forget_before(&format!("month {month}"), "month ");
        let changed = std::mem::take(&mut table.changed);
        changed
            .into_iter()
            .map(|name| {
                let total = table.totals.get(&name).copied();
                (name, total)
            })
            .collect()
    }

    /// Says that what was taken has not been written.
    pub(super) fn put_back(&self, changed: Vec<(String, Option<u64>)>) {
        self.table().changed.extend(changed.into_iter().map(|(name, _)| name));
    }

    /// The time by which days begin, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.unix_ms()
    }

    pub(crate) const fn clock(&self) -> &WallClock {
        &self.clock
    }

    /// Dates come first, so that what is old stands together.
    fn names(provider: &str, at_ms: u64) -> (String, String) {
        let (day, month) = day_and_month(at_ms);
        (format!("day {day} {provider}"), format!("month {month} {provider}"))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn add(&mut self, name: String, characters: u64) -> u64 {
        let total = self.totals.entry(name.clone()).or_default();
        *total = total.saturating_add(characters);
        let total = *total;
        self.changed.insert(name);
        total
    }

    fn take_back(&mut self, name: String, characters: u64) {
        if let Some(total) = self.totals.get_mut(&name) {
            *total = total.saturating_sub(characters);
            self.changed.insert(name);
        }
    }

    fn forget_before(&mut self, name: &str, kind: &str) {
        let old: Vec<_> =
            self.totals.range(kind.to_owned()..name.to_owned()).map(|(name, _)| name.clone()).collect();
        for name in old {
            self.totals.remove(&name);
            self.changed.insert(name);
        }
    }
}
