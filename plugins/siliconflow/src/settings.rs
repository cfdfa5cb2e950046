//! What an operator may set.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, settings};

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    #[serde(default)]
    pub(crate) api_key: String,
    pub(crate) model: String,
    pub(crate) voice: Option<String>,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    pub(crate) fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "base_url": {
                    "type": "string",
                    "pattern": "^https?://",
                    "default": "https://api.siliconflow.cn/v1",
                    "description": "address of the API; https://api.siliconflow.com/v1 for international accounts, whose keys differ",
                },
                "api_key": { "type": "string", "description": "key of the account" },
                "model": {
                    "type": "string",
                    "minLength": 1,
                    "default": "FunAudioLLM/CosyVoice2-0.5B",
                    "description": "model of voices that do not name theirs; the service demands one",
                },
                "voice": {
                    "type": "string",
                    "minLength": 1,
                    "description": "voice of a request that names none; the model's alex when absent",
                },
                "options": {
                    "type": "object",
                    "description": "further fields of every request, such as max_tokens",
                },
            },
        })
    }
}
