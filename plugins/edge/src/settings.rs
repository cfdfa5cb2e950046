//! What the operator can set. All of it has a default: the service asks for no account.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, settings};

use crate::token::Recipe;

/// What every Edge browser sends.
const CLIENT_TOKEN: &str = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";
/// The browser's extension that reads aloud.
const ORIGIN: &str = "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold";
/// Formats of a constant bit rate that free callers get; the service hangs up on most others.
const DEFAULT_FORMAT: &str = "audio-24khz-48kbitrate-mono-mp3";
const OUTPUT_FORMATS: [&str; 2] = [DEFAULT_FORMAT, "audio-24khz-96kbitrate-mono-mp3"];

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    pub(crate) voice: Option<String>,
    pub(crate) output_format: String,
    token_version: u8,
    pub(crate) client_token: String,
    pub(crate) chromium_version: String,
    pub(crate) origin: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    pub(crate) const fn recipe(&self) -> Recipe {
        match self.token_version {
            1 => Recipe::First,
            _ => Recipe::Second,
        }
    }

    /// `Sec-MS-GEC-Version`: the recipe, and the browser that is said to have made the token.
    pub(crate) fn token_version(&self) -> String {
        format!("{}-{}", self.token_version, self.chromium_version)
    }

    /// The version's first number.
    pub(crate) fn chromium_major(&self) -> &str {
        self.chromium_version.split('.').next().unwrap_or_default()
    }

    pub(crate) fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "voice": {
                    "type": "string",
                    "minLength": 1,
                    "description": "voice of a request that names none; else one of its language, else en-US-EmmaMultilingualNeural",
                },
                "output_format": {
                    "enum": OUTPUT_FORMATS,
                    "default": DEFAULT_FORMAT,
                    "description": "format of the audio; the browser's own is the first",
                },
                "base_url": {
                    "type": "string",
                    "pattern": "^https?://",
                    "default": "https://speech.platform.bing.com",
                    "description": "address of the service; WebSockets go there too",
                },
                "token_version": {
                    "enum": [1, 2],
                    "default": 2,
                    "description": "recipe of the token made from the clock; 1 is refused since October 2026",
                },
                "client_token": {
                    "type": "string",
                    "pattern": "^[0-9A-Za-z]+$",
                    "default": CLIENT_TOKEN,
                    "description": "TrustedClientToken, the same in every Edge browser",
                },
                "chromium_version": {
                    "type": "string",
                    "pattern": "^[0-9]+([.][0-9]+){3}$",
                    "default": "143.0.3650.75",
                    "description": "version of the browser the plugin says it is",
                },
                "origin": {
                    "type": "string",
                    "minLength": 1,
                    "default": ORIGIN,
                    "description": "the Origin header: the browser's extension that reads aloud",
                },
                "headers": {
                    "type": "object",
                    "additionalProperties": { "type": "string" },
                    "description": "further headers of every request, and others in place of the plugin's own",
                },
            },
        })
    }
}
