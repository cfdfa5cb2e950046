//! `canary` of `[providers.NAME]`: a newer plugin on trial beside the one that plays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use understudy_engine::Sticky;

use super::section::Section;
use super::{folders, providers};

/// A trial that lasts longer than a month is no trial.
const WATCH_MAX: Duration = Duration::from_secs(30 * 86_400);

/// A plugin on trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Its file.
    pub path: PathBuf,
    /// The share of callers it plays for, 1 to 99.
    pub percent: u8,
    /// What makes two requests those of one caller.
    pub sticky: Sticky,
    /// What its file has to be.
    pub sha256: Option<String>,
    /// What it has to hold.
    pub budget: CanaryBudget,
}

/// What a plugin on trial has to hold, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanaryBudget {
    /// How long it is watched before it plays for all.
    pub watch: Duration,
    /// The least calls that prove anything.
    pub min_calls: u64,
    /// The most calls in a hundred that may fail.
    pub failure_percent: u8,
    /// The most its calls may take on average, in percent of those of the one it would replace. Less than
    /// 20 ms more is never too much.
    pub latency_percent: u32,
}

/// Reads `canary`; none when the key is not there.
pub(super) fn read(provider: &Section<'_>, folder: &Path) -> Option<Canary> {
    let there = provider.raw("canary").is_some();
    let section = provider.section("canary");
    let path = section.string("path");
    if there
        && path.is_none()
        && let Some(value) = provider.raw("canary")
    {
        section.report(
            &value.span(),
            "a canary names no plugin",
            "write canary = { path = \"next/my-voice.wasm\" }",
        );
    }
    let canary = Canary {
        path: path.map(|found| folders::expand(&found.value, folder)).unwrap_or_default(),
        percent: section.integer("percent", 5, 1..=99),
        sticky: section.choice(
            "sticky",
            Sticky::User,
            &[("user", Sticky::User), ("task", Sticky::Task), ("none", Sticky::None)],
        ),
        sha256: providers::sha256(&section),
        budget: CanaryBudget {
            watch: section.seconds("watch_seconds", Duration::from_secs(600), Duration::ZERO..=WATCH_MAX),
            min_calls: section.integer("min_calls", 20, 1..=1_000_000),
            failure_percent: section.integer("failure_percent", 10, 0..=100),
            latency_percent: section.integer("latency_percent", 200, 100..=100_000),
        },
    };
    section.finish();
    there.then_some(canary)
}
