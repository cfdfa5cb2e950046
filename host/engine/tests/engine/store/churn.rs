//! Many times more takes than there is room for: the disk stays near the cap, index included.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use understudy_engine::cache::StoreState;

use super::{Orders, next_acknowledged};

/// Takes when the environment does not say, and the cap for each thousand of them: 20 MB go
/// through 4 MB, as 1 GB through 200 MB in the full size.
const TAKES: u64 = 4_000;
const CAP_PER_THOUSAND: u64 = 4_000_000;

/// The most a start may take after a kill; a build for debugging takes several times as long.
const REOPENED_WITHIN: Duration = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });
/// What an allocator may hold back whatever is asked of it.
const MEMORY_SLACK: u64 = 8 * 1024 * 1024;

/// Bytes of disk below a folder, files and folders, as the file system counts them. What goes
/// away while it is counted is not counted.
fn on_disk(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let below = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => metadata.blocks() * 512 + on_disk(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    });
    below.sum()
}

/// Resident memory of a process in bytes.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[tokio::test]
async fn churn_never_takes_more_than_a_quarter_over_the_cap() {
    let takes = std::env::var("UNDERSTUDY_CHURN").map_or(TAKES, |takes| takes.parse().unwrap());
    let bytes_max = takes * CAP_PER_THOUSAND / 1000;
    let folder = tempfile::tempdir().unwrap();
    let index_rewrite_bytes = (bytes_max / 12).min(16 * 1024 * 1024);
    let orders = Orders { folder: folder.path(), bytes_max, first: 0, index_rewrite_bytes, aborts_after: 0 };
    let started = Instant::now();
    let (mut child, mut told) = orders.start();
    let (mut most, mut memory) = (0, Vec::new());
    for count in 1..=takes {
        next_acknowledged(&mut told).unwrap();
        if count % (takes / 100).max(1) == 0 {
            most = most.max(on_disk(folder.path()));
            memory.push(resident(child.id()));
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let took = started.elapsed();
    let started = Instant::now();
    let store = orders.open();
    let reopened = started.elapsed();
    let stats = store.cache().stats();
    println!(
        "{takes} takes through {bytes_max} bytes in {took:?}: at most {most} bytes of disk, {:.3} x the cap; \
         resident {:?} bytes at each tenth; reopened in {reopened:?} with {} takes, index {} bytes; {:?}",
        most as f64 / bytes_max as f64,
        memory.iter().step_by(10).collect::<Vec<_>>(),
        stats.takes,
        stats.index_bytes,
        stats.repair,
    );
    assert_eq!(store.state(), StoreState::Serving);
    assert!(reopened < REOPENED_WITHIN, "it took {reopened:?} to open");
    let (warm, after) = memory.split_at(memory.len() / 5);
    let (warm, after) = (warm.iter().max().unwrap(), after.iter().max().unwrap());
    assert!(*after <= warm + warm / 4 + MEMORY_SLACK, "memory grows: {memory:?}");
    assert!(most <= bytes_max + bytes_max / 4, "{most} bytes of disk for a cap of {bytes_max}");
    assert!(stats.bytes > bytes_max / 2, "the cache is filled: {stats:?}");
}
