//! The walk: format, exact duration, truncation.

use std::time::Duration;

use understudy_audio::{AudioError, ENCODABLE, Target, decode, encode, inspect, sniff};
use understudy_speech::{AudioFormat, Encoding};

use crate::speech::{fixture, signal_to_noise, speech};

/// Every fixture, what it is, and its rate and channels.
const FIXTURES: [(&str, Encoding, u32, u8); 7] = [
    ("speech-vorbis.ogg", Encoding::OggVorbis, 16_000, 1),
    ("speech-opus.webm", Encoding::WebmOpus, 48_000, 1),
    ("speech-opus-live.webm", Encoding::WebmOpus, 48_000, 1),
    ("speech-vbr.mp3", Encoding::Mp3, 16_000, 1),
    ("speech-float.wav", Encoding::Wav, 16_000, 1),
    ("speech-streamed.wav", Encoding::Wav, 16_000, 1),
    ("speech.flac", Encoding::Flac, 16_000, 1),
];

#[test]
fn files_of_other_programs_are_sniffed_walked_and_decoded() {
    for (name, encoding, sample_rate, channels) in FIXTURES {
        let bytes = fixture(name);
        assert_eq!(sniff(&bytes), Some(encoding), "{name}");
        let walked = inspect(&bytes, None).unwrap();
        assert_eq!((walked.format.sample_rate, walked.format.channels), (sample_rate, channels), "{name}");
        assert!(!walked.truncated, "{name}");
        let off = walked.duration.abs_diff(Duration::from_millis(1250)).as_millis();
        assert!(off <= 1, "{name}: walk is off by {off} ms");
        let heard = decode(&bytes, None).unwrap();
        let off = heard.duration().abs_diff(walked.duration).as_millis();
        assert!(off <= 20, "{name}: decoder is off by {off} ms");
        let ratio =
            signal_to_noise(&decode(&fixture("speech-streamed.wav"), None).unwrap(), &heard.to_mono(), 0);
        assert!(ratio > 8.0, "{name}: {ratio:.1} dB");
    }
}

#[test]
fn a_file_cut_anywhere_in_its_audio_is_truncated() {
    let cut = |label: &str, bytes: &[u8], raw| {
        let whole = inspect(bytes, raw).unwrap();
        for tenth in 3..10 {
            // An odd count: PCM has no other way to show it.
            let end = (bytes.len() * tenth / 10) | 1;
            // A file of one Ogg page holds nothing until the page is there.
            let Ok(part) =
                inspect(&bytes[..end], raw).inspect_err(|error| assert_eq!(*error, AudioError::Empty))
            else {
                continue;
            };
            assert!(part.truncated, "{label} cut at {tenth} tenths");
            assert!(part.duration < whole.duration, "{label} cut at {tenth} tenths: {:?}", part.duration);
        }
        let last = inspect(&bytes[..bytes.len() - 1], raw);
        assert!(last.map_or(true, |last| last.truncated), "{label} without its last byte");
    };
    for encoding in ENCODABLE {
        let encoded = encode(&speech(), &Target::new(*encoding)).unwrap();
        cut(encoding.name(), &encoded.bytes, Some(encoded.format));
    }
    for name in ["speech-vorbis.ogg", "speech-opus.webm", "speech-vbr.mp3", "speech.flac"] {
        cut(name, &fixture(name), None);
    }
}

#[test]
fn a_cut_at_a_frame_border_is_found_where_the_format_counts_frames() {
    let mp3 = encode(&speech(), &Target::new(Encoding::Mp3)).unwrap().bytes;
    // 64 kbit/s at 16 kHz: 288 bytes a frame, no padding.
    let cut = inspect(&mp3[..mp3.len() - 2 * 288], None).unwrap();
    assert!(cut.truncated);
    let opus = encode(&speech(), &Target::new(Encoding::OggOpus)).unwrap().bytes;
    let last_page = opus.windows(4).rposition(|window| window == b"OggS").unwrap();
    assert!(inspect(&opus[..last_page], None).unwrap().truncated);
}

#[test]
fn tags_around_mp3_are_no_audio() {
    let mp3 = encode(&speech(), &Target::new(Encoding::Mp3)).unwrap().bytes;
    let plain = inspect(&mp3, None).unwrap();
    let mut tagged = b"ID3\x04\0\0\0\0\x02\x01".to_vec();
    tagged.extend([0; 257]);
    tagged.extend(&mp3);
    tagged.extend(b"TAG");
    tagged.extend([b' '; 125]);
    assert_eq!(sniff(&tagged), Some(Encoding::Mp3));
    assert_eq!(inspect(&tagged, None).unwrap(), plain);
}

#[test]
fn joined_mp3_and_joined_opus_last_as_long_as_their_parts() {
    for encoding in [Encoding::Mp3, Encoding::OggOpus] {
        let one = encode(&speech(), &Target::new(encoding)).unwrap().bytes;
        let two = inspect(&[one.clone(), one].concat(), None).unwrap();
        let off = two.duration.abs_diff(2 * speech().duration()).as_millis();
        // The second MP3's tag and delay are played.
        assert!(off <= 150, "{encoding}: off by {off} ms");
        assert!(!two.truncated, "{encoding}");
    }
}

#[test]
fn what_is_no_audio_is_refused_by_what_it_is() {
    let check = |bytes: &[u8], expected: &str| {
        assert_eq!(inspect(bytes, None).unwrap_err().code(), expected, "{bytes:?}");
        assert_eq!(decode(bytes, None).unwrap_err().code(), expected, "{bytes:?}");
    };
    check(b"", "audio_empty");
    check(b"{\"error\": \"quota\"}", "audio_unrecognised");
    check(b"<html>", "audio_unrecognised");
    check(b"RIFF\0\0\0\0WAVE", "audio_malformed");
    check(b"RIFF\0\0\0\0AVI LIST", "audio_unrecognised");
    let wav = encode(&speech(), &Target::new(Encoding::Wav)).unwrap().bytes;
    check(&wav[..44], "audio_empty");
}

#[test]
fn pcm_is_what_the_caller_says_it_is() {
    let format = AudioFormat { channels: 2, ..AudioFormat::mono(Encoding::PcmS16le, 8_000) };
    let walked = inspect(&[0; 32_002], Some(format)).unwrap();
    assert_eq!(walked.duration, Duration::from_secs(1));
    assert!(walked.truncated);
    assert_eq!(inspect(&[0; 3], Some(format)).unwrap_err(), AudioError::Empty);
    let three = AudioFormat { channels: 3, ..format };
    assert_eq!(inspect(&[0; 32], Some(three)).unwrap_err(), AudioError::Channels(3));
}

#[test]
fn a_rate_that_nothing_can_be_made_of_is_refused_where_the_file_is_read() {
    let plain = encode(&speech(), &Target::new(Encoding::Wav)).unwrap().bytes;
    let at = |rate: u32| {
        let mut wav = plain.clone();
        wav[24..28].copy_from_slice(&rate.to_le_bytes());
        inspect(&wav, None).map(|walked| walked.format.sample_rate).map_err(|error| error.code())
    };
    for rate in [1, 4_000, 7_999, 192_001, 384_000, u32::MAX] {
        assert_eq!(at(rate), Err("audio_unsupported"), "{rate}");
    }
    for rate in [8_000, 192_000] {
        assert_eq!(at(rate), Ok(rate));
    }
}

#[test]
fn a_wave_that_was_streamed_is_decoded_whole_whatever_its_samples_are() {
    let floats = fixture("speech-float.wav");
    let data = floats.windows(4).position(|name| name == b"data").unwrap() + 8;
    let said = decode(&floats, None).unwrap();
    let length = u32::try_from(floats.len() - data).unwrap();
    let sizes =
        [(0, 0), (u32::MAX, u32::MAX), (0x7fff_ffff, 0x7fff_ffff), (0, u32::MAX), (36, 0), (36, length)];
    for (riff, size) in sizes {
        let mut streamed = floats.clone();
        streamed[4..8].copy_from_slice(&u32::to_le_bytes(riff));
        streamed[data - 4..data].copy_from_slice(&u32::to_le_bytes(size));
        assert_eq!(inspect(&streamed, None).unwrap().duration, said.duration(), "{size:#x}");
        let heard = decode(&streamed, None).unwrap();
        assert_eq!(heard.samples.len(), said.samples.len(), "{riff:#x}, {size:#x}");
    }
}
