//! `SynthesizeSpeechRequest`, in both versions.

use serde::Deserialize;
use serde_json::Value;

use super::Version;
use super::definition::{FREE, Field, Kind, OneOf, read};
use super::status::Status;

const fn text(name: &'static str) -> Field {
    Field { name, kind: Kind::Text }
}

const fn flag(name: &'static str) -> Field {
    Field { name, kind: Kind::Flag }
}

const fn double(name: &'static str) -> Field {
    Field { name, kind: Kind::Double }
}

const fn message(name: &'static str, fields: &'static [Field]) -> Field {
    Field { name, kind: Kind::Message(fields, &FREE) }
}

const INPUT: Field = Field {
    name: "input",
    kind: Kind::Message(
        &[
            text("text"),
            text("ssml"),
            text("markup"),
            text("prompt"),
            message(
                "multi_speaker_markup",
                &[Field {
                    name: "turns",
                    kind: Kind::List(&Kind::Message(&[text("speaker"), text("text")], &FREE)),
                }],
            ),
            message(
                "custom_pronunciations",
                &[Field { name: "pronunciations", kind: Kind::List(&Kind::Message(PRONUNCIATION, &FREE)) }],
            ),
        ],
        &OneOf { name: "input_source", fields: &["text", "ssml", "markup", "multi_speaker_markup"] },
    ),
};

const PRONUNCIATION: &[Field] = &[
    text("phrase"),
    text("pronunciation"),
    Field {
        name: "phonetic_encoding",
        kind: Kind::Enumeration(
            "v1.CustomPronunciationParams.PhoneticEncoding",
            &[
                "PHONETIC_ENCODING_UNSPECIFIED",
                "PHONETIC_ENCODING_IPA",
                "PHONETIC_ENCODING_X_SAMPA",
                "PHONETIC_ENCODING_JAPANESE_YOMIGANA",
                "PHONETIC_ENCODING_PINYIN",
            ],
        ),
    },
];

const VOICE: Field = message(
    "voice",
    &[
        text("language_code"),
        text("name"),
        text("model_name"),
        Field {
            name: "ssml_gender",
            kind: Kind::Enumeration(
                "v1.SsmlVoiceGender",
                &["SSML_VOICE_GENDER_UNSPECIFIED", "MALE", "FEMALE", "NEUTRAL"],
            ),
        },
        message("custom_voice", &[text("model"), text("reported_usage")]),
        message("voice_clone", &[text("voice_cloning_key")]),
        message(
            "multi_speaker_voice_config",
            &[Field {
                name: "speaker_voice_configs",
                kind: Kind::List(&Kind::Message(&[text("speaker_alias"), text("speaker_id")], &FREE)),
            }],
        ),
    ],
);

/// v1beta1 has one encoding more, in the middle.
const ENCODINGS_V1: &[&str] =
    &["AUDIO_ENCODING_UNSPECIFIED", "LINEAR16", "MP3", "OGG_OPUS", "MULAW", "ALAW", "PCM", "M4A"];
const ENCODINGS_V1BETA1: &[&str] = &[
    "AUDIO_ENCODING_UNSPECIFIED",
    "LINEAR16",
    "MP3",
    "OGG_OPUS",
    "MP3_64_KBPS",
    "MULAW",
    "ALAW",
    "PCM",
    "M4A",
];

macro_rules! audio_config {
    ($type_name:literal, $encodings:expr) => {
        message(
            "audio_config",
            &[
                Field { name: "audio_encoding", kind: Kind::Enumeration($type_name, $encodings) },
                double("speaking_rate"),
                double("pitch"),
                double("volume_gain_db"),
                Field { name: "sample_rate_hertz", kind: Kind::Integer },
                Field { name: "effects_profile_id", kind: Kind::List(&Kind::Text) },
            ],
        )
    };
}

const ADVANCED: Field = message(
    "advanced_voice_options",
    &[
        flag("low_latency_journey_synthesis"),
        flag("enable_textnorm"),
        flag("relax_safety_filters"),
        message("safety_settings", &[]),
    ],
);

const V1: &[Field] = &[INPUT, VOICE, audio_config!("v1.AudioEncoding", ENCODINGS_V1), ADVANCED];
const V1BETA1: &[Field] = &[
    INPUT,
    VOICE,
    audio_config!("v1beta1.AudioEncoding", ENCODINGS_V1BETA1),
    ADVANCED,
    Field {
        name: "enable_time_pointing",
        kind: Kind::List(&Kind::Enumeration(
            "v1beta1.SynthesizeSpeechRequest.TimepointType",
            &["TIMEPOINT_TYPE_UNSPECIFIED", "SSML_MARK"],
        )),
    },
];

/// A request that follows its definition. Presence is kept: some voices refuse a field at its
/// default.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Synthesize {
    pub(super) input: Input,
    pub(super) voice: Selection,
    pub(super) audio_config: AudioConfig,
    pub(super) enable_time_pointing: Vec<String>,
}

/// What to say.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input {
    pub(super) text: Option<String>,
    pub(super) ssml: Option<String>,
    pub(super) markup: Option<String>,
    pub(super) prompt: Option<String>,
    pub(super) multi_speaker_markup: Option<Value>,
}

/// Who says it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Selection {
    pub(super) language_code: String,
    pub(super) name: String,
    pub(super) ssml_gender: Option<String>,
    pub(super) model_name: Option<String>,
    pub(super) custom_voice: Option<Value>,
    pub(super) voice_clone: Option<Value>,
    pub(super) multi_speaker_voice_config: Option<Value>,
}

/// How it is to sound.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AudioConfig {
    pub(super) audio_encoding: String,
    pub(super) speaking_rate: Option<f64>,
    pub(super) pitch: Option<f64>,
    pub(super) volume_gain_db: Option<f64>,
    pub(super) sample_rate_hertz: Option<i64>,
    pub(super) effects_profile_id: Vec<String>,
}

impl Synthesize {
    /// Reads a body by the definition of `version`.
    pub(super) fn read(body: &[u8], version: Version) -> Result<Self, Status> {
        let fields = match version {
            Version::V1 => V1,
            Version::V1Beta1 => V1BETA1,
        };
        let members = read(body, fields).map_err(|violations| Status::bad_request(&violations))?;
        serde_json::from_value(Value::Object(members)).map_err(|_| Status::invalid_argument())
    }
}
