//! The contract's side.

use serde_json::Value;
use understudy_plugin::text::is_speakable;
use understudy_plugin::{
    Capabilities, Character, CharacterPlugin, Encoding, Error, Host, Manifest, Plugin, Request, Script,
    SecretRequest, Summary, Take, Voice, WordTimes,
};

use crate::cast::{self, Member};
use crate::conversation;
use crate::draft::{Draft, ENCODINGS, SAMPLE_RATES, VOLUME};
use crate::emulation;
use crate::service::{Failure, Service};
use crate::settings::Settings;
use crate::speech::{self, Call};
use crate::words::Words;

/// CharacterBox.
#[derive(Debug)]
pub struct CharacterBox;

impl Plugin for CharacterBox {
    fn describe() -> Manifest {
        let api = Host::setting("base_url");
        let [favourite, others @ ..] = ENCODINGS;
        let capabilities = Capabilities::new(favourite, SAMPLE_RATES)
            .emotions()
            .words(WordTimes::Native)
            .streaming()
            .rate(0.25, 4.0)
            .pitch(-20.0, 20.0)
            .volume(VOLUME.0, VOLUME.1);
        let capabilities = others.into_iter().fold(capabilities, |can, encoding| match encoding {
            Encoding::OggOpus => can.format(encoding, [48_000]),
            _ => can.format(encoding, SAMPLE_RATES),
        });
        Manifest::new("characterbox", "CharacterBox", env!("CARGO_PKG_VERSION"))
            .description("CharacterBox's characters: speech with feeling, and conversations between them.")
            .homepage("https://characterbox.ai")
            .license(env!("CARGO_PKG_LICENSE"))
            .host(api.clone(), "texts are sent there and come back as speech")
            .host(Host::setting("audio_url"), "the service keeps the audio there until it is fetched")
            .secret(SecretRequest::new("api_key", "identifies your account").host(api))
            .settings_schema(Settings::schema())
            .capabilities(capabilities)
            .price_per_million_characters(30.0)
    }

    fn check() -> Result<(), Error> {
        let service = Service::read()?;
        let request = service.request("GET", "/characters").query("limit", "1");
        let answer = service.ask(&request).map_err(Failure::of_account)?;
        match answer.document.get("characters").and_then(Value::as_array) {
            Some(_) => Ok(()),
            None => Err(Error::protocol("list of characters has no characters")),
        }
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(playing()?.iter().map(Member::voice).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let text = request.plain_text()?;
        let service = Service::read()?;
        let character = speech::speaker(&service, &request)?;
        let mut draft = Draft::new(&service, &request, character.clone())?;
        let mut call = Call::new(&service);
        let mut words = request.words.then(|| Words::new(text, 0));
        call.speak(&mut draft, text, &mut words, take)?;
        call.end(words, take.audio_ms(), take)?;
        Ok(call.finish(take)?.voice(character))
    }
}

impl CharacterPlugin for CharacterBox {
    fn characters() -> Result<Vec<Character>, Error> {
        Ok(playing()?.iter().map(Member::character).collect())
    }

    fn converse(script: Script, take: &mut Take) -> Result<Summary, Error> {
        if script.lines.is_empty() {
            return Err(Error::invalid("lines", "must not be empty"));
        }
        if let Some(index) = script.lines.iter().position(|line| !is_speakable(&line.text)) {
            return Err(Error::unsupported(format!("text in which nothing can be spoken, in line {index}")));
        }
        let service = Service::read()?;
        match conversation::perform(&service, &script, take)? {
            Some(summary) => Ok(summary),
            None => emulation::perform(&service, &script, take),
        }
    }
}

/// The characters that may be spoken as.
fn playing() -> Result<Vec<Member>, Error> {
    let mut cast = cast::read(&Service::read()?)?;
    cast.retain(Member::is_active);
    Ok(cast)
}

understudy_plugin::export!(CharacterBox with characters);
