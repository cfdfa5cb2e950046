//! What a breaker remembers of the recent past, in the same few bytes however busy it is.
//!
//! The window is cut into slices that are forgotten one at a time; it is therefore as long as the
//! setting says or up to a tenth shorter.

use std::time::Duration;

use tokio::time::Instant;

use crate::settings::BreakerSettings;

const SLICE_COUNT: u32 = 10;
const SLICES: usize = SLICE_COUNT as usize;

#[derive(Debug, Default)]
pub(super) struct Window {
    slices: [Slice; SLICES],
    /// The slice that is being written, counted from `began`.
    current: u64,
    began: Option<Instant>,
    /// Zero until the first call.
    slice_length: Duration,
    /// Failures since the last success, each within the window of the one before.
    in_a_row: u32,
    last_failure: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    successes: u32,
    failures: u32,
}

impl Window {
    pub(super) fn succeeded(&mut self, length: Duration, now: Instant) {
        self.in_a_row = 0;
        let slice = self.turn_to(length, now);
        slice.successes = slice.successes.saturating_add(1);
    }

    pub(super) fn failed(&mut self, length: Duration, now: Instant) {
        let follows = self.last_failure.is_some_and(|last| now.saturating_duration_since(last) <= length);
        self.in_a_row = if follows { self.in_a_row.saturating_add(1) } else { 1 };
        self.last_failure = Some(now);
        let slice = self.turn_to(length, now);
        slice.failures = slice.failures.saturating_add(1);
    }

    pub(super) fn is_too_bad(&mut self, settings: &BreakerSettings, now: Instant) -> bool {
        if self.in_a_row >= settings.failures {
            return true;
        }
        self.turn_to(settings.window, now);
        let sum =
            |count: fn(&Slice) -> u32| self.slices.iter().map(|slice| u64::from(count(slice))).sum::<u64>();
        let (failures, successes) = (sum(|slice| slice.failures), sum(|slice| slice.successes));
        failures >= u64::from(settings.failures)
            && failures * 100 >= (failures + successes) * u64::from(settings.failure_percent)
    }

    /// Forgets what is too old and returns the slice of `now`.
    fn turn_to(&mut self, length: Duration, now: Instant) -> &mut Slice {
        self.forget(now);
        let slice_length = (length / SLICE_COUNT).max(Duration::from_nanos(1));
        if self.slice_length != slice_length {
            let known = self.younger_than(length);
            self.slices = [Slice::default(); SLICES];
            (self.current, self.began, self.slice_length) = (0, Some(now), slice_length);
            *self.slice(0) = known;
        }
        self.slice(self.current)
    }

    fn forget(&mut self, now: Instant) {
        let Some(began) = self.began else { return };
        let age = now.saturating_duration_since(began).as_nanos() / self.slice_length.as_nanos().max(1);
        let index = u64::try_from(age).unwrap_or(u64::MAX);
        if index > self.current {
            let passed = (index - self.current).min(SLICES as u64);
            for step in 1..=passed {
                *self.slice(self.current.wrapping_add(step)) = Slice::default();
            }
            self.current = index;
        }
    }

    /// What a window of another length remembers of this one.
    fn younger_than(&mut self, length: Duration) -> Slice {
        let (mut known, slice_length) = (Slice::default(), self.slice_length);
        for age in (0..SLICE_COUNT).take_while(|age| slice_length * *age < length) {
            let Some(index) = self.current.checked_sub(u64::from(age)) else { break };
            let Slice { successes, failures } = *self.slice(index);
            known.successes = known.successes.saturating_add(successes);
            known.failures = known.failures.saturating_add(failures);
        }
        known
    }

    fn slice(&mut self, index: u64) -> &mut Slice {
        let place = usize::try_from(index % SLICES as u64).unwrap_or_default();
        #[allow(clippy::indexing_slicing, reason = "a remainder by the length")]
        &mut self.slices[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four failures at the thousandth second of a window of `before` seconds, and one more `after` seconds
    /// later, when it has `then` seconds.
    fn check(before: u64, after: u64, then: u64, expected: bool) {
        let seconds = Duration::from_secs;
        let (mut window, mut now) = (Window::default(), Instant::now());
        window.succeeded(seconds(before), now);
        now += seconds(1_000);
        for _ in 0..4 {
            window.failed(seconds(before), now);
        }
        window.succeeded(seconds(before), now);
        let settings = BreakerSettings { window: seconds(then), ..BreakerSettings::default() };
        window.succeeded(settings.window, now + seconds(after.min(1)));
        now += seconds(after);
        window.failed(settings.window, now);
        assert_eq!(window.is_too_bad(&settings, now), expected, "{before} s, {after} s, {then} s");
    }

    #[test]
    fn a_window_that_changes_its_length_remembers_and_forgets_by_the_new_one() {
        check(10, 8, 10, true);
        check(10, 11, 10, false);
        check(10, 80, 100, true);
        check(10, 102, 100, false);
        check(100, 8, 10, true);
        check(100, 20, 10, false);
    }
}
