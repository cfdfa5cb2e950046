//! The contract's side.

use understudy_plugin::{
    Capabilities, Encoding, Error, Host, Manifest, Plugin, Relay, Request, Summary, Take, Voice,
};

use crate::settings::Settings;
use crate::{refusal, server, speech};

/// The rate of the silence the server sends for a text it finds nothing in. No model speaks at it.
const SILENCE_RATE: u32 = 16_000;

/// A GPT-SoVITS server.
#[derive(Debug)]
pub struct GptSovits;

impl Plugin for GptSovits {
    fn describe() -> Manifest {
        let capabilities =
            Capabilities::new(Encoding::PcmS16le, [24_000, 32_000, 48_000]).streaming().rate(0.25, 4.0);
        let capabilities =
            ["zh", "en", "ja", "ko", "yue"].into_iter().fold(capabilities, Capabilities::language);
        Manifest::new("gpt-sovits", "GPT-SoVITS", env!("CARGO_PKG_VERSION"))
            .description("A GPT-SoVITS server of your own: voices cloned from recordings of a few seconds.")
            .homepage("https://github.com/RVC-Boss/GPT-SoVITS")
            .license(env!("CARGO_PKG_LICENSE"))
            .host(Host::setting("base_url"), "texts are sent to your server and come back as speech")
            .settings_schema(Settings::schema())
            .capabilities(capabilities)
            .price_per_million_characters(0.0)
    }

    /// There is no health check: any answer at all is a sign of life.
    fn check() -> Result<(), Error> {
        server::ask_api(&Settings::read()?).map(drop)
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(Settings::read()?.voices.iter().map(crate::settings::VoiceSetting::listed).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let settings = Settings::read()?;
        request.plain_text()?;
        let voice = settings.voice(request.voice.as_deref(), request.language.as_deref())?;
        let api = server::api(&settings)?;
        let message = speech::request(&settings, api, voice, &request)?;
        server::load_weights(&settings, api, voice)?;
        let spoken = message.send().map_err(Error::from).and_then(|response| {
            if response.is_success() {
                return Relay::new().body(response, take);
            }
            if matches!(response.status(), 404 | 405) {
                server::forget_api();
            }
            Err(refusal::of_speech(&response.complaint(), api, voice, &request))
        });
        let summary = spoken.and_then(|()| take.summary()).inspect_err(|error| {
            if *error != Error::Stopped {
                server::forget_weights();
            }
        })?;
        if is_silence(&summary) {
            return Err(Error::unsupported("a text the model finds nothing in"));
        }
        Ok(summary.voice(&voice.id))
    }
}

/// The server found nothing to speak, which is the text's doing.
fn is_silence(summary: &Summary) -> bool {
    summary.format.sample_rate == SILENCE_RATE
}

understudy_plugin::export!(GptSovits);
