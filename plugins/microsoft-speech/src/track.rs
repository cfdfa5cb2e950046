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
        self.words = Some(Words { aligner: Aligner::new(source), place: Place::Text, marked: false });
        self
    }

    /// Marks words in the document of this text.
    #[must_use]
    pub fn words_in(mut self, document: &'text ssml::Plain) -> Self {
        let aligner = Aligner::new(document.text());
        self.words =
            Some(Words { aligner, place: Place::Document { document, pending: None }, marked: false });
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
        let Some(Words { aligner, mut place, mut marked }) = self.words else { return Ok(false) };
        let mut rest = place.put(aligner.finish(audio_ms));
        rest.extend(place.last());
        marked |= !rest.is_empty();
        take.words(&rest)?;
        Ok(marked)
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
    place: Place<'text>,
    marked: bool,
}

impl Words<'_> {
    fn hand_on(&mut self, words: Vec<Word>, take: &mut Take) -> Result<(), Error> {
        let words = self.place.put(words);
        self.marked |= !words.is_empty();
        take.words(&words)
    }
}

/// Where the caller looks for words.
#[derive(Debug)]
enum Place<'text> {
    /// In the text that was spoken.
    Text,
    /// In the document it stands in. The words of an alias all have its place, so they become one
    /// mark, which is held back until the next has another place.
    Document { document: &'text ssml::Plain, pending: Option<Word> },
}

impl Place<'_> {
    fn put(&mut self, words: Vec<Word>) -> Vec<Word> {
        let Self::Document { document, pending } = self else { return words };
        let mut placed = Vec::new();
        for word in words {
            let Some(span) = document.document_span(word.span()) else { continue };
            let word = Word::new(span, word.start_ms.into()..word.end_ms.into());
            match pending {
                Some(before) if word.start_byte < before.end_byte => {
                    before.end_byte = before.end_byte.max(word.end_byte);
                    before.end_ms = before.end_ms.max(word.end_ms);
                }
                _ => placed.extend(pending.replace(word)),
            }
        }
        placed
    }

    fn last(&mut self) -> Option<Word> {
        match self {
            Self::Text => None,
            Self::Document { pending, .. } => pending.take(),
        }
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

    #[test]
    fn words_of_an_alias_are_one_mark_of_the_document() {
        let document = r#"<speak>I like <sub alias="world wide web">WWW</sub> a lot</speak>"#;
        let plain = ssml::plain(document).unwrap();
        let mut place = Place::Document { document: &plain, pending: None };
        let words = understudy_plugin::text::words(plain.text());
        let timed = |(index, word): (u64, &understudy_plugin::text::Piece<'_>)| {
            Word::new(word.range(), index * 100..index * 100 + 100)
        };
        let mut placed = place.put((0..).zip(&words).map(timed).collect());
        placed.extend(place.last());
        let shown: Vec<_> =
            placed.iter().map(|word| (word.in_text(document).unwrap(), word.start_ms, word.end_ms)).collect();
        assert_eq!(
            shown,
            [("I", 0, 100), ("like", 100, 200), ("WWW", 200, 500), ("a", 500, 600), ("lot", 600, 700)]
        );
    }
}
