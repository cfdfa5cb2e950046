//! The document of a turn.
//!
//! The service takes one voice, one prosody and text, and closes the connection on anything else
//! that SSML knows. Of the prosody it is only known that it takes all three controls at once, as
//! changes in whole percents and hertz. So all three are always there; a change of nothing is what a
//! caller meant who set none.

use serde::Deserialize;
use understudy_microsoft_speech::{pieces, prosody, voice};
use understudy_plugin::ssml::Element;
use understudy_plugin::{Error, Gender, Request};

use crate::settings::Settings;
use crate::voices;

/// What voices speak at, roughly, in hertz: the service wants the pitch in hertz and tells no
/// voice's own.
const FEMALE_HERTZ: f64 = 200.0;
const MALE_HERTZ: f64 = 115.0;

/// Controls in the service's own spelling, from the caller's options; they go before the request's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    rate: Option<String>,
    pitch: Option<String>,
    volume: Option<String>,
}

/// A document, complete but for its text.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) voice: String,
    name: String,
    language: String,
    rate: String,
    pitch: String,
    volume: String,
    /// How fast that is, as a factor.
    pub(crate) pace: f32,
}

impl Draft {
    pub(crate) fn new(settings: &Settings, request: &Request) -> Result<Self, Error> {
        let voice = voices::choose(settings, request)?;
        let name = voices::long_name(&voice).ok_or_else(|| Error::voice_not_found(&voice))?;
        let language = request.language.clone().unwrap_or_else(|| voices::locale(&voice).to_owned());
        if !voice::is_tag(&language) {
            return Err(Error::invalid("language", format!("must be a BCP-47 tag, got {language}")));
        }
        let options: Options = request.options_as()?.unwrap_or_default();
        let percent = |change: i32| format!("{change:+}%");
        let rate = request.rate.map_or(0, prosody::rate_percent);
        let volume = request.volume.map_or(0, prosody::volume_percent);
        let hertz = request.pitch.map_or(0, |semitones| pitch(settings, &voice, semitones));
        let rate = spelled("rate", options.rate, "%")?.unwrap_or_else(|| percent(rate));
        Ok(Self {
            pace: factor(&rate),
            rate,
            pitch: spelled("pitch", options.pitch, "Hz")?.unwrap_or_else(|| format!("{hertz:+}Hz")),
            volume: spelled("volume", options.volume, "%")?.unwrap_or_else(|| percent(volume)),
            voice,
            name,
            language,
        })
    }

    /// The document that says `piece`.
    pub(crate) fn document(&self, piece: &str) -> String {
        let prosody = Element::prosody()
            .attribute("pitch", &self.pitch)
            .attribute("rate", &self.rate)
            .attribute("volume", &self.volume)
            .text(pieces::without_controls(piece));
        Element::speak(&self.language).with(Element::voice(&self.name).with(prosody)).to_string()
    }
}

/// A change in percent as a factor. One that no whole number holds is as fast as can be.
fn factor(percent: &str) -> f32 {
    let change: i16 = percent.trim_end_matches('%').parse().unwrap_or(i16::MAX);
    1.0 + f32::from(change) / 100.0
}

fn pitch(settings: &Settings, voice: &str, semitones: f32) -> i32 {
    let base = match voices::gender(settings, voice) {
        Some(Gender::Male) => MALE_HERTZ,
        _ => FEMALE_HERTZ,
    };
    prosody::pitch_hertz(semitones, base)
}

/// An option in the only form the service reads: a sign, digits and the unit.
fn spelled(name: &str, value: Option<String>, unit: &str) -> Result<Option<String>, Error> {
    let Some(value) = value else { return Ok(None) };
    let digits = value.strip_suffix(unit).and_then(|number| number.strip_prefix(['+', '-']));
    match digits {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(value))
        }
        _ => Err(Error::invalid(
            "options",
            format!("must have {name} as a signed number with {unit}, got {value}"),
        )),
    }
}
