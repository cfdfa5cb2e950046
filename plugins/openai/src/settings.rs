//! What an operator may set.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use understudy_plugin::{Error, settings};

/// OpenAI's own address.
pub(crate) const OFFICIAL_URL: &str = "https://api.openai.com/v1";

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Flavour {
    OpenAi,
    Kokoro,
    Speaches,
    LocalAi,
    OpenedAi,
    /// Speaks the API; nothing more is known.
    Other,
}

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: String,
    pub(crate) api_key: Option<String>,
    pub(crate) server: Option<Flavour>,
    pub(crate) model: Option<String>,
    pub(crate) voice: Option<String>,
    #[serde(default)]
    pub(crate) voices: Vec<VoiceSetting>,
    pub(crate) instructions: Option<String>,
    pub(crate) max_characters: Option<u32>,
    pub(crate) organization: Option<String>,
    pub(crate) project: Option<String>,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
}

/// A voice the operator names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoiceSetting {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) gender: Option<GenderSetting>,
}

/// How such a voice sounds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GenderSetting {
    Female,
    Male,
    Neutral,
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    pub(crate) fn schema() -> Value {
        let text =
            |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "base_url": {
                    "type": "string",
                    "pattern": "^https?://",
                    "default": OFFICIAL_URL,
                    "description": "address of the API; /v1 is added when the address has no path",
                },
                "api_key": { "type": "string", "description": "key of the account; servers at home often need none" },
                "server": {
                    "enum": ["openai", "kokoro", "speaches", "localai", "openedai", "other"],
                    "description": "whose server it is; found out from its voice list when absent",
                },
                "model": text("model of every request; OpenAI gets gpt-4o-mini-tts when absent, others choose"),
                "voice": text("voice of a request that names none"),
                "voices": {
                    "type": "array",
                    "maxItems": 1000,
                    "description": "voices to list in place of the server's own",
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["id"],
                        "properties": {
                            "id": { "type": "string", "minLength": 1, "maxLength": 128 },
                            "name": text("what a person reads"),
                            "language": text("BCP-47 tag"),
                            "gender": { "enum": ["female", "male", "neutral"] },
                        },
                    },
                },
                "instructions": text("how to speak, in words; not sent to tts-1 models, which refuse it"),
                "max_characters": {
                    "type": "integer",
                    "minimum": 100,
                    "maximum": 1_000_000,
                    "description": "longer texts are spoken in parts; 4096 for OpenAI when absent, else no limit",
                },
                "organization": text("OpenAI-Organization header"),
                "project": text("OpenAI-Project header"),
                "options": {
                    "type": "object",
                    "description": "further fields of every request, such as Kokoro's normalization_options",
                },
            },
        })
    }
}
