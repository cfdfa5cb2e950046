//! How long to wait before the same provider is asked again.

use std::time::Duration;

use crate::chance::draw;
use crate::settings::RetrySettings;

/// A pause anywhere from nothing to a ceiling that doubles with each try ("full jitter"), because
/// clients that failed together must not come back together. It is drawn from a `seed`, the request's
/// id for one, so that what a request did can be told again.
pub(super) fn pause(settings: &RetrySettings, tries: u32, seed: &str, provider: &str) -> Duration {
    let doubled = settings.backoff.saturating_mul(2_u32.saturating_pow(tries));
    let ceiling = doubled.min(settings.backoff_max);
    ceiling.mul_f64(draw(&["pause", seed, provider, &tries.to_string()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ceiling_and_the_last_are_the_operators_to_say() {
        let settings = RetrySettings {
            backoff: Duration::from_secs(1),
            backoff_max: Duration::from_secs(3),
            ..RetrySettings::default()
        };
        let longest = |tries| (0..200).map(|id| pause(&settings, tries, &id.to_string(), "p")).max().unwrap();
        for (tries, ceiling) in [(0, 1.0), (1, 2.0), (2, 3.0), (9, 3.0)] {
            let longest = longest(tries).as_secs_f64();
            assert!((0.9 * ceiling..=ceiling).contains(&longest), "{longest} after {tries}");
        }
        let none = RetrySettings { backoff: Duration::ZERO, ..RetrySettings::default() };
        assert_eq!(pause(&none, 3, "r-1", "p"), Duration::ZERO);
    }

    #[test]
    fn pauses_are_spread_over_all_of_a_ceiling_that_doubles_up_to_the_longest() {
        let settings = RetrySettings::default();
        for (tries, ceiling) in [(0, 100), (1, 200), (4, 1_600), (5, 2_000), (40, 2_000)] {
            let ceiling = Duration::from_millis(ceiling);
            let pauses: Vec<_> = (0..200).map(|id| pause(&settings, tries, &id.to_string(), "p")).collect();
            assert!(pauses.iter().all(|pause| *pause <= ceiling));
            assert!(pauses.iter().any(|pause| *pause > ceiling * 9 / 10), "{tries}");
            assert!(pauses.iter().any(|pause| *pause < ceiling / 10), "{tries}");
        }
    }
}
