//! The contract's side.

use std::time::Duration;

use serde_json::Value;
use understudy_plugin::text::{self, Aligner, Piece};
use understudy_plugin::{
    Capabilities, Error, Host, Manifest, Plugin, Relay, Request, SecretRequest, Summary, Take, TextLimit,
    Voice, WordTimes, http, log, memo,
};

use crate::captions;
use crate::refusal;
use crate::server::Server;
use crate::settings::{Flavour, Settings};
use crate::speech::{Draft, ENCODINGS};
use crate::voices;

/// How long a server that has no captions is not asked again.
const NO_CAPTIONS_TTL: Duration = Duration::from_secs(24 * 60 * 60);
const NO_CAPTIONS: &str = "no-captions";

/// OpenAI's API, wherever it is spoken.
#[derive(Debug)]
pub struct OpenAi;

impl Plugin for OpenAi {
    fn describe() -> Manifest {
        let api = Host::setting("base_url");
        let [(favourite, _), others @ ..] = ENCODINGS;
        let capabilities =
            Capabilities::new(favourite, []).words(WordTimes::Native).streaming().rate(0.25, 4.0);
        let capabilities = others.iter().fold(capabilities, |can, (encoding, _)| can.format(*encoding, []));
        Manifest::new("openai", "OpenAI and compatible", env!("CARGO_PKG_VERSION"))
            .description(
                "OpenAI's speech API, and the servers that speak it: Kokoro-FastAPI (with word times), speaches, \
                 LocalAI, openedai-speech.",
            )
            .homepage(env!("CARGO_PKG_REPOSITORY"))
            .license(env!("CARGO_PKG_LICENSE"))
            .host(api.clone(), "texts are sent there and come back as speech")
            .secret(SecretRequest::new("api_key", "identifies your account there").host(api).optional())
            .settings_schema(Settings::schema())
            .capabilities(capabilities)
            .price_per_million_characters(15.0)
    }

    fn check() -> Result<(), Error> {
        let server = Server::read()?;
        if !server.is_official() {
            let response = server.request("GET", "/models").send()?;
            // A server need not list its models to be one.
            let alive = response.is_success() || matches!(response.status(), 404 | 405 | 501);
            return if alive { Ok(()) } else { Err(refusal::of_account(&response.complaint())) };
        }
        let model = server.model().unwrap_or_default();
        let response = server.request("GET", &format!("/models/{model}")).send()?;
        if response.is_success() {
            return Ok(());
        }
        let complaint = response.complaint();
        // A key that may speak and nothing else is a good key.
        if complaint.says("missing scopes") {
            return Ok(());
        }
        if complaint.status == 404 {
            return Err(Error::unauthorized(format!(
                "model of the settings was refused: {}",
                complaint.message
            )));
        }
        Err(refusal::of_account(&complaint))
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Server::read()?.voices()
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let source = request.plain_text()?;
        let server = Server::read()?;
        let pieces = pieces(source, server.characters_max());
        let draft = Draft::new(&server, &request, pieces.len() > 1)?;
        let mut call = Call { server: &server, draft: &draft, request_id: None, marked: false };
        let mut aligner = (request.words && call.has_captions()?).then(|| Aligner::new(source));
        for piece in &pieces {
            call.speak(piece.text, &mut aligner, take)?;
        }
        if let Some(aligner) = aligner {
            let words = aligner.finish(take.audio_ms());
            call.marked |= !words.is_empty();
            take.words(&words)?;
        }
        call.summary(&pieces, take)
    }
}

/// The whole text when it fits, untouched; else its parts.
fn pieces(source: &str, characters_max: Option<u32>) -> Vec<Piece<'_>> {
    let limit = TextLimit::characters(characters_max.unwrap_or(u32::MAX));
    if limit.allows(source) {
        return vec![Piece { text: source, start: 0 }];
    }
    let speakable = text::split(source, limit).into_iter().filter(Piece::is_speakable);
    speakable.map(|piece| piece.trimmed()).collect()
}

/// One call of `synthesize`.
struct Call<'call> {
    server: &'call Server,
    draft: &'call Draft,
    request_id: Option<String>,
    /// Word marks were found.
    marked: bool,
}

impl Call<'_> {
    /// Whether word times can be had: Kokoro's can, unless it is too old.
    fn has_captions(&self) -> Result<bool, Error> {
        Ok(self.server.flavour()? == Flavour::Kokoro && memo::get(NO_CAPTIONS).is_none())
    }

    /// Speaks one piece; with an aligner, by way of the captions.
    fn speak(&mut self, text: &str, aligner: &mut Option<Aligner<'_>>, take: &mut Take) -> Result<(), Error> {
        let body = self.draft.with(text);
        if let Some(alive) = aligner {
            let response = self.server.request_beside("POST", "/dev/captioned_speech").json(&body).send()?;
            if !matches!(response.status(), 404 | 405) {
                let response = self.accept(response)?;
                let offset_ms = take.audio_ms().unwrap_or(0);
                self.marked |= captions::relay(response, alive, offset_ms, take)?;
                return Ok(());
            }
            log::warn("server has no captions, words are not marked", &[("status", &response.status())]);
            let _ = memo::set(NO_CAPTIONS, b"", NO_CAPTIONS_TTL);
            *aligner = None;
        }
        let response = self.request(&body).send()?;
        Relay::new().body(self.accept(response)?, take)
    }

    fn request(&self, body: &Value) -> http::Request {
        self.server.request("POST", "/audio/speech").json(body)
    }

    fn accept(&mut self, response: http::Response) -> Result<http::Response, Error> {
        if self.request_id.is_none() {
            self.request_id = response.header("x-request-id");
        }
        if response.is_success() {
            return Ok(response);
        }
        let is_final = refusal::is_final(&response);
        let error = refusal::of_speech(&response.complaint(), self.draft, self.server.characters_max());
        Err(if is_final { refusal::without_retry(error) } else { error })
    }

    fn summary(self, pieces: &[Piece<'_>], take: &Take) -> Result<Summary, Error> {
        let mut summary = take.summary()?;
        summary.voice.clone_from(&self.draft.voice);
        summary.request_id = self.request_id;
        summary.word_times = self.marked.then_some(WordTimes::Native);
        let by_character =
            self.server.is_official() && self.draft.model().is_some_and(voices::is_first_model);
        let characters = pieces.iter().map(|piece| piece.text.chars().count()).sum::<usize>();
        summary.characters_billed = u32::try_from(characters).ok().filter(|_| by_character);
        Ok(summary)
    }
}

understudy_plugin::export!(OpenAi);
