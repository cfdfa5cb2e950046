//! What an operator may set, and a caller for one request.

use serde::Deserialize;
use serde_json::{Value, json};
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, settings};

const PROFILES: [&str; 8] = [
    "wearable-class-device",
    "handset-class-device",
    "headphone-class-device",
    "small-bluetooth-speaker-class-device",
    "medium-bluetooth-speaker-class-device",
    "large-home-entertainment-class-device",
    "large-automotive-class-device",
    "telephony-class-application",
];

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    pub(crate) api_key: Option<String>,
    pub(crate) service_account: Option<String>,
    pub(crate) client_email: Option<String>,
    pub(crate) private_key_id: Option<String>,
    pub(crate) token_url: String,
    pub(crate) user_project: Option<String>,
    pub(crate) voice: Option<String>,
    pub(crate) language: String,
    pub(crate) mp3_kilobits: Option<u32>,
    #[serde(default)]
    pub(crate) options: Options,
}

/// Further fields of a request, by the service's own names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) effects_profile_id: Option<Vec<String>>,
    pub(crate) custom_pronunciations: Option<Value>,
    pub(crate) advanced_voice_options: Option<Value>,
    pub(crate) ssml_gender: Option<String>,
}

impl Options {
    /// These, and of `others` what is not among them.
    pub(crate) fn or(self, others: &Self) -> Self {
        let others = others.clone();
        Self {
            effects_profile_id: self.effects_profile_id.or(others.effects_profile_id),
            custom_pronunciations: self.custom_pronunciations.or(others.custom_pronunciations),
            advanced_voice_options: self.advanced_voice_options.or(others.advanced_voice_options),
            ssml_gender: self.ssml_gender.or(others.ssml_gender),
        }
    }
}

impl Settings {
    pub(crate) fn read() -> Result<Self, Error> {
        settings::get()
    }

    pub(crate) fn schema() -> Value {
        let text =
            |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
        let url = |default: &str, description: &str| json!({ "type": "string", "pattern": "^https?://", "default": default, "description": description });
        json!({
            "type": "object",
            "additionalProperties": false,
            "dependentRequired": { "service_account": ["client_email"] },
            "properties": {
                "base_url": url(
                    "https://texttospeech.googleapis.com",
                    "address of the API; https://eu-texttospeech.googleapis.com and others keep data in their region",
                ),
                "api_key": text("API key that may call the Text-to-Speech API"),
                "service_account": text("key file of a service account, the whole JSON or the PEM in it; goes before an API key"),
                "client_email": text("client_email of that key file"),
                "private_key_id": text("private_key_id of that key file"),
                "token_url": url(
                    "https://oauth2.googleapis.com/token",
                    "token_uri of that key file, where its signature is exchanged for an access token",
                ),
                "user_project": text("project that is billed in place of the credentials' own"),
                "voice": text("voice of a request that names none; the service chooses one for the language when absent"),
                "language": {
                    "type": "string",
                    "minLength": 2,
                    "default": "en-US",
                    "description": "BCP-47 tag of a request that names neither voice nor language, for the service demands one",
                },
                "mp3_kilobits": {
                    "enum": [32, 64],
                    "description": "bit rate of MP3 in kbit/s; 32 when absent and for Chirp voices, and 64 is had from the beta API",
                },
                "options": Self::options_schema(),
            },
        })
    }

    fn options_schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "description": "further fields of every request, by the service's names",
            "properties": {
                "effectsProfileId": {
                    "type": "array",
                    "items": { "enum": PROFILES },
                    "description": "devices the audio is tuned for, applied in order",
                },
                "customPronunciations": { "type": "object", "description": "how phrases are spoken, in IPA and others" },
                "advancedVoiceOptions": { "type": "object", "description": "such as enableTextnorm" },
                "ssmlGender": { "enum": ["MALE", "FEMALE"], "description": "of the voice the service chooses" },
            },
        })
    }
}
