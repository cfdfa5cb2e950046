//! Lines, joined into one file.
//!
//! Twice through all of them: once to hear how loud each voice is over all its lines, once to join.
//! In between a line stands in memory as its provider sent it, which is a tenth of its samples.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use understudy_audio::{
    AudioError, FileJoiner, JoinOptions, JoinedFile, LoudnessMeter, Part, Pcm, Target, decode,
};
use understudy_speech::{AudioFormat, Word, WordTimes};

use super::loudness::{Heard, LoudnessBook};
use crate::provenance::Provenance;
use crate::purchase::TakeSource;

/// A line that was spoken.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) source: Source,
    /// Whose loudness it counts to.
    pub(super) voice: String,
    /// In milliseconds of its own audio.
    pub(super) words: Vec<Word>,
    pub(super) word_times: Option<WordTimes>,
    pub(super) emotion_score: Option<f32>,
    pub(super) provider: String,
    /// The provider's own id.
    pub(super) voice_id: Option<String>,
    pub(super) provenance: Option<Provenance>,
}

/// A line's audio.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// As its provider sent it.
    Encoded(Bytes, AudioFormat),
    /// Cut out of a whole conversation.
    Samples(Pcm),
}

impl Source {
    /// How long it plays, as far as that is known without decoding it.
    pub(super) fn sampled(&self) -> Duration {
        match self {
            Self::Encoded(..) => Duration::ZERO,
            Self::Samples(pcm) => pcm.duration(),
        }
    }

    fn pcm(&self) -> Result<Pcm, AudioError> {
        match self {
            Self::Encoded(audio, format) => decode(audio, Some(*format)),
            Self::Samples(pcm) => Ok(pcm.clone()),
        }
    }
}

impl Recorded {
    /// It was spoken for this scene; what is cut out of a whole is, unless it was packed to be kept.
    fn is_fresh(&self) -> bool {
        match (&self.provenance, &self.source) {
            (Some(told), _) => told.cache != TakeSource::Cache,
            (None, Source::Samples(_)) => true,
            (None, Source::Encoded(..)) => false,
        }
    }
}

/// Joins `lines`, whose voices are as loud as `book` says by all it ever heard of them, with `pauses` behind them where they are not the usual gap. Decodes and encodes:
/// for a blocking thread.
pub(super) fn join(
    lines: &[Recorded],
    book: &LoudnessBook,
    pauses: &[Option<Duration>],
    options: &JoinOptions,
    target: &Target,
) -> Result<JoinedFile, AudioError> {
    let (mut sample_rate, mut channels) = (8_000, 1);
    for line in lines {
        let (rate, layout) = match &line.source {
            Source::Encoded(_, format) => (format.sample_rate, format.channels),
            Source::Samples(pcm) => (pcm.sample_rate, pcm.channels),
        };
        (sample_rate, channels) = (rate.max(sample_rate), layout.max(channels));
    }
    let mut voices: BTreeMap<String, Heard> = BTreeMap::new();
    for line in lines {
        let mut meter = LoudnessMeter::new();
        meter.push(&line.source.pcm()?.with_channels(channels))?;
        let voice = voices.entry(line.voice.clone()).or_default();
        voice.all.merge(&meter);
        if line.is_fresh() {
            voice.fresh.merge(&meter);
        }
    }
    let voices = book.hear(voices, channels);
    let mut joiner = FileJoiner::new(sample_rate, channels, target, options, voices)?;
    for (line, pause) in lines.iter().zip(pauses) {
        let pcm = line.source.pcm()?;
        joiner.push(&Part { pcm: &pcm, voice: &line.voice, words: &line.words, pause: *pause })?;
    }
    joiner.finish()
}
