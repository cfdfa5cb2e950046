//! What can be wrong with a take, and what each fault takes from its quality.
//!
//! The quality of a take is the product of its findings' factors: 1 without any, 0 when one of them
//! makes it worthless. A product, because two faults are worse than either and no virtue makes up
//! for a fault. The factors are set against the default threshold of 0.7: what falls under it alone
//! is what a listener would send back.

use std::fmt;

use serde::Serialize;

/// Where a silence lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Before the first sound.
    Start,
    /// Between two sounds.
    Inside,
    /// Behind the last sound.
    End,
}

/// One fault of a take, with what was measured. It prints on after "the audio".
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "finding")]
pub enum Finding {
    /// The file ends before its container does. Never accepted, whatever the threshold: such a take
    /// is not whole.
    Truncated {
        /// What there is of it.
        milliseconds: u64,
    },
    /// No moment of it is louder than silence.
    Silent {
        /// The loudest 10 ms.
        loudest_dbfs: f32,
    },
    /// More of it is silent than pauses explain.
    MostlySilent {
        /// The silent share, 0 to 1.
        share: f32,
    },
    /// A silence longer than any pause.
    LongSilence {
        /// Where it lies.
        place: Place,
        /// How long it is.
        milliseconds: u64,
        /// How long one may be there.
        at_most: u64,
    },
    /// The tops of its waves are cut off.
    Clipped {
        /// Samples in clipped runs, as a share of all.
        share: f32,
    },
    /// Its loudest moment is far below speech.
    Quiet {
        /// The loudest 10 ms.
        loudest_dbfs: f32,
    },
    /// It keeps one level throughout, as a tone or a noise does and speech does not.
    Steady {
        /// Decibels between its loud and its soft moments.
        spread_db: f32,
    },
    /// It is shorter than its text can be said.
    TooShort {
        /// How long it is.
        milliseconds: u64,
        /// How long it must be.
        at_least: u64,
    },
    /// It is longer than its text can take.
    TooLong {
        /// How long it is.
        milliseconds: u64,
        /// How long it may be.
        at_most: u64,
    },
    /// A decoder gives less than the frames promise.
    Damaged {
        /// What decodes.
        milliseconds: u64,
        /// What the frames promise.
        promised: u64,
    },
}

/// Clipping under this share, one sample in a thousand, goes unheard.
pub(super) const CLIPPED_SHARE: f32 = 0.001;
/// Pauses make up to this share of slow, careful speech.
pub(super) const SILENT_SHARE: f32 = 0.65;

impl Finding {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Silent { .. } => "silent",
            Self::MostlySilent { .. } => "mostly_silent",
            Self::LongSilence { .. } => "long_silence",
            Self::Clipped { .. } => "clipped",
            Self::Quiet { .. } => "quiet",
            Self::Steady { .. } => "steady",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::Damaged { .. } => "damaged",
        }
    }

    /// What it leaves of the quality, 0 to 1.
    ///
    /// Lengths, silences and damage count by the square, so that a sixth too much or too little is
    /// the most that passes at 0.7; a silent share by its excess; clipping by the fourth root, since
    /// it is heard early and gets worse slowly.
    #[must_use]
    pub fn factor(&self) -> f32 {
        match *self {
            Self::Truncated { .. } | Self::Silent { .. } => 0.0,
            Self::MostlySilent { share } => ((1.0 - share) / (1.0 - SILENT_SHARE)).clamp(0.0, 1.0),
            Self::LongSilence { milliseconds, at_most, .. } => ratio(at_most, milliseconds).powi(2),
            Self::Clipped { share } => (CLIPPED_SHARE / share).clamp(0.0, 1.0).sqrt().sqrt(),
            Self::Quiet { .. } => 0.8,
            Self::Steady { .. } => 0.3,
            Self::TooShort { milliseconds, at_least } => ratio(milliseconds, at_least).powi(2),
            Self::TooLong { milliseconds, at_most } => ratio(at_most, milliseconds).powi(2),
            Self::Damaged { milliseconds, promised } => ratio(milliseconds, promised).powi(2),
        }
    }
}

/// The quality that `findings` leave.
pub(super) fn quality(findings: &[Finding]) -> f32 {
    findings.iter().map(Finding::factor).product()
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of milliseconds")]
fn ratio(part: u64, whole: u64) -> f32 {
    (part as f32 / whole.max(1) as f32).clamp(0.0, 1.0)
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { milliseconds } => write!(f, "it is cut off after {milliseconds} ms"),
            Self::Silent { loudest_dbfs } => write!(f, "it is silent, at most {loudest_dbfs:.0} dBFS"),
            Self::MostlySilent { share } => write!(f, "{:.0} % of it is silent", share * 100.0),
            Self::LongSilence { place: Place::Start, milliseconds, .. } => {
                write!(f, "it begins with {milliseconds} ms of silence")
            }
            Self::LongSilence { place: Place::Inside, milliseconds, .. } => {
                write!(f, "it pauses for {milliseconds} ms")
            }
            Self::LongSilence { place: Place::End, milliseconds, .. } => {
                write!(f, "it ends with {milliseconds} ms of silence")
            }
            Self::Clipped { share } => write!(f, "{:.1} % of it is clipped", share * 100.0),
            Self::Quiet { loudest_dbfs } => write!(f, "it is quiet, at most {loudest_dbfs:.0} dBFS"),
            Self::Steady { spread_db } => write!(f, "it is a steady sound, within {spread_db:.0} dB"),
            Self::TooShort { milliseconds, at_least } => {
                write!(f, "it is too short for its text: {milliseconds} ms instead of {at_least} or more")
            }
            Self::TooLong { milliseconds, at_most } => {
                write!(f, "it is too long for its text: {milliseconds} ms instead of {at_most} or less")
            }
            Self::Damaged { milliseconds, promised } => {
                write!(f, "only {milliseconds} of its {promised} ms can be decoded")
            }
        }
    }
}
