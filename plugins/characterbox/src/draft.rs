//! The body of an order of speech.
//!
//! The five members of the service's first document are always there, as its first clients sent them:
//! an emotion nobody set is `neutral` and never null. All others are there when the caller set them,
//! and each can be left out again when a service does not know it.

use serde_json::{Map, Value};
use understudy_plugin::http::Complaint;
use understudy_plugin::{Encoding, Error, Request, decimal, log};

use crate::service::Service;
use crate::settings::{Delivery, Settings};

/// What the service packs audio as, its own favourite first.
pub(crate) const ENCODINGS: [Encoding; 4] =
    [Encoding::Mp3, Encoding::Wav, Encoding::PcmS16le, Encoding::OggOpus];
pub(crate) const SAMPLE_RATES: [u32; 6] = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000];
pub(crate) const NEUTRAL: &str = "neutral";
/// Twice the amplitude, in decibels.
pub(crate) const VOLUME: (f32, f32) = (-96.0, 6.0);
/// Members that are left out when a service does not know them.
const EXTRAS: [&str; 5] = ["emotion_intensity", "sample_rate", "language_code", "timestamps", "delivery"];
/// Members no option may set.
const OWN: [&str; 9] = [
    "character_id",
    "text",
    "emotion",
    "output_format",
    "emotion_intensity",
    "sample_rate",
    "language_code",
    "timestamps",
    "delivery",
];

/// An order without its text.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) character: String,
    members: Map<String, Value>,
    /// Audio must be samples, to be joined with other audio.
    joined: bool,
}

impl Draft {
    /// The order a request comes to when this character speaks it.
    pub(crate) fn new(service: &Service, request: &Request, character: String) -> Result<Self, Error> {
        let settings = &service.settings;
        let mut members = options(request.options.as_ref())?;
        let voice_settings = voice_settings(settings, request, members.remove("voice_settings"))?;
        let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
        set("character_id", character.clone().into());
        set("emotion", emotion(request.emotion.as_deref()).into());
        set("voice_settings", voice_settings.into());
        set("output_format", format_name(request.preferred(&ENCODINGS)).into());
        if let Some(intensity) = request.intensity {
            set("emotion_intensity", intensity_of(intensity));
        }
        if let Some(wanted) = request.sample_rate {
            set("sample_rate", nearest_rate(wanted).into());
        }
        if let Some(language) = &request.language {
            set("language_code", language.clone().into());
        }
        if request.words {
            set("timestamps", "word".into());
        }
        if settings.delivery == Delivery::Inline {
            set("delivery", "inline".into());
        }
        Ok(Self { character, members, joined: false })
    }

    /// Asks for samples, which join without a seam.
    pub(crate) fn take_samples(&mut self) {
        self.joined = true;
        self.members.insert("output_format".to_owned(), "wav".into());
    }

    /// The body for a text.
    pub(crate) fn body(&self, text: &str) -> Value {
        let mut members = self.members.clone();
        members.insert("text".to_owned(), text.into());
        Value::Object(members)
    }

    /// Asks for less when the complaint is about something that can be done without. False: it is not.
    pub(crate) fn lower(&mut self, complaint: &Complaint, settings: &Settings) -> bool {
        let param = complaint.param.as_deref().unwrap_or_default();
        let is = |code: &str| complaint.is(&[code]);
        let lowered = if is("unsupported_emotion") && settings.downgrade {
            self.set("emotion", NEUTRAL.into())
        } else if is("unsupported_language") && settings.downgrade {
            self.leave_out("language_code")
        } else if is("unsupported_format") && !self.joined {
            self.set("output_format", "mp3".into())
        } else if is("invalid_field") && EXTRAS.contains(&param) {
            self.leave_out(param)
        } else {
            false
        };
        if lowered {
            let fields: [(&str, &dyn std::fmt::Display); 2] =
                [("character", &self.character), ("reason", &complaint.message)];
            log::warn("service was asked for less than was wanted", &fields);
        }
        lowered
    }

    fn set(&mut self, name: &str, value: Value) -> bool {
        self.members.insert(name.to_owned(), value.clone()) != Some(value)
    }

    fn leave_out(&mut self, name: &str) -> bool {
        self.members.remove(name).is_some()
    }
}

/// The caller's options: further members of the body.
fn options(options: Option<&Map<String, Value>>) -> Result<Map<String, Value>, Error> {
    let options = options.cloned().unwrap_or_default();
    match options.keys().find(|name| OWN.contains(&name.as_str())) {
        None => Ok(options),
        Some(own) => Err(Error::invalid("options", format!("must not set {own}, which the plugin sets"))),
    }
}

/// The operator's, the options', and before them what the request's own controls say.
fn voice_settings(
    settings: &Settings,
    request: &Request,
    option: Option<Value>,
) -> Result<Map<String, Value>, Error> {
    let mut voice_settings = settings.voice_settings.clone();
    match option {
        None => {}
        Some(Value::Object(option)) => voice_settings.extend(option),
        Some(_) => return Err(Error::invalid("options", "must have an object in voice_settings")),
    }
    let mut set = |name: &str, value: Option<f32>| {
        if let Some(value) = value {
            voice_settings.insert(name.to_owned(), decimal(value));
        }
    };
    set("speed", request.rate);
    set("pitch", request.pitch);
    set("volume", request.volume.map(factor));
    Ok(voice_settings)
}

/// Decibels as a factor, to four places.
fn factor(decibels: f32) -> f32 {
    let factor = 10_f32.powf(decibels / 20.0).clamp(0.0, 2.0);
    (factor * 10_000.0).round() / 10_000.0
}

/// An emotion that was set to nothing was not set.
pub(crate) fn emotion(emotion: Option<&str>) -> &str {
    emotion.map(str::trim).filter(|emotion| !emotion.is_empty()).unwrap_or(NEUTRAL)
}

/// 1 is as the character means it, which the service calls a half.
fn intensity_of(intensity: f32) -> Value {
    decimal(intensity.clamp(0.0, 2.0) / 2.0)
}

fn nearest_rate(wanted: u32) -> u32 {
    SAMPLE_RATES.into_iter().find(|rate| *rate >= wanted).unwrap_or(48_000)
}

pub(crate) const fn format_name(encoding: Option<Encoding>) -> &'static str {
    match encoding {
        Some(Encoding::Wav | Encoding::PcmS16le) => "wav",
        Some(Encoding::OggOpus) => "ogg",
        _ => "mp3",
    }
}
