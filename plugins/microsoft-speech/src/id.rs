//! Ids of connections and turns: 128 random bits in 32 hexadecimal digits, a UUID without dashes.

/// A new id, in lower-case digits.
#[must_use]
pub fn random() -> String {
    let mut bytes = [0; 16];
    // Without randomness an id is still an id: the service needs it distinct within a connection.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = crate::clock::nanoseconds().to_le_bytes();
    }
    hex(&bytes)
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_thirty_two_digits_and_differ() {
        let (one, another) = (random(), random());
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
        assert_ne!(one, another);
        assert_eq!(hex(&[0x0a, 0xff]), "0aff");
    }
}
