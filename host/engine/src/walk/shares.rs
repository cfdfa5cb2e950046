//! How much of the time that is left one attempt may take.

use std::time::Duration;

/// The share of a candidate with the timeout `own`, before `others` with theirs.
///
/// Its own timeout when the others would still have theirs after it; else an equal part. Where a
/// candidate has no timeout it takes what it is given, so an equal part is the fair one.
pub(super) fn share(
    left: Duration,
    own: Option<Duration>,
    others: impl Iterator<Item = Option<Duration>>,
) -> Duration {
    let (mut count, mut wanted) = (1_u32, Some(Duration::ZERO));
    for other in others {
        count = count.saturating_add(1);
        wanted = wanted.zip(other).and_then(|(wanted, other)| wanted.checked_add(other));
    }
    let equal = left / count;
    let rest = wanted.map_or(Duration::ZERO, |wanted| left.saturating_sub(wanted));
    let most = if count == 1 { left } else { equal.max(rest) };
    own.map_or(most, |own| own.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: u64, own: Option<u64>, others: &[Option<u64>], expected: u64) {
        let seconds = |time: Option<u64>| time.map(Duration::from_secs);
        let found = share(Duration::from_secs(left), seconds(own), others.iter().copied().map(seconds));
        assert_eq!(found, Duration::from_secs(expected), "{left} {own:?} {others:?}");
    }

    #[test]
    fn the_next_candidates_always_have_time_left() {
        check(100, None, &[], 100);
        check(100, Some(30), &[], 30);
        check(10, Some(30), &[], 10);
        check(100, None, &[None], 50);
        check(100, None, &[None, None, None], 25);
        check(100, Some(90), &[None], 50);
        check(100, Some(60), &[Some(30)], 60);
        check(100, None, &[Some(30), Some(10)], 60);
        check(30, Some(30), &[Some(30), Some(30)], 10);
        check(0, None, &[None], 0);
    }
}
