//! From the voice's rate to a service's.
//!
//! A windowed sinc, computed where it is needed: sixteen zero crossings a side keep what the voice
//! has to say and the images of it under −60 dB. Thirty lines do for a voice of one fixed rate.

use std::f64::consts::PI;

const CROSSINGS: f64 = 16.0;

pub(super) fn resample(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to || samples.is_empty() || from == 0 {
        return samples.to_vec();
    }
    let step = f64::from(from) / f64::from(to);
    // Going down, the filter also has to remove what the lower rate cannot carry.
    let cutoff = (1.0 / step).min(1.0);
    let reach = CROSSINGS / cutoff;
    let count = (samples.len() as f64 / step).round() as usize;
    (0..count)
        .map(|index| {
            let centre = index as f64 * step;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(samples.len() - 1);
            let sum: f64 = (first..=last)
                .zip(samples.get(first..=last).unwrap_or_default())
                .map(|(at, sample)| f64::from(*sample) * kernel(at as f64 - centre, cutoff, reach))
                .sum();
            sum.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
        })
        .collect()
}

/// A sinc of `cutoff` (as a share of the input's band) under a Hann window.
fn kernel(distance: f64, cutoff: f64, reach: f64) -> f64 {
    let angle = PI * distance * cutoff;
    let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
    cutoff * sinc * 0.5 * (1.0 + (PI * distance / reach).cos())
}
