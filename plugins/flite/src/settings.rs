//! What an operator may set.

use serde::Deserialize;
use serde_json::{Value, json};
use understudy_plugin::{Error, settings};

use crate::voices;

/// Raises the synthesizer's raw level, whose peaks lie near −7 dBFS, to where other providers'
/// speech is. A factor of two; the limiter has nothing to do at it.
pub(crate) const GAIN_DB: f32 = 6.0;

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The voice of a request that names none.
    pub(crate) default_voice: String,
    /// Gain over the raw level in decibels, before the request's volume. Zero is bit-exact.
    pub(crate) gain_db: f32,
    /// Pace of every voice, before the request's rate.
    pub(crate) pace: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { default_voice: voices::DEFAULT.to_owned(), gain_db: GAIN_DB, pace: 1.0 }
    }
}

impl Settings {
    /// The operator's settings.
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    /// The schema the host validates them with.
    pub(crate) fn schema() -> Value {
        let ids: Vec<_> = voices::ALL.iter().map(|preset| preset.id).collect();
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "default_voice": {
                    "type": "string",
                    "enum": ids,
                    "default": voices::DEFAULT,
                    "description": "voice of a request that names none",
                },
                "gain_db": {
                    "type": "number",
                    "minimum": -24,
                    "maximum": 24,
                    "default": GAIN_DB,
                    "description": "gain in decibels over the synthesizer's raw level; 0 leaves every sample as it is",
                },
                "pace": {
                    "type": "number",
                    "minimum": 0.5,
                    "maximum": 2,
                    "default": 1,
                    "description": "pace of every voice, as a factor of its own; the request's rate comes on top",
                },
            },
        })
    }
}
