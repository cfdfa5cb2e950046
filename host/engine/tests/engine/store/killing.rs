//! Killed at any point, the store loses nothing it acknowledged and serves nothing corrupt.

use std::time::Duration;

use understudy_engine::cache::StoreState;

use super::{Orders, is_served, next_acknowledged, scatter};

/// Rounds when the environment does not say.
const ROUNDS: u64 = 10;

/// Numbers between the takes of two rounds.
const STRIDE: u64 = 100_000;

fn rounds() -> u64 {
    std::env::var("UNDERSTUDY_KILL_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse::<u64>().unwrap().div_ceil(2))
}

/// Lets a child work up to a random point, ends it there, and returns what it acknowledged. One in
/// four dies while it opens and repairs the store, two right after an acknowledgement, one anywhere.
fn kill(orders: Orders<'_>, round: u64) -> Vec<u64> {
    let patience = 1 + scatter(round) % 60;
    let (patience, moment, aborts_after) = match round % 4 {
        0 => (0, scatter(!round) % 60_000, 0),
        1 => (patience, scatter(!round) % 3_000, 0),
        _ => (patience, 0, patience),
    };
    let (mut child, mut told) = Orders { aborts_after, ..orders }.start();
    let mut heard = Vec::new();
    while (heard.len() as u64) < patience {
        heard.push(next_acknowledged(&mut told).unwrap());
    }
    if aborts_after == 0 {
        let start = tokio::time::Instant::now();
        while start.elapsed() < Duration::from_micros(moment) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
    }
    child.wait().unwrap();
    heard.extend(std::iter::from_fn(|| next_acknowledged(&mut told)));
    heard
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_served_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for round in 0..rounds() {
        let first = (round + 1) * STRIDE;
        // Small enough for the index to be rewritten in every few rounds.
        let orders = Orders {
            folder: folder.path(),
            bytes_max: 1 << 40,
            first,
            index_rewrite_bytes: 600_000,
            aborts_after: 0,
        };
        let heard = kill(orders, round);
        let store = orders.open();
        assert_eq!(store.state(), StoreState::Serving);
        let repair = store.cache().stats().repair;
        assert!(!repair.index_replaced && repair.damaged_records == 0, "round {round}: {repair:?}");
        assert_eq!(repair.missing_files, 0, "round {round}: {repair:?}");
        for number in &heard {
            assert!(is_served(&store, *number).await, "round {round}: take {number} is lost, {repair:?}");
        }
        // Whatever else is there may be served, if it is right.
        for number in first..first + 2 * heard.len() as u64 {
            is_served(&store, number).await;
        }
        kept.extend(heard);
    }
    let store = Orders {
        folder: folder.path(),
        bytes_max: 1 << 40,
        first: 0,
        index_rewrite_bytes: 600_000,
        aborts_after: 0,
    }
    .open();
    for number in &kept {
        assert!(is_served(&store, *number).await, "take {number} is lost");
    }
    assert_eq!(store.cache().verify(|_| true).await.unwrap().damaged, 0);
    assert!(kept.len() as u64 >= rounds());
}

#[tokio::test]
async fn a_kill_amid_evictions_leaves_the_newest_takes_and_keeps_the_cap() {
    const CAP: u64 = 2_000_000;
    /// Far fewer than the cap has room for.
    const NEWEST: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    for round in 0..rounds() {
        let first = (round + 1) * STRIDE;
        let orders = Orders {
            folder: folder.path(),
            bytes_max: CAP,
            first,
            index_rewrite_bytes: 600_000,
            aborts_after: 0,
        };
        let heard = kill(orders, round + 1_000);
        let store = orders.open();
        let stats = store.cache().stats();
        assert!(stats.bytes <= CAP, "round {round}: {stats:?}");
        for number in first..first + 200 {
            is_served(&store, number).await;
        }
        for number in heard.iter().rev().take(NEWEST) {
            assert!(is_served(&store, *number).await, "round {round}: take {number} is lost, {stats:?}");
        }
        assert_eq!(store.cache().verify(|_| true).await.unwrap().damaged, 0);
    }
}
