//! What the operator can set.

use serde::Deserialize;
use serde_json::{Value, json};
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, settings};

use crate::format;

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    region: Option<String>,
    base_url: Option<BaseUrl>,
    #[serde(default)]
    pub(crate) api_key: String,
    pub(crate) voice: Option<String>,
    pub(crate) output_format: Option<String>,
    pub(crate) deployment_id: Option<String>,
    pub(crate) websocket_path: Option<String>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        let settings: Self = settings::get()?;
        if settings.region.is_none() && settings.base_url.is_none() {
            return Err(Error::unauthorized("neither region nor base_url is set"));
        }
        Ok(settings)
    }

    /// The address of the service, or of a custom voice there.
    pub(crate) fn address(&self) -> String {
        let kind = if self.deployment_id.is_some() { "voice" } else { "tts" };
        self.base_url.as_ref().map_or_else(|| self.regional(kind), ToString::to_string)
    }

    /// The address of the voice list, which custom voices are not in.
    pub(crate) fn listing_address(&self) -> String {
        self.base_url.as_ref().map_or_else(|| self.regional("tts"), ToString::to_string)
    }

    fn regional(&self, kind: &str) -> String {
        let region = self.region.as_deref().unwrap_or_default();
        let cloud = match region {
            _ if region.starts_with("china") => "speech.azure.cn",
            _ if region.starts_with("usgov") => "speech.azure.us",
            _ => "speech.microsoft.com",
        };
        format!("https://{region}.{kind}.{cloud}")
    }

    pub(crate) fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "anyOf": [{ "required": ["region"] }, { "required": ["base_url"] }],
            "properties": {
                "region": {
                    "type": "string",
                    "pattern": "^[a-z0-9]+$",
                    "examples": ["westeurope"],
                    "description": "region of the resource, such as westeurope; the key belongs to it. china… and usgov… are reached in their own clouds",
                },
                "base_url": {
                    "type": "string",
                    "pattern": "^https?://",
                    "description": "address of the service in place of the region's, for private endpoints and gateways",
                },
                "api_key": { "type": "string", "description": "key of the Speech resource" },
                "voice": {
                    "type": "string",
                    "minLength": 1,
                    "description": "voice of a request that names none, such as en-US-AvaMultilingualNeural; else the list's first of its language",
                },
                "output_format": {
                    "enum": format::names(),
                    "description": "format of every request in place of the one that fits it",
                },
                "deployment_id": {
                    "type": "string",
                    "pattern": "^[0-9A-Za-z-]+$",
                    "description": "endpoint of a custom voice; spoken over REST, so without word marks",
                },
                "websocket_path": {
                    "type": "string",
                    "pattern": "^/",
                    "description": "path of the WebSocket; /tts/cognitiveservices/websocket/v1 when absent, and /cognitiveservices/websocket/v1 where that is not found",
                },
            },
        })
    }
}
