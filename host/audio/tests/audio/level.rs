//! Measurements against signals whose numbers are known.

use std::f32::consts::TAU;
use std::time::Duration;

use understudy_audio::{Measurement, Pcm, measure, resample};

use crate::speech::{signal_to_noise, speech};

fn sine(amplitude: f32, hertz: f32, sample_rate: u32, seconds: u32) -> Vec<f32> {
    let step = TAU * hertz / sample_rate as f32;
    (0..sample_rate * seconds).map(|index| amplitude * (index as f32 * step).sin()).collect()
}

fn mono(samples: Vec<f32>) -> Measurement {
    measure(&Pcm { sample_rate: 48_000, channels: 1, samples })
}

fn near(value: f32, expected: f32, tolerance: f32) {
    assert!((value - expected).abs() <= tolerance, "{value} instead of {expected}");
}

#[test]
fn a_sine_of_known_level_measures_it() {
    let tone = mono(sine(0.1, 1000.0, 48_000, 5));
    near(tone.peak_dbfs, -20.0, 0.01);
    near(tone.rms_dbfs, -23.01, 0.01);
    // EBU Tech 3341, case 1: a stereo sine at −23 dBFS reads −23 LUFS; one channel of it, 3 less.
    near(tone.loudness_lufs.unwrap(), -23.0, 0.1);
    let samples = sine(10_f32.powf(-23.0 / 20.0), 1000.0, 48_000, 5);
    let stereo =
        Pcm { sample_rate: 48_000, channels: 2, samples: samples.iter().flat_map(|s| [*s, *s]).collect() };
    near(measure(&stereo).loudness_lufs.unwrap(), -23.0, 0.1);
}

#[test]
fn silence_is_found_at_both_ends_and_within() {
    let tone = sine(0.1, 400.0, 48_000, 1);
    let pause = |milliseconds: usize| vec![0.0001; 48 * milliseconds];
    let samples = [pause(300), tone.clone(), pause(1000), tone, pause(500)].concat();
    let take = mono(samples);
    assert_eq!(take.leading_silence, Duration::from_millis(300));
    assert_eq!(take.trailing_silence, Duration::from_millis(500));
    near(take.silent_share, 1.8 / 3.8, 0.01);
}

#[test]
fn digital_silence_is_all_silence_and_has_no_loudness() {
    let nothing = mono(vec![0.0; 48_000]);
    assert_eq!(nothing.peak_dbfs, f32::NEG_INFINITY);
    assert_eq!(nothing.loudness_lufs, None);
    assert_eq!(nothing.leading_silence, Duration::from_secs(1));
    assert_eq!(nothing.silent_share, 1.0);
    let empty = mono(Vec::new());
    assert_eq!((empty.duration, empty.silent_share), (Duration::ZERO, 1.0));
}

#[test]
fn clipping_is_runs_at_full_scale_not_a_peak_that_touches_it() {
    assert_eq!(mono(sine(1.0, 100.0, 48_000, 1).iter().map(|s| s * 0.999).collect()).clipped_samples, 0);
    let clipped = mono(vec![0.0, 1.0, 1.0, 1.0, 1.0, 0.0, -1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(clipped.clipped_samples, 7);
    let driven = sine(2.0, 100.0, 48_000, 1).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
    near(mono(driven).clipped_samples as f32 / 48_000.0, 2.0 / 3.0, 0.01);
}

#[test]
fn resampling_keeps_duration_alignment_and_sound() {
    for rate in [8_000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000] {
        let there = resample(&speech(), rate).unwrap();
        let off = there.duration().abs_diff(speech().duration());
        assert!(off < Duration::from_millis(1), "{rate} Hz: off by {off:?}");
        let ratio = signal_to_noise(&speech(), &there, 0);
        // Below 16 kHz the upper half of the spectrum is gone for good.
        assert!(ratio > if rate < 16_000 { 8.0 } else { 35.0 }, "{rate} Hz: {ratio:.1} dB");
    }
}

#[test]
fn resampling_a_tone_leaves_nothing_but_the_tone() {
    let tone = Pcm { sample_rate: 44_100, channels: 1, samples: sine(0.5, 1000.0, 44_100, 1) };
    let expected = sine(0.5, 1000.0, 16_000, 1);
    let got = resample(&tone, 16_000).unwrap();
    let middle = 1000..15_000;
    let worst = middle.map(|index| (got.samples[index] - expected[index]).abs()).fold(0.0, f32::max);
    assert!(worst < 0.0005, "{worst}");
}
