//! Chance that comes out the same every time.
//!
//! A rollout must not move a user in and out between two requests, two servers or two versions of
//! this program, and a weighted order must be the same when a request is rehearsed and when it is
//! spoken. So both are drawn from a hash of names, not from a generator: SHA-256, because its
//! values never change and nobody can choose user names that fall on one side.

use sha2::{Digest, Sha256};

/// A number from 0 up to 1, always the same for the same words and evenly spread over others.
pub(crate) fn draw(words: &[&str]) -> f64 {
    let mut hash = Sha256::new();
    for word in words {
        // With its length, so that `ab`, `c` and `a`, `bc` are different words.
        hash.update((word.len() as u64).to_le_bytes());
        hash.update(word.as_bytes());
    }
    let bits = hash.finalize().iter().take(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    let drawn = (bits >> 11) as f64 / (1_u64 << 53) as f64;
    drawn
}

/// True for `percent` of all callers, the same ones every time; a caller inside at one percentage
/// is inside at every greater one.
pub(crate) fn is_rolled_out(provider: &str, caller: &str, percent: u8) -> bool {
    percent >= 100 || draw(&["rollout", provider, caller]) * 100.0 < f64::from(percent)
}

/// True for `percent` of all callers, the same ones every time, and not the ones of a rollout.
pub(crate) fn is_on_trial(provider: &str, caller: &str, percent: u8) -> bool {
    draw(&["trial", provider, caller]) * 100.0 < f64::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_never_changes() {
        // The first 53 bits of a SHA-256; another value would move users between providers.
        assert!((draw(&["rollout", "azure", "user-1"]) - 0.145_997_776_318_808_4).abs() < 1e-15);
        assert!(draw(&["ab", "c"]) < draw(&["a", "bc"]) || draw(&["ab", "c"]) > draw(&["a", "bc"]));
    }

    #[test]
    fn a_rollout_takes_its_share_and_only_grows() {
        let inside = |percent| {
            (0..2_000).filter(|user| is_rolled_out("azure", &user.to_string(), percent)).collect::<Vec<_>>()
        };
        assert!(inside(0).is_empty());
        assert_eq!(inside(100).len(), 2_000);
        let (few, many) = (inside(10), inside(25));
        assert!((150..250).contains(&few.len()), "{}", few.len());
        assert!(few.iter().all(|user| many.contains(user)));
    }
}
