//! The families of voices, and what each can do.
//!
//! Many of these rules are about *presence*: a Chirp3-HD voice refuses a pitch of 0 and a Journey
//! voice a rate of 1. So what changes nothing is never sent, and counts as not asked for.

use understudy_plugin::{Error, Request};

use crate::tags::{self, Tag};

/// What the service's controls reach: rate as a factor, pitch in semitones, gain in decibels.
pub(crate) const RATE: (f32, f32) = (0.25, 2.0);
pub(crate) const PITCH: (f32, f32) = (-20.0, 20.0);
pub(crate) const VOLUME: (f32, f32) = (-96.0, 16.0);

/// A kind of voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Standard, WaveNet, News, Casual and Polyglot: everything works.
    Classic,
    Neural2,
    Studio,
    Journey,
    ChirpHd,
    Chirp3Hd,
    /// One that came after this was written. The service judges it.
    Newer,
}

/// The name of a voice, in its parts: `en-US`, `Neural2-C`, and its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'name> {
    pub(crate) locale: &'name str,
    pub(crate) variant: &'name str,
    pub(crate) family: Family,
}

impl<'name> Name<'name> {
    /// Reads a name. None when it is of another form, such as that of a Gemini voice.
    pub(crate) fn read(name: &'name str) -> Option<Self> {
        let (second, _) = name.match_indices('-').nth(1)?;
        let (locale, variant) = (name.get(..second)?, name.get(second + 1..)?);
        let (language, region) = locale.split_once('-')?;
        let spelled = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let lengths = (2..=3).contains(&language.len()) && (2..=3).contains(&region.len());
        let family = family(variant);
        (lengths && !variant.is_empty() && spelled(name)).then_some(Self { locale, variant, family })
    }

    /// True for what is billed above WaveNet.
    pub(crate) fn is_premium(&self) -> bool {
        self.family != Family::Classic || self.variant.starts_with("Polyglot")
    }
}

fn family(variant: &str) -> Family {
    let is = |names: &[&str]| names.iter().any(|name| variant.starts_with(name));
    match variant {
        _ if is(&["Standard", "Wavenet", "News", "Casual", "Polyglot"]) => Family::Classic,
        _ if is(&["Neural2"]) => Family::Neural2,
        _ if is(&["Studio"]) => Family::Studio,
        _ if is(&["Journey"]) => Family::Journey,
        _ if is(&["Chirp3-HD"]) => Family::Chirp3Hd,
        _ if is(&["Chirp-HD"]) => Family::ChirpHd,
        _ => Family::Newer,
    }
}

impl Family {
    const fn name(self) -> &'static str {
        match self {
            Self::Classic => "Standard",
            Self::Neural2 => "Neural2",
            Self::Studio => "Studio",
            Self::Journey => "Journey",
            Self::ChirpHd => "Chirp-HD",
            Self::Chirp3Hd => "Chirp3-HD",
            Self::Newer => "newer",
        }
    }

    /// Reports when it comes by a mark.
    pub(crate) const fn takes_marks(self) -> bool {
        matches!(self, Self::Classic | Self::Neural2)
    }

    const fn takes_ssml(self) -> bool {
        !matches!(self, Self::Journey | Self::ChirpHd | Self::Chirp3Hd)
    }

    const fn takes_rate(self) -> bool {
        !matches!(self, Self::Journey | Self::ChirpHd)
    }

    const fn takes_pitch(self) -> bool {
        matches!(self, Self::Classic | Self::Neural2 | Self::Newer)
    }

    /// Gives samples and nothing else.
    pub(crate) const fn is_samples_only(self) -> bool {
        matches!(self, Self::Journey)
    }

    /// Gives MP3 of the beta API's 64 kbit/s, and not of 32 alone.
    pub(crate) const fn gives_richer_mp3(self) -> bool {
        !matches!(self, Self::ChirpHd | Self::Chirp3Hd)
    }

    /// Refuses what a voice of this family does not take. `document` has the tags of SSML.
    pub(crate) fn check(self, request: &Request, document: Option<&[Tag<'_>]>) -> Result<(), Error> {
        let refused = |what: &str| Err(Error::unsupported(format!("{what} with {} voices", self.name())));
        if document.is_some() && !self.takes_ssml() {
            return refused("SSML");
        }
        if rate(request).is_some() && !self.takes_rate() {
            return refused("a speaking rate");
        }
        if pitch(request).is_some() && !self.takes_pitch() {
            return refused("a pitch");
        }
        let foreign = document.filter(|_| self == Self::Studio).and_then(tags::foreign_to_studio);
        foreign.map_or(Ok(()), |name| refused(&format!("the SSML element {name}")))
    }
}

/// The rate, when it changes something.
pub(crate) fn rate(request: &Request) -> Option<f32> {
    request.rate.filter(|rate| (*rate - 1.0).abs() > f32::EPSILON)
}

/// The pitch, when it changes something.
pub(crate) fn pitch(request: &Request) -> Option<f32> {
    request.pitch.filter(|pitch| *pitch != 0.0)
}

/// The gain, when it changes something.
pub(crate) fn volume(request: &Request) -> Option<f32> {
    request.volume.filter(|volume| *volume != 0.0)
}

/// Refuses what no voice of the service does.
pub(crate) fn check_any(request: &Request) -> Result<(), Error> {
    if request.style.is_some() || request.emotion.is_some() {
        return Err(Error::unsupported("styles and emotions"));
    }
    let controls =
        [("rate", request.rate, RATE), ("pitch", request.pitch, PITCH), ("volume", request.volume, VOLUME)];
    for (name, value, (minimum, maximum)) in controls {
        if let Some(value) = value.filter(|value| !(minimum..=maximum).contains(value)) {
            return Err(Error::unsupported(format!("a {name} of {value}, it takes {minimum} to {maximum}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<(&str, &str, Family)>) {
        let found = Name::read(name).map(|name| (name.locale, name.variant, name.family));
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn a_name_tells_locale_and_family() {
        check("en-US-Standard-A", Some(("en-US", "Standard-A", Family::Classic)));
        check("cmn-CN-Wavenet-A", Some(("cmn-CN", "Wavenet-A", Family::Classic)));
        check("en-US-Polyglot-1", Some(("en-US", "Polyglot-1", Family::Classic)));
        check("es-419-Neural2-B", Some(("es-419", "Neural2-B", Family::Neural2)));
        check("en-US-Studio-O", Some(("en-US", "Studio-O", Family::Studio)));
        check("en-US-Journey-D", Some(("en-US", "Journey-D", Family::Journey)));
        check("en-US-Chirp-HD-D", Some(("en-US", "Chirp-HD-D", Family::ChirpHd)));
        check("en-US-Chirp3-HD-Kore", Some(("en-US", "Chirp3-HD-Kore", Family::Chirp3Hd)));
        check("en-US-Chirp9-HD-Kore", Some(("en-US", "Chirp9-HD-Kore", Family::Newer)));
    }

    #[test]
    fn another_form_is_no_name() {
        for name in
            ["Kore", "en-US", "en-US-", "english-US-Standard-A", "en-US-Standard A", "-US-Standard-A", ""]
        {
            check(name, None);
        }
    }

    #[test]
    fn what_costs_more_than_wavenet_is_premium() {
        let is_premium = |name| Name::read(name).unwrap().is_premium();
        assert!(!is_premium("en-US-Standard-A") && !is_premium("en-US-Wavenet-A"));
        assert!(is_premium("en-US-Neural2-A") && is_premium("en-US-Polyglot-1"));
    }
}
