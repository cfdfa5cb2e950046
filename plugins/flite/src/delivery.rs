//! How a take is to be delivered: a voice with the caller's rate, pitch and volume applied.

use flite_rs::VoiceParams;

use crate::loudness::Loudness;
use crate::tract::Tract;
use crate::voices::Preset;

/// The duration stretch of the recorded speaker's own pace, as his voice file has it.
const NATURAL_STRETCH: f32 = 1.1;

/// What the caller asked for beside the voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controls {
    /// Speaking rate as a factor of the voice's own pace.
    pub rate: f32,
    /// Pitch shift in semitones.
    pub pitch: f32,
    /// Gain in decibels over the synthesizer's raw level. Exactly zero leaves every sample as the
    /// synthesizer made it.
    pub gain_db: f32,
}

impl Default for Controls {
    fn default() -> Self {
        Self { rate: 1.0, pitch: 0.0, gain_db: 0.0 }
    }
}

/// A voice and controls, turned into what the synthesizer and the filters behind it take.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) params: VoiceParams,
    pub(crate) tract: Tract,
    pub(crate) loudness: Loudness,
}

impl Delivery {
    /// Applies `controls` to `preset`, on top of the synthesizer's `natural` parameters.
    ///
    /// The tract filter plays the speech faster by its factor, which raises pitch and shortens
    /// durations with the formants; the synthesizer is asked for a pitch as much lower and
    /// durations as much longer, so that only the formants are left moved. A pitch shift scales
    /// the range too: an interval is a ratio.
    pub(crate) fn new(natural: VoiceParams, preset: &Preset, controls: Controls) -> Self {
        let tract = Tract::new(preset.formants);
        let shift = (controls.pitch / 12.0).exp2();
        let params = VoiceParams {
            int_f0_target_mean: preset.pitch * shift / tract.factor(),
            int_f0_target_stddev: preset.range * shift / tract.factor(),
            duration_stretch: NATURAL_STRETCH / (preset.pace * controls.rate) * tract.factor(),
            ..natural
        };
        Self { params, tract, loudness: Loudness::new(controls.gain_db) }
    }
}
