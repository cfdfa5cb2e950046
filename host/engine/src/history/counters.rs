//! Characters spoken, by provider and by day and month in UTC: what budgets are held against.
//!
//! They are counted in memory, at once, and written down within a second: a budget is asked on
//! every request. They count on when the store does not work, because a full disk is no reason to
//! overdraw an account; then a restart forgets them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::calendar::Period;
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
    /// By provider.
    totals: BTreeMap<Period, BTreeMap<Arc<str>, u64>>,
    changed: BTreeSet<(Period, Arc<str>)>,
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
            let Some((period, provider)) = read_name(&name) else { continue };
            let now = table.totals.entry(period).or_default().entry(provider.into()).or_default();
            *now = now.saturating_add(total);
        }
    }

    /// Adds `characters` of `provider`; says what that makes.
    pub fn add(&self, provider: &str, characters: u64) -> Spoken {
        let (day, month) = Period::both(self.now_ms());
        let mut table = self.table();
        Spoken {
            today: table.add(day, provider, characters),
            this_month: table.add(month, provider, characters),
        }
    }

    /// Takes `characters` of `provider` back that were added at `added_at_ms`.
    pub fn take_back(&self, provider: &str, characters: u64, added_at_ms: u64) {
        let (day, month) = Period::both(added_at_ms);
        let mut table = self.table();
        table.take_back(day, provider, characters);
        table.take_back(month, provider, characters);
    }

    /// What `provider` has spoken.
    #[must_use]
    pub fn spoken(&self, provider: &str) -> Spoken {
        let (day, month) = Period::both(self.now_ms());
        let table = self.table();
        Spoken { today: table.total(day, provider), this_month: table.total(month, provider) }
    }

    /// What has changed since the last call, and its total; none for what is forgotten.
    pub(super) fn take_changed(&self) -> Vec<Changed> {
        let mut table = self.table();
        if table.changed.is_empty() {
            return Vec::new();
        }
        let now = self.clock.unix_ms();
        let (day, _) = Period::both(now.saturating_sub(DAYS_KEPT * DAY_MS));
        let (_, month) = Period::both(now.saturating_sub(MONTHS_KEPT * DAY_MS));
        table.forget(Period::Day(0, 0, 0)..day);
        table.forget(Period::Month(0, 0)..month);
        let changed = std::mem::take(&mut table.changed);
        let told = changed.into_iter().map(|(period, provider)| {
            let total = table.totals.get(&period).and_then(|totals| totals.get(&provider)).copied();
            Changed { period, provider, total }
        });
        told.collect()
    }

    /// Says that what was taken has not been written.
    pub(super) fn put_back(&self, changed: Vec<Changed>) {
        let names = changed.into_iter().map(|changed| (changed.period, changed.provider));
        self.table().changed.extend(names);
    }

    /// The time by which days begin, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.unix_ms()
    }

    pub(crate) const fn clock(&self) -> &WallClock {
        &self.clock
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn total(&self, period: Period, provider: &str) -> u64 {
        self.totals.get(&period).and_then(|totals| totals.get(provider)).copied().unwrap_or(0)
    }

    fn add(&mut self, period: Period, provider: &str, characters: u64) -> u64 {
        let totals = self.totals.entry(period).or_default();
        let known = totals.get_key_value(provider).map(|(known, _)| Arc::clone(known));
        let provider = known.unwrap_or_else(|| provider.into());
        let total = totals.entry(Arc::clone(&provider)).or_default();
        *total = total.saturating_add(characters);
        self.changed.insert((period, provider));
        *total
    }

    fn take_back(&mut self, period: Period, provider: &str, characters: u64) {
        let Some(totals) = self.totals.get_mut(&period) else { return };
        let Some((provider, total)) = totals.iter_mut().find(|(name, _)| &***name == provider) else {
            return;
        };
        *total = total.saturating_sub(characters);
        self.changed.insert((period, Arc::clone(provider)));
    }

    fn forget(&mut self, periods: Range<Period>) {
        let old: Vec<_> = self.totals.range(periods).map(|(period, _)| *period).collect();
        for period in old {
            let providers = self.totals.remove(&period).unwrap_or_default().into_keys();
            self.changed.extend(providers.map(|provider| (period, provider)));
        }
    }
}

/// A counter that is to be written down.
#[derive(Debug)]
pub(super) struct Changed {
    period: Period,
    provider: Arc<str>,
    /// None: it is forgotten.
    pub(super) total: Option<u64>,
}

impl Changed {
    /// What it is written down as. Dates come first, so that what is old stands together.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.period, self.provider)
    }
}

fn read_name(name: &str) -> Option<(Period, &str)> {
    let (date, _) = name.match_indices(' ').nth(1)?;
    let (period, provider) = name.split_at_checked(date)?;
    Some((period.parse().ok()?, provider.strip_prefix(' ')?))
}
