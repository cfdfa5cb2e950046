//! Lines, joined into one file.
//!
//! Twice through all of them: once to hear how loud each voice is over all its lines, once to join.
//! In between a line stands in memory as its provider sent it, which is a tenth of its samples.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use understudy_audio::{
    AudioError, DECODED_SAMPLES_MAX, Extent, FileJoiner, JoinOptions, JoinedFile, LoudnessMeter, Part, Pcm,
    Target, decode,
};
use understudy_speech::{AudioFormat, Encoding, Word, WordTimes};

use super::loudness::{Heard, LoudnessBook};
use crate::delivery::admit_size;
use crate::error::SpeechError;
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

/// The least rate and layout that lines may have.
const LEAST: (u32, u8) = (8_000, 1);

/// How lines are joined.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) options: JoinOptions,
    pub(super) target: Target,
    /// Silence behind each line where it is not the usual gap.
    pub(super) pauses: Vec<Option<Duration>>,
    /// The most the file may take.
    pub(super) bytes_max: usize,
}

impl Joining {
    /// Refuses silence that is too much whatever is said between it.
    pub(super) fn admit_silence(&self) -> Result<(), SpeechError> {
        self.admit(Duration::ZERO, LEAST)
    }

    /// Refuses lines that play for so long in all if their file would be larger than one may be, or hold
    /// more samples than are joined. Silence is cut from the ends of lines only later, so they are taken to
    /// be a little longer than they will be.
    fn admit(&self, spoken: Duration, (sample_rate, channels): (u32, u8)) -> Result<(), SpeechError> {
        let Self { options, target, pauses, bytes_max } = self;
        let (last, between) = pauses.split_last().unwrap_or((&None, &[]));
        let between: Duration = between.iter().map(|pause| pause.unwrap_or(options.gap)).sum();
        let whole = options.lead_in + spoken + between + last.unwrap_or_default();
        admit_size(whole, (sample_rate, channels), target, *bytes_max)?;
        match target.extent(whole, sample_rate, channels) {
            Ok(Extent { format, samples, .. }) if samples > DECODED_SAMPLES_MAX as u64 => {
                Err(SpeechError::TooLarge {
                    field: "sample_rate",
                    encoding: Encoding::PcmS16le,
                    sample_rate: format.sample_rate,
                    bytes: samples.saturating_mul(2),
                    bytes_max: 2 * DECODED_SAMPLES_MAX as u64,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Joins `lines`, whose voices are as loud as `book` says by all it ever heard of them. Decodes and encodes:
/// for a blocking thread.
pub(super) fn join(
    lines: &[Recorded],
    book: &LoudnessBook,
    joining: &Joining,
) -> Result<JoinedFile, SpeechError> {
    let (mut sample_rate, mut channels) = LEAST;
    for line in lines {
        let (rate, layout) = match &line.source {
            Source::Encoded(_, format) => (format.sample_rate, format.channels),
            Source::Samples(pcm) => (pcm.sample_rate, pcm.channels),
        };
        (sample_rate, channels) = (rate.max(sample_rate), layout.max(channels));
    }
    let (mut voices, mut spoken) = (BTreeMap::<String, Heard>::new(), Duration::ZERO);
    for line in lines {
        let mut meter = LoudnessMeter::new();
        let pcm = line.source.pcm()?;
        spoken += pcm.duration();
        meter.push(&pcm.with_channels(channels))?;
        let voice = voices.entry(line.voice.clone()).or_default();
        voice.all.merge(&meter);
        if line.is_fresh() {
            voice.fresh.merge(&meter);
        }
    }
    joining.admit(spoken, (sample_rate, channels))?;
    let voices = book.hear(voices, channels);
    let mut joiner = FileJoiner::new(sample_rate, channels, &joining.target, &joining.options, voices)?;
    for (line, pause) in lines.iter().zip(&joining.pauses) {
        let pcm = line.source.pcm()?;
        joiner.push(&Part { pcm: &pcm, voice: &line.voice, words: &line.words, pause: *pause })?;
    }
    Ok(joiner.finish()?)
}
