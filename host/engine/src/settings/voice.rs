//! A voice of this server, cast at several providers: `[voices.NAME]`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One name for one sound, whoever makes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogicalVoice {
    /// Who plays it, the best first.
    pub cast: Vec<VoicePart>,
}

/// How one provider plays it. The trims bring voices that speak faster, higher or louder than the
/// others to the same sound; they come on top of what the request asks for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoicePart {
    /// The provider.
    pub provider: String,
    /// The provider's own id of the voice.
    pub voice: String,
    /// A factor on the speaking rate.
    #[serde(default)]
    pub rate: Option<f32>,
    /// Semitones on the pitch.
    #[serde(default)]
    pub pitch: Option<f32>,
    /// Decibels on the volume.
    #[serde(default)]
    pub volume: Option<f32>,
    /// This provider's words for styles and emotions, by the words requests use.
    #[serde(default)]
    pub styles: BTreeMap<String, String>,
}

impl VoicePart {
    /// A voice as it is.
    pub(crate) fn of(provider: impl Into<String>, voice: impl Into<String>) -> Self {
        let (provider, voice) = (provider.into(), voice.into());
        Self { provider, voice, rate: None, pitch: None, volume: None, styles: BTreeMap::new() }
    }
}
