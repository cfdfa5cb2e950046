//! Every limit of the cache, and what breaks past it.

use std::time::Duration;

/// The cache's settings; [`Default`] is what `understudy` ships with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// False: nothing is found and nothing kept. Default true.
    pub enabled: bool,
    /// How long a take is good for. Default 7 days.
    pub ttl: Duration,
    /// The most disk its audio may take, in bytes, counted in blocks of 4 KiB. The least recently
    /// used goes first. Default 1,000 MB. The index comes on top, some hundred bytes a take and
    /// six a word.
    pub bytes_max: u64,
    /// The most takes. Each costs some hundred bytes of memory, whatever its length. Default 200,000.
    pub entries_max: usize,
    /// The most memory the hottest takes may be held in, in bytes. Default 64 MB.
    pub memory_bytes_max: usize,
    /// The largest take that is held in memory, in bytes. Larger ones are read from their file in
    /// pieces. Default 4 MB, four minutes of MP3.
    pub memory_take_bytes_max: usize,
    /// The largest take that is read in one piece though memory has no place for it, in bytes:
    /// fetching its pieces later would take other threads' time, which costs more. Default 1 MB.
    pub at_once_bytes_max: u64,
    /// The size past which the index's database is rewritten, in bytes, if it is also twice what
    /// is alive in it. Default 16 MiB.
    pub index_rewrite_bytes: u64,
    /// How often a derived form of a take is asked for before it is worth keeping. Default 3.
    pub derived_after: u32,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            ttl: Duration::from_secs(7 * 24 * 60 * 60),
            bytes_max: 1_000_000_000,
            entries_max: 200_000,
            memory_bytes_max: 64_000_000,
            memory_take_bytes_max: 4_000_000,
            at_once_bytes_max: 1_000_000,
            index_rewrite_bytes: 16 * 1024 * 1024,
            derived_after: 3,
        }
    }
}
