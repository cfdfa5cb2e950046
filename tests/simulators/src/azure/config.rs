//! What a client asks of a turn: `speech.config` and `synthesis.context`.
//!
//! Older clients, and Edge, put the audio settings into `speech.config` as `context.synthesis`;
//! newer ones send a `synthesis.context` before each turn. The same two members matter in both.
//! A switch is a JSON boolean, or the word for one in a string. A member the service does not know
//! is refused here although it may be ignored there: a misspelt switch is a client's bug.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::boundary::Wanted;
use super::format::{self, Format};

/// The audio a client wants, as either message says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) format: Format,
    pub(crate) wanted: Wanted,
    /// The voice and language of a text that arrives in pieces.
    pub(crate) input: Option<Input>,
}

/// `synthesis.input`: text that arrives in pieces, spoken without SSML.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) bidirectional_streaming_mode: bool,
    pub(crate) voice_name: String,
    language: Option<String>,
    pitch: Option<String>,
    rate: Option<String>,
    volume: Option<String>,
    style: Option<String>,
    temperature: Option<Value>,
    custom_lexicon_url: Option<String>,
    prefer_locales: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    synthesis: Synthesis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to refuse what is misspelt")]
struct Synthesis {
    audio: Audio,
    language: Option<Value>,
    input: Option<Input>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Audio {
    // Edge's client and the SDK spell it differently, and both are understood.
    #[serde(alias = "metadataoptions")]
    metadata_options: Option<Metadata>,
    output_format: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Metadata {
    #[serde(deserialize_with = "switch")]
    bookmark_enabled: bool,
    #[serde(deserialize_with = "switch")]
    punctuation_boundary_enabled: bool,
    #[serde(deserialize_with = "switch")]
    sentence_boundary_enabled: bool,
    #[serde(deserialize_with = "switch")]
    session_end_enabled: bool,
    #[serde(deserialize_with = "switch")]
    viseme_enabled: bool,
    #[serde(deserialize_with = "switch")]
    word_boundary_enabled: bool,
}

fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(on) => Ok(on),
        Value::String(word) if word == "true" => Ok(true),
        Value::String(word) if word == "false" => Ok(false),
        other => Err(serde::de::Error::custom(format!("expected a switch: {other}"))),
    }
}

impl Settings {
    /// Reads the body of a `synthesis.context`; the error is the reason the service hangs up with.
    pub(crate) fn of_context(body: &str) -> Result<Self, String> {
        let context: Context =
            serde_json::from_str(body).map_err(|error| invalid("synthesis.context", &error))?;
        Self::of(context)
    }

    /// Reads the body of a `speech.config`, which need not say anything of the audio.
    pub(crate) fn of_config(body: &str) -> Result<Option<Self>, String> {
        #[derive(Deserialize)]
        struct Config {
            context: Value,
        }
        let config: Config = serde_json::from_str(body).map_err(|error| invalid("speech.config", &error))?;
        match config.context.get("synthesis") {
            None => Ok(None),
            Some(synthesis) => {
                let synthesis = serde_json::from_value(synthesis.clone());
                let synthesis = synthesis.map_err(|error| invalid("speech.config", &error))?;
                Self::of(Context { synthesis }).map(Some)
            }
        }
    }

    fn of(context: Context) -> Result<Self, String> {
        let Synthesis { audio, input, .. } = context.synthesis;
        let format = format::find(&audio.output_format)
            .ok_or_else(|| format!("Unsupported output format: {}", audio.output_format))?;
        let metadata = audio.metadata_options.unwrap_or_default();
        let wanted = Wanted {
            words: metadata.word_boundary_enabled,
            punctuation: metadata.punctuation_boundary_enabled,
            sentences: metadata.sentence_boundary_enabled,
            bookmarks: metadata.bookmark_enabled,
            visemes: metadata.viseme_enabled,
            session_end: metadata.session_end_enabled,
        };
        Ok(Self { format, wanted, input })
    }
}

fn invalid(message: &str, error: &serde_json::Error) -> String {
    format!("Invalid {message}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: &str = "audio-24khz-48kbitrate-mono-mp3";

    #[test]
    fn switches_are_booleans_or_words() {
        let body = format!(
            r#"{{"synthesis":{{"audio":{{"metadataOptions":{{"wordBoundaryEnabled":true,"bookmarkEnabled":"true",
            "visemeEnabled":"false"}},"outputFormat":"{FORMAT}"}},"language":{{"autoDetection":false}}}}}}"#
        );
        let settings = Settings::of_context(&body).unwrap();
        assert_eq!(settings.wanted, Wanted { words: true, bookmarks: true, ..Wanted::default() });
        assert_eq!(settings.format.name, FORMAT);
        assert!(Settings::of_context(&body.replace("\"false\"", "\"no\"")).is_err());
    }

    #[test]
    fn a_config_may_hold_the_audio_or_not() {
        let edge = format!(
            r#"{{"context":{{"synthesis":{{"audio":{{"metadataoptions":{{"sentenceBoundaryEnabled":"false",
            "wordBoundaryEnabled":"true"}},"outputFormat":"{FORMAT}"}}}}}}}}"#
        );
        assert!(Settings::of_config(&edge).unwrap().unwrap().wanted.words);
        assert_eq!(Settings::of_config(r#"{"context":{"system":{"name":"SpeechSDK"}}}"#), Ok(None));
        assert!(Settings::of_config("{}").is_err());
    }

    #[test]
    fn what_is_misspelt_or_unknown_is_refused() {
        let context = |audio: &str| Settings::of_context(&format!(r#"{{"synthesis":{{"audio":{audio}}}}}"#));
        assert_eq!(context(r#"{"outputFormat":"wav"}"#), Err("Unsupported output format: wav".to_owned()));
        assert!(context(&format!(r#"{{"outputformat":"{FORMAT}"}}"#)).is_err());
        let misspelt =
            format!(r#"{{"outputFormat":"{FORMAT}","metadataOptions":{{"wordBoundaries":true}}}}"#);
        assert!(context(&misspelt).is_err());
    }
}
