//! What comes back from a provider, held to the contract and to its bounds.
//!
//! The sandbox checks a plugin's every push; these checks are the engine's own, because a provider
//! is a trait and the next implementation may be less careful. They cost a comparison an event.

use bytes::{Bytes, BytesMut};
use understudy_speech::{AudioFormat, Failure, TakeEvent, Word};

use crate::words::WordMarks;

/// Pieces smaller than this are put together as they come, so that a provider that sends a byte at
/// a time does not cost a pointer a byte.
const PIECE_BYTES_MIN: usize = 4096;

/// Holds one take's events to what the contract allows.
pub(crate) struct TakeRules {
    plugin: String,
    audio_bytes_max: usize,
    audio_bytes: usize,
    format: Option<AudioFormat>,
}

impl TakeRules {
    pub(crate) fn new(plugin: &str, audio_bytes_max: usize) -> Self {
        Self { plugin: plugin.to_owned(), audio_bytes_max, audio_bytes: 0, format: None }
    }

    /// Admits an event, or says which rule it breaks.
    pub(crate) fn admit(&mut self, event: &TakeEvent) -> Result<(), Failure> {
        match event {
            TakeEvent::Begin(_) if self.format.is_some() => Err(self.broken("it began the take twice")),
            TakeEvent::Begin(format) => {
                if !(8_000..=192_000).contains(&format.sample_rate) || !(1..=2).contains(&format.channels) {
                    let AudioFormat { sample_rate, channels, .. } = format;
                    return Err(self.broken(&format!(
                        "its format is impossible: {sample_rate} Hz, {channels} channels"
                    )));
                }
                self.format = Some(*format);
                Ok(())
            }
            TakeEvent::Audio(_) if self.format.is_none() => {
                Err(self.broken("it sent audio before its format"))
            }
            TakeEvent::Audio(audio) => {
                self.audio_bytes = self.audio_bytes.saturating_add(audio.len());
                if self.audio_bytes <= self.audio_bytes_max {
                    return Ok(());
                }
                let limit = u64::try_from(self.audio_bytes_max).unwrap_or(u64::MAX);
                Err(Failure::LimitExceeded { plugin: self.plugin.clone(), what: "bytes of audio", limit })
            }
            TakeEvent::Words(_) | TakeEvent::Line(_) => Ok(()),
        }
    }

    pub(crate) const fn format(&self) -> Option<AudioFormat> {
        self.format
    }

    pub(crate) const fn audio_bytes(&self) -> usize {
        self.audio_bytes
    }

    fn broken(&self, reason: &str) -> Failure {
        Failure::BrokenContract { plugin: self.plugin.clone(), reason: reason.to_owned() }
    }
}

/// A whole take in memory.
pub(crate) struct Recording<'text> {
    rules: TakeRules,
    pub(crate) audio: Pieces,
    pub(crate) words: Vec<Word>,
    marks: WordMarks<'text>,
}

impl<'text> Recording<'text> {
    pub(crate) fn new(plugin: &str, audio_bytes_max: usize, text: &'text str) -> Self {
        Self {
            rules: TakeRules::new(plugin, audio_bytes_max),
            audio: Pieces::default(),
            words: Vec::new(),
            marks: WordMarks::new(text),
        }
    }

    /// Takes an event down; returns what of it can be told to others.
    pub(crate) fn push(&mut self, event: TakeEvent) -> Result<TakeEvent, Failure> {
        self.rules.admit(&event)?;
        match event {
            TakeEvent::Audio(audio) => {
                self.audio.push(audio.clone());
                Ok(TakeEvent::Audio(audio))
            }
            TakeEvent::Words(words) => {
                let known = self.words.len();
                self.words.extend(self.marks.admit(words));
                Ok(TakeEvent::Words(self.words.get(known..).unwrap_or_default().to_vec()))
            }
            event @ (TakeEvent::Begin(_) | TakeEvent::Line(_)) => Ok(event),
        }
    }

    pub(crate) const fn format(&self) -> Option<AudioFormat> {
        self.rules.format()
    }
}

/// Bytes in pieces, joined at most once.
#[derive(Default)]
pub(crate) struct Pieces {
    whole: Vec<Bytes>,
    small: BytesMut,
    length: usize,
}

impl Pieces {
    pub(crate) fn push(&mut self, piece: Bytes) {
        self.length += piece.len();
        if piece.len() < PIECE_BYTES_MIN {
            self.small.extend_from_slice(&piece);
            return;
        }
        self.flush();
        self.whole.push(piece);
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.whole.push(self.small.split().freeze());
        }
    }

    /// All of it. A single piece is handed on as it is.
    pub(crate) fn join(mut self) -> Bytes {
        self.flush();
        if self.whole.len() == 1 {
            return self.whole.pop().unwrap_or_default();
        }
        let mut joined = Vec::with_capacity(self.length);
        for piece in self.whole {
            joined.extend_from_slice(&piece);
        }
        joined.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use understudy_speech::Encoding;

    use super::*;

    fn check(events: &[TakeEvent], expected: Option<&str>) {
        let mut rules = TakeRules::new("p", 10);
        let broken = events.iter().find_map(|event| rules.admit(event).err());
        assert_eq!(broken.map(|failure| failure.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_take_begins_once_with_a_possible_format_and_stays_in_bounds() {
        let begin = |rate| TakeEvent::Begin(AudioFormat::mono(Encoding::Wav, rate));
        let audio = |length| TakeEvent::Audio(Bytes::from(vec![0; length]));
        check(&[begin(16_000), audio(4), audio(6), TakeEvent::Words(Vec::new())], None);
        check(&[audio(1)], Some("plugin p broke the contract: it sent audio before its format"));
        check(&[begin(8_000), begin(8_000)], Some("plugin p broke the contract: it began the take twice"));
        check(
            &[begin(4_000)],
            Some("plugin p broke the contract: its format is impossible: 4000 Hz, 1 channels"),
        );
        check(&[begin(16_000), audio(4), audio(7)], Some("plugin p passed its limit of 10 bytes of audio"));
    }

    #[test]
    fn a_single_piece_is_not_copied() {
        let piece = Bytes::from(vec![7; PIECE_BYTES_MIN]);
        let mut pieces = Pieces::default();
        pieces.push(piece.clone());
        assert_eq!(pieces.join().as_ptr(), piece.as_ptr());
    }

    proptest! {
        #[test]
        fn joined_pieces_are_the_bytes_in_their_order(lengths in prop::collection::vec(0_usize..9000, 0..12)) {
            let mut pieces = Pieces::default();
            let mut expected = Vec::new();
            for (index, length) in lengths.into_iter().enumerate() {
                let piece = vec![u8::try_from(index).unwrap_or_default(); length];
                expected.extend_from_slice(&piece);
                pieces.push(piece.into());
            }
            prop_assert_eq!(pieces.join(), expected);
        }
    }
}
