//! What can be heard, measured: level, pitch, the place of the formants.

use std::f32::consts::PI;

const RATE: f32 = 16_000.0;

/// Root mean square, in samples.
pub(crate) fn rms(pcm: &[i16]) -> f32 {
    let sum: f64 = pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / pcm.len().max(1) as f64).sqrt() as f32
}

/// Median pitch of the voiced frames in Hz, by autocorrelation, between 45 and 500 Hz.
pub(crate) fn pitch(pcm: &[i16]) -> f32 {
    let loud = rms(pcm);
    let mut found: Vec<f32> =
        pcm.windows(800).step_by(400).filter(|frame| rms(frame) > loud).filter_map(frame_pitch).collect();
    found.sort_by(f32::total_cmp);
    found.get(found.len() / 2).copied().unwrap_or(0.0)
}

fn frame_pitch(frame: &[i16]) -> Option<f32> {
    let frame: Vec<f32> = frame.iter().map(|sample| f32::from(*sample)).collect();
    let energy: f32 = frame.iter().map(|sample| sample * sample).sum();
    let at = |lag: usize| -> f32 {
        let sum: f32 = frame.iter().zip(&frame[lag..]).map(|(left, right)| left * right).sum();
        // A longer lag sums fewer products.
        sum / (energy * (frame.len() - lag) as f32 / frame.len() as f32)
    };
    let values: Vec<f32> = (32..=356).map(at).collect();
    let best = values.iter().copied().fold(0.0, f32::max);
    // The first peak that is nearly the best: a multiple of the period is as good.
    let lag = (1..values.len() - 1).find(|&lag| {
        values[lag] > 0.85 * best && values[lag] >= values[lag - 1] && values[lag] >= values[lag + 1]
    })?;
    (best > 0.5).then(|| RATE / (lag + 32) as f32)
}

/// Frequencies of the first `N` formants of a steady vowel in Hz: the peaks of an all-pole
/// envelope of order 14.
pub(crate) fn formants<const N: usize>(pcm: &[i16]) -> [f32; N] {
    let coefficients = linear_prediction(pcm, 14);
    let envelope: Vec<f32> = (0..1600).map(|bin| gain(&coefficients, bin as f32 * 5.0)).collect();
    let mut peaks = (1..envelope.len() - 1)
        .filter(|&bin| bin > 40 && envelope[bin] > envelope[bin - 1] && envelope[bin] > envelope[bin + 1])
        .map(|bin| bin as f32 * 5.0);
    std::array::from_fn(|_| peaks.next().unwrap_or(0.0))
}

/// Levinson and Durbin's recursion on a Hann-windowed, pre-emphasised frame.
fn linear_prediction(pcm: &[i16], order: usize) -> Vec<f32> {
    let count = pcm.len() as f32;
    let frame: Vec<f32> = pcm
        .windows(2)
        .enumerate()
        .map(|(n, pair)| {
            (f32::from(pair[1]) - 0.95 * f32::from(pair[0]))
                * (0.5 - 0.5 * (2.0 * PI * n as f32 / count).cos())
        })
        .collect();
    let correlation: Vec<f32> = (0..=order)
        .map(|lag| frame.iter().zip(&frame[lag..]).map(|(left, right)| left * right).sum())
        .collect();
    let mut coefficients = vec![0.0; order + 1];
    coefficients[0] = 1.0;
    let mut error = correlation[0].max(1e-9);
    for i in 1..=order {
        let sum: f32 = (0..i).map(|j| coefficients[j] * correlation[i - j]).sum();
        let reflection = -sum / error;
        let before = coefficients.clone();
        for j in 1..=i {
            coefficients[j] = before[j] + reflection * before[i - j];
        }
        error *= 1.0 - reflection * reflection;
    }
    coefficients
}

fn gain(coefficients: &[f32], hertz: f32) -> f32 {
    let phase = 2.0 * PI * hertz / RATE;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, coefficient) in coefficients.iter().enumerate() {
        real += coefficient * (phase * n as f32).cos();
        imaginary -= coefficient * (phase * n as f32).sin();
    }
    1.0 / real.hypot(imaginary)
}

/// Magnitude-weighted mean frequency below 4 kHz of the loud frames, in Hz.
pub(crate) fn centroid(pcm: &[i16]) -> f32 {
    let loud = rms(pcm);
    let (mut weighted, mut total) = (0.0, 0.0);
    for frame in pcm.windows(512).step_by(512).filter(|frame| rms(frame) > loud) {
        for bin in 6..128 {
            let hertz = bin as f32 * RATE / 512.0;
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (n, sample) in frame.iter().enumerate() {
                let phase = 2.0 * PI * (bin * n % 512) as f32 / 512.0;
                real += f32::from(*sample) * phase.cos();
                imaginary += f32::from(*sample) * phase.sin();
            }
            let magnitude = real.hypot(imaginary);
            weighted += magnitude * hertz;
            total += magnitude;
        }
    }
    weighted / total
}
