//! Is what came back audio, all of it, and speech of this text?
//!
//! In steps, because decoding costs a hundred times what routing does. Every take is *walked*:
//! container and frame headers (an error page under a 200, the wrong format, a body cut in the
//! middle), its length against its text, and its level as far as that lies open: exactly for PCM
//! and WAVE, by the gain fields of an MP3. A take is *decoded* when the walk raises a suspicion, when
//! it is one of a sampled share, or when the settings say so; only what was measured exactly is
//! ever held against a take.
//!
//! What is found are [`Finding`]s, their product is the quality, 0 to 1, and a quality under the
//! threshold is the provider's failure: the next candidate steps in, which is what all this is for.
//! A wrong alarm throws away good speech that was paid for, so whatever is in doubt passes.

mod brief;
mod finding;
mod listen;
mod pace;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::debug;
use understudy_audio::{Levels, Survey, decode, measure, survey};
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError};

pub(crate) use brief::Standard;
pub use brief::{AuditionSettings, Brief, Depth};
pub use finding::{Finding, Place};

use crate::delivery::blocking;
use crate::error::SpeechError;

/// Takes up to this size are walked where they stand, in well under a millisecond; handing them to
/// another thread costs more.
const WALK_BYTES_INLINE: usize = 1024 * 1024;
/// Bytes of a take that decide whether it is sampled.
const SAMPLED_BYTES: usize = 256;

/// What an audition found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// 0 to 1, the product of the findings' factors.
    pub quality: f32,
    /// What is wrong with the take; empty for most.
    pub findings: Vec<Finding>,
    /// Its sound was measured, and not only its length.
    pub heard: bool,
}

/// A take that passed.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The audio.
    pub audio: Bytes,
    /// What the audio itself says it is.
    pub format: AudioFormat,
    /// How long it plays.
    pub duration: Duration,
    /// How good it is.
    pub verdict: Verdict,
}

/// What the walk saw.
struct Walked {
    format: AudioFormat,
    duration: Duration,
    levels: Option<Levels>,
}

/// Auditions a take of `provider` that it `claimed` to be of a format. Decoding is done on a
/// blocking thread and takes one of `encoders`' permits.
pub(crate) async fn audition(
    provider: &str,
    claimed: AudioFormat,
    audio: Bytes,
    brief: &Brief,
    encoders: &Arc<Semaphore>,
) -> Result<Passed, SpeechError> {
    let walked = if audio.len() <= WALK_BYTES_INLINE {
        walk(claimed, &audio)
    } else {
        let audio = audio.clone();
        spawn_blocking(move || walk(claimed, &audio))
            .await
            .map_err(|panic| SpeechError::Internal(format!("the audition stopped: {panic}")))?
    };
    let walked = walked.map_err(|unfit| unfit.told(provider))?;
    let verdict = if wants_decoding(brief, &walked, &audio) {
        let (audio, brief, seen) = (audio.clone(), *brief, (walked.format, walked.duration));
        let heard = blocking(encoders, move || hear(&brief, &audio, claimed, seen)).await?;
        heard.map_err(|unfit| unfit.told(provider))?
    } else {
        judge_walk(brief, &walked, audio.len())
    };
    accept(provider, brief, &verdict)?;
    Ok(Passed { audio, format: walked.format, duration: walked.duration, verdict })
}

/// The same for a caller that has the bytes and may block: walks, decodes when there is reason to,
/// and judges. It accepts or refuses nothing but what is no whole audio.
///
/// # Errors
/// [`SpeechError::Failed`] when there is no audio, [`SpeechError::Unusable`] when it is not whole audio
/// of the format claimed.
pub fn judge(
    provider: &str,
    claimed: AudioFormat,
    audio: &[u8],
    brief: &Brief,
) -> Result<Verdict, SpeechError> {
    let told = |unfit: Unfit| unfit.told(provider);
    let walked = walk(claimed, audio).map_err(told)?;
    if wants_decoding(brief, &walked, audio) {
        return hear(brief, audio, claimed, (walked.format, walked.duration)).map_err(told);
    }
    Ok(judge_walk(brief, &walked, audio.len()))
}

/// Why a take is no take at all, whatever the threshold.
enum Unfit {
    NoAudio,
    Unusable(String),
}

impl Unfit {
    fn told(self, provider: &str) -> SpeechError {
        match self {
            Self::NoAudio => {
                let failure = Failure::Provider(ProviderError::NoAudio);
                SpeechError::Failed { provider: provider.to_owned(), failure }
            }
            Self::Unusable(reason) => unusable(provider, reason),
        }
    }
}

fn walk(claimed: AudioFormat, audio: &[u8]) -> Result<Walked, Unfit> {
    if audio.is_empty() {
        return Err(Unfit::NoAudio);
    }
    let raw = (claimed.encoding == Encoding::PcmS16le).then_some(claimed);
    // Raw samples have no header to disagree with; all there is to see is a frame cut in two.
    if raw.is_some() && !audio.len().is_multiple_of(frame_bytes(claimed)) {
        return Err(Unfit::Unusable(cut_sample(audio.len())));
    }
    let Survey { inspection: seen, levels } =
        survey(audio, raw).map_err(|error| Unfit::Unusable(error.to_string()))?;
    if seen.format.encoding != claimed.encoding {
        let (claimed, found) = (claimed.encoding, seen.format.encoding);
        return Err(Unfit::Unusable(format!("it said {claimed} and sent {found}")));
    }
    if seen.truncated {
        let milliseconds = u64::try_from(seen.duration.as_millis()).unwrap_or(u64::MAX);
        return Err(Unfit::Unusable(Finding::Truncated { milliseconds }.to_string()));
    }
    if seen.duration.is_zero() {
        return Err(Unfit::NoAudio);
    }
    Ok(Walked { format: seen.format, duration: seen.duration, levels })
}

/// Exact levels leave nothing for a decoder to find.
fn wants_decoding(brief: &Brief, walked: &Walked, audio: &[u8]) -> bool {
    if walked.levels.as_ref().is_some_and(|levels| !levels.estimated) {
        return false;
    }
    match brief.settings.depth {
        Depth::Off => false,
        Depth::Full => true,
        Depth::Walk => {
            let Walked { format, duration, levels } = walked;
            listen::is_suspicious(brief, levels.as_ref(), *format, audio.len(), *duration)
                || is_sampled(brief.settings.full_share, audio)
        }
    }
}

/// Chosen by the audio itself, which needs no dice and gives the same take the same answer.
#[expect(clippy::cast_precision_loss, reason = "a share of all hashes")]
fn is_sampled(share: f32, audio: &[u8]) -> bool {
    if share <= 0.0 {
        return false;
    }
    let mut hasher = DefaultHasher::new();
    audio.len().hash(&mut hasher);
    audio.get(audio.len().saturating_sub(SAMPLED_BYTES)..).hash(&mut hasher);
    (hasher.finish() as f32) < share * u64::MAX as f32
}

/// The verdict of a walk that raised no suspicion, or whose levels are exact.
fn judge_walk(brief: &Brief, walked: &Walked, bytes: usize) -> Verdict {
    let mut findings = Vec::new();
    let exact = walked.levels.as_ref().filter(|levels| !levels.estimated);
    if brief.settings.depth != Depth::Off {
        findings.extend(listen::length(brief, walked.duration));
        if let Some(levels) = exact {
            findings.extend(listen::sound(brief, levels, walked.duration, bytes / 2));
        }
    }
    Verdict { quality: finding::quality(&findings), findings, heard: exact.is_some() }
}

/// Decodes and judges all of it.
fn hear(
    brief: &Brief,
    audio: &[u8],
    claimed: AudioFormat,
    (format, promised): (AudioFormat, Duration),
) -> Result<Verdict, Unfit> {
    let raw = (claimed.encoding == Encoding::PcmS16le).then_some(format);
    let pcm = decode(audio, raw).map_err(|error| Unfit::Unusable(error.to_string()))?;
    let levels = measure(&pcm).levels;
    let decoded = pcm.duration();
    let mut findings = Vec::from_iter(listen::length(brief, decoded));
    findings.extend(listen::damage(promised, decoded));
    findings.extend(listen::sound(brief, &levels, decoded, pcm.samples.len()));
    Ok(Verdict { quality: finding::quality(&findings), findings, heard: true })
}

fn accept(provider: &str, brief: &Brief, verdict: &Verdict) -> Result<(), SpeechError> {
    let Verdict { quality, findings, .. } = verdict;
    if findings.is_empty() {
        return Ok(());
    }
    let told = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    debug!(provider, quality, findings = told, "audition found faults");
    if *quality >= brief.settings.min_quality {
        return Ok(());
    }
    let threshold = brief.settings.min_quality;
    Err(unusable(provider, format!("its quality is {quality:.2}, under {threshold:.2}: {told}")))
}

pub(crate) fn whole_frames(provider: &str, format: AudioFormat, length: usize) -> Result<(), SpeechError> {
    if length.is_multiple_of(frame_bytes(format)) {
        return Ok(());
    }
    Err(unusable(provider, cut_sample(length)))
}

fn cut_sample(length: usize) -> String {
    format!("its last sample is cut off at byte {length}")
}

pub(crate) fn pcm_duration(format: AudioFormat, length: usize) -> Duration {
    let frames = (length / frame_bytes(format)) as u64;
    Duration::from_nanos(frames.saturating_mul(1_000_000_000) / u64::from(format.sample_rate.max(1)))
}

fn frame_bytes(format: AudioFormat) -> usize {
    2 * usize::from(format.channels.max(1))
}

pub(crate) fn unusable(provider: &str, reason: String) -> SpeechError {
    SpeechError::Unusable { provider: provider.to_owned(), reason }
}
