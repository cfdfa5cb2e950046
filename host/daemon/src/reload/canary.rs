//! Whether a candidate on trial has proved itself.
//!
//! Pure: counts in, a verdict out. A budget is judged as early as its end is certain: failures that
//! would break it even if every call still wanted were a success end the trial at once, and not when
//! the window is over. Latency is compared with that of the one it would replace in the same time and
//! under the same load, because a limit in milliseconds would be right for no two services. Too few
//! calls prove nothing: the window is then extended, however long that takes.

use std::time::Duration;

use crate::config::CanaryBudget;
use crate::plugins::GenerationTally;

/// A mean that is less than this above the other's is not slower, whatever the percentage: two plugins that
/// speak by themselves in a millisecond or two differ by a multiple for no reason at all.
const NOISE_MS: u64 = 20;

/// What is to be done with a candidate on trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Watch,
    /// It has held its budget: it plays for all.
    Promote,
    /// It has broken its budget: it plays for nobody.
    RollBack(String),
}

/// Judges a candidate by what it and its predecessor did in the time it was watched.
pub(crate) fn judge(
    budget: &CanaryBudget,
    predecessor: &GenerationTally,
    candidate: &GenerationTally,
    watched: Duration,
) -> Verdict {
    let ended = candidate.successes + candidate.failures;
    let counted = ended.max(budget.min_calls);
    if candidate.failures * 100 > counted * u64::from(budget.failure_percent) {
        return Verdict::RollBack(format!(
            "{} of {ended} calls failed, more than {} in a hundred",
            candidate.failures, budget.failure_percent
        ));
    }
    if let Some((own, other)) = latencies(budget, predecessor, candidate)
        && own * 100 > other * u64::from(budget.latency_percent)
        && own - other >= NOISE_MS
    {
        return Verdict::RollBack(format!(
            "its calls take {own} ms where {other} ms were usual, more than {} in a hundred",
            budget.latency_percent
        ));
    }
    if watched >= budget.watch && ended >= budget.min_calls { Verdict::Promote } else { Verdict::Watch }
}

/// What a call took at both on average, in milliseconds, once both have made enough of them.
fn latencies(
    budget: &CanaryBudget,
    predecessor: &GenerationTally,
    candidate: &GenerationTally,
) -> Option<(u64, u64)> {
    let mean = |tally: &GenerationTally| {
        (tally.successes >= budget.min_calls.max(1)).then(|| tally.success_ms / tally.successes)
    };
    Some((mean(candidate)?, mean(predecessor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(successes: u64, failures: u64, mean_ms: u64) -> GenerationTally {
        GenerationTally {
            calls: successes + failures,
            successes,
            failures,
            success_ms: successes * mean_ms,
            ..GenerationTally::default()
        }
    }

    /// A candidate after so many seconds of sixty, against a predecessor that takes 100 ms; ten calls
    /// are needed, a tenth may fail, half as long again is allowed.
    #[track_caller]
    fn check(seconds: u64, candidate: (u64, u64, u64), expected: &str) {
        let budget = CanaryBudget {
            watch: Duration::from_secs(60),
            min_calls: 10,
            failure_percent: 10,
            latency_percent: 150,
        };
        let candidate = tally(candidate.0, candidate.1, candidate.2);
        let verdict = judge(&budget, &tally(100, 3, 100), &candidate, Duration::from_secs(seconds));
        let told = match verdict {
            Verdict::Watch => "watch".to_owned(),
            Verdict::Promote => "promote".to_owned(),
            Verdict::RollBack(reason) => reason.split(',').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn a_candidate_that_holds_its_budget_is_promoted_when_its_time_is_over() {
        check(59, (500, 0, 100), "watch");
        check(60, (500, 0, 100), "promote");
        check(60, (90, 10, 150), "promote");
    }

    #[test]
    fn too_few_calls_prove_nothing() {
        check(600, (9, 0, 100), "watch");
        check(600, (10, 0, 100), "promote");
        check(600, (0, 0, 0), "watch");
    }

    #[test]
    fn failures_end_it_as_soon_as_they_are_certain_to_break_the_budget() {
        check(1, (0, 1, 0), "watch");
        check(1, (0, 2, 0), "2 of 2 calls failed");
        check(1, (8, 2, 100), "2 of 10 calls failed");
        check(1, (18, 2, 100), "watch");
        check(59, (80, 10, 100), "10 of 90 calls failed");
    }

    #[test]
    fn a_candidate_that_is_slow_is_rolled_back_once_it_is_known_to_be() {
        check(1, (9, 0, 900), "watch");
        check(1, (10, 0, 151), "its calls take 151 ms where 100 ms were usual");
        check(1, (10, 0, 150), "watch");
    }

    #[test]
    fn some_milliseconds_are_no_difference() {
        let budget =
            CanaryBudget { watch: Duration::ZERO, min_calls: 1, failure_percent: 0, latency_percent: 200 };
        let judged = |mean_ms| judge(&budget, &tally(5, 0, 0), &tally(5, 0, mean_ms), Duration::ZERO);
        assert_eq!(judged(NOISE_MS - 1), Verdict::Promote);
        assert!(matches!(judged(NOISE_MS), Verdict::RollBack(_)));
    }

    #[test]
    fn without_calls_of_the_predecessor_nobody_is_too_slow() {
        let budget =
            CanaryBudget { watch: Duration::ZERO, min_calls: 1, failure_percent: 0, latency_percent: 100 };
        let verdict = judge(&budget, &GenerationTally::default(), &tally(5, 0, 9_000), Duration::ZERO);
        assert_eq!(verdict, Verdict::Promote);
    }
}
