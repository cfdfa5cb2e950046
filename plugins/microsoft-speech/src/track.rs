//! A take of several turns: their audio end to end, their words at the right time.
//!
//! The service counts a turn's word times from the start of that turn's audio. What lies before it
//! is what was really delivered, counted in bytes: exact for samples, and for MP3 of a constant bit
//! rate, whose frames all have one length. To add up the offsets of the last words, as some clients
//! do, drifts by the silence at the end of each turn.

use understudy_plugin::text::Aligner;
use understudy_plugin::{AudioFormat, Encoding, Error, Relay, Take, Word, ssml};

use crate::boundary::{Boundary, TICKS_PER_SECOND};

const TICKS_PER_MILLISECOND: u64 = TICKS_PER_SECOND / 1_000;
/// The service ends a turn after ten minutes of audio and says nothing of it. A little less counts
/// as that much, for its last frame may be short.
const TURN_TICKS_MAX: u64 = 599 * TICKS_PER_SECOND;

/// The turns of one take.
#[derive(Debug)]
pub struct Track<'text> {
    relay: Relay,
    words: Option<Words<'text>>,
    /// Bytes of all turns, and of those before this one.
    bytes: u64,
    bytes_before: u64,
    /// Where this turn begins.
    start_ticks: u64,
    /// Something of this turn was handed on.
    touched: bool,
}

impl<'text> Track<'text> {
    /// A track whose words are not wanted. All turns go through the one relay.
    #[must_use]
    pub fn new(relay: Relay) -> Self {
        Self { relay, words: None, bytes: 0, bytes_before: 0, start_ticks: 0, touched: false }
    }

    /// Marks words in this text.
    #[must_use]
    pub fn words_of(mut self, source: &'text str) -> Self {
        self.words = Some(Words { aligner: Aligner::new(source), placing: None, marked: false });
        self
    }

    /// Marks words in the document of this text.
    #[must_use]
    pub fn words_in(mut self, document: &'text ssml::Plain) -> Self {
        let aligner = Aligner::new(document.text());
        self.words = Some(Words { aligner, placing: Some(document.placing()), marked: false });
        self
    }

    /// Begins the next turn.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the length of the audio so far cannot be told.
    pub fn begin_turn(&mut self, take: &Take) -> Result<(), Error> {
        self.start_ticks = match (self.bytes, &self.words) {
            (0, _) | (_, None) => 0,
            _ => self.ticks(take).ok_or_else(|| Error::protocol("audio is of no known bit rate"))?,
        };
        self.bytes_before = self.bytes;
        self.touched = false;
        Ok(())
    }

    /// Hands a piece of audio on.
    ///
    /// # Errors
    /// As [`Relay::push`].
    pub fn audio(&mut self, piece: &[u8], take: &mut Take) -> Result<(), Error> {
        self.touched = true;
        self.bytes += piece.len() as u64;
        self.relay.push(piece, take)
    }

    /// Hands on the words that become certain by these.
    ///
    /// # Errors
    /// [`Error::Stopped`] when nobody listens any more.
    pub fn hear(&mut self, said: &[Boundary], take: &mut Take) -> Result<(), Error> {
        let Some(words) = &mut self.words else { return Ok(()) };
        self.touched = true;
        for Boundary { text, ticks } in said {
            let time = |ticks: u64| self.start_ticks.saturating_add(ticks) / TICKS_PER_MILLISECOND;
            words.aligner.hear(text, time(ticks.start)..time(ticks.end));
        }
        let certain = words.aligner.words();
        words.hand_on(certain, take)
    }

    /// True when words are to be marked.
    #[must_use]
    pub const fn wants_words(&self) -> bool {
        self.words.is_some()
    }

    /// True when nothing of this turn was handed on, so that it can be asked for again.
    #[must_use]
    pub const fn is_untouched(&self) -> bool {
        !self.touched
    }

    /// True when this turn has had audio.
    #[must_use]
    pub const fn has_audio(&self) -> bool {
        self.bytes > self.bytes_before
    }

    /// Refuses a turn that is as long as the service lets one be, for its end is missing.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check_end(&self, take: &Take) -> Result<(), Error> {
        let turn = take.format().and_then(|format| ticks_of(format, self.bytes - self.bytes_before));
        match turn {
            Some(TURN_TICKS_MAX..) => Err(Error::unsupported(
                "speech of more than ten minutes in a turn, which the service cuts off",
            )),
            _ => Ok(()),
        }
    }

    /// Ends the take, and says whether words of it were marked.
    ///
    /// # Errors
    /// As [`Relay::finish`]; [`Error::Stopped`] when nobody listens any more.
    pub fn finish(self, take: &mut Take) -> Result<bool, Error> {
        let audio_ms = self.ticks(take).map(|ticks| ticks / TICKS_PER_MILLISECOND);
        self.relay.finish(take)?;
        let Some(mut words) = self.words else { return Ok(false) };
        let aligner = std::mem::replace(&mut words.aligner, Aligner::new(""));
        words.hand_on(aligner.finish(audio_ms), take)?;
        let last = words.placing.as_mut().and_then(ssml::Placing::last);
        take.words(last.as_slice())?;
        Ok(words.marked || last.is_some())
    }

    /// How long all audio is.
    fn ticks(&self, take: &Take) -> Option<u64> {
        ticks_of(take.format()?, self.bytes)
    }
}

/// The time so many bytes take: of samples, or of a constant bit rate.
fn ticks_of(format: AudioFormat, bytes: u64) -> Option<u64> {
    let bits_a_second = match format.encoding {
        Encoding::PcmS16le => u64::from(format.sample_rate) * u64::from(format.channels) * 16,
        Encoding::Mp3 => u64::from(format.bit_rate?),
        _ => return None,
    };
    bytes.checked_mul(8 * TICKS_PER_SECOND)?.checked_div(bits_a_second)
}

/// Words on their way to the take.
#[derive(Debug)]
struct Words<'text> {
    aligner: Aligner<'text>,
    /// The way back into the document of the text, when it has one.
    placing: Option<ssml::Placing<'text>>,
    marked: bool,
}

impl Words<'_> {
    fn hand_on(&mut self, words: Vec<Word>, take: &mut Take) -> Result<(), Error> {
        let words = match &mut self.placing {
            Some(placing) => placing.put(words),
            None => words,
        };
        self.marked |= !words.is_empty();
        take.words(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: AudioFormat, bytes: u64, milliseconds: Option<u64>) {
        let found = ticks_of(format, bytes).map(|ticks| ticks / TICKS_PER_MILLISECOND);
        assert_eq!(found, milliseconds, "{bytes} bytes of {format:?}");
    }

    #[test]
    fn bytes_of_a_constant_rate_are_time() {
        let mp3 = AudioFormat::mono(Encoding::Mp3, 24_000).bit_rate(48_000);
        check(mp3, 144, Some(24));
        check(mp3, 144 * 1_000_000, Some(24_000_000));
        check(AudioFormat::mono(Encoding::Mp3, 24_000), 144, None);
        check(AudioFormat::mono(Encoding::PcmS16le, 24_000), 48_000, Some(1_000));
        check(AudioFormat::mono(Encoding::PcmS16le, 22_050).stereo(), 88_200, Some(1_000));
        check(AudioFormat::mono(Encoding::OggOpus, 48_000).bit_rate(32_000), 144, None);
    }
}
