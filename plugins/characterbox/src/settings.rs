//! What an operator may set.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, settings};

/// How the audio comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Delivery {
    /// By a URL of its own.
    Url,
    /// Within the answer.
    Inline,
}

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    #[serde(rename = "audio_url")]
    _audio_url: String,
    #[serde(default)]
    pub(crate) api_key: String,
    timeout: f64,
    pub(crate) max_retries: u32,
    max_retry_wait: f64,
    max_conversation_wait: f64,
    pub(crate) delivery: Delivery,
    pub(crate) conversations: bool,
    pub(crate) downgrade: bool,
    pub(crate) character: Option<String>,
    #[serde(default)]
    pub(crate) voice_settings: Map<String, Value>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    /// Of one try.
    pub(crate) fn timeout(&self) -> Duration {
        seconds(self.timeout)
    }

    /// The longest wait between two tries.
    pub(crate) fn max_retry_wait(&self) -> Duration {
        seconds(self.max_retry_wait)
    }

    /// How long a conversation may be in the making.
    pub(crate) fn max_conversation_wait(&self) -> Duration {
        seconds(self.max_conversation_wait)
    }

    pub(crate) fn schema() -> Value {
        let url = |default: &str, description: &str| json!({ "type": "string", "pattern": "^https?://", "default": default, "description": description });
        let seconds = |default: f64, least: f64, most: f64, description: &str| json!({ "type": "number", "minimum": least, "maximum": most, "default": default, "description": description });
        let number = |least: f64, most: f64| json!({ "type": "number", "minimum": least, "maximum": most });
        let flag =
            |description: &str| json!({ "type": "boolean", "default": true, "description": description });
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "base_url": url("https://api.characterbox.ai", "address of the API, a path such as /v1 included"),
                "audio_url": url(
                    "https://cdn.characterbox.ai",
                    "where audio is fetched from; its host alone counts, the service names the rest",
                ),
                "api_key": { "type": "string", "description": "key of the account" },
                "timeout": seconds(30.0, 1.0, 120.0, "seconds one try may take to begin its answer"),
                "max_retries": {
                    "type": "integer", "minimum": 0, "maximum": 10, "default": 1,
                    "description": "tries after the first, of orders, polls and downloads; the host has retries of its own, which repeat an order under its key",
                },
                "max_retry_wait": seconds(
                    2.0, 0.0, 120.0,
                    "longest wait between two tries, in seconds; a longer one is left to the host, whose next provider speaks",
                ),
                "max_conversation_wait": seconds(
                    80.0, 1.0, 600.0,
                    "seconds a conversation may be in the making before it is cancelled; keep it below the provider's deadline",
                ),
                "delivery": {
                    "enum": ["url", "inline"], "default": "url",
                    "description": "inline: audio within the answer, for when no other host is to be granted",
                },
                "conversations": flag("false: perform every conversation line by line"),
                "downgrade": flag("say it neutrally when the character lacks the emotion, and in its own language when it lacks that"),
                "character": {
                    "type": "string", "minLength": 1, "maxLength": 100,
                    "description": "character of a request that names none; the first that speaks its language when absent",
                },
                "voice_settings": {
                    "type": "object",
                    "additionalProperties": false,
                    "description": "of every request; what a request sets itself goes before it",
                    "properties": {
                        "speed": number(0.25, 4.0), "pitch": number(-20.0, 20.0), "volume": number(0.0, 2.0),
                        "stability": number(0.0, 1.0),
                    },
                },
            },
        })
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
