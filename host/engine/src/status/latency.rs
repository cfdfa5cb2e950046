//! How long calls take, remembered in a few hundred bytes.
//!
//! Buckets grow by a fifth each, so that a quantile is right within a tenth either way, from a
//! millisecond to half an hour. When there are a thousand notes all counts are halved: what a
//! provider did last week says nothing about how long to wait for it now.

use std::time::Duration;

const BUCKETS: usize = 80;
const GROWTH: f64 = 1.2;
const NOTES_MAX: u32 = 1_000;

#[derive(Debug)]
pub(super) struct Latencies {
    counts: [u32; BUCKETS],
    notes: u32,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: [0; BUCKETS], notes: 0 }
    }
}

impl Latencies {
    pub(super) fn note(&mut self, time: Duration) {
        if self.notes >= NOTES_MAX {
            for count in &mut self.counts {
                *count /= 2;
            }
            self.notes = self.counts.iter().sum();
        }
        if let Some(count) = self.counts.get_mut(bucket(time)) {
            *count += 1;
            self.notes += 1;
        }
    }

    /// What `share` of the calls took, within a tenth either way; none before the first.
    pub(super) fn at(&self, share: f64) -> Option<Duration> {
        self.bucket_at(share).map(|bucket| time_at(bucket, 0.5))
    }

    /// What `share` of the calls took at most: never less than they did, and up to a fifth more. None
    /// before `notes_min` of them.
    pub(super) fn at_most(&self, share: f64, notes_min: u32) -> Option<Duration> {
        let bucket = self.bucket_at(share).filter(|_| self.notes >= notes_min)?;
        Some(time_at(bucket, 1.0))
    }

    fn bucket_at(&self, share: f64) -> Option<usize> {
        let wanted = (f64::from(self.notes) * share).ceil().max(1.0);
        let mut seen = 0;
        self.counts.iter().position(|count| {
            seen += count;
            f64::from(seen) >= wanted
        })
    }
}

fn bucket(time: Duration) -> usize {
    let milliseconds = (time.as_secs_f64() * 1_000.0).max(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 0, and clamped")]
    let bucket = milliseconds.log(GROWTH) as usize;
    bucket.min(BUCKETS - 1)
}

/// The time at `share` of a bucket: 0.5 is its middle, 1 its end.
fn time_at(bucket: usize, share: f64) -> Duration {
    #[allow(clippy::cast_precision_loss, reason = "at most 80")]
    let milliseconds = GROWTH.powf(bucket as f64 + share);
    Duration::from_secs_f64(milliseconds / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(times_ms: impl IntoIterator<Item = u64>, share: f64, expected_ms: f64) {
        let mut latencies = Latencies::default();
        for time in times_ms {
            latencies.note(Duration::from_millis(time));
        }
        let found = latencies.at(share).unwrap().as_secs_f64() * 1_000.0;
        assert!((found / expected_ms - 1.0).abs() < 0.11, "{found} ms at {share}, expected {expected_ms}");
    }

    #[test]
    fn quantiles_are_right_within_a_tenth() {
        check([200], 0.5, 200.0);
        check(1..=1_000, 0.5, 500.0);
        check(1..=1_000, 0.95, 950.0);
        check([10, 10, 10, 9_000], 0.5, 10.0);
        check([10, 10, 10, 9_000], 0.95, 9_000.0);
        assert_eq!(Latencies::default().at(0.5), None);
    }

    #[test]
    fn what_calls_take_at_most_is_never_less_than_they_took() {
        let mut latencies = Latencies::default();
        for time in [1_u32, 90, 1_000, 2_000, 2_001, 60_000] {
            for notes in 1..=20 {
                assert_eq!(latencies.at_most(0.95, 20), None, "{notes}");
                latencies.note(Duration::from_millis(u64::from(time)));
            }
            let time = f64::from(time);
            let most = latencies.at_most(0.95, 20).unwrap().as_secs_f64() * 1_000.0;
            assert!((time..time * 1.25).contains(&most), "{most} of {time}");
            latencies = Latencies::default();
        }
    }

    #[test]
    fn the_past_is_forgotten() {
        let old = std::iter::repeat_n(5_000, 1_000);
        let new = std::iter::repeat_n(50, 4_000);
        check(old.chain(new), 0.95, 50.0);
    }
}
