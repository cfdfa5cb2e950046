//! `POST /v1/audio/speech`: which voice, format, rate, speed and gain go together.

use std::ops::RangeInclusive;

use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::clones::Clones;
use super::{MODELS, trouble};
use crate::speech::Packing;

/// Characters of input, by the published schema.
const INPUT_CHARACTERS: RangeInclusive<usize> = 1..=128_000;

const VOICES: [&str; 8] = ["alex", "benjamin", "charles", "david", "anna", "bella", "claire", "diana"];

/// The model that holds dialogues: two speakers, and a token limit.
const DIALOGUE: &str = "fnlp/MOSS-TTSD-v0.5";

/// The body. The published schema has no other fields; what a client adds is refused, so that a
/// misspelt field shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    model: String,
    input: String,
    #[serde(default)]
    voice: String,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default = "mp3")]
    response_format: String,
    sample_rate: Option<u32>,
    #[serde(default = "one")]
    speed: f64,
    #[serde(default)]
    gain: f64,
    #[serde(default = "yes")]
    stream: bool,
    max_tokens: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    audio: String,
    text: String,
}

fn mp3() -> String {
    "mp3".to_owned()
}

const fn one() -> f64 {
    1.0
}

const fn yes() -> bool {
    true
}

/// A request that was found good.
#[derive(Debug)]
pub(super) struct SpeechRequest {
    pub(super) input: String,
    pub(super) voice: String,
    pub(super) rate: u32,
    pub(super) speed: f64,
    pub(super) gain: f64,
    pub(super) stream: bool,
    format: String,
}

impl SpeechRequest {
    pub(super) fn read(bytes: &[u8], clones: &Clones) -> Result<Self, Response> {
        let value: Value =
            serde_json::from_slice(bytes).map_err(|_| trouble::parameter("body is not JSON"))?;
        if value.get("model").and_then(Value::as_str).is_some_and(|model| !MODELS.contains(&model)) {
            return Err(trouble::no_model());
        }
        let body: Body =
            serde_json::from_value(value).map_err(|error| trouble::parameter(&error.to_string()))?;
        if !INPUT_CHARACTERS.contains(&body.input.chars().count()) {
            return Err(trouble::parameter("input must be 1 to 128000 characters"));
        }
        let voice = voice(&body, clones)?;
        let rate = rate(&body.response_format, body.sample_rate)?;
        if !(0.25..=4.0).contains(&body.speed) {
            return Err(trouble::parameter("speed must be between 0.25 and 4"));
        }
        if !(-10.0..=10.0).contains(&body.gain) {
            return Err(trouble::parameter("gain must be between -10 and 10"));
        }
        if body.max_tokens.is_some() && body.model != DIALOGUE {
            return Err(trouble::parameter("max_tokens is not supported by this model"));
        }
        let Body { input, response_format: format, speed, gain, stream, .. } = body;
        Ok(Self { input, voice, rate, speed, gain, stream, format })
    }

    /// A streamed WAV is begun before its length is known.
    pub(super) fn packing(&self) -> Packing {
        match (self.format.as_str(), self.stream) {
            ("opus", _) => Packing::OggOpus { kbps: 48 },
            ("wav", true) => Packing::WavStreamed { data_size: u32::MAX },
            ("wav", false) => Packing::Wav,
            ("pcm", _) => Packing::Pcm,
            _ => Packing::Mp3 { kbps: 128 },
        }
    }

    pub(super) fn media_type(&self) -> &'static str {
        match self.format.as_str() {
            "opus" => "audio/opus",
            "wav" => "audio/wav",
            "pcm" => "audio/pcm",
            _ => "audio/mpeg",
        }
    }
}

/// A system voice of this very model, a cloned voice of the account, or references to clone.
fn voice(body: &Body, clones: &Clones) -> Result<String, Response> {
    let speakers = if body.model == DIALOGUE { 2 } else { 1 };
    if !body.references.is_empty() {
        if !body.voice.is_empty() {
            return Err(trouble::parameter("voice and references exclude each other"));
        }
        if body.references.len() > speakers {
            return Err(trouble::parameter("too many references for this model"));
        }
        let heard = |reference: &Reference| {
            let source = reference.audio.as_str();
            (source.starts_with("data:audio/") && source.contains(";base64,")) || source.starts_with("http")
        };
        if body.references.iter().any(|reference| !heard(reference) || reference.text.is_empty()) {
            return Err(trouble::parameter("references need audio (a URL or a data URI) and its text"));
        }
        return Ok("dynamic".to_owned());
    }
    let known =
        body.voice.strip_prefix(&format!("{}:", body.model)).is_some_and(|name| VOICES.contains(&name));
    if known || clones.has(&body.voice, &body.model) {
        return Ok(body.voice.clone());
    }
    Err(trouble::parameter(&format!("voice is not available for this model: {}", body.voice)))
}

/// The sample rate, if the format has it.
fn rate(format: &str, asked: Option<u32>) -> Result<u32, Response> {
    let (rates, default): (&[u32], u32) = match format {
        "opus" => (&[48_000], 48_000),
        "wav" | "pcm" => (&[8_000, 16_000, 24_000, 32_000, 44_100], 44_100),
        "mp3" => (&[32_000, 44_100], 44_100),
        other => return Err(trouble::parameter(&format!("response_format is not supported: {other}"))),
    };
    let rate = asked.unwrap_or(default);
    if rates.contains(&rate) {
        Ok(rate)
    } else {
        Err(trouble::parameter(&format!("sample_rate {rate} is not supported for {format}")))
    }
}

/// The text without the marks its models act on: `[laughter]`, `[S1]`, `<strong>`. Anything else in
/// brackets is read, `<|endofprompt|>` included, as the hosted model does.
pub(super) fn plain(text: &str) -> String {
    const MARKS: [&str; 7] =
        ["[laughter]", "[breath]", "[S1]", "[S2]", "<strong>", "</strong>", "<laughter>"];
    MARKS.iter().fold(text.to_owned(), |text, mark| text.replace(mark, ""))
}
