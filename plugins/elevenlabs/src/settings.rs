//! What an operator may set.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, settings};

/// Formats by the service's names.
const OUTPUT_FORMATS: [&str; 26] = [
    "mp3_22050_32",
    "mp3_24000_48",
    "mp3_44100_32",
    "mp3_44100_64",
    "mp3_44100_96",
    "mp3_44100_128",
    "mp3_44100_192",
    "pcm_8000",
    "pcm_16000",
    "pcm_22050",
    "pcm_24000",
    "pcm_32000",
    "pcm_44100",
    "pcm_48000",
    "wav_8000",
    "wav_16000",
    "wav_22050",
    "wav_24000",
    "wav_32000",
    "wav_44100",
    "wav_48000",
    "opus_48000_32",
    "opus_48000_64",
    "opus_48000_96",
    "opus_48000_128",
    "opus_48000_192",
];

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    #[serde(default)]
    pub(crate) api_key: String,
    pub(crate) model: Option<String>,
    pub(crate) voice: Option<String>,
    pub(crate) output_format: Option<String>,
    #[serde(default)]
    pub(crate) voice_settings: Map<String, Value>,
    pub(crate) enable_logging: Option<bool>,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    pub(crate) fn schema() -> Value {
        let share = |description: &str| json!({ "type": "number", "minimum": 0, "maximum": 1, "description": description });
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "base_url": {
                    "type": "string",
                    "pattern": "^https?://",
                    "default": "https://api.elevenlabs.io",
                    "description": "address of the API; https://api.us.elevenlabs.io, https://api.eu.residency.elevenlabs.io and others keep data in their region",
                },
                "api_key": { "type": "string", "description": "key of the account" },
                "model": {
                    "type": "string",
                    "minLength": 1,
                    "description": "model_id of every request; the service takes eleven_multilingual_v2 when absent",
                },
                "voice": {
                    "type": "string",
                    "minLength": 1,
                    "description": "voice_id of a request that names none; the account's first when absent",
                },
                "output_format": {
                    "enum": OUTPUT_FORMATS,
                    "description": "format of every request in place of the one that fits it; plans differ in what they allow",
                },
                "voice_settings": {
                    "type": "object",
                    "additionalProperties": false,
                    "description": "in place of what the voice has stored; absent fields keep what it has",
                    "properties": {
                        "stability": share("eleven_v3 takes 0, 0.5 and 1 alone"),
                        "similarity_boost": share("closeness to the original voice"),
                        "style": share("exaggeration of the voice's style"),
                        "use_speaker_boost": { "type": "boolean" },
                        "clone_strength": share("v4 professional clones"),
                    },
                },
                "enable_logging": { "type": "boolean", "description": "false: zero retention, for enterprise plans" },
                "options": {
                    "type": "object",
                    "description": "further fields of every request, such as apply_text_normalization",
                },
            },
        })
    }
}
