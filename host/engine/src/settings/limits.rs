//! What all requests share: `[limits]`.

use std::time::Duration;

use serde::Deserialize;

use super::seconds;

/// How many requests are spoken at once, and how many more may wait.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GlobalLimits {
    /// Requests being spoken at once. Default 10,000, what the sandbox of a stock machine has
    /// places for; past that a call would be refused there anyway.
    pub max_concurrent_syntheses: usize,
    /// Requests that may wait for one of these places; further ones are refused at once. A queue
    /// without a bound turns a burst into minutes of answers nobody waits for. Default 1,000.
    pub queue_depth: usize,
    /// How long a request waits for a place, here or at the only provider it can have, before it
    /// is refused. Default 10 s.
    #[serde(rename = "queue_deadline_seconds", deserialize_with = "seconds::deserialize")]
    pub queue_deadline: Duration,
}

impl Default for GlobalLimits {
    fn default() -> Self {
        Self { max_concurrent_syntheses: 10_000, queue_depth: 1_000, queue_deadline: Duration::from_secs(10) }
    }
}
