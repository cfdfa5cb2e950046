//! The request for speech.

use serde_json::{Map, Value};
use understudy_plugin::language::Spoken;
use understudy_plugin::{AudioFormat, Encoding, Error, Request, decimal, http};

use crate::models;
use crate::service;
use crate::settings::Settings;

/// What the service's speed reaches.
pub(crate) const RATE: (f32, f32) = (0.7, 1.2);
/// Rates of samples; the service asks a higher plan for 44,100 and more.
pub(crate) const PCM_RATES: [u32; 7] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
/// The rate of samples when none is asked for; every plan has it.
const PCM_RATE: u32 = 24_000;
/// MP3 by sample rate, at the bit rate of the service's own default.
pub(crate) const MP3_FORMATS: [(u32, &str); 3] =
    [(22_050, "mp3_22050_32"), (24_000, "mp3_24000_48"), (44_100, "mp3_44100_128")];
const OPUS_FORMAT: &str = "opus_48000_128";
/// Encodings, the service's own first.
const ENCODINGS: [Encoding; 4] = [Encoding::Mp3, Encoding::PcmS16le, Encoding::Wav, Encoding::OggOpus];
/// What a part is told of the one before it, in characters.
const PREVIOUS_CHARACTERS_MAX: usize = 300;

/// A request for speech, complete but for its text.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) voice: String,
    pub(crate) output_format: Option<String>,
    body: Map<String, Value>,
    enable_logging: Option<bool>,
    /// Names of the fields the caller set.
    pub(crate) options: Vec<String>,
}

/// The model of a request, when one was chosen.
pub(crate) fn model<'request>(
    settings: &'request Settings,
    request: &'request Request,
) -> Option<&'request str> {
    let option = request.options.as_ref().and_then(|options| options.get("model_id"));
    option.and_then(Value::as_str).or(settings.model.as_deref())
}

impl Draft {
    /// Everything but the text. `parts` says that it will be sent in several.
    pub(crate) fn new(settings: &Settings, request: &Request, parts: bool) -> Result<Self, Error> {
        let mut body = settings.options.clone();
        let model = model(settings, request);
        if let Some(model) = model {
            body.insert("model_id".to_owned(), model.into());
        }
        let options = request.options.clone().unwrap_or_default();
        if options.contains_key("text") {
            return Err(Error::invalid("options", "must not set text, which the plugin sets"));
        }
        let named = options.keys().cloned().collect();
        let mut voice_settings = settings.voice_settings.clone();
        for (name, value) in options {
            match value {
                Value::Object(fields) if name == "voice_settings" => voice_settings.extend(fields),
                value => drop(body.insert(name, value)),
            }
        }
        if let Some(rate) = request.rate {
            voice_settings.insert("speed".to_owned(), decimal(rate));
        }
        if !voice_settings.is_empty() {
            body.insert("voice_settings".to_owned(), voice_settings.into());
        }
        let language = request.language.as_deref().filter(|_| models::takes_language(model));
        if let Some(tag) = language {
            body.insert("language_code".to_owned(), language_code(tag).into());
        }
        Ok(Self {
            voice: choose_voice(settings, request)?,
            output_format: output_format(settings, request, parts),
            body,
            enable_logging: settings.enable_logging,
            options: named,
        })
    }

    /// The request for a piece of text, after what was said `before` it.
    pub(crate) fn request(
        &self,
        settings: &Settings,
        piece: &str,
        before: Option<&str>,
        words: bool,
    ) -> http::Request {
        let variant = if words { "/stream/with-timestamps" } else { "/stream" };
        let request =
            service::request(settings, "POST", &format!("/v1/text-to-speech/{}{variant}", self.voice));
        let queries = [
            ("output_format", self.output_format.clone()),
            ("enable_logging", self.enable_logging.map(|enabled| enabled.to_string())),
        ];
        let with = |request: http::Request, (name, value): (&str, Option<String>)| match value {
            Some(value) => request.query(name, &value),
            None => request,
        };
        let mut body = self.body.clone();
        body.insert("text".to_owned(), piece.into());
        if let Some(before) = before {
            body.entry("previous_text").or_insert_with(|| last_characters(before).into());
        }
        queries.into_iter().fold(request, with).json(&body)
    }

    /// What the samples are, when the answer will be samples without a header.
    pub(crate) fn samples(&self) -> Option<AudioFormat> {
        let rate = self.output_format.as_deref()?.strip_prefix("pcm_")?.parse().ok()?;
        Some(AudioFormat::mono(Encoding::PcmS16le, rate))
    }
}

fn last_characters(text: &str) -> &str {
    let start = text.char_indices().rev().nth(PREVIOUS_CHARACTERS_MAX - 1).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or(text)
}

/// What the service calls a language: by ISO 639-1, in which Cantonese is Chinese.
fn language_code(tag: &str) -> String {
    match Spoken::of(tag).language.as_str() {
        "nb" => "no",
        "yue" => "zh",
        language => language,
    }
    .to_owned()
}

/// The voice asked for, else the operator's, else the account's first that speaks the language.
fn choose_voice(settings: &Settings, request: &Request) -> Result<String, Error> {
    if let Some(voice) = request.voice.as_ref().or(settings.voice.as_ref()) {
        // It becomes a part of the path.
        let spelled = !voice.is_empty()
            && voice.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        return if spelled { Ok(voice.clone()) } else { Err(Error::voice_not_found(voice)) };
    }
    let voices = service::voices(settings)?;
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
    let speaks = |tag: &str| {
        voices.iter().find(|voice| voice.languages().iter().any(|known| primary(known) == primary(tag)))
    };
    let chosen = request.language.as_deref().and_then(speaks).or(voices.first());
    chosen
        .map(|voice| voice.voice_id.clone())
        .ok_or_else(|| Error::voice_not_found("the account has no voices"))
}

/// The format that fits best; none when any will do. Parts are samples, for only those join without a
/// seam.
fn output_format(settings: &Settings, request: &Request, parts: bool) -> Option<String> {
    let rate = |wanted: u32| PCM_RATES.iter().find(|rate| **rate >= wanted).or(PCM_RATES.last());
    let samples = || format!("pcm_{}", request.sample_rate.and_then(rate).unwrap_or(&PCM_RATE));
    if let Some(format) = &settings.output_format {
        let joins = format.starts_with("pcm_") || format.starts_with("wav_");
        return Some(if parts && !joins { samples() } else { format.clone() });
    }
    if parts {
        return Some(samples());
    }
    let wanted = match (request.encodings.first(), request.sample_rate) {
        (None, None) => return None,
        _ => request.preferred(&ENCODINGS)?,
    };
    Some(match wanted {
        Encoding::PcmS16le | Encoding::Wav => samples(),
        Encoding::OggOpus => OPUS_FORMAT.to_owned(),
        _ => {
            let wanted = request.sample_rate.unwrap_or(u32::MAX);
            let fits = MP3_FORMATS.iter().find(|(rate, _)| *rate >= wanted).or(MP3_FORMATS.last());
            fits.map(|(_, name)| (*name).to_owned())?
        }
    })
}
