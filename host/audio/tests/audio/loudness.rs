//! What the walk hears without decoding, against what a decoder hears.

use std::time::Duration;

use understudy_audio::{Levels, Pcm, Target, decode, encode, measure, survey};
use understudy_speech::{AudioFormat, Encoding};

use crate::speech::{fixture, speech, speech_at};

/// The levels the walk sees in `pcm` as `encoding`.
fn heard(pcm: &Pcm, encoding: Encoding, bit_rate: Option<u32>) -> Option<Levels> {
    let encoded = encode(pcm, &Target { bit_rate, ..Target::new(encoding) }).unwrap();
    survey(&encoded.bytes, Some(encoded.format)).unwrap().levels
}

fn louder(pcm: &Pcm, decibels: f32) -> Pcm {
    let gain = 10_f32.powf(decibels / 20.0);
    Pcm { samples: pcm.samples.iter().map(|sample| sample * gain).collect(), ..pcm.clone() }
}

fn silence(pcm: &Pcm) -> Pcm {
    Pcm { samples: vec![0.0; pcm.samples.len()], ..pcm.clone() }
}

/// White noise with a fixed seed, peaks at `amplitude`.
fn noise(pcm: &Pcm, amplitude: f32) -> Pcm {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32 * amplitude
    };
    Pcm { samples: pcm.samples.iter().map(|_| next()).collect(), ..pcm.clone() }
}

#[test]
fn samples_in_the_open_are_measured_as_a_decoder_would() {
    for (rate, channels) in [(16_000, 1), (22_050, 2), (48_000, 1)] {
        let pcm = speech_at(rate, channels);
        for encoding in [Encoding::PcmS16le, Encoding::Wav] {
            let encoded = encode(&pcm, &Target::new(encoding)).unwrap();
            let walked = survey(&encoded.bytes, Some(encoded.format)).unwrap().levels.unwrap();
            let decoded = measure(&decode(&encoded.bytes, Some(encoded.format)).unwrap()).levels;
            assert!(!walked.estimated);
            assert!((walked.loudest_dbfs - decoded.loudest_dbfs).abs() < 0.01, "{walked:?} {decoded:?}");
            assert_eq!(walked.silent_share, decoded.silent_share);
            assert_eq!(walked.longest_pause, decoded.longest_pause);
            assert_eq!(walked.clipped_samples, decoded.clipped_samples);
        }
    }
}

#[test]
fn clipping_in_the_open_is_counted_and_a_full_scale_peak_is_not() {
    let format = AudioFormat::mono(Encoding::PcmS16le, 16_000);
    let clipped = |samples: &[i16]| {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        survey(&bytes, Some(format)).unwrap().levels.unwrap().clipped_samples
    };
    assert_eq!(clipped(&[0, 32_767, 32_767, 0, -32_768, 0]), Some(0));
    assert_eq!(clipped(&[0, 32_767, 32_767, 32_767, 32_767, 0, -32_768, -32_768, -32_768]), Some(7));
}

#[test]
fn a_silent_mp3_is_silent_to_the_walk_and_speech_is_not() {
    for rate in [16_000, 24_000, 44_100, 48_000] {
        for channels in [1, 2] {
            let pcm = speech_at(rate, channels);
            for bit_rate in [None, Some(32_000), Some(128_000)] {
                let label = format!("{rate} Hz, {channels} channels, {bit_rate:?}");
                let nothing = heard(&silence(&pcm), Encoding::Mp3, bit_rate).unwrap();
                assert!(nothing.estimated);
                assert_eq!((nothing.silent_share, nothing.loudest_dbfs), (1.0, -120.0), "{label}");
                let said = heard(&pcm, Encoding::Mp3, bit_rate).unwrap();
                assert!(said.silent_share < 0.3 && said.loudest_dbfs > -20.0, "{label}: {said:?}");
                assert!(said.spread_db > 20.0, "{label}: {said:?}");
                let hiss = heard(&noise(&pcm, 0.0003), Encoding::Mp3, bit_rate).unwrap();
                assert!(hiss.silent_share > 0.95, "{label}: {hiss:?}");
                let roar = heard(&noise(&pcm, 0.3), Encoding::Mp3, bit_rate).unwrap();
                assert!(roar.silent_share < 0.05 && roar.loudest_dbfs > -35.0, "{label}: {roar:?}");
            }
        }
    }
}

#[test]
fn the_estimate_follows_the_level() {
    let levels = [0.0, -10.0, -20.0, -30.0, -40.0]
        .map(|gain| heard(&louder(&speech(), gain), Encoding::Mp3, None).unwrap().loudest_dbfs);
    assert!(levels.is_sorted_by(|a, b| a > b), "{levels:?}");
    assert!(levels[0] - levels[4] > 25.0, "{levels:?}");
}

#[test]
fn silence_is_placed_within_a_few_granules() {
    let pause = |milliseconds: usize| vec![0.0; 16 * milliseconds];
    let word = speech().samples[..16_000].to_vec();
    let samples = [pause(700), word.clone(), pause(2000), word, pause(1200)].concat();
    let pcm = Pcm { samples, ..speech() };
    let exact = measure(&pcm).levels;
    let walked = heard(&pcm, Encoding::Mp3, None).unwrap();
    let near = |one: Duration, two: Duration| {
        let off = one.abs_diff(two);
        assert!(off < Duration::from_millis(160), "{one:?} {two:?}");
    };
    near(walked.leading_silence, exact.leading_silence);
    near(walked.longest_pause, exact.longest_pause);
    near(walked.trailing_silence, exact.trailing_silence);
}

#[test]
fn a_file_of_another_encoder_is_heard_too() {
    let said = survey(&fixture("speech-vbr.mp3"), None).unwrap().levels.unwrap();
    assert!(said.silent_share < 0.4 && said.loudest_dbfs > -25.0, "{said:?}");
}

#[test]
fn what_lies_behind_a_decoder_is_not_guessed() {
    for encoding in [Encoding::Flac, Encoding::OggOpus, Encoding::Aac] {
        assert_eq!(heard(&speech(), encoding, None), None, "{encoding}");
    }
}

#[test]
fn steady_sound_has_no_spread_and_speech_has_much() {
    assert!(measure(&noise(&speech(), 0.3)).levels.spread_db < 3.0);
    assert!(measure(&speech()).levels.spread_db > 20.0);
}
