//! When cues appear and go.
//!
//! A cue appears with its first word. It goes with its last, unless it could not be read by then: it
//! stays as long as its text needs, but never into the gap before the next cue, past the longest
//! time, or past the end of the audio.

use super::lines::Group;
use super::{Cue, CueOptions};

pub(super) fn timed(groups: &[Group], audio_ms: u32, options: &CueOptions) -> Vec<Cue> {
    let starts = groups.iter().skip(1).map(|next| Some(next.start_ms)).chain([None]);
    let mut earliest = 0;
    let timed = groups.iter().zip(starts).map(|(group, next)| {
        let start_ms = group.start_ms.max(earliest).min(audio_ms);
        // The gap yields before a cue would vanish.
        let room =
            next.map_or(audio_ms, |next| next.saturating_sub(options.gap_ms).max(start_ms.midpoint(next)));
        let latest = room.min(start_ms.saturating_add(options.max_ms.max(1))).min(audio_ms);
        let wanted =
            group.end_ms.max(start_ms.saturating_add(reading_ms(group, options).max(options.min_ms)));
        let end_ms = wanted.min(latest).max(start_ms);
        earliest = end_ms;
        Cue { start_ms, end_ms, lines: group.lines.clone(), speaker: None }
    });
    timed.collect()
}

/// The time the text needs at the reading speed; none when the speed is no speed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "milliseconds of one cue; the conversion saturates"
)]
fn reading_ms(group: &Group, options: &CueOptions) -> u32 {
    let speed = options.max_chars_per_second;
    if speed > 0.0 { (group.columns as f32 * 1000.0 / speed).ceil() as u32 } else { 0 }
}
