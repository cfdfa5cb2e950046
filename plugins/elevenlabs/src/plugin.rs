//! The contract's side.

use understudy_plugin::text::{self, Aligner, Piece};
use understudy_plugin::{
    Capabilities, Encoding, Error, Host, Manifest, Plugin, Relay, Request, SecretRequest, Summary, Take,
    TextLimit, Voice, WordTimes, http,
};

use crate::settings::Settings;
use crate::speech::{self, Draft, MP3_FORMATS, PCM_RATES, RATE};
use crate::{models, refusal, service, timestamps};

/// ElevenLabs' speech API.
#[derive(Debug)]
pub struct ElevenLabs;

impl Plugin for ElevenLabs {
    fn describe() -> Manifest {
        let api = Host::setting("base_url");
        Manifest::new("elevenlabs", "ElevenLabs", env!("CARGO_PKG_VERSION"))
            .description(
                "ElevenLabs' voices and the account's clones, streamed, with the time of every word.",
            )
            .homepage("https://elevenlabs.io")
            .license(env!("CARGO_PKG_LICENSE"))
            .host(api.clone(), "texts are sent there and come back as speech")
            .secret(SecretRequest::new("api_key", "identifies your account there").host(api))
            .settings_schema(Settings::schema())
            .capabilities(
                Capabilities::new(Encoding::Mp3, MP3_FORMATS.map(|(rate, _)| rate))
                    .format(Encoding::PcmS16le, PCM_RATES)
                    .format(Encoding::Wav, PCM_RATES)
                    .format(Encoding::OggOpus, [48_000])
                    .words(WordTimes::Native)
                    .streaming()
                    .rate(RATE.0, RATE.1),
            )
            .price_per_million_characters(100.0)
    }

    fn check() -> Result<(), Error> {
        service::check_account(&Settings::read()?)
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(service::voices(&Settings::read()?)?.iter().map(service::Known::voice).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let source = request.plain_text()?;
        let settings = Settings::read()?;
        let model = speech::model(&settings, &request);
        let characters_max = models::characters_max(&settings, model, source);
        let pieces = pieces(source, TextLimit::characters(characters_max));
        let draft = Draft::new(&settings, &request, pieces.len() > 1)?;
        let tells = models::takes_previous_text(model);
        let mut call =
            Call { settings: &settings, draft: &draft, characters_max, billed: None, request_id: None };
        let mut aligner = request.words.then(|| Aligner::new(source));
        let (mut marked, mut before) = (false, None);
        for piece in &pieces {
            marked |= call.speak(piece.text, before.filter(|_| tells), aligner.as_mut(), take)?;
            before = Some(piece.text);
        }
        if let Some(aligner) = aligner {
            let words = aligner.finish(take.audio_ms());
            marked |= !words.is_empty();
            take.words(&words)?;
        }
        let mut summary = take.summary()?.voice(&draft.voice);
        summary.word_times = marked.then_some(WordTimes::Native);
        summary.characters_billed = call.billed;
        summary.request_id = call.request_id;
        Ok(summary)
    }
}

/// The whole text when it fits, untouched; else its parts.
fn pieces(source: &str, limit: TextLimit) -> Vec<Piece<'_>> {
    if limit.allows(source) {
        return vec![Piece { text: source, start: 0 }];
    }
    let speakable = text::split(source, limit).into_iter().filter(Piece::is_speakable);
    speakable.map(|piece| piece.trimmed()).collect()
}

/// One call of `synthesize`.
struct Call<'call> {
    settings: &'call Settings,
    draft: &'call Draft,
    characters_max: u32,
    /// What the answers said they cost.
    billed: Option<u32>,
    request_id: Option<String>,
}

impl Call<'_> {
    /// Speaks one piece, and says whether words of it were marked.
    fn speak(
        &mut self,
        piece: &str,
        before: Option<&str>,
        aligner: Option<&mut Aligner<'_>>,
        take: &mut Take,
    ) -> Result<bool, Error> {
        let request = self.draft.request(self.settings, piece, before, aligner.is_some());
        let response = self.accept(request.send()?)?;
        let relay = self.draft.samples().map_or_else(Relay::new, Relay::raw);
        match aligner {
            Some(aligner) => {
                let offset_ms = take.audio_ms().unwrap_or(0);
                timestamps::relay(response, relay, aligner, offset_ms, take)
            }
            None => relay.body(response, take).map(|()| false),
        }
    }

    fn accept(&mut self, response: http::Response) -> Result<http::Response, Error> {
        if !response.is_success() {
            return Err(refusal::of_speech(&response.complaint(), self.draft, self.characters_max));
        }
        let cost = response.header("character-cost").and_then(|cost| cost.trim().parse::<u32>().ok());
        if let Some(cost) = cost {
            self.billed = Some(self.billed.unwrap_or(0).saturating_add(cost));
        }
        self.request_id = self.request_id.take().or_else(|| response.header("request-id"));
        Ok(response)
    }
}

understudy_plugin::export!(ElevenLabs);
