//! Time between lines, and the marks of lines, on a take of samples.

use understudy_plugin::{Encoding, Error, LineMark, Script, Take};

/// The service's own gap between lines, in milliseconds.
pub(crate) const GAP_MS: u32 = 350;
/// Samples of silence that are pushed at once.
const SILENCE_SAMPLES: u64 = 16_384;

/// The silence after a line.
pub(crate) fn gap_after(script: &Script, index: usize) -> u32 {
    let own = script.lines.get(index).and_then(|line| line.pause_ms);
    own.or(script.gap_ms).unwrap_or(GAP_MS)
}

/// Pushes silence, which takes samples.
pub(crate) fn pause(take: &mut Take, milliseconds: u32) -> Result<(), Error> {
    let format = take.format().filter(|format| format.encoding == Encoding::PcmS16le);
    let format =
        format.ok_or_else(|| Error::unsupported("a conversation, for its lines come as no samples"))?;
    // An hour at 48 kHz in milliseconds passes 32 bits.
    let frames = u64::from(format.sample_rate) * u64::from(milliseconds) / 1_000;
    let mut left = frames * u64::from(format.channels);
    while left > 0 {
        let count = left.min(SILENCE_SAMPLES);
        take.samples(&vec![0; usize::try_from(count).unwrap_or_default()])?;
        left -= count;
    }
    Ok(())
}

/// The mark of a line.
pub(crate) fn mark(index: usize, start_ms: u64, end_ms: u64) -> LineMark {
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    LineMark { index: narrow(index as u64), start_ms: narrow(start_ms), end_ms: narrow(end_ms.max(start_ms)) }
}
