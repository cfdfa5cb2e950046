//! Several takes as one piece of audio.
//!
//! A scene, or a text too long for its provider, is spoken in parts, and must not sound so: one rate
//! and layout, every voice as loud as the next, pauses as they were asked for, no click at a cut.
//! And subtitles must fit, so for each part it is known to the sample where in the file it plays.
//!
//! * *Loudness belongs to the voice.* All parts of a voice get the one gain that brings the voice's
//!   integrated loudness to the target. Never one gain a sentence: a whisper would be a shout.
//! * *Silence at both ends of a part is cut to a bound*, since providers differ by half a second in
//!   what they leave there, and gaps would be anybody's guess. It is judged behind the gain, so that
//!   the soft end of a soft voice is not taken for silence.
//! * *Where something was cut, or a part begins or ends in the middle of a wave, it is faded* over a
//!   few milliseconds; the silence that is kept is as long, so sound is faded only where there is
//!   no silence. Nothing else is changed: a constant offset stays as it is.
//! * *The limiter runs over the whole*, so that no gain makes a peak crackle.
//!
//! Everything is counted in frames of the file; milliseconds are rounded from those, once.
//!
//! Two ways: [`join`] and [`join_file`] take all parts at once; [`Joiner`] and [`FileJoiner`] take
//! one after the other, so that of an hour only one part stands in memory as samples.

mod edges;
mod file;
mod joiner;
mod silence;
mod voices;

use std::ops::Range;
use std::time::Duration;

use understudy_speech::Word;

use crate::{AudioError, CEILING_DBTP, Pcm};

pub use file::{FileJoiner, JoinedFile, join_file};
pub use joiner::Joiner;
pub use voices::measure_voices;

/// The loudness a joined file is brought to, in LUFS as a meter reads it on the file.
///
/// Apple's audio requirements for podcasts ask for −16 ± 1 LKFS with a true peak of at most −1 dBFS;
/// AES TD1004.1.15-10 recommends −20 to −16 LUFS for speech that is streamed or kept as a file. A
/// meter reads a mono file as one channel; who wants mono to be no louder over two loudspeakers
/// than a stereo file asks for 3 LU less.
pub const TARGET_LUFS: f32 = -16.0;

/// A take that is to be joined.
#[derive(Clone, Copy, Debug)]
pub struct Part<'take> {
    /// Its samples, at any rate, mono or stereo.
    pub pcm: &'take Pcm,
    /// Whose voice it is: parts of one voice get one gain.
    pub voice: &'take str,
    /// Word marks, in milliseconds of `pcm`.
    pub words: &'take [Word],
    /// The pause behind this part, the last one too. None is [`JoinOptions::gap`] if another follows.
    pub pause: Option<Duration>,
}

/// How parts are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JoinOptions {
    /// The integrated loudness every voice is brought to, in LUFS; none leaves voices as they are.
    /// A voice with high peaks ends a little under it: the limiter may take 1 LU.
    pub target_lufs: Option<f32>,
    /// The greatest gain in decibels, up or down. More would raise noise, not a voice.
    pub gain_db_max: f32,
    /// The greatest true peak of the whole in dBTP; none limits nothing.
    pub ceiling_dbtp: Option<f32>,
    /// The pause between two parts.
    pub gap: Duration,
    /// Silence before the first part.
    pub lead_in: Duration,
    /// Silence behind the last part.
    pub lead_out: Duration,
    /// How much of a part's own silence is kept at each end; none keeps all of it.
    pub silence_max: Option<Duration>,
    /// How long a fade at a cut lasts.
    pub fade: Duration,
}

impl Default for JoinOptions {
    /// [`TARGET_LUFS`] under [`CEILING_DBTP`], at most 20 dB of gain; a third of a second between
    /// parts, the pause of a conversation that flows. 5 ms of own silence are as long as a fade, so
    /// sound is untouched, and a part's time is within 15 ms of its first sound (silence is judged
    /// in steps of 10).
    fn default() -> Self {
        Self {
            target_lufs: Some(TARGET_LUFS),
            gain_db_max: 20.0,
            ceiling_dbtp: Some(CEILING_DBTP),
            gap: Duration::from_millis(350),
            lead_in: Duration::ZERO,
            lead_out: Duration::ZERO,
            silence_max: Some(Duration::from_millis(5)),
            fade: Duration::from_millis(5),
        }
    }
}

/// Where a part plays in the joined audio.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its frames in the joined audio.
    pub frames: Range<u64>,
    /// When it begins, in milliseconds of the joined audio, to the nearest.
    pub start_ms: u32,
    /// When it ends.
    pub end_ms: u32,
    /// Frames of silence cut from its beginning and from its end, at the joined audio's rate.
    pub trimmed_frames: (u64, u64),
    /// The gain of its voice, in decibels.
    pub gain_db: f32,
    /// Its word marks, in milliseconds of the joined audio, inside the part; spans are untouched.
    pub words: Vec<Word>,
}

/// Parts in one piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// All of it.
    pub pcm: Pcm,
    /// Where each part plays, in their order.
    pub parts: Vec<Placed>,
}

/// Joins `parts` at the highest of their rates, in stereo if one of them is.
///
/// # Errors
/// [`AudioError::Empty`] without a sample, [`AudioError::SampleRate`] or [`AudioError::Channels`] when a
/// part's are out of range, [`AudioError::TooLong`] past [`crate::DECODED_SAMPLES_MAX`].
pub fn join(parts: &[Part], options: &JoinOptions) -> Result<Joined, AudioError> {
    let (sample_rate, channels) = shape(parts)?;
    let voices = measure_voices(parts, channels)?;
    let mut joiner = Joiner::new(sample_rate, channels, options, voices)?;
    let mut samples = Vec::new();
    for part in parts {
        joiner.push(part, &mut samples)?;
    }
    let parts = joiner.finish(&mut samples)?;
    Ok(Joined { pcm: Pcm { sample_rate, channels, samples }, parts })
}

/// The highest rate and the most channels of all parts.
fn shape(parts: &[Part]) -> Result<(u32, u8), AudioError> {
    let rate = parts.iter().map(|part| part.pcm.sample_rate).max();
    let channels = parts.iter().map(|part| part.pcm.channels).max();
    rate.zip(channels).ok_or(AudioError::Empty)
}
