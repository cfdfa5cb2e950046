//! Fixed-width fields of headers, read from bytes that may end anywhere.

/// The `N` bytes at `at`, or nothing when they are not all there.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The byte at `at`.
pub(crate) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// Little-endian, as RIFF and Ogg write.
pub(crate) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// Little-endian, as RIFF and Ogg write.
pub(crate) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// Little-endian, as RIFF and Ogg write.
pub(crate) fn u64_le(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// Big-endian, as MPEG, FLAC and Matroska write.
pub(crate) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// Three bytes, big-endian.
pub(crate) fn u24_be(bytes: &[u8], at: usize) -> Option<u32> {
    let [high, middle, low] = array(bytes, at)?;
    Some(u32::from_be_bytes([0, high, middle, low]))
}

/// The bytes at `at` are exactly `expected`.
pub(crate) fn holds(bytes: &[u8], at: usize, expected: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(expected))
}

/// A 32-bit length as an index; lengths that do not fit are past any slice anyway.
pub(crate) fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
