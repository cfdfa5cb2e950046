//! Encoding in pieces.

use proptest::prelude::*;
use understudy_audio::{ENCODABLE, StreamEncoder, Target, decode, inspect};
use understudy_speech::Encoding;

use crate::speech::{signal_to_noise, speech};

/// Encodes `s16le` in pieces that begin at each of `cuts`.
fn streamed(s16le: &[u8], sample_rate: u32, channels: u8, target: &Target, cuts: &[usize]) -> Vec<u8> {
    let mut encoder = StreamEncoder::new(sample_rate, channels, target).unwrap();
    let mut bytes = Vec::new();
    let mut begin = 0;
    for cut in cuts.iter().copied().chain([s16le.len()]) {
        let end = cut.clamp(begin, s16le.len());
        bytes.extend(encoder.push(&s16le[begin..end]).unwrap());
        begin = end;
    }
    bytes.extend(encoder.finish().unwrap());
    bytes
}

#[test]
fn a_stream_of_every_encoding_is_heard_whole() {
    let s16le = speech().to_s16le();
    for encoding in ENCODABLE {
        let target = Target::new(*encoding);
        let cuts: Vec<usize> = (0..s16le.len()).step_by(999).collect();
        let bytes = streamed(&s16le, 16_000, 1, &target, &cuts);
        let format = StreamEncoder::new(16_000, 1, &target).unwrap().format();
        let walked = inspect(&bytes, Some(format)).unwrap();
        assert!(!walked.truncated, "{encoding}");
        assert_eq!(walked.format.sample_rate, format.sample_rate, "{encoding}");
        let heard = decode(&bytes, Some(format)).unwrap();
        let off = heard.duration().abs_diff(speech().duration()).as_millis();
        // Nothing tells a player of streamed MP3 how much of its ends is silence: 1105 + 576 samples.
        assert!(off <= if *encoding == Encoding::Mp3 { 110 } else { 50 }, "{encoding}: off by {off} ms");
        let delay = match encoding {
            Encoding::Mp3 => 528 + 529,
            Encoding::Aac => 372,
            _ => 0,
        };
        let ratio = signal_to_noise(&speech(), &heard, delay);
        assert!(ratio > 10.0, "{encoding}: {ratio:.1} dB");
    }
}

#[test]
fn audio_comes_out_before_the_end_goes_in() {
    let s16le = speech().to_s16le();
    let half = s16le.len() / 2;
    for encoding in ENCODABLE.iter().filter(|encoding| **encoding != Encoding::Aac) {
        let mut encoder = StreamEncoder::new(16_000, 1, &Target::new(*encoding)).unwrap();
        let early = encoder.push(&s16le[..half]).unwrap().len();
        let late = encoder.push(&s16le[half..]).unwrap().len() + encoder.finish().unwrap().len();
        assert!(early * 2 > late, "{encoding}: {early} bytes, then {late}");
    }
}

#[test]
fn a_streamed_wave_says_that_its_end_is_unknown() {
    let bytes = streamed(&[0; 64], 24_000, 1, &Target::new(Encoding::Wav), &[]);
    assert_eq!(&bytes[4..8], [0xff; 4]);
    assert_eq!(&bytes[40..44], [0xff; 4]);
    assert_eq!(bytes.len(), 44 + 64);
}

#[test]
fn a_stream_without_samples_ends_without_an_error() {
    for encoding in ENCODABLE {
        streamed(&[], 16_000, 1, &Target::new(*encoding), &[]);
        streamed(&[7], 22_050, 2, &Target::new(*encoding), &[0, 1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn how_a_stream_is_split_changes_no_byte(
        encoding in prop::sample::select(ENCODABLE),
        channels in 1..=2_u8,
        sample_rate in prop::sample::select(vec![16_000_u32, 22_050, 24_000]),
        resampled in any::<bool>(),
        mut cuts in prop::collection::vec(0..20_001_usize, 0..12),
    ) {
        let s16le = &speech().to_s16le()[16_000..36_001];
        let target = Target { sample_rate: resampled.then_some(32_000), ..Target::new(encoding) };
        cuts.sort_unstable();
        let whole = streamed(s16le, sample_rate, channels, &target, &[]);
        prop_assert_eq!(whole, streamed(s16le, sample_rate, channels, &target, &cuts));
    }
}

#[test]
fn an_encoder_moves_between_threads() {
    const fn is_send<T: Send>() {}
    is_send::<StreamEncoder>();
}
