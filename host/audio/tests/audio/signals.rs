//! Signals whose numbers are known.

use std::f64::consts::TAU;

use understudy_audio::Pcm;

/// A sine in each of `channels`, its peak at `dbfs`, `tenths` of a second long.
pub(crate) fn sine(dbfs: f64, hertz: f64, sample_rate: u32, channels: u8, tenths: u32) -> Pcm {
    wave(10.0_f64.powf(dbfs / 20.0), hertz, 0.0, sample_rate, channels, tenths)
}

/// As [`sine`], with a linear amplitude and a phase in degrees.
pub(crate) fn wave(
    amplitude: f64,
    hertz: f64,
    degrees: f64,
    sample_rate: u32,
    channels: u8,
    tenths: u32,
) -> Pcm {
    let step = TAU * hertz / f64::from(sample_rate);
    let samples = (0..sample_rate * tenths / 10).flat_map(|index| {
        let sample = amplitude * (f64::from(index) * step + degrees.to_radians()).sin();
        std::iter::repeat_n(sample as f32, usize::from(channels))
    });
    Pcm { sample_rate, channels, samples: samples.collect() }
}

/// One after the other; all of one shape.
pub(crate) fn chain(parts: &[Pcm]) -> Pcm {
    let samples = parts.iter().flat_map(|part| part.samples.iter().copied()).collect();
    Pcm { samples, ..parts[0] }
}

/// `pcm` with every sample times `gain`.
pub(crate) fn amplified(pcm: &Pcm, gain: f32) -> Pcm {
    Pcm { samples: pcm.samples.iter().map(|sample| sample * gain).collect(), ..*pcm }
}

pub(crate) fn near(value: f32, expected: f32, tolerance: f32) {
    assert!((value - expected).abs() <= tolerance, "{value} instead of {expected} ± {tolerance}");
}
