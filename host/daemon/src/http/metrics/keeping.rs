//! The metrics of the store: what the cache saved, what it holds, and whether it works.

use super::Page;
use crate::http::keeping::{CacheInfo, CachedProvider, HistoryInfo, StoreHealth};

pub(super) fn write(page: &mut Page, health: &StoreHealth, cache: &CacheInfo, history: &HistoryInfo) {
    page.metric("store_state", "gauge", "1 for the state takes and history are kept in, 0 for the others.");
    for state in ["serving", "degraded", "off"] {
        page.sample("store_state", &[("state", state)], u8::from(health.state == state));
    }
    if let Some(code) = &health.code {
        page.metric("store_trouble", "gauge", "1 for what keeps the store from working.");
        page.sample("store_trouble", &[("code", code)], 1);
    }
    page.single("cache_size_bytes", "Bytes of disk the cached audio takes.", cache.bytes);
    page.single("cache_size_bytes_max", "The cap on them.", cache.bytes_max);
    page.single("cache_index_bytes", "Bytes of disk the cache's index takes.", cache.index_bytes);
    page.single("cache_memory_bytes", "Bytes of memory the hottest takes are held in.", cache.memory_bytes);
    page.counter("cache_damaged_total", "Pieces of audio that were damaged and removed.", cache.damaged);
    providers(page, cache);
    page.single("history_records", "Requests that are remembered.", history.records);
    page.counter("history_dropped_total", "Requests that could not be remembered.", history.dropped);
}

/// One column of the cache's table by provider.
type Column = (&'static str, &'static str, &'static str, fn(&CachedProvider) -> u64);

fn providers(page: &mut Page, cache: &CacheInfo) {
    let columns: [Column; 7] = [
        ("cache_hits_total", "counter", "Requests answered from the cache.", |of| of.hits),
        ("cache_misses_total", "counter", "Requests that were looked for there and not found.", |of| {
            of.misses
        }),
        ("cache_stored_total", "counter", "Takes stored.", |of| of.stored),
        ("cache_evictions_total", "counter", "Takes removed to make room.", |of| of.evicted),
        ("cache_expired_total", "counter", "Takes removed because their time was over.", |of| of.expired),
        ("cache_takes", "gauge", "Takes in the cache.", |of| of.takes as u64),
        ("cache_bytes", "gauge", "Bytes of their audio.", |of| of.bytes),
    ];
    for (name, kind, help, value) in columns {
        page.metric(name, kind, help);
        for (provider, stats) in &cache.providers {
            page.sample(name, &[("provider", provider)], value(stats));
        }
    }
}
