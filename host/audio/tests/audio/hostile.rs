//! Bytes from outside: nothing panics, nothing runs without end, nothing allocates without bound.

use proptest::prelude::*;
use understudy_audio::{AudioError, Pcm, Target, decode, decode_within, encode, inspect, sniff, survey};
use understudy_speech::Encoding;

use crate::speech::{fixture, speech};

/// The decode limit of these tests: half a minute at 48 kHz.
const SAMPLES_MAX: usize = 30 * 48_000;

fn survive(bytes: &[u8]) {
    if let Ok(seen) = survey(bytes, None) {
        assert_eq!(inspect(bytes, None), Ok(seen.inspection));
        let share = seen.levels.map_or(0.0, |levels| levels.silent_share);
        assert!((0.0..=1.0).contains(&share), "{share}");
    }
    let _ = sniff(bytes);
    let _ = inspect(bytes, None);
    if let Ok(pcm) = decode_within(bytes, None, SAMPLES_MAX) {
        assert!(pcm.samples.len() <= SAMPLES_MAX);
    }
}

/// A real file of every encoding that is read, a second long.
fn files() -> Vec<Vec<u8>> {
    let samples = speech().samples.into_iter().take(16_000).collect();
    let second = Pcm { samples, ..speech() };
    let own = [Encoding::Wav, Encoding::Mp3, Encoding::Flac, Encoding::OggOpus, Encoding::Aac];
    let own = own.map(|encoding| encode(&second, &Target::new(encoding)).unwrap().bytes);
    let others = ["speech-vorbis.ogg", "speech-opus.webm", "speech-vbr.mp3", "speech-float.wav"];
    own.into_iter().chain(others.map(fixture)).collect()
}

/// Beginnings that get past the sniffing.
const SIGNATURES: [&[u8]; 9] = [
    b"",
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0",
    b"fLaC\0\0\0\x22",
    b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01",
    b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis\0\0\0\0",
    b"\x1a\x45\xdf\xa3\x84webm\x86\x86A_OPUS",
    b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
    b"\xff\xf3\x48\xc4",
    b"\xff\xf1\x50\x40\x01\x7f\xfc",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(
        signature in prop::sample::select(&SIGNATURES[..]),
        noise in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        survive(&[signature, &noise].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_never_panic(
        file in prop::sample::select(files()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        near_the_front in any::<bool>(),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = file;
        let reach = if near_the_front { bytes.len().min(200) } else { bytes.len() };
        for (place, byte) in changes {
            bytes[place.index(reach)] = byte;
        }
        survive(&bytes);
        bytes.truncate(keep.index(bytes.len()));
        survive(&bytes);
    }
}

#[test]
fn a_decode_stops_at_its_limit() {
    let silence = Pcm { sample_rate: 16_000, channels: 1, samples: vec![0.0; 160_000] };
    for encoding in [Encoding::Wav, Encoding::Mp3, Encoding::Flac, Encoding::OggOpus, Encoding::Aac] {
        let bytes = encode(&silence, &Target::new(encoding)).unwrap().bytes;
        let error = decode_within(&bytes, None, 100_000).unwrap_err();
        assert_eq!(error, AudioError::TooLong { samples_max: 100_000 }, "{encoding}");
    }
}

#[test]
fn a_damaged_middle_costs_the_middle() {
    for encoding in [Encoding::Mp3, Encoding::Aac, Encoding::OggOpus] {
        let mut bytes = encode(&speech(), &Target::new(encoding)).unwrap().bytes;
        let middle = bytes.len() / 2;
        bytes[middle..middle + 40].fill(0xaa);
        let heard = decode(&bytes, None).unwrap();
        assert!(heard.duration() > speech().duration() / 3, "{encoding}: {:?}", heard.duration());
    }
}

#[test]
fn positions_past_all_time_are_no_duration() {
    let mut opus = encode(&speech(), &Target::new(Encoding::OggOpus)).unwrap().bytes;
    opus.extend(opus.clone());
    let pages: Vec<usize> =
        opus.windows(4).enumerate().filter(|(_, four)| *four == b"OggS").map(|(at, _)| at).collect();
    for page in pages {
        opus[page + 6..page + 14].copy_from_slice(&(u64::MAX - 1).to_le_bytes());
    }
    assert_eq!(inspect(&opus, None).unwrap_err(), AudioError::Empty);
    survive(&opus);
}
