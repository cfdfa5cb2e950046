//! A service's audio on its way into the take.
//!
//! What a service calls its audio and what it sends are two things: content types lie, a format that
//! was asked for is silently replaced, an error page comes with status 200, and streamed WAVE says
//! that it is 0 or 4 GiB long. A wrong format makes noise or silence further up, where nobody knows
//! the service any more. So the first bytes decide what it is, and what is no audio is a typed error
//! that quotes it.
//!
//! WAVE with 16-bit samples is handed on as raw PCM. It has then nothing to lie about, its length in
//! milliseconds is exact, and the parts of a text that had to be cut are joined without a seam; no
//! compressed format can do that, for each file of it begins with the silence of its encoder.

mod mpeg;
mod ogg;
mod sniff;
mod wave;

use std::ops::Range;

use self::sniff::Sniffed;
use crate::http::Response;
use crate::{AudioFormat, Error, Take};

/// What is read at once of samples, and how much of a start is looked at first: two frames, mostly.
const READ_BYTES_MAX: u32 = 64 << 10;
const LOOK_BYTES_MIN: u32 = 4 << 10;
/// The longest start of a file that is looked at, in bytes; a tag with a picture may be in front.
const START_BYTES_MAX: u32 = 512 << 10;
/// What is quoted of an answer that is no audio, in bytes.
const QUOTED_BYTES_MAX: usize = 120;

/// Hands the audio of one answer on to the take, piece by piece, and begins the take when it knows
/// what the audio is.
///
/// A take of several parts has a relay for each; they must be raw PCM or WAVE of one format.
///
/// ```
/// use understudy_plugin::{Error, Relay, Summary, Take, http};
///
/// fn speak(take: &mut Take) -> Result<Summary, Error> {
///     let response = http::Request::get("https://api.example.com/speech").send()?.error_for_status()?;
///     Relay::new().body(response, take)?;
///     take.summary()
/// }
/// ```
#[derive(Debug)]
pub struct Relay {
    raw: Option<AudioFormat>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The start, too short to say what it is.
    Start(Vec<u8>),
    /// Passed on as it is.
    Whole,
    /// Samples, in whole frames: the bytes of a frame, those of one that is still to be completed,
    /// and how many are left when the header said so.
    Samples { frame_bytes: usize, partial: Vec<u8>, left: Option<u64> },
}

impl Default for Relay {
    fn default() -> Self {
        Self::new()
    }
}

impl Relay {
    /// For audio in a file of any kind the contract knows.
    #[must_use]
    pub const fn new() -> Self {
        Self { raw: None, state: State::Start(Vec::new()) }
    }

    /// For samples without a header, in this format. When it is a file all the same, it is treated
    /// as the file it is.
    #[must_use]
    pub const fn raw(format: AudioFormat) -> Self {
        Self { raw: Some(format), state: State::Start(Vec::new()) }
    }

    /// Reads a body to its end. [`Take::summary`] tells whether there was any audio.
    ///
    /// # Errors
    /// As [`Relay::push`] and [`Relay::finish`], or why the body broke off.
    pub fn body(mut self, mut response: Response, take: &mut Take) -> Result<(), Error> {
        // A file is passed on as it is, and nobody here needs to see more of it than its start.
        if let Some(format) = self.foresee(&mut response)? {
            begin(take, format, false)?;
            return take.forward(&mut response);
        }
        while let Some(piece) = response.read(READ_BYTES_MAX)? {
            self.push(&piece, take)?;
        }
        self.finish(take)
    }

    /// The format of a file that is not touched yet; none for all that has to be read.
    fn foresee(&self, response: &mut Response) -> Result<Option<AudioFormat>, Error> {
        let (mut known, mut maximum) = (0, LOOK_BYTES_MIN);
        while known < maximum {
            let start = response.peek(known, maximum)?;
            let seen = u32::try_from(start.len()).unwrap_or(u32::MAX);
            match sniff::sniff(&start, self.raw, seen <= known) {
                Sniffed::File(format) => return Ok(Some(format)),
                Sniffed::Short if seen > known => {
                    (known, maximum) = (seen, maximum.max(2 * seen).min(START_BYTES_MAX));
                }
                Sniffed::Short | Sniffed::Strange | Sniffed::Samples { .. } => break,
            }
        }
        Ok(None)
    }

    /// Takes the next piece, of any size.
    ///
    /// # Errors
    /// [`Error::Protocol`] for what is no audio, or is not of the take's format; [`Error::Stopped`]
    /// when nobody listens any more.
    pub fn push(&mut self, piece: &[u8], take: &mut Take) -> Result<(), Error> {
        if let State::Start(start) = &mut self.state {
            start.extend_from_slice(piece);
            return self.decide(take, false);
        }
        self.hand_on(piece, take)
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// [`Error::NoAudio`] when it held nothing at all, [`Error::Protocol`] when it ended before its
    /// header said it would, or within a sample, or was no audio.
    pub fn finish(mut self, take: &mut Take) -> Result<(), Error> {
        if let State::Start(start) = &self.state {
            if start.is_empty() {
                return Err(Error::NoAudio);
            }
            self.decide(take, true)?;
        }
        match self.state {
            State::Samples { left: Some(left @ 1..), .. } => {
                Err(Error::protocol(format!("audio ended before its time, bytes missing: {left}")))
            }
            State::Samples { partial, .. } if !partial.is_empty() => {
                Err(Error::protocol("audio ended within a sample"))
            }
            _ => Ok(()),
        }
    }

    /// Begins the take when the start says what the audio is.
    fn decide(&mut self, take: &mut Take, last: bool) -> Result<(), Error> {
        let State::Start(start) = &mut self.state else { return Ok(()) };
        let start = std::mem::take(start);
        match sniff::sniff(&start, self.raw, last) {
            Sniffed::Short if !last && start.len() < START_BYTES_MAX as usize => {
                self.state = State::Start(start);
                Ok(())
            }
            Sniffed::Short | Sniffed::Strange => Err(no_audio(&start)),
            Sniffed::File(format) => {
                begin(take, format, false)?;
                self.state = State::Whole;
                self.hand_on(&start, take)
            }
            Sniffed::Samples { format, at, length } => {
                begin(take, format, true)?;
                let frame_bytes = 2 * usize::from(format.channels);
                self.state = State::Samples { frame_bytes, partial: Vec::new(), left: length };
                self.hand_on(start.get(at..).unwrap_or_default(), take)
            }
        }
    }

    fn hand_on(&mut self, piece: &[u8], take: &mut Take) -> Result<(), Error> {
        let State::Samples { frame_bytes, partial, left } = &mut self.state else {
            return take.audio(piece);
        };
        // What follows the samples in a WAVE file is no audio.
        let wanted = usize::try_from(left.unwrap_or(u64::MAX)).unwrap_or(usize::MAX).min(piece.len());
        *left = left.map(|left| left - wanted as u64);
        partial.extend_from_slice(piece.get(..wanted).unwrap_or_default());
        let whole: Range<usize> = 0..partial.len() - partial.len() % *frame_bytes;
        let frames: Vec<u8> = partial.drain(whole).collect();
        take.audio(&frames)
    }
}

/// Begins the take, or goes on with it when this is a further part.
fn begin(take: &mut Take, format: AudioFormat, samples: bool) -> Result<(), Error> {
    match take.format() {
        None => take.begin(format),
        Some(first) if samples && first == format => Ok(()),
        Some(first) => Err(Error::protocol(format!(
            "parts of the take do not fit together: {} {} Hz, {} {} Hz",
            first.encoding, first.sample_rate, format.encoding, format.sample_rate
        ))),
    }
}

fn no_audio(start: &[u8]) -> Error {
    let quoted = String::from_utf8_lossy(start.get(..QUOTED_BYTES_MAX).unwrap_or(start)).trim().to_owned();
    Error::protocol(format!("answer is no audio: {quoted}"))
}

#[cfg(test)]
mod tests;
