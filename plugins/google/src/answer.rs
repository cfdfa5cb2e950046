//! The answer: JSON with the whole audio in Base64, and the times of marks after it.
//!
//! Five thousand bytes of text come back as tens of megabytes. So the audio is found in the stream of
//! the body, decoded and handed on piece by piece; only what stands around it is kept and read as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use understudy_plugin::{Error, Relay, Take, http};

const KEY: &[u8] = b"\"audioContent\"";
/// What is read at once, in bytes.
const READ_BYTES_MAX: u32 = 64 << 10;
/// What may stand around the audio, in bytes: the times of marks, some sixty bytes each.
const AROUND_BYTES_MAX: usize = 1 << 20;
/// What is quoted of an answer that makes no sense, in bytes.
const QUOTED_BYTES_MAX: usize = 120;

/// When a mark was reached. A zero is not written in this JSON.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Timepoint {
    pub(crate) mark_name: String,
    /// From the start of the audio.
    pub(crate) time_seconds: f64,
}

/// What stands around the audio.
#[derive(Debug, Deserialize)]
struct Around {
    #[serde(default)]
    timepoints: Vec<Timepoint>,
}

/// Hands on the audio of an answer, and gives its marks.
pub(crate) fn relay(mut response: http::Response, take: &mut Take) -> Result<Vec<Timepoint>, Error> {
    let mut unpacker = Unpacker::default();
    while let Some(piece) = response.read(READ_BYTES_MAX)? {
        unpacker.push(&piece, take)?;
    }
    unpacker.finish(take)
}

#[derive(Debug, Default)]
struct Unpacker {
    relay: Relay,
    /// All of the body but the audio.
    around: Vec<u8>,
    place: Place,
    /// Digits of the audio that are still to be decoded.
    digits: Vec<u8>,
    /// The padding was there, so that no more may follow.
    padded: bool,
    heard: bool,
}

/// Where in the body the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Within,
    After,
}

impl Unpacker {
    fn push(&mut self, piece: &[u8], take: &mut Take) -> Result<(), Error> {
        if self.place == Place::Within {
            return self.audio(piece, take);
        }
        self.around.extend_from_slice(piece);
        if self.place == Place::Before
            && let Some(start) = audio_start(&self.around)
        {
            let audio = self.around.split_off(start);
            self.place = Place::Within;
            return self.audio(&audio, take);
        }
        if self.around.len() > AROUND_BYTES_MAX {
            return Err(Error::protocol(format!("answer holds no audio: {}", quoted(&self.around))));
        }
        Ok(())
    }

    /// Takes a piece that begins within the audio.
    fn audio(&mut self, piece: &[u8], take: &mut Take) -> Result<(), Error> {
        let end = piece.iter().position(|byte| *byte == b'"');
        let (digits, rest) = piece.split_at(end.unwrap_or(piece.len()));
        self.digits.extend_from_slice(digits);
        let whole = self.digits.len() - self.digits.len() % 4;
        if whole > 0 {
            if self.padded {
                return Err(Error::protocol("audio goes on after its end"));
            }
            let bytes = STANDARD
                .decode(self.digits.get(..whole).unwrap_or_default())
                .map_err(|error| Error::protocol(format!("audio is not base64: {error}")))?;
            self.digits.drain(..whole);
            self.padded = bytes.len() < whole / 4 * 3;
            self.heard = true;
            self.relay.push(&bytes, take)?;
        }
        if end.is_some() {
            if !self.digits.is_empty() {
                return Err(Error::protocol("audio is base64 that was cut off"));
            }
            self.place = Place::After;
            self.around.extend_from_slice(rest);
        }
        Ok(())
    }

    fn finish(self, take: &mut Take) -> Result<Vec<Timepoint>, Error> {
        if self.place == Place::Within {
            return Err(Error::protocol("answer broke off within the audio"));
        }
        if self.around.trim_ascii().is_empty() {
            return Err(Error::NoAudio);
        }
        let around: Around = serde_json::from_slice(&self.around).map_err(|error| {
            Error::protocol(format!("answer is not the expected json, {error}: {}", quoted(&self.around)))
        })?;
        if !self.heard {
            return Err(Error::NoAudio);
        }
        self.relay.finish(take)?;
        Ok(around.timepoints)
    }
}

/// Where the digits of the audio begin, when its key and the quote before them are there.
fn audio_start(body: &[u8]) -> Option<usize> {
    let key = body.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    let mut at = key;
    for expected in [b':', b'"'] {
        at += body.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        if body.get(at) != Some(&expected) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

fn quoted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..QUOTED_BYTES_MAX).unwrap_or(bytes)).trim().to_owned()
}
