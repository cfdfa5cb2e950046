//! How long it takes from a file's rename into the folder to the first request the new code serves.
//!
//! It prints medians, which stand in `host/BENCHMARKS.md`, and asserts only that the new code serves.

use std::time::Duration;

use tokio::time::Instant;

use super::{PATIENCE, daemon, herald, replace, speaks};
use crate::support::Daemon;

/// Replacements of each kind.
const ROUNDS: u32 = 7;

/// Replaces the plugin and asks until the new version answers.
async fn swap(daemon: &Daemon, version: u32) -> Duration {
    let (bytes, expected) = (herald(version, "calm"), format!("0.0.{version}"));
    let begun = Instant::now();
    replace(daemon, &bytes);
    let mut asked = 0;
    while speaks(daemon, &format!("speak 8 round {version} {asked}")).await != expected {
        asked += 1;
        assert!(begun.elapsed() < PATIENCE, "version {version} does not serve:\n{}", daemon.log());
    }
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_renamed_file_is_served_by_the_next_requests() {
    let daemon = daemon("").await;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Another process may have compiled these, so they are numbered by this one.
        let version = 100_000 + (std::process::id() % 50_000) * 10 + round;
        cold.push(swap(&daemon, version).await);
        warm.push(swap(&daemon, 1).await);
    }
    println!("from rename to served: {:?} with warm code, {:?} compiled first", median(warm), median(cold));
}
