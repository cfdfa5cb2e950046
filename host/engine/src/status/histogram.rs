//! How long calls took, counted so that the counts of several engines can be added.
//!
//! Beside [`Latencies`](super::latency::Latencies), which forget the past and answer one engine's own
//! questions: a monitoring system wants counts that only grow, in buckets that never change.

use std::time::Duration;

use serde::Serialize;

/// Counts by how long something took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Durations {
    counts: [u64; Durations::BOUNDS_SECONDS.len()],
    /// All of them, those past the last bound included.
    pub count: u64,
    /// Their sum.
    #[serde(rename = "sum_ms", serialize_with = "crate::provenance::milliseconds")]
    pub sum: Duration,
}

impl Durations {
    /// The buckets' upper bounds: from a local voice's word to a cloud's chapter.
    pub const BOUNDS_SECONDS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0];

    pub(super) fn note(&mut self, time: Duration) {
        let bucket = Self::BOUNDS_SECONDS.iter().position(|bound| time.as_secs_f64() <= *bound);
        if let Some(count) = bucket.and_then(|bucket| self.counts.get_mut(bucket)) {
            *count += 1;
        }
        self.count += 1;
        self.sum += time;
    }

    /// Each bound with the number of those that took at most so long.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let sums = self.counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        Self::BOUNDS_SECONDS.into_iter().zip(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_counts_in_its_bucket_and_all_above() {
        let mut durations = Durations::default();
        for milliseconds in [10, 50, 51, 900, 200_000] {
            durations.note(Duration::from_millis(milliseconds));
        }
        let told: Vec<u64> = durations.cumulative().map(|(_, count)| count).collect();
        assert_eq!(told, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]);
        assert_eq!((durations.count, durations.sum), (5, Duration::from_millis(201_011)));
    }
}
