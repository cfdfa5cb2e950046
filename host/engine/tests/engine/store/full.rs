//! A disk that is really full.
//!
//! Runs when `UNDERSTUDY_SMALL_DISK` names an empty folder on a file system of some megabytes, for
//! example after `mount -t tmpfs -o size=12m none /mnt/small`. What follows from the error itself
//! is tested everywhere, in the cache's own tests.

use std::path::Path;
use std::time::Duration;

use understudy_engine::Store;
use understudy_engine::cache::{CacheError, ClearFilter, Degradation, StoreState};
use understudy_engine::history::{RequestRecord, RequestStatus};

use super::{Orders, audio, is_served, key, notes};

#[tokio::test]
async fn a_disk_that_is_full_and_then_is_not() {
    let Ok(folder) = std::env::var("UNDERSTUDY_SMALL_DISK") else { return };
    let orders = Orders {
        folder: Path::new(&folder),
        bytes_max: 1 << 40,
        first: 0,
        index_rewrite_bytes: 600_000,
        aborts_after: 0,
    };
    let ballast = Path::new(&folder).join("ballast");
    std::fs::write(&ballast, vec![0; 2_000_000]).unwrap();
    let store = orders.open();
    let mut kept = Vec::new();
    let error = fill(&store, &mut kept).await;
    store.history().flush().await;
    println!("{} takes, then {error}; {:?}", kept.len(), store.history().state());
    assert_eq!(error.code(), "store_disk_full");
    assert!(matches!(store.cache().state(), StoreState::Degraded { reason: Degradation::DiskFull { .. } }));
    for number in &kept {
        assert!(is_served(&store, *number).await, "take {number} is lost");
    }
    drop(store);
    // A start on a full disk, which then has room again.
    let store = orders.open();
    println!("opened on a full disk: {:?}, {:?}", store.cache().state(), store.history().state());
    std::fs::remove_file(ballast).unwrap();
    store.tend();
    until_serving(&store).await;
    for number in &kept {
        assert!(is_served(&store, *number).await, "take {number} is lost");
    }
    fill(&store, &mut kept).await;
    // Full while open, which then has room again.
    store.cache().clear(ClearFilter::default()).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(30)).await;
    tokio::time::resume();
    put(&store, 1_000_000).await.unwrap();
    assert!(is_served(&store, 1_000_000).await);
    until_serving(&store).await;
}

/// The history tries again by itself, on a thread of its own, whose time does not stand still.
async fn until_serving(store: &Store) {
    for _ in 0..1_000 {
        if store.state() == StoreState::Serving {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(store.state(), StoreState::Serving, "it does not serve again");
}

async fn put(store: &Store, number: u64) -> Result<(), CacheError> {
    store.cache().put(key(number), "azure", notes(number).into(), audio(number)).await
}

/// Keeps takes, and records requests, until one cannot be kept.
async fn fill(store: &Store, kept: &mut Vec<u64>) -> CacheError {
    loop {
        let number = kept.len() as u64;
        store.history().record(RequestRecord::new(format!("r-{number}"), number, "x", RequestStatus::Cached));
        match put(store, number).await {
            Ok(()) => kept.push(number),
            Err(error) => return error,
        }
    }
}
