//! The contract's side.

use understudy_microsoft_speech::{Listed, Track, prosody};
use understudy_plugin::{
    Error, Host, Manifest, Plugin, Relay, Request, SecretRequest, Summary, Take, Utterance, Voice, WordTimes,
    text,
};

use crate::performance::{Performance, Script};
use crate::settings::Settings;
use crate::speech::Draft;
use crate::{billing, document, format, service, voices};

/// Where the service is: regions of its clouds.
const CLOUDS: [&str; 4] =
    ["*.tts.speech.microsoft.com", "*.voice.speech.microsoft.com", "*.speech.azure.cn", "*.speech.azure.us"];

/// Azure AI Speech.
#[derive(Debug)]
pub struct Azure;

impl Plugin for Azure {
    fn describe() -> Manifest {
        let hosts = || CLOUDS.map(Host::name).into_iter().chain([Host::setting("base_url")]);
        let secret = SecretRequest::new("api_key", "identifies your Speech resource there");
        let manifest = Manifest::new("azure", "Azure AI Speech", env!("CARGO_PKG_VERSION"))
            .description("Azure's neural and HD voices: styles, roles, SSML, and the time of every word.")
            .homepage("https://azure.microsoft.com/products/ai-services/ai-speech")
            .license(env!("CARGO_PKG_LICENSE"))
            .secret(hosts().fold(secret, SecretRequest::host))
            .settings_schema(Settings::schema())
            .capabilities(
                format::capabilities()
                    .ssml()
                    .styles()
                    .emotions()
                    .words(WordTimes::Native)
                    .streaming()
                    .rate(prosody::RATE.0, prosody::RATE.1)
                    .pitch(prosody::PITCH.0, prosody::PITCH.1)
                    .volume(prosody::VOLUME.0, prosody::VOLUME.1),
            )
            .price_per_million_characters(16.0);
        hosts().fold(manifest, |manifest, host| {
            manifest.host(host, "texts are sent to the region you choose and come back as speech")
        })
    }

    /// The voice list, asked for anew: it wants the key and costs nothing.
    fn check() -> Result<(), Error> {
        service::fetch_voices(&Settings::read()?).map(drop)
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(voices::list(&Settings::read()?)?.iter().map(Listed::voice).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        if matches!(&request.utterance, Utterance::Text(source) if !text::is_speakable(source)) {
            return Err(Error::unsupported("text in which nothing can be spoken"));
        }
        let settings = Settings::read()?;
        let draft = Draft::new(&settings, &request)?;
        let script = match &request.utterance {
            Utterance::Text(source) => Script::of_text(source, &draft, request.rate),
            Utterance::Ssml(source) => {
                Script::of_document(document::prepare(source, &draft, &settings)?, &draft)
            }
        };
        let format = format::choose(&settings, &request, script.documents.len() > 1);
        let mut track = Track::new(format.samples().map_or_else(Relay::new, Relay::raw));
        let performance = Performance { settings: &settings, format };
        let mut request_id = None;
        if request.words && !script.has_hd && settings.deployment_id.is_none() {
            track = match &script.plain {
                Some(plain) => track.words_in(plain),
                None => track.words_of(request.utterance.source()),
            };
            request_id = performance.converse(&script, &mut track, take)?;
        } else {
            performance.request(&script, &mut track, take)?;
        }
        let marked = track.finish(take)?;
        let mut summary = take.summary()?;
        summary.word_times = marked.then_some(WordTimes::Native);
        summary.voice = script.voice;
        summary.request_id = request_id;
        let billed = script.documents.iter().map(|document| billing::characters(document));
        summary.characters_billed = Some(billed.fold(0, u32::saturating_add));
        Ok(summary)
    }
}

understudy_plugin::export!(Azure);
