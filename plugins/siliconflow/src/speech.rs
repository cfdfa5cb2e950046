//! The request for speech.

use serde_json::{Map, Value};
use understudy_plugin::{Encoding, Error, Request, TextLimit, decimal};

use crate::service;
use crate::settings::Settings;

/// The longest text of a request.
pub(crate) const TEXT_LIMIT: TextLimit = TextLimit::characters(128_000);
/// What the service's gain reaches, in decibels either way.
pub(crate) const GAIN_DB: f32 = 10.0;

/// An encoding, its name and the rates it can be asked for at. Samples travel as WAVE.
pub(crate) const FORMATS: [(Encoding, &str, &[u32]); 4] = [
    (Encoding::Mp3, "mp3", &[32_000, 44_100]),
    (Encoding::PcmS16le, "wav", &WAVE_RATES),
    (Encoding::Wav, "wav", &WAVE_RATES),
    (Encoding::OggOpus, "opus", &[48_000]),
];
const WAVE_RATES: [u32; 5] = [8_000, 16_000, 24_000, 32_000, 44_100];

/// Fields that belong to the plugin.
const RESERVED: [&str; 8] =
    ["model", "input", "voice", "response_format", "sample_rate", "speed", "gain", "stream"];

/// A request for speech, ready to be sent.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) body: Map<String, Value>,
    /// The voice, none when the caller gave a reference recording in its place.
    pub(crate) voice: Option<String>,
    /// The caller named the voice.
    pub(crate) voice_asked: bool,
    /// Names of the fields the caller set.
    pub(crate) options: Vec<String>,
}

impl Draft {
    pub(crate) fn new(settings: &Settings, request: &Request) -> Result<Self, Error> {
        let input = request.plain_text()?;
        TEXT_LIMIT.check(input)?;
        let mut body = settings.options.clone();
        let options = request.options.clone().unwrap_or_default();
        if let Some(name) = options.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(Error::invalid("options", format!("must not set {name}, which the plugin sets")));
        }
        let named: Vec<String> = options.keys().cloned().collect();
        body.extend(options);
        let (model, voice) = voice_and_model(settings, request, body.contains_key("references"))?;
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        set("model", Some(model.into()));
        set("input", Some(input.into()));
        set("voice", voice.clone().map(Value::from));
        set("speed", request.rate.map(decimal));
        set("gain", request.volume.map(|volume| decimal(volume.clamp(-GAIN_DB, GAIN_DB))));
        if let Some((name, rates)) = wanted_format(request) {
            set("response_format", Some(name.into()));
            set(
                "sample_rate",
                request.sample_rate.and_then(|wanted| nearest(rates, wanted)).map(Value::from),
            );
        }
        Ok(Self { body, voice, voice_asked: request.voice.is_some(), options: named })
    }
}

/// A system voice is `model:name`, and its model must be the request's. A clone is `speech:…`, and
/// its model is in the list; a bare name is one of the system's.
fn voice_and_model(
    settings: &Settings,
    request: &Request,
    referenced: bool,
) -> Result<(String, Option<String>), Error> {
    let default = || service::default_voice().to_owned();
    let wanted = match (&request.voice, referenced) {
        (Some(voice), _) => voice.clone(),
        // The service takes the voice of the reference when it is given none.
        (None, true) => return Ok((settings.model.clone(), None)),
        (None, false) => settings.voice.clone().unwrap_or_else(default),
    };
    if wanted.starts_with("speech:") {
        let known = service::clones(settings)?.into_iter().find(|clone| clone.uri == wanted);
        let model = known.map(|clone| clone.model).filter(|model| !model.is_empty());
        return Ok((model.unwrap_or_else(|| settings.model.clone()), Some(wanted)));
    }
    match wanted.rsplit_once(':') {
        Some((model, _)) => Ok((model.to_owned(), Some(wanted))),
        None if service::is_system(&wanted) => {
            Ok((settings.model.clone(), Some(format!("{}:{wanted}", settings.model))))
        }
        None => Err(Error::voice_not_found(wanted)),
    }
}

/// The name of the wanted format and its rates; none when the caller wants none, for then neither
/// is sent.
fn wanted_format(request: &Request) -> Option<(&'static str, &'static [u32])> {
    let offered = FORMATS.map(|(encoding, ..)| encoding);
    let wanted = request.encodings.first().and_then(|_| request.preferred(&offered));
    let wanted = wanted.or(request.sample_rate.map(|_| Encoding::Mp3))?;
    FORMATS.into_iter().find(|(encoding, ..)| *encoding == wanted).map(|(_, name, rates)| (name, rates))
}

/// The least rate that is not below the wanted one, else the greatest; none when there is no choice.
fn nearest(rates: &[u32], wanted: u32) -> Option<u32> {
    if rates.len() < 2 {
        return None;
    }
    rates.iter().find(|rate| **rate >= wanted).or(rates.last()).copied()
}
