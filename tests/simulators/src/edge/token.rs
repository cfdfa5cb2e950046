//! `Sec-MS-GEC`, the token that lets a client past the front door.
//!
//! It is a clock reading, rounded down to five minutes and hashed with the client token every
//! browser carries, so it proves two things: that the caller knows the current recipe, and that its
//! clock is right. Version 1 is a plain SHA-256. Version 2, demanded since October 2026, puts a
//! 64-bit checksum keyed by the digest in front of it; the mixing is that of the Windows
//! "UserChoice" hash.
//!
//! The service is taken to accept the neighbouring windows too: a client whose clock is a second
//! behind at a window's edge is not refused.

use sha2::{Digest, Sha256};

/// What every browser sends as `TrustedClientToken`.
pub const TRUSTED_CLIENT_TOKEN: &str = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";

/// Seconds between 1601, where Windows time begins, and 1970.
const WINDOWS_EPOCH_SECONDS: i64 = 11_644_473_600;
/// How long one token is valid.
const WINDOW_SECONDS: i64 = 300;
/// Windows time counts in 100 ns.
const TICKS_PER_SECOND: i64 = 10_000_000;

const PREFIX: &str = "Copyright (C) Microsoft Corporation. All rights reserved.";
const FIRST_ROUND: [u32; 4] = [0xCF98_B111, 0x8708_5B9F, 0x12CE_B96D, 0x257E_1D83];
const SECOND_ROUND: [u32; 4] = [0xA274_16F5, 0xD383_96FF, 0x7C93_2B89, 0xBFA4_9F69];

/// Which recipe a token follows; the first part of `Sec-MS-GEC-Version` says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenVersion {
    /// Plain SHA-256, version strings beginning with `1-`.
    V1,
    /// Keyed checksum and SHA-256, version strings beginning with `2-`.
    V2,
}

impl TokenVersion {
    /// Reads `2-143.0.3650.75`; the rest must look like a Chromium version of four numbers.
    #[must_use]
    pub fn of(version: &str) -> Option<Self> {
        let (recipe, chromium) = version.split_once('-')?;
        let numbers: Vec<&str> = chromium.split('.').collect();
        let plausible = numbers.len() == 4
            && numbers
                .iter()
                .all(|number| (1..=6).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()));
        match recipe {
            "1" if plausible => Some(Self::V1),
            "2" if plausible => Some(Self::V2),
            _ => None,
        }
    }
}

/// The token of the five-minute window that holds `unix_seconds`.
#[must_use]
pub fn token(version: TokenVersion, unix_seconds: i64) -> String {
    match version {
        TokenVersion::V1 => upper_hex(&Sha256::digest(subject(unix_seconds))),
        TokenVersion::V2 => {
            let message = format!("{PREFIX}{}", subject(unix_seconds));
            let digest = Sha256::digest(&message);
            format!("{}-{}", upper_hex(&checksum(message.as_bytes(), &digest)), upper_hex(&digest))
        }
    }
}

/// Whether `candidate` is the token of the window of `unix_seconds` or of a neighbour.
#[must_use]
pub fn is_current(version: TokenVersion, candidate: &str, unix_seconds: i64) -> bool {
    [-WINDOW_SECONDS, 0, WINDOW_SECONDS]
        .into_iter()
        .any(|shift| token(version, unix_seconds.saturating_add(shift)) == candidate)
}

fn subject(unix_seconds: i64) -> String {
    let seconds = unix_seconds.saturating_add(WINDOWS_EPOCH_SECONDS);
    let window = seconds - seconds.rem_euclid(WINDOW_SECONDS);
    format!("{}{TRUSTED_CLIENT_TOKEN}", window.saturating_mul(TICKS_PER_SECOND))
}

/// The two running states of the keyed checksum.
#[derive(Default)]
struct Mixer {
    chain: u32,
    chain_sum: u32,
    product: u32,
    product_sum: u32,
}

impl Mixer {
    /// The chained half: one word, four multiplications with a half turn before each.
    fn chain(&mut self, word: u32, key: u32, round: [u32; 4]) {
        let mut state = self.chain.wrapping_add(word).wrapping_mul(key);
        for factor in round {
            state = state.rotate_left(16).wrapping_mul(factor);
        }
        self.chain = state;
        self.chain_sum = self.chain_sum.wrapping_add(state);
    }

    /// The unchained half: the word against its own half turn.
    fn product(&mut self, word: u32, key: u32, [turned, whole, back]: [u32; 3]) {
        let mixed = word.wrapping_mul(key).wrapping_add(word.rotate_left(16).wrapping_mul(turned));
        let spread = mixed.rotate_left(16).wrapping_mul(whole);
        self.product = spread.rotate_left(16).wrapping_mul(back).wrapping_add(spread);
        self.product_sum = self.product_sum.wrapping_add(self.product);
    }
}

fn checksum(message: &[u8], digest: &[u8]) -> [u8; 8] {
    let mut keys = words(digest).map(|word| word | 1);
    let (first_key, second_key) = (keys.next().unwrap_or(1), keys.next().unwrap_or(1));
    let mut mixer = Mixer::default();
    let mut message = words(message);
    while let Some(first) = message.next() {
        let second = message.next().unwrap_or(0);
        mixer.product(first, first_key, [0xEF05_69FB, 0x76F5_0F34, 0xC3EF_EA97]);
        mixer.product(second, second_key, [0xC317_13DB, 0x1881_CE3C, 0x35BD_1EC9]);
        mixer.chain(first, first_key, FIRST_ROUND);
        mixer.chain(second, second_key, SECOND_ROUND);
    }
    let [a, b, c, d] = (mixer.product ^ mixer.chain).to_le_bytes();
    let [e, f, g, h] = (mixer.product_sum ^ mixer.chain_sum).to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Little-endian words, the last one padded with zeros.
fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks(4).map(|chunk| chunk.iter().rev().fold(0, |word, byte| (word << 8) | u32::from(*byte)))
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: TokenVersion, unix_seconds: i64, expected: &str) {
        assert_eq!(token(version, unix_seconds), expected, "{version:?} at {unix_seconds}");
    }

    #[test]
    fn version_two_reproduces_the_published_tokens() {
        let v2 = TokenVersion::V2;
        check(v2, 0, "52BC7A17B50DFEC9-28C4394775C8751CD2F6859C030C06DB1489ACAB3B3A7651831FC26895177ED6");
        check(
            v2,
            1_700_000_000,
            "2CD23A2CA0B2595A-F3C846C370E05F9CC83ACC5F995C5F5D87A4D0F14CE8936A0F902E64099E38A2",
        );
        check(
            v2,
            1_766_000_000,
            "1440210458CDAC90-E43109B802C1057B5276E6A8F6B216100B036D9DC967AD3953FBC37922E7A32E",
        );
        check(
            v2,
            1_795_000_000,
            "6521DCC55F99AAD7-6D04852628E3DF4D0EF33213239BDC3C48750FE37FE5E4591F28C209CE0A3FA2",
        );
    }

    #[test]
    fn version_one_reproduces_the_published_tokens() {
        let v1 = TokenVersion::V1;
        check(v1, 0, "7ECB79D14E3AA576D2D79E6D487A1388156D91E614B1BE11C64226A29BC8DD8C");
        check(v1, 1_700_000_000, "42301B335578FEFDAE2637DED1ABD614505D432559EC08032B82048483726AFF");
        check(v1, 1_766_000_000, "E78FB193A1D876CC8C269D600017EADCC3FC4982B8C3651A8DE71402C1855384");
        check(v1, 1_795_000_000, "8D4BE035E6CB88C76B0F67D76C7AFBD8D60CF6DA4DACE3A16617A5A24233AA05");
    }

    #[test]
    fn a_token_holds_in_its_window_and_both_neighbours_and_not_beyond() {
        let now = 1_795_000_000;
        let current = token(TokenVersion::V2, now);
        for (shift, expected) in [(0, true), (300, true), (-300, true), (600, false), (-600, false)] {
            assert_eq!(is_current(TokenVersion::V2, &current, now + shift), expected, "shift {shift}");
        }
        assert!(!is_current(TokenVersion::V1, &current, now));
    }

    #[test]
    fn the_version_string_names_the_recipe_and_must_look_like_chromium() {
        for (version, expected) in [
            ("2-143.0.3650.75", Some(TokenVersion::V2)),
            ("1-130.0.2849.68", Some(TokenVersion::V1)),
            ("3-143.0.3650.75", None),
            ("2-143.0.3650", None),
            ("2-143.0.3650.x", None),
            ("143.0.3650.75", None),
            ("", None),
        ] {
            assert_eq!(TokenVersion::of(version), expected, "{version}");
        }
    }
}
