//! `Sec-MS-GEC`, the token that lets a client past the front door.
//!
//! A reading of the clock, rounded down to five minutes, and the client token that every browser
//! carries, hashed together: it proves that the caller knows the current recipe and that its clock is
//! right. The first recipe was a plain SHA-256 and is refused since October 2026. The second hashes a
//! line of copyright in front, and puts a 64-bit checksum keyed by the digest before it, whose mixing
//! is that of Windows' "UserChoice" hash. All arithmetic is modulo 2³².

use sha2::{Digest, Sha256};

/// Seconds between 1601, where Windows time begins, and 1970.
const WINDOWS_EPOCH_SECONDS: i64 = 11_644_473_600;
/// How long one token is good, in seconds.
const WINDOW_SECONDS: i64 = 300;
/// Windows time counts in 100 ns.
const TICKS_PER_SECOND: i64 = 10_000_000;

const PREFIX: &str = "Copyright (C) Microsoft Corporation. All rights reserved.";

/// Multipliers of the unchained half, for the first and the second word of a pair.
const PRODUCT: [[u32; 3]; 2] =
    [[0xEF05_69FB, 0x76F5_0F34, 0xC3EF_EA97], [0xC317_13DB, 0x1881_CE3C, 0x35BD_1EC9]];
/// Multipliers of the chained half.
const CHAIN: [[u32; 4]; 2] = [
    [0xCF98_B111, 0x8708_5B9F, 0x12CE_B96D, 0x257E_1D83],
    [0xA274_16F5, 0xD383_96FF, 0x7C93_2B89, 0xBFA4_9F69],
];

/// How a token is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// SHA-256 alone; good until October 2026.
    First,
    /// Checksum and SHA-256.
    Second,
}

/// The token of the five minutes that hold `unix_seconds`.
///
/// ```
/// use understudy_edge::{Recipe, token};
/// let token = token(Recipe::Second, 0, "6A5AA1D4EAFF4E9FB37E23D68491D6F4");
/// assert!(token.starts_with("52BC7A17B50DFEC9-28C4394775C8751C"));
/// ```
#[must_use]
pub fn token(recipe: Recipe, unix_seconds: i64, client_token: &str) -> String {
    let seconds = unix_seconds.saturating_add(WINDOWS_EPOCH_SECONDS);
    let window = seconds.saturating_sub(seconds.rem_euclid(WINDOW_SECONDS));
    let subject = format!("{}{client_token}", window.saturating_mul(TICKS_PER_SECOND));
    match recipe {
        Recipe::First => upper_hex(&Sha256::digest(subject)),
        Recipe::Second => {
            let message = format!("{PREFIX}{subject}");
            let digest = Sha256::digest(&message);
            format!("{}-{}", upper_hex(&checksum(message.as_bytes(), &digest)), upper_hex(&digest))
        }
    }
}

/// The running sums of the checksum.
#[derive(Default)]
struct Mixer {
    chained: u32,
    chained_sum: u32,
    product: u32,
    product_sum: u32,
}

impl Mixer {
    fn mix(&mut self, word: u32, key: u32, product: [u32; 3], chain: [u32; 4]) {
        let [turned, whole, back] = product;
        let mixed = word.wrapping_mul(key).wrapping_add(half_turn(word).wrapping_mul(turned));
        let spread = half_turn(mixed).wrapping_mul(whole);
        self.product = half_turn(spread).wrapping_mul(back).wrapping_add(spread);
        self.product_sum = self.product_sum.wrapping_add(self.product);

        let start = self.chained.wrapping_add(word).wrapping_mul(key);
        self.chained = chain.into_iter().fold(start, |state, factor| half_turn(state).wrapping_mul(factor));
        self.chained_sum = self.chained_sum.wrapping_add(self.chained);
    }
}

const fn half_turn(word: u32) -> u32 {
    word.rotate_left(16)
}

/// The checksum of a message, keyed by the first eight bytes of its digest.
fn checksum(message: &[u8], digest: &[u8]) -> [u8; 8] {
    let mut keys = words(digest).map(|word| word | 1);
    let keys = [keys.next().unwrap_or(1), keys.next().unwrap_or(1)];
    let mut mixer = Mixer::default();
    let mut words = words(message);
    while let Some(first) = words.next() {
        // A message of an odd number of words ends with one of zeros.
        let pair = [first, words.next().unwrap_or(0)];
        for (((word, key), product), chain) in pair.into_iter().zip(keys).zip(PRODUCT).zip(CHAIN) {
            mixer.mix(word, key, product, chain);
        }
    }
    let low = u64::from(mixer.product ^ mixer.chained);
    let high = u64::from(mixer.product_sum ^ mixer.chained_sum);
    (high << 32 | low).to_le_bytes()
}

/// Little-endian words; the last is filled with zeros.
fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks(4).map(|chunk| chunk.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)))
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";

    fn check(recipe: Recipe, unix_seconds: i64, expected: &str) {
        assert_eq!(token(recipe, unix_seconds, CLIENT), expected, "{recipe:?} at {unix_seconds}");
    }

    #[test]
    fn the_second_recipe_gives_the_published_tokens() {
        for (at, expected) in [
            (0, "52BC7A17B50DFEC9-28C4394775C8751CD2F6859C030C06DB1489ACAB3B3A7651831FC26895177ED6"),
            (
                1_700_000_000,
                "2CD23A2CA0B2595A-F3C846C370E05F9CC83ACC5F995C5F5D87A4D0F14CE8936A0F902E64099E38A2",
            ),
            (
                1_766_000_000,
                "1440210458CDAC90-E43109B802C1057B5276E6A8F6B216100B036D9DC967AD3953FBC37922E7A32E",
            ),
            (
                1_795_000_000,
                "6521DCC55F99AAD7-6D04852628E3DF4D0EF33213239BDC3C48750FE37FE5E4591F28C209CE0A3FA2",
            ),
        ] {
            check(Recipe::Second, at, expected);
        }
    }

    #[test]
    fn the_first_recipe_gives_the_published_tokens() {
        for (at, expected) in [
            (0, "7ECB79D14E3AA576D2D79E6D487A1388156D91E614B1BE11C64226A29BC8DD8C"),
            (1_700_000_000, "42301B335578FEFDAE2637DED1ABD614505D432559EC08032B82048483726AFF"),
            (1_766_000_000, "E78FB193A1D876CC8C269D600017EADCC3FC4982B8C3651A8DE71402C1855384"),
            (1_795_000_000, "8D4BE035E6CB88C76B0F67D76C7AFBD8D60CF6DA4DACE3A16617A5A24233AA05"),
        ] {
            check(Recipe::First, at, expected);
        }
    }

    #[test]
    fn a_token_is_of_its_five_minutes() {
        let at = |seconds| token(Recipe::Second, seconds, CLIENT);
        assert_eq!(at(1_795_000_200), at(1_795_000_499));
        assert_ne!(at(1_795_000_200), at(1_795_000_199));
        assert_eq!(at(1_795_000_200).len(), 81);
        assert_ne!(at(0), token(Recipe::Second, 0, "another"));
        // A clock out of its mind makes a token all the same.
        assert_eq!(at(i64::MAX).len(), at(i64::MIN).len());
    }
}
