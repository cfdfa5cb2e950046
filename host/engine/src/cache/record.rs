//! What the index says of one take, as bytes.
//!
//! postcard is compact and has no field names, so a record begins with its version: a record of a
//! version that is not ours is damage and is thrown away, never guessed at. Word marks are kept as
//! differences, about six bytes a word instead of sixteen: a long text has ten thousand of them.
//! JSON inside a character's settings stays JSON, because postcard cannot tell what it reads.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use understudy_speech::{AudioFormat, Encoding, Word, WordTimes};

use super::take::TakeNotes;
use crate::wall_clock::milliseconds;

const VERSION: u8 = 1;

/// One line of the index.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) notes: TakeNotes,
}

/// Where a take is and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) provider: String,
    pub(super) digest: [u8; 32],
    /// Bytes of audio.
    pub(super) length: u64,
    pub(super) stored_at_ms: u64,
    pub(super) expires_at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Written {
    place: Place,
    encoding: String,
    sample_rate: u32,
    channels: u8,
    bit_rate: Option<u32>,
    duration_us: u64,
    words: Vec<i64>,
    native_times: Option<bool>,
    character: Option<String>,
    emotion_score: Option<f32>,
    quality: Option<f32>,
    heard: bool,
    voice: Option<String>,
    plugin_version: String,
    request_id: String,
    provider_request_id: Option<String>,
    characters_billed: Option<u32>,
    synthesis_ms: u64,
}

impl Record {
    pub(super) fn encode(&self) -> Result<Vec<u8>, String> {
        let Self { place, notes } = self;
        let character = notes.character.as_ref().map(serde_json::to_string).transpose();
        let written = Written {
            place: place.clone(),
            encoding: notes.format.encoding.name().to_owned(),
            sample_rate: notes.format.sample_rate,
            channels: notes.format.channels,
            bit_rate: notes.format.bit_rate,
            duration_us: u64::try_from(notes.duration.as_micros()).unwrap_or(u64::MAX),
            words: pack(&notes.words),
            native_times: notes.word_times.map(|times| times == WordTimes::Native),
            character: character.map_err(|error| error.to_string())?,
            emotion_score: notes.emotion_score,
            quality: notes.quality,
            heard: notes.heard,
            voice: notes.voice.clone(),
            plugin_version: notes.plugin_version.clone(),
            request_id: notes.request_id.clone(),
            provider_request_id: notes.provider_request_id.clone(),
            characters_billed: notes.characters_billed,
            synthesis_ms: milliseconds(notes.synthesis_time),
        };
        postcard::to_extend(&written, vec![VERSION]).map_err(|error| error.to_string())
    }

    /// The record, or nothing when the bytes are not one.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let written: Written = postcard::from_bytes(bytes.strip_prefix(&[VERSION])?).ok()?;
        let notes = TakeNotes {
            format: AudioFormat {
                encoding: written.encoding.parse::<Encoding>().ok()?,
                sample_rate: written.sample_rate,
                channels: written.channels,
                bit_rate: written.bit_rate,
            },
            duration: Duration::from_micros(written.duration_us),
            words: unpack(&written.words)?,
            word_times: written
                .native_times
                .map(|native| if native { WordTimes::Native } else { WordTimes::Estimated }),
            character: written.character.map(|text| serde_json::from_str(&text)).transpose().ok()?,
            emotion_score: written.emotion_score,
            quality: written.quality,
            heard: written.heard,
            voice: written.voice,
            plugin_version: written.plugin_version,
            request_id: written.request_id,
            provider_request_id: written.provider_request_id,
            characters_billed: written.characters_billed,
            synthesis_time: Duration::from_millis(written.synthesis_ms),
        };
        Some(Self { place: written.place, notes })
    }
}

/// Four numbers a word: its gap to the word before, its length, the same in time.
fn pack(words: &[Word]) -> Vec<i64> {
    let mut packed = Vec::with_capacity(words.len() * 4);
    let (mut byte, mut time) = (0, 0);
    for word in words {
        let [start_byte, end_byte, start_ms, end_ms] =
            [word.start_byte, word.end_byte, word.start_ms, word.end_ms].map(i64::from);
        packed.extend([start_byte - byte, end_byte - start_byte, start_ms - time, end_ms - start_ms]);
        (byte, time) = (end_byte, end_ms);
    }
    packed
}

fn unpack(packed: &[i64]) -> Option<Vec<Word>> {
    let (words, []) = packed.as_chunks::<4>() else { return None };
    let (mut byte, mut time) = (0_i64, 0_i64);
    let unpacked = words.iter().map(|[byte_gap, byte_length, time_gap, time_length]| {
        let (start_byte, start_ms) = (byte.checked_add(*byte_gap)?, time.checked_add(*time_gap)?);
        byte = start_byte.checked_add(*byte_length)?;
        time = start_ms.checked_add(*time_length)?;
        Some(Word {
            start_byte: start_byte.try_into().ok()?,
            end_byte: byte.try_into().ok()?,
            start_ms: start_ms.try_into().ok()?,
            end_ms: time.try_into().ok()?,
        })
    });
    unpacked.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use understudy_speech::Character;

    use super::*;

    fn record() -> Record {
        let format = AudioFormat { bit_rate: Some(48_000), ..AudioFormat::mono(Encoding::Mp3, 24_000) };
        let character = Character {
            id: "amy".to_owned(),
            name: "Amy".to_owned(),
            description: None,
            traits: vec!["calm".to_owned()],
            emotions: Vec::new(),
            languages: Vec::new(),
            gender: None,
            age: None,
            avatar_url: None,
            voice_settings: Some(serde_json::json!({ "speed": 1.5, "tags": ["a", null] })),
        };
        let notes = TakeNotes {
            words: vec![Word { start_byte: 3, end_byte: 9, start_ms: 20, end_ms: 400 }],
            word_times: Some(WordTimes::Estimated),
            character: Some(character),
            emotion_score: Some(0.5),
            heard: true,
            voice: Some("jenny".to_owned()),
            plugin_version: "1.2.3".to_owned(),
            synthesis_time: Duration::from_millis(77),
            ..TakeNotes::new(format, Duration::from_micros(1_234_567))
        };
        let place = Place {
            provider: "azure".to_owned(),
            digest: [9; 32],
            length: 100_000,
            stored_at_ms: 1,
            expires_at_ms: u64::MAX,
        };
        Record { place, notes }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        assert_eq!(Record::decode(&record().encode().unwrap()), Some(record()));
    }

    #[test]
    fn a_record_of_another_version_or_cut_short_is_none() {
        let mut bytes = record().encode().unwrap();
        assert_eq!(Record::decode(&bytes[..bytes.len() - 1]), None);
        bytes[0] = VERSION + 1;
        assert_eq!(Record::decode(&bytes), None);
        assert_eq!(Record::decode(&[]), None);
    }

    proptest! {
        #[test]
        fn words_are_packed_without_loss(words in prop::collection::vec(any::<[u32; 4]>(), 0..9)) {
            let words: Vec<_> = words
                .into_iter()
                .map(|[start_byte, end_byte, start_ms, end_ms]| Word { start_byte, end_byte, start_ms, end_ms })
                .collect();
            prop_assert_eq!(unpack(&pack(&words)), Some(words));
        }

        #[test]
        fn no_bytes_at_all_make_a_record_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Record::decode(&bytes);
            Record::decode(&[&[VERSION], &bytes[..]].concat());
        }
    }
}
