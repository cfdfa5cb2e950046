//! From what a provider sent to what a client wants.
//!
//! Lossy audio that is encoded again loses again, and costs a hundred times the routing. So whatever
//! already fits is handed on untouched: the same allocation, not a copy.
//!
//! WAVE has to fit closer: floats, or the placeholder lengths of a service that streamed, are written
//! anew as what clients of a whole file expect. That loses nothing and costs a copy.

use std::time::Duration;

use bytes::Bytes;
use understudy_speech::{AudioFormat, Encoding};

use crate::encode::{Target, encode};
use crate::inspect::wav;
use crate::{AudioError, decode, inspect};

/// Audio in the wanted form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcoded {
    /// The audio; the source's own bytes when they fitted.
    pub bytes: Bytes,
    /// What it is, as its headers say.
    pub format: AudioFormat,
    /// How long it plays.
    pub duration: Duration,
    /// The source's bytes were handed on.
    pub passed_through: bool,
}

/// Brings `bytes` into `target`. `source` is what they are said to be; only headerless PCM takes it
/// at its word.
///
/// # Errors
/// As [`crate::inspect`], [`crate::decode`] and [`crate::encode`].
pub fn transcode(bytes: Bytes, source: AudioFormat, target: &Target) -> Result<Transcoded, AudioError> {
    let found = inspect(&bytes, Some(source))?;
    let plain = found.format.encoding != Encoding::Wav || wav::is_plain(&bytes);
    if fits(&found.format, target) && plain && !found.truncated {
        return Ok(Transcoded {
            bytes,
            format: found.format,
            duration: found.duration,
            passed_through: true,
        });
    }
    let pcm = decode(&bytes, Some(source))?;
    let encoded = encode(&pcm, target)?;
    Ok(Transcoded {
        bytes: Bytes::from(encoded.bytes),
        format: encoded.format,
        duration: pcm.duration(),
        passed_through: false,
    })
}

/// The audio is what is wanted, as far as anything is.
fn fits(format: &AudioFormat, target: &Target) -> bool {
    // An Opus stream has no rate of its own, and other lossless rates are exact.
    let any_rate = format.encoding == Encoding::OggOpus || format.encoding == Encoding::WebmOpus;
    let rate = any_rate || target.sample_rate.is_none_or(|rate| rate == format.sample_rate);
    // Fewer bits than asked for are not made more by encoding again.
    let bits = match (target.bit_rate, format.bit_rate) {
        (Some(wanted), Some(there)) => there <= wanted + wanted / 20,
        _ => true,
    };
    format.encoding == target.encoding && rate && bits
}
