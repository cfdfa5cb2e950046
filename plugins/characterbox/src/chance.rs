//! Random numbers, for names nobody has used and for waits nobody else chose.
//!
//! The standard library's hash keys are the randomness every target has without another crate. Neither
//! use is a secret: a key that is guessed buys nothing, for it works for its own account alone.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

fn number() -> u64 {
    RandomState::new().hash_one(0)
}

/// A UUID of version 4 (RFC 9562 §5.4).
pub(crate) fn uuid() -> String {
    let (high, low) = (number(), number());
    let high = high & !0xF000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// Any time up to `longest`.
pub(crate) fn up_to(longest: Duration) -> Duration {
    longest.mul_f64((number() >> 11) as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_one_of_version_4_and_new() {
        let (first, second) = (uuid(), uuid());
        assert_ne!(first, second);
        let parts: Vec<usize> = first.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(first.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&first.as_bytes()[19]));
    }

    #[test]
    fn a_wait_is_within_its_bound() {
        let longest = Duration::from_secs(8);
        let waits: Vec<Duration> = (0..100).map(|_| up_to(longest)).collect();
        assert!(waits.iter().all(|wait| *wait < longest));
        assert!(waits.iter().any(|wait| *wait > longest / 2) && waits.iter().any(|wait| *wait < longest / 2));
    }
}
