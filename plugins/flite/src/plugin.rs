//! The contract's side: a request checked and refused or spoken.

use std::ops::RangeInclusive;

use understudy_plugin::{
    AudioFormat, Capabilities, Encoding, Error, Manifest, Plugin, Request, Summary, Take, Utterance, Voice,
    Word, WordTimes,
};

use crate::delivery::Controls;
use crate::settings::Settings;
use crate::speaker::{Piece, SAMPLE_RATE, Speaker};
use crate::text::{self, Unspeakable};
use crate::voices::{self, Preset};

const RATE: RangeInclusive<f32> = 0.25..=4.0;
const PITCH: RangeInclusive<f32> = -20.0..=20.0;
const VOLUME: RangeInclusive<f32> = -96.0..=16.0;

/// The offline voice.
#[derive(Debug)]
pub struct Flite;

impl Plugin for Flite {
    fn describe() -> Manifest {
        Manifest::new("flite", "Flite", env!("CARGO_PKG_VERSION"))
            .description(
                "English speech without network, key or account: CMU Flite's kal16 diphone voice and eight voices \
                 derived from it, synthesized inside the plugin.",
            )
            .homepage(env!("CARGO_PKG_REPOSITORY"))
            .license(env!("CARGO_PKG_LICENSE"))
            .settings_schema(Settings::schema())
            .capabilities(
                Capabilities::new(Encoding::PcmS16le, [SAMPLE_RATE])
                    .language("en")
                    .words(WordTimes::Native)
                    .streaming()
                    .rate(*RATE.start(), *RATE.end())
                    .pitch(*PITCH.start(), *PITCH.end())
                    .volume(*VOLUME.start(), *VOLUME.end()),
            )
            .price_per_million_characters(0.0)
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(voices::ALL.iter().map(voice).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let settings = Settings::read()?;
        let source = spoken_text(&request)?;
        let preset = chosen_voice(&request, &settings)?;
        let controls = controls(&request, &settings)?;
        let sentences = text::prepare(source).map_err(refusal)?;
        let mut speaker = Speaker::new(preset, controls, request.words)
            .map_err(|error| Error::protocol(error.to_string()))?;
        take.begin(AudioFormat::mono(Encoding::PcmS16le, SAMPLE_RATE))?;
        for sentence in &sentences {
            let Piece { pcm, marks } = speaker.speak(sentence);
            let words: Vec<_> = marks
                .into_iter()
                .map(|mark| Word::new(mark.span, u64::from(mark.start_ms)..u64::from(mark.end_ms)))
                .collect();
            // Marks first: whoever highlights words as they are heard needs them by then.
            take.words(&words)?;
            take.samples(&pcm)?;
        }
        let summary = take.summary()?.voice(preset.id);
        Ok(if request.words { summary.word_times(WordTimes::Native) } else { summary })
    }
}

fn voice(preset: &Preset) -> Voice {
    Voice::new(preset.id, preset.name)
        .language("en-US")
        .gender(preset.gender)
        .age(preset.age)
        .sample_rate(SAMPLE_RATE)
        .description(preset.description)
        .label("recordings", "cmu_us_kal16")
}

/// The request's text, when it is in a language and a form this plugin has.
fn spoken_text(request: &Request) -> Result<&str, Error> {
    let Utterance::Text(source) = &request.utterance else {
        return Err(Error::unsupported("SSML"));
    };
    if let Some(tag) = &request.language {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if !primary.eq_ignore_ascii_case("en") {
            return Err(Error::unsupported(format!("language {tag}, it speaks English alone")));
        }
    }
    for (what, wanted) in
        [("style", &request.style), ("emotion", &request.emotion), ("character", &request.character)]
    {
        if let Some(wanted) = wanted {
            return Err(Error::unsupported(format!("{what} {wanted}, it has none")));
        }
    }
    Ok(source)
}

fn chosen_voice(request: &Request, settings: &Settings) -> Result<&'static Preset, Error> {
    let id = request.voice.as_deref().unwrap_or(&settings.default_voice);
    voices::find(id).ok_or_else(|| Error::voice_not_found(id))
}

fn controls(request: &Request, settings: &Settings) -> Result<Controls, Error> {
    let rate = in_range("rate", request.rate, &RATE)?.unwrap_or(1.0);
    let pitch = in_range("pitch", request.pitch, &PITCH)?.unwrap_or(0.0);
    let volume = in_range("volume", request.volume, &VOLUME)?.unwrap_or(0.0);
    Ok(Controls { rate: rate * settings.pace, pitch, gain_db: settings.gain_db + volume })
}

/// The host checks ranges before it calls; a plugin that trusts it would divide by a zero rate
/// the day it does not.
fn in_range(field: &str, value: Option<f32>, range: &RangeInclusive<f32>) -> Result<Option<f32>, Error> {
    match value {
        Some(value) if !range.contains(&value) => Err(Error::invalid(
            field,
            format!("must be between {} and {}, got {value}", range.start(), range.end()),
        )),
        _ => Ok(value),
    }
}

fn refusal(reason: Unspeakable) -> Error {
    Error::unsupported(match reason {
        Unspeakable::Nothing => "text in which nothing can be spoken",
        Unspeakable::OtherScript => "text that is mostly in another script than Latin",
    })
}

understudy_plugin::export!(Flite);
