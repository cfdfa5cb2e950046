//! The contract's side.

use understudy_plugin::ssml::{self, Plain};
use understudy_plugin::text::{self, Piece, split};
use understudy_plugin::{
    Capabilities, Error, Host, Manifest, Plugin, Request, SecretRequest, Summary, Take, TextLimit, Utterance,
    Voice, WordTimes,
};

use crate::draft::{Draft, ENCODINGS};
use crate::family::{self, PITCH, RATE, VOLUME};
use crate::marks::{self, INPUT_BYTES_MAX};
use crate::performance::{Line, Performance};
use crate::refusal::SENTENCE_BYTES_MAX;
use crate::service::Service;
use crate::settings::Settings;
use crate::tags::{Tag, tags};
use crate::voices::Listing;
use crate::words::Words;

/// Google Cloud Text-to-Speech.
#[derive(Debug)]
pub struct Google;

impl Plugin for Google {
    fn describe() -> Manifest {
        let api = Host::setting("base_url");
        let [(favourite, rates), others @ ..] = ENCODINGS;
        let capabilities = Capabilities::new(favourite, rates.iter().copied())
            .ssml()
            .words(WordTimes::Native)
            .rate(RATE.0, RATE.1)
            .pitch(PITCH.0, PITCH.1)
            .volume(VOLUME.0, VOLUME.1);
        let capabilities = others
            .iter()
            .fold(capabilities, |can, (encoding, rates)| can.format(*encoding, rates.iter().copied()));
        Manifest::new("google", "Google Cloud", env!("CARGO_PKG_VERSION"))
            .description(
                "Google Cloud Text-to-Speech: Standard to Chirp 3 HD voices in many languages, with SSML and the \
                 time of every word where the voice tells it.",
            )
            .homepage("https://cloud.google.com/text-to-speech")
            .license(env!("CARGO_PKG_LICENSE"))
            .host(api.clone(), "texts are sent there and come back as speech")
            .host(Host::setting("token_url"), "a service account's signature becomes an access token there")
            .secret(SecretRequest::new("api_key", "identifies your project").host(api).optional())
            .secret(
                SecretRequest::new("service_account", "signs for an access token; the key is sent nowhere")
                    .optional(),
            )
            .settings_schema(Settings::schema())
            .capabilities(capabilities)
            .cache_epoch(1)
            .price_per_million_characters(4.0)
    }

    fn check() -> Result<(), Error> {
        Service::read()?.check()
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(Listing::read(&Service::read()?)?.voices())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        family::check_any(&request)?;
        let script = Script::read(&request.utterance)?;
        let service = Service::read()?;
        let draft = Draft::new(&service, &request, script.tags())?;
        let words = (request.words && draft.takes_marks()).then(|| script.words());
        let mut performance = Performance::new(&service, &draft, words);
        match &script {
            Script::Text(text) => speak(text, &mut performance, take)?,
            Script::Document { source, tags, plain } => {
                let marked =
                    performance.is_marking().then(|| marks::of_document(source, tags, plain)).flatten();
                performance.say(&Line { spoken: plain.text(), input: ("ssml", source), marked }, take)?;
            }
        }
        performance.finish(take)
    }
}

/// What a request wants to be said, when it can be.
enum Script<'request> {
    Text(&'request str),
    Document { source: &'request str, tags: Vec<Tag<'request>>, plain: Plain },
}

impl<'request> Script<'request> {
    fn read(utterance: &'request Utterance) -> Result<Self, Error> {
        let script = match utterance {
            Utterance::Text(text) => Self::Text(text),
            Utterance::Ssml(source) => {
                let plain = ssml::plain(source)?;
                TextLimit::bytes(INPUT_BYTES_MAX).check(source)?;
                Self::Document { source, tags: tags(source), plain }
            }
        };
        if text::is_speakable(script.spoken()) {
            Ok(script)
        } else {
            Err(Error::unsupported("text in which nothing can be spoken"))
        }
    }

    fn spoken(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Document { plain, .. } => plain.text(),
        }
    }

    fn tags(&self) -> Option<&[Tag<'request>]> {
        match self {
            Self::Text(_) => None,
            Self::Document { tags, .. } => Some(tags),
        }
    }

    fn words(&self) -> Words<'_> {
        match self {
            Self::Text(text) => Words::of_text(text),
            Self::Document { plain, .. } => Words::of_document(plain),
        }
    }
}

/// Speaks a text in as many pieces as it takes. Where the service finds one too long after all, for
/// its sentences or its voice, that is spoken in smaller ones.
fn speak(text: &str, performance: &mut Performance<'_>, take: &mut Take) -> Result<(), Error> {
    let pieces = cut(text, INPUT_BYTES_MAX, performance);
    performance.join(pieces.len() > 1);
    for piece in pieces {
        match performance.say(&line(piece, performance), take) {
            Err(Error::TextTooLong(_)) if piece.text.len() > SENTENCE_BYTES_MAX as usize => {
                performance.join(true);
                for part in cut(piece.text, SENTENCE_BYTES_MAX, performance) {
                    performance.say(&line(part, performance), take)?;
                }
            }
            said => said?,
        }
    }
    Ok(())
}

/// The whole text when it fits, untouched; else its parts.
fn cut<'text>(text: &'text str, maximum: u32, performance: &Performance<'_>) -> Vec<Piece<'text>> {
    let pieces = if performance.is_marking() {
        marks::pieces(text, maximum)
    } else {
        split(text, TextLimit::bytes(maximum))
    };
    if pieces.len() == 1 {
        return pieces;
    }
    pieces.into_iter().filter(Piece::is_speakable).map(|piece| piece.trimmed()).collect()
}

fn line<'text>(piece: Piece<'text>, performance: &Performance<'_>) -> Line<'text> {
    let marked = performance.is_marking().then(|| marks::of_text(piece.text));
    Line { spoken: piece.text, input: ("text", piece.text), marked }
}

understudy_plugin::export!(Google);
