//! Ten thousand requests through five providers that fail in every way they can: what became of them.
//!
//! `cargo bench -p understudy-engine --bench chaos [-- SEED [REQUESTS]]`. It is the schedule of the
//! test of the same name, with its assertions, played without a store and with one; the clock is
//! tokio's, so that eight minutes of waiting cost none, and what is measured beside the outcomes is
//! the engine's own work.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "it asserts and prints"
)]

#[path = "../tests/engine/chaos/play.rs"]
mod play;

use std::collections::BTreeMap;
use std::time::Duration;

use understudy_engine::ProviderStatus;

fn main() {
    // Cargo hands a bench `--bench`; numbers are ours.
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let (seed, requests) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(10_000));
    perform("no store", seed, requests, play::play(seed, requests));
    perform(
        "a store, whose history has every request and call",
        seed,
        requests,
        play::play_kept(seed, requests),
    );
}

fn perform(with: &str, seed: u64, requests: u64, play: impl Future<Output = play::Told>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    #[allow(clippy::disallowed_methods, reason = "tokio's clock stands still here")]
    let began = std::time::Instant::now();
    let told = runtime.unwrap().block_on(play);
    let work = began.elapsed();

    println!("{requests} requests on schedule {seed}, {} s of simulated time, {with}\n", told.time.as_secs());
    println!("{:<24}{:>8}{:>9}", "OUTCOME", "REQUESTS", "SHARE");
    let mut outcomes: Vec<_> = told.outcomes.iter().collect();
    outcomes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (outcome, count) in outcomes {
        println!("{outcome:<24}{count:>8}{:>8.2} %", *count as f64 * 100.0 / requests as f64);
    }
    println!(
        "\n{:<10}{:>7}{:>7}{:>7}{:>10}{:>9}{:>9}{:>9}{:>9}",
        "PROVIDER", "CALLS", "OK", "FAILED", "CANCELLED", "RETRIES", "WITHHELD", "P50", "P95"
    );
    for provider in &told.providers {
        print(provider);
    }
    let each = work.as_secs_f64() * 1e6 / requests as f64;
    println!("\n{:.2} s of work, {each:.0} µs a request; every assertion held\n", work.as_secs_f64());
}

fn print(provider: &ProviderStatus) {
    let sum = |counts: &BTreeMap<&str, u64>| counts.values().sum::<u64>();
    let ms =
        |time: Option<Duration>| time.map_or_else(String::new, |time| format!("{} ms", time.as_millis()));
    let ProviderStatus { name, calls, successes, cancelled, retries, .. } = provider;
    let (failed, withheld) = (sum(&provider.failures), sum(&provider.withheld));
    let (p50, p95) = (ms(provider.latency_p50), ms(provider.latency_p95));
    println!(
        "{name:<10}{calls:>7}{successes:>7}{failed:>7}{cancelled:>10}{retries:>9}{withheld:>9}{p50:>9}{p95:>9}"
    );
}
