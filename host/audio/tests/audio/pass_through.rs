//! Transcoding, and leaving alone what already fits.

use bytes::Bytes;
use understudy_audio::{Target, encode, transcode};
use understudy_speech::{AudioFormat, Encoding};

use crate::speech::{fixture, speech};

fn mp3() -> (Bytes, AudioFormat) {
    let encoded = encode(&speech(), &Target::new(Encoding::Mp3)).unwrap();
    (Bytes::from(encoded.bytes), encoded.format)
}

/// Whether MP3 at 16 kHz and 64 kbit/s is passed through for `target`.
fn check(target: Target, passes: bool) {
    let (bytes, format) = mp3();
    let done = transcode(bytes.clone(), format, &target).unwrap();
    assert_eq!(done.passed_through, passes, "{target:?}");
    assert_eq!(done.bytes.as_ptr() == bytes.as_ptr(), passes, "{target:?}");
    assert_eq!(done.format.encoding, target.encoding, "{target:?}");
    let off = done.duration.abs_diff(speech().duration()).as_millis();
    assert!(off <= 1, "{target:?}: off by {off} ms");
}

#[test]
fn audio_that_fits_is_the_same_allocation() {
    let mp3 = Target::new(Encoding::Mp3);
    check(mp3, true);
    check(Target { sample_rate: Some(16_000), ..mp3 }, true);
    check(Target { bit_rate: Some(64_000), ..mp3 }, true);
    check(Target { bit_rate: Some(128_000), ..mp3 }, true);
}

#[test]
fn audio_that_does_not_fit_is_encoded_again() {
    let mp3 = Target::new(Encoding::Mp3);
    check(Target { sample_rate: Some(24_000), ..mp3 }, false);
    check(Target { bit_rate: Some(32_000), ..mp3 }, false);
    check(Target::new(Encoding::Wav), false);
    check(Target::new(Encoding::OggOpus), false);
    check(Target::new(Encoding::Flac), false);
}

#[test]
fn the_bytes_are_believed_and_not_what_they_are_said_to_be() {
    let (bytes, _) = mp3();
    let done =
        transcode(bytes, AudioFormat::mono(Encoding::Wav, 8_000), &Target::new(Encoding::Mp3)).unwrap();
    assert!(done.passed_through);
    assert_eq!(done.format.sample_rate, 16_000);
}

#[test]
fn wave_is_handed_on_when_it_is_sixteen_bits_and_knows_its_length() {
    let wave = |bytes: Vec<u8>| {
        let source = AudioFormat::mono(Encoding::Wav, 16_000);
        transcode(bytes.into(), source, &Target::new(Encoding::Wav)).unwrap()
    };
    let plain = encode(&speech(), &Target::new(Encoding::Wav)).unwrap().bytes;
    assert!(wave(plain).passed_through);
    let streamed = wave(fixture("speech-streamed.wav"));
    assert!(!streamed.passed_through);
    // Twenty thousand samples of two bytes behind 44 of header.
    assert_eq!(streamed.bytes[40..44], 40_000_u32.to_le_bytes());
    assert!(!wave(fixture("speech-float.wav")).passed_through);
}

#[test]
fn opus_moves_from_webm_to_ogg() {
    let source = AudioFormat::mono(Encoding::WebmOpus, 48_000);
    let done =
        transcode(fixture("speech-opus.webm").into(), source, &Target::new(Encoding::OggOpus)).unwrap();
    assert_eq!(done.format.encoding, Encoding::OggOpus);
    assert!(done.duration.as_millis().abs_diff(1250) <= 20);
}
