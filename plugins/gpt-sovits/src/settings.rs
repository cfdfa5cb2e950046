//! What an operator may set.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use understudy_plugin::language::Spoken;
use understudy_plugin::settings::BaseUrl;
use understudy_plugin::{Error, Gender, Voice, settings};

/// Which of the server's two programs it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Api {
    /// `api.py`.
    V1,
    /// `api_v2.py`.
    V2,
}

/// The plugin's settings, defaults filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    pub(crate) api: Option<Api>,
    /// At least one, by the schema.
    pub(crate) voices: Vec<VoiceSetting>,
    pub(crate) streaming_mode: u8,
    #[serde(default)]
    pub(crate) options: Map<String, Value>,
}

/// A voice: a recording on the server's disk and how to use it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoiceSetting {
    pub(crate) id: String,
    name: Option<String>,
    pub(crate) ref_audio_path: String,
    #[serde(default)]
    pub(crate) aux_ref_audio_paths: Vec<String>,
    pub(crate) prompt_text: Option<String>,
    pub(crate) prompt_lang: String,
    pub(crate) text_lang: Option<String>,
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    gender: Option<GenderSetting>,
    pub(crate) speed: Option<f32>,
    pub(crate) gpt_weights: Option<String>,
    pub(crate) sovits_weights: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GenderSetting {
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
            "required": ["voices"],
            "properties": {
                "base_url": {
                    "type": "string",
                    "pattern": "^https?://",
                    "default": "http://127.0.0.1:9880",
                    "description": "address of the server",
                },
                "api": {
                    "enum": ["v1", "v2"],
                    "description": "v1 is api.py, v2 is api_v2.py; found out by asking when absent",
                },
                "streaming_mode": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": 3,
                    "default": 1,
                    "description": "0: all at once; 1: fragment by fragment, as good; 2 and 3: sooner, not as good. Of v2 alone",
                },
                "options": {
                    "type": "object",
                    "description": "further fields of every request, such as top_k or text_split_method",
                },
                "voices": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1000,
                    "description": "the first is that of a request that names none",
                    "examples": [[{ "id": "narrator", "ref_audio_path": "/voices/narrator.wav", "prompt_lang": "en" }]],
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["id", "ref_audio_path", "prompt_lang"],
                        "properties": {
                            "id": { "type": "string", "minLength": 1, "maxLength": 128, "description": "what a request names" },
                            "name": text("what a person reads"),
                            "ref_audio_path": text("a recording of 3 to 10 seconds, on the server's disk"),
                            "aux_ref_audio_paths": {
                                "type": "array",
                                "items": { "type": "string" },
                                "description": "more recordings whose tone is mixed in; v2 alone",
                            },
                            "prompt_text": text("what is said in the recording; v3 and v4 models need it, and so does api.py"),
                            "prompt_lang": text("language of the recording, as the server spells it: zh, en, ja, ko, yue, all_zh …"),
                            "text_lang": text("language of texts that do not say theirs; auto when absent"),
                            "languages": {
                                "type": "array",
                                "items": { "type": "string" },
                                "description": "BCP-47 tags to list, the voice's own first",
                            },
                            "gender": { "enum": ["female", "male", "neutral"] },
                            "speed": { "type": "number", "exclusiveMinimum": 0, "maximum": 4, "description": "pace as a factor" },
                            "gpt_weights": text("GPT weights on the server's disk to load for this voice"),
                            "sovits_weights": text("SoVITS weights on the server's disk to load for this voice"),
                        },
                    },
                },
            },
        })
    }

    /// The voice called `id`; when none is asked for, the first that speaks the language, else the
    /// first.
    pub(crate) fn voice(&self, id: Option<&str>, language: Option<&str>) -> Result<&VoiceSetting, Error> {
        if let Some(id) = id {
            return self.voices.iter().find(|voice| voice.id == id).ok_or_else(|| Error::voice_not_found(id));
        }
        let speaks = |tag: &str| {
            let same = |known: &String| Spoken::of(known).language == Spoken::of(tag).language;
            self.voices.iter().find(|voice| voice.languages.iter().any(same))
        };
        let chosen = language.and_then(speaks).or(self.voices.first());
        chosen.ok_or_else(|| Error::unauthorized("settings name no voices"))
    }
}

impl VoiceSetting {
    /// As it is listed.
    pub(crate) fn listed(&self) -> Voice {
        let mut voice = Voice::new(&self.id, self.name.as_ref().unwrap_or(&self.id)).neural();
        voice.languages.clone_from(&self.languages);
        voice.gender = self.gender.map(|gender| match gender {
            GenderSetting::Female => Gender::Female,
            GenderSetting::Male => Gender::Male,
            GenderSetting::Neutral => Gender::Neutral,
        });
        voice
    }
}
