//! One gain a voice.

use std::collections::BTreeMap;

use super::{JoinOptions, Part};
use crate::resample::sound;
use crate::{AudioError, LoudnessMeter, Pcm};

/// The loudness of each voice over all of its parts, heard in a file of `channels`.
///
/// # Errors
/// As [`LoudnessMeter::push`].
pub fn measure_voices(parts: &[Part], channels: u8) -> Result<BTreeMap<String, LoudnessMeter>, AudioError> {
    let mut voices: BTreeMap<String, LoudnessMeter> = BTreeMap::new();
    for part in parts {
        voices.entry(part.voice.to_owned()).or_default().push(&part.pcm.with_channels(channels))?;
    }
    Ok(voices)
}

/// The gain of every voice met so far, decided once.
pub(super) struct Gains {
    target_lufs: Option<f32>,
    gain_db_max: f32,
    voices: BTreeMap<String, LoudnessMeter>,
}

impl Gains {
    pub(super) fn new(options: &JoinOptions, voices: BTreeMap<String, LoudnessMeter>) -> Self {
        let gain_db_max = options.gain_db_max.abs();
        Self { target_lufs: options.target_lufs, gain_db_max, voices }
    }

    /// The gain in decibels for a part of `voice`. Of a voice that nobody measured before, `pcm`
    /// decides, and its later parts get the same.
    pub(super) fn of(&mut self, voice: &str, pcm: &Pcm) -> Result<f32, AudioError> {
        let Some(target) = self.target_lufs else { return Ok(0.0) };
        if !self.voices.contains_key(voice) {
            let mut meter = LoudnessMeter::new();
            meter.push(pcm)?;
            self.voices.insert(voice.to_owned(), meter);
        }
        let loudness = self.voices.get(voice).and_then(LoudnessMeter::integrated);
        Ok(loudness.map_or(0.0, |loudness| (target - loudness).clamp(-self.gain_db_max, self.gain_db_max)))
    }
}

/// Every sample times the gain; 0 dB changes none, but those that are no numbers.
pub(super) fn amplify(samples: &mut [f32], gain_db: f32) {
    let gain = 10.0_f32.powf(gain_db / 20.0);
    samples.iter_mut().for_each(|sample| *sample = sound(*sample) * gain);
}
