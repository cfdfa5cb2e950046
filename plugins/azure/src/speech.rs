//! How it is spoken: style, role and controls, and the document of a text.

use serde::Deserialize;
use understudy_microsoft_speech::{Listed, pieces, prosody, voice};
use understudy_plugin::ssml::Element;
use understudy_plugin::{Error, Request, text};

use crate::settings::Settings;
use crate::voices::{self, Known, LANGUAGE};

/// The namespace of the service's own elements.
pub(crate) const MSTTS: &str = "http://www.w3.org/2001/mstts";
/// The weakest style there is.
const DEGREE_MIN: f32 = 0.01;
/// Stands for what a voice says until that is known. Of Unicode's private use, so in nobody's text.
const CONTENT: &str = "\u{E000}";

/// The caller's options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    role: Option<String>,
    effect: Option<String>,
    temperature: Option<f32>,
}

/// Who speaks, and how.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) voice: String,
    pub(crate) language: String,
    /// The document before and after what the voice says.
    before: String,
    after: String,
    /// A control or style was asked for.
    pub(crate) is_directed: bool,
    is_hd: bool,
}

impl Draft {
    pub(crate) fn new(settings: &Settings, request: &Request) -> Result<Self, Error> {
        let voice = voices::choose(settings, request)?;
        let known = voices::look_up(settings, &voice)?;
        if matches!(known, Known::Missing) {
            return Err(Error::voice_not_found(voice));
        }
        let listed = known.listed();
        let language = language(request, listed, &voice)?;
        let is_hd = known.is_hd(&voice);
        let options: Options = request.options_as()?.unwrap_or_default();
        if is_hd {
            refuse_for_hd(request, &options)?;
        }
        let expression = expression(request, listed, &options)?;
        let prosody = prosody_of(request);
        let is_directed = expression.is_some() || prosody.is_some();
        let shell = [expression, prosody].into_iter().flatten().rev();
        let inside = shell.fold(None, |inside, outer| Some(fill(outer, inside)));
        let voiced = fill(voice_element(&voice, &options), inside);
        let speak = Element::speak(&language).attribute("xmlns:mstts", MSTTS).with(voiced).to_string();
        let (before, after) = speak.split_once(CONTENT).unwrap_or((&speak, ""));
        let (before, after) = (before.to_owned(), after.to_owned());
        Ok(Self { voice, language, before, after, is_directed, is_hd })
    }

    /// True when the voice is one that reports no words.
    pub(crate) const fn is_hd(&self) -> bool {
        self.is_hd
    }

    /// The document that says a text.
    pub(crate) fn document(&self, piece: &str) -> String {
        let piece = pieces::without_controls(piece);
        [&self.before, &*text::escape_xml(&piece), &self.after].concat()
    }

    /// What stands around the speech of a document of the caller's: the voice and what is in it.
    pub(crate) fn voice_tags(&self) -> (&str, &str) {
        let start = self.before.find("<voice").unwrap_or_default();
        let opening = self.before.get(start..).unwrap_or_default();
        (opening, self.after.strip_suffix("</speak>").unwrap_or_default())
    }
}

fn fill(outer: Element, inside: Option<Element>) -> Element {
    match inside {
        Some(inside) => outer.with(inside),
        None => outer.text(CONTENT),
    }
}

/// The language of the text, else the voice's own.
fn language(request: &Request, listed: Option<&Listed>, name: &str) -> Result<String, Error> {
    let Some(tag) = &request.language else {
        let named = || name.rsplit_once('-').map(|(locale, _)| locale.to_owned());
        let own = listed.map(|voice| voice.locale.clone()).or_else(named).filter(|tag| voice::is_tag(tag));
        return Ok(own.unwrap_or_else(|| LANGUAGE.to_owned()));
    };
    if voice::is_tag(tag) {
        Ok(tag.clone())
    } else {
        Err(Error::invalid("language", format!("must be a BCP-47 tag, got {tag}")))
    }
}

/// HD voices read a text their own way and refuse to be told how.
fn refuse_for_hd(request: &Request, options: &Options) -> Result<(), Error> {
    let asked = [
        ("a rate", request.rate.is_some()),
        ("a pitch", request.pitch.is_some()),
        ("a volume", request.volume.is_some()),
        ("a style", request.style.is_some()),
        ("an emotion", request.emotion.is_some()),
        ("a role", options.role.is_some()),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(Error::unsupported(format!("{what} with an HD voice"))),
        None => Ok(()),
    }
}

fn voice_element(voice: &str, options: &Options) -> Element {
    let mut element = Element::voice(voice);
    if let Some(effect) = &options.effect {
        element = element.attribute("effect", effect);
    }
    if let Some(temperature) = options.temperature {
        element = element.attribute("parameters", &format!("temperature={temperature}"));
    }
    element
}

/// Style, its degree and role. The service ignores a style the voice does not have, so that the
/// caller would hear plain speech and never know.
fn expression(
    request: &Request,
    listed: Option<&Listed>,
    options: &Options,
) -> Result<Option<Element>, Error> {
    let style = match (&request.style, &request.emotion) {
        (Some(style), Some(emotion)) if style != emotion => {
            return Err(Error::unsupported(format!("a style and an emotion at once: {style}, {emotion}")));
        }
        (style, emotion) => style.as_ref().or(emotion.as_ref()),
    };
    let has = |what: &str, wanted: &str, known: fn(&Listed) -> &Vec<String>| match listed {
        Some(voice) if !known(voice).iter().any(|known| known == wanted) => {
            Err(Error::unsupported(format!("the {what} of {}: {wanted}", voice.short_name)))
        }
        _ => Ok(()),
    };
    if style.is_none() && options.role.is_none() {
        return Ok(None);
    }
    let mut element = Element::new("mstts:express-as");
    if let Some(style) = style {
        has("style", style, |voice| &voice.style_list)?;
        element = element.attribute("style", style);
        if let Some(intensity) = request.intensity {
            element = element.attribute("styledegree", &intensity.max(DEGREE_MIN).to_string());
        }
    }
    if let Some(role) = &options.role {
        has("role", role, |voice| &voice.role_play_list)?;
        element = element.attribute("role", role);
    }
    Ok(Some(element))
}

/// The controls the caller set, and no others.
fn prosody_of(request: &Request) -> Option<Element> {
    let Request { rate, pitch, volume, .. } = request;
    let mut element = Element::prosody();
    if rate.is_none() && pitch.is_none() && volume.is_none() {
        return None;
    }
    if let Some(factor) = rate {
        element = element.rate(*factor);
    }
    if let Some(semitones) = pitch {
        element = element.pitch(*semitones);
    }
    if let Some(decibels) = volume {
        element = element.attribute("volume", &format!("{:+}%", prosody::volume_percent(*decibels)));
    }
    Some(element)
}
