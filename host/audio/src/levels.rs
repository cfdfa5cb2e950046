//! How loud audio is from one moment to the next, and where it is silent.
//!
//! One bookkeeping for two sources: samples, in windows of 10 ms, and an MP3's own gain fields, in
//! granules of 576 samples. It keeps counts and no list of windows, so that an hour costs what a
//! second does.

use std::time::Duration;

use crate::field::index;
use crate::pcm::span;

/// Levels are counted in whole millionths of a decibel: an MP3 has a thousand of them in twenty
/// seconds, and a processor is quicker with integers than with what a float may be.
pub(crate) const MICROS: i32 = 1_000_000;
/// The quietest level told apart; anything under it counts as this.
const FLOOR_DB: i32 = -120;
/// The loudest.
const CEILING_DB: i32 = 20;
/// Bins of the level histogram, one decibel each: −120 to +20.
const BINS: usize = 141;

/// Full scale of 16-bit samples that stand this many in a row: the wave's top is cut off.
pub(crate) const CLIPPED_RUN: usize = 3;

/// Levels over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// The levels are estimates out of an MP3's gain fields, mostly too high: 12 dB below to 23 dB
    /// above what a decoder gives. Good enough to suspect silence, not to condemn for it.
    pub estimated: bool,
    /// The loudest window, in decibels below full scale; −120 for digital silence.
    pub loudest_dbfs: f32,
    /// Decibels between the 95th and the 5th percentile of the windows. Speech has 20 and more, by
    /// its syllables and pauses; a tone or a noise that goes on and on has next to none.
    pub spread_db: f32,
    /// The silent share of the whole, 0 to 1; 1 for no audio.
    pub silent_share: f32,
    /// Silence before the first sound; all of it when there is none.
    pub leading_silence: Duration,
    /// Silence behind the last sound; all of it when there is none.
    pub trailing_silence: Duration,
    /// The longest silence between two sounds.
    pub longest_pause: Duration,
    /// Samples at full scale that stand three or more in a row, all channels counted; none where
    /// nothing was decoded.
    pub clipped_samples: Option<usize>,
}

/// Levels as they are counted.
pub(crate) struct Tally {
    silence: i32,
    histogram: [u32; BINS],
    loudest: i32,
    windows: u64,
    silent: u64,
    leading: u64,
    /// Silent windows since the last sound.
    run: u64,
    longest: u64,
}

impl Tally {
    /// Windows under `silence_db` count as silent.
    pub(crate) const fn new(silence_db: f32) -> Self {
        Self {
            silence: micros(silence_db),
            histogram: [0; BINS],
            loudest: FLOOR_DB * MICROS,
            windows: 0,
            silent: 0,
            leading: 0,
            run: 0,
            longest: 0,
        }
    }

    /// Counts the next window, in decibels below full scale.
    pub(crate) fn push(&mut self, level_db: f32) {
        self.push_micros(micros(level_db));
    }

    /// The same in millionths of a decibel.
    #[inline]
    pub(crate) fn push_micros(&mut self, level: i32) {
        let level = level.clamp(FLOOR_DB * MICROS, CEILING_DB * MICROS);
        self.loudest = self.loudest.max(level);
        let bin = (level - FLOOR_DB * MICROS).unsigned_abs() / MICROS.unsigned_abs();
        if let Some(count) = self.histogram.get_mut(index(bin)) {
            *count = count.saturating_add(1);
        }
        self.windows += 1;
        if level < self.silence {
            self.silent += 1;
            self.run += 1;
            return;
        }
        if self.silent + 1 == self.windows {
            self.leading = self.run;
        } else {
            self.longest = self.longest.max(self.run);
        }
        self.run = 0;
    }

    /// The result, for windows of `samples` at `sample_rate` within `whole`.
    #[expect(clippy::cast_precision_loss, reason = "a share of windows")]
    pub(crate) fn finish(self, samples: u64, sample_rate: u32, whole: Duration) -> Levels {
        let time = |windows: u64| span(windows * samples, sample_rate).min(whole);
        let none = self.silent == self.windows;
        Levels {
            estimated: false,
            loudest_dbfs: self.loudest as f32 / MICROS as f32,
            spread_db: self.percentile(0.95) - self.percentile(0.05),
            silent_share: if none { 1.0 } else { self.silent as f32 / self.windows as f32 },
            leading_silence: if none { whole } else { time(self.leading) },
            trailing_silence: if none { whole } else { time(self.run) },
            longest_pause: time(self.longest),
            clipped_samples: None,
        }
    }

    /// The level that `share` of the windows do not pass.
    #[expect(clippy::cast_precision_loss, reason = "a share of windows")]
    fn percentile(&self, share: f32) -> f32 {
        let wanted = self.windows as f32 * share;
        let mut passed = 0_u64;
        for (bin, count) in self.histogram.iter().enumerate() {
            passed += u64::from(*count);
            if passed as f32 >= wanted && passed > 0 {
                return FLOOR_DB as f32 + bin as f32;
            }
        }
        FLOOR_DB as f32
    }
}

/// A level in millionths of a decibel, as far as levels are told apart.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "clamped to a few decibels")]
const fn micros(level_db: f32) -> i32 {
    (level_db.clamp(FLOOR_DB as f32, CEILING_DB as f32) * MICROS as f32) as i32
}

/// Samples at full scale in runs of three and more. `samples` are one channel's.
pub(crate) fn clipped(is_full_scale: impl Iterator<Item = bool>) -> usize {
    let (mut total, mut run) = (0, 0);
    for full in is_full_scale {
        run = if full { run + 1 } else { 0 };
        total += match run {
            CLIPPED_RUN => CLIPPED_RUN,
            longer if longer > CLIPPED_RUN => 1,
            _ => 0,
        };
    }
    total
}
