//! Real speech to test with, and how near one signal is to another.

use std::path::Path;
use std::sync::OnceLock;

use understudy_audio::{Pcm, resample};

/// What the offline voice says in these tests.
pub(crate) const TEXT: &str =
    "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background.";

/// About five seconds of the offline voice, 16 kHz mono, peaks near −1 dBFS.
pub(crate) fn speech() -> Pcm {
    static SPEECH: OnceLock<Pcm> = OnceLock::new();
    let synthesize = || {
        let mut engine = flite_rs::Engine::new();
        engine.select_voice("kal16");
        let audio = engine.synthesize(TEXT);
        let samples = audio.samples.iter().map(|sample| f32::from(*sample) / 16_384.0).collect();
        Pcm { sample_rate: 16_000, channels: 1, samples }
    };
    SPEECH.get_or_init(synthesize).clone()
}

/// Speech at another rate; in stereo the right channel is softer.
pub(crate) fn speech_at(sample_rate: u32, channels: u8) -> Pcm {
    let mono = resample(&speech(), sample_rate).unwrap();
    if channels == 1 {
        return mono;
    }
    let samples = mono.samples.iter().flat_map(|sample| [*sample, sample * 0.5]).collect();
    Pcm { channels, samples, ..mono }
}

/// A file another program wrote; `tests/fixtures/README.md` says which.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// Signal-to-noise ratio in decibels of `heard`, which begins `delay` frames late, against `said`.
pub(crate) fn signal_to_noise(said: &Pcm, heard: &Pcm, delay: usize) -> f64 {
    let heard = resample(heard, said.sample_rate).unwrap();
    let late = delay * usize::from(said.channels);
    let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|sample| sample * sample).sum::<f64>();
    let pairs = || {
        said.samples.iter().zip(heard.samples.iter().skip(late)).map(|(a, b)| (f64::from(*a), f64::from(*b)))
    };
    let signal = power(&mut pairs().map(|(said, _)| said));
    let noise = power(&mut pairs().map(|(said, heard)| said - heard));
    10.0 * (signal / noise.max(f64::MIN_POSITIVE)).log10()
}
