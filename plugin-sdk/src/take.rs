//! Where a plugin pushes the audio of the call it is in.

use crate::http::Response;
use crate::{AudioFormat, Error, LineMark, Summary, Word, host};

/// The greatest piece of audio that crosses into the host at once.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// The take of the call a plugin is in.
///
/// Begin it once, then push audio and marks as they come, however small: the host bundles them,
/// and back-pressure is its business, so a call returns when there is room again. When the
/// listener has left, every method returns [`Error::Stopped`]; hand it on with `?`.
///
/// ```
/// use understudy_plugin::{AudioFormat, Encoding, Error, Summary, Take, Word};
///
/// fn speak(take: &mut Take) -> Result<Summary, Error> {
///     take.begin(AudioFormat::mono(Encoding::PcmS16le, 16_000))?;
///     take.words(&[Word::new(0..5, 0..100)])?;
///     take.samples(&[0; 1_600])?;
///     take.summary()
/// }
/// ```
#[derive(Debug, Default)]
pub struct Take {
    format: Option<AudioFormat>,
    bytes: u64,
}

impl Take {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Says what the audio is. Once, before the first audio.
    ///
    /// # Errors
    /// [`Error::Protocol`] the second time.
    pub fn begin(&mut self, format: AudioFormat) -> Result<(), Error> {
        if self.format.is_some() {
            return Err(Error::protocol("the take was begun twice"));
        }
        self.format = Some(format);
        host::begin(format);
        Ok(())
    }

    /// Pushes a piece of audio of any size. An empty piece is nothing.
    ///
    /// # Errors
    /// [`Error::Stopped`] when nobody listens any more; [`Error::Protocol`] before
    /// [`Take::begin`].
    pub fn audio(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.format.is_none() {
            return Err(Error::protocol("audio was sent before the take began"));
        }
        for chunk in bytes.chunks(CHUNK_BYTES_MAX) {
            heard(host::audio(chunk))?;
            self.bytes += chunk.len() as u64;
        }
        Ok(())
    }

    /// Pushes the rest of a response's body, as it comes, without taking it through the plugin's memory:
    /// a read and [`Take::audio`] in one, for half the cost. [`Relay::body`](crate::Relay::body) looks
    /// at the start of the audio first, which most services deserve.
    ///
    /// # Errors
    /// As [`Take::audio`], or why the body broke off.
    pub fn forward(&mut self, response: &mut Response) -> Result<(), Error> {
        if self.format.is_none() {
            return Err(Error::protocol("audio was sent before the take began"));
        }
        match response.forward()? {
            Some(bytes) => self.bytes += bytes,
            None => return Err(Error::Stopped),
        }
        Ok(())
    }

    /// Pushes signed 16-bit samples, channels interleaved, as [`PcmS16le`] bytes.
    ///
    /// # Errors
    /// As [`Take::audio`].
    ///
    /// [`PcmS16le`]: crate::Encoding::PcmS16le
    pub fn samples(&mut self, samples: &[i16]) -> Result<(), Error> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.audio(&bytes)
    }

    /// Pushes word marks, in order. They may come before, between or after the audio they describe.
    ///
    /// # Errors
    /// [`Error::Stopped`] when nobody listens any more.
    pub fn words(&mut self, words: &[Word]) -> Result<(), Error> {
        if words.is_empty() { Ok(()) } else { heard(host::words(words)) }
    }

    /// Pushes the mark of a finished line of a conversation.
    ///
    /// # Errors
    /// [`Error::Stopped`] when nobody listens any more.
    pub fn line(&mut self, mark: LineMark) -> Result<(), Error> {
        heard(host::line(mark))
    }

    /// Asks whether anybody still listens: for a plugin that waits long before it has anything to
    /// push, so that it can take its order back.
    ///
    /// # Errors
    /// [`Error::Stopped`] when nobody listens any more.
    pub fn heard(&self) -> Result<(), Error> {
        heard(host::words(&[]))
    }

    /// The format the take was begun with.
    #[must_use]
    pub const fn format(&self) -> Option<AudioFormat> {
        self.format
    }

    /// Bytes of audio pushed so far.
    #[must_use]
    pub const fn audio_bytes(&self) -> u64 {
        self.bytes
    }

    /// Milliseconds of audio pushed so far, rounded down: where the next piece's first word
    /// begins. None when the take was not begun as raw PCM.
    #[must_use]
    pub fn audio_ms(&self) -> Option<u64> {
        self.format?.milliseconds_of(self.bytes)
    }

    /// A summary of what was pushed, to be completed and returned.
    ///
    /// # Errors
    /// [`Error::NoAudio`] when nothing was.
    pub fn summary(&self) -> Result<Summary, Error> {
        match self.format {
            Some(format) if self.bytes > 0 => Ok(Summary::new(format)),
            _ => Err(Error::NoAudio),
        }
    }
}

fn heard(listening: bool) -> Result<(), Error> {
    if listening { Ok(()) } else { Err(Error::Stopped) }
}
