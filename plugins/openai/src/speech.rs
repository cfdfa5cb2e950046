//! The one request all these servers agree on.

use serde_json::{Map, Value, json};
use understudy_plugin::{Encoding, Error, Request, Voice, decimal, log};

use crate::server::Server;
use crate::settings::Flavour;
use crate::voices;

/// Encodings by their names in the API, OpenAI's own favourite first. Samples travel as WAVE, which
/// says what they are.
pub(crate) const ENCODINGS: [(Encoding, &str); 6] = [
    (Encoding::Mp3, "mp3"),
    (Encoding::PcmS16le, "wav"),
    (Encoding::Wav, "wav"),
    (Encoding::OggOpus, "opus"),
    (Encoding::Flac, "flac"),
    (Encoding::Aac, "aac"),
];

/// Fields that belong to the plugin: what is said, by whom, and the form of the answer.
const RESERVED: [&str; 11] = [
    "input",
    "voice",
    "speed",
    "response_format",
    "download_format",
    "stream",
    "stream_format",
    "return_download_link",
    "return_timing",
    "return_timestamps",
    "lang_code",
];

/// A request for speech, complete but for its text.
#[derive(Debug)]
pub(crate) struct Draft {
    body: Map<String, Value>,
    /// Names of the fields the caller set.
    pub(crate) options: Vec<String>,
    /// The voice asked for, when one is.
    pub(crate) voice: Option<String>,
}

impl Draft {
    /// Everything but the text. `parts` says that it will be sent in several.
    pub(crate) fn new(server: &Server, request: &Request, parts: bool) -> Result<Self, Error> {
        let mut body = server.settings.options.clone();
        let options = request.options.clone().unwrap_or_default();
        if let Some(name) = options.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(Error::invalid("options", format!("must not set {name}, which the plugin sets")));
        }
        set(&mut body, "model", server.model().map(Value::from));
        let named: Vec<String> = options.keys().cloned().collect();
        set(&mut body, "instructions", server.settings.instructions.clone().map(Value::from));
        body.extend(options);
        let is_first = body.get("model").and_then(Value::as_str).is_some_and(voices::is_first_model);
        if is_first && body.remove("instructions").is_some() {
            log::info("model takes no instructions, they are left out", &[]);
        }
        let voice = choose_voice(server, request)?;
        set(&mut body, "voice", voice.as_deref().map(|voice| voice_value(server, voice)));
        set(&mut body, "response_format", format_name(request, parts).map(Value::from));
        set(&mut body, "speed", request.rate.map(decimal));
        say_language(server, request, &mut body)?;
        Ok(Self { body, options: named, voice })
    }

    /// The body for a text.
    pub(crate) fn with(&self, input: &str) -> Value {
        let mut body = self.body.clone();
        body.insert("input".to_owned(), input.into());
        Value::Object(body)
    }

    /// The model it names.
    pub(crate) fn model(&self) -> Option<&str> {
        self.body.get("model").and_then(Value::as_str)
    }
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value);
    }
}

/// Only samples are joined without a seam.
fn format_name(request: &Request, parts: bool) -> Option<&'static str> {
    if parts {
        return Some("wav");
    }
    let offered = ENCODINGS.map(|(encoding, _)| encoding);
    let wanted = request.encodings.first().and_then(|_| request.preferred(&offered))?;
    ENCODINGS.iter().find(|(encoding, _)| *encoding == wanted).map(|(_, name)| *name)
}

/// The voice asked for, else the operator's, else one that speaks the language. Kokoro has a default of its
/// own, which its operator chose.
fn choose_voice(server: &Server, request: &Request) -> Result<Option<String>, Error> {
    if let Some(voice) = request.voice.as_ref().or(server.settings.voice.as_ref()) {
        return Ok(Some(voice.clone()));
    }
    if request.language.is_none() && server.settings.voices.is_empty() && server.flavour()? == Flavour::Kokoro
    {
        return Ok(None);
    }
    let list = server.voices()?;
    let chosen = match &request.language {
        Some(tag) => speaker(&list, tag),
        None => list.first(),
    };
    match (chosen, &request.language) {
        (None, Some(tag)) if !list.is_empty() => Err(Error::unsupported(format!("language {tag}"))),
        (chosen, _) => Ok(chosen.map(|voice| voice.id.clone())),
    }
}

/// The first voice of just this language and region, else of the language, else one that does not say what
/// it speaks.
fn speaker<'list>(list: &'list [Voice], tag: &str) -> Option<&'list Voice> {
    let of = |same: &dyn Fn(&str) -> bool| {
        list.iter().find(|voice| voice.languages.iter().any(|known| same(known)))
    };
    of(&|known| known.eq_ignore_ascii_case(tag))
        .or_else(|| of(&|known| voices::is_same(known, tag)))
        .or_else(|| list.iter().find(|voice| voice.languages.is_empty()))
}

/// OpenAI wants its customers' own voices in an object.
fn voice_value(server: &Server, voice: &str) -> Value {
    if server.is_official() && voice.starts_with("voice_") { json!({ "id": voice }) } else { voice.into() }
}

/// Says the language, and the rate, where there is a field for it. OpenAI hears it from the text.
fn say_language(server: &Server, request: &Request, body: &mut Map<String, Value>) -> Result<(), Error> {
    if request.language.is_none() && request.sample_rate.is_none() {
        return Ok(());
    }
    let flavour = server.flavour()?;
    match (flavour, &request.language) {
        (Flavour::Kokoro, Some(tag)) => {
            let letter =
                voices::kokoro_letter(tag).ok_or_else(|| Error::unsupported(format!("language {tag}")))?;
            set(body, "lang_code", Some(letter.to_string().into()));
        }
        (Flavour::LocalAi, Some(tag)) => set(body, "language", Some(tag.as_str().into())),
        _ => {}
    }
    if matches!(flavour, Flavour::Speaches | Flavour::LocalAi) {
        let rate = request.sample_rate.filter(|rate| (8_000..=48_000).contains(rate));
        set(body, "sample_rate", rate.map(Value::from));
    }
    Ok(())
}
