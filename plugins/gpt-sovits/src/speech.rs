//! The request for speech, as either program takes it.

use serde_json::{Map, Value};
use understudy_plugin::language::Spoken;
use understudy_plugin::{Error, Request, decimal, http};

use crate::refusal;
use crate::settings::{Api, Settings, VoiceSetting};

/// Fields that belong to the plugin: the text, the voice, which paths on the server's disk are
/// opened, and the form of the answer.
const RESERVED: [&str; 15] = [
    "text",
    "text_lang",
    "text_language",
    "ref_audio_path",
    "refer_wav_path",
    "aux_ref_audio_paths",
    "inp_refs",
    "prompt_text",
    "prompt_lang",
    "prompt_language",
    "media_type",
    "streaming_mode",
    "return_fragment",
    "speed_factor",
    "speed",
];

/// Languages by BCP-47 and as the server spells them, which is lower case or an error.
const LANGUAGES: [(&str, &str); 6] =
    [("en", "en"), ("ja", "ja"), ("ko", "ko"), ("yue", "yue"), ("zh-yue", "yue"), ("zh", "zh")];

/// The request, ready to be sent.
pub(crate) fn request(
    settings: &Settings,
    api: Api,
    voice: &VoiceSetting,
    request: &Request,
) -> Result<http::Request, Error> {
    let source = request.plain_text()?;
    if api == Api::V1 && voice.prompt_text.is_none() {
        return Err(refusal::without_prompt_text(voice));
    }
    let mut body = settings.options.clone();
    let options = request.options.clone().unwrap_or_default();
    if let Some(name) = options.keys().find(|name| RESERVED.contains(&name.as_str())) {
        return Err(Error::invalid("options", format!("must not set {name}, which the plugin sets")));
    }
    body.extend(options);
    let language = text_language(request, voice)?;
    let pace = match (request.rate, voice.speed) {
        (None, pace) | (pace, None) => pace,
        (Some(rate), Some(speed)) => Some(rate * speed),
    };
    let spelled = |text: &str| Value::from(text.to_lowercase());
    let names = Names::of(api);
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    set("text", Some(source.into()));
    set(names.text_language, Some(spelled(&language)));
    set(names.recording, Some(voice.ref_audio_path.clone().into()));
    set("prompt_text", voice.prompt_text.clone().map(Value::from));
    set(names.prompt_language, Some(spelled(&voice.prompt_lang)));
    let more = Some(voice.aux_ref_audio_paths.clone()).filter(|paths| !paths.is_empty());
    set(names.more_recordings, more.map(Value::from));
    set(names.pace, pace.map(decimal));
    if api == Api::V2 && settings.streaming_mode > 0 {
        set("streaming_mode", Some(settings.streaming_mode.into()));
    }
    Ok(send_to(settings, names.path, &body))
}

fn send_to(settings: &Settings, path: &str, body: &Map<String, Value>) -> http::Request {
    http::Request::post(format!("{}{path}", settings.base_url)).json(body)
}

/// The request's language as the server spells it, else the voice's, else the server finds out.
fn text_language(request: &Request, voice: &VoiceSetting) -> Result<String, Error> {
    let Some(tag) = &request.language else {
        return Ok(voice.text_lang.clone().unwrap_or_else(|| "auto".to_owned()));
    };
    let lower = tag.to_lowercase().replace('_', "-");
    let find = |wanted: &str| LANGUAGES.iter().find(|(known, _)| *known == wanted).map(|(_, name)| *name);
    let name = find(&lower)
        .or_else(|| find(&Spoken::of(tag).language))
        .ok_or_else(|| Error::unsupported(format!("language {tag}")))?;
    // The voice may want its own reading of it: `all_zh` reads no English in between.
    let refined =
        voice.text_lang.as_ref().filter(|own| own.to_lowercase().trim_start_matches("all_") == name);
    Ok(refined.cloned().unwrap_or_else(|| name.to_owned()))
}

/// What the two programs call the same things.
struct Names {
    path: &'static str,
    text_language: &'static str,
    recording: &'static str,
    more_recordings: &'static str,
    prompt_language: &'static str,
    pace: &'static str,
}

impl Names {
    const fn of(api: Api) -> Self {
        match api {
            Api::V1 => Self {
                path: "/",
                text_language: "text_language",
                recording: "refer_wav_path",
                more_recordings: "inp_refs",
                prompt_language: "prompt_language",
                pace: "speed",
            },
            Api::V2 => Self {
                path: "/tts",
                text_language: "text_lang",
                recording: "ref_audio_path",
                more_recordings: "aux_ref_audio_paths",
                prompt_language: "prompt_lang",
                pace: "speed_factor",
            },
        }
    }
}
