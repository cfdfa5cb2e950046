//! The contract's side.

use understudy_plugin::{
    Capabilities, Error, Host, Manifest, Plugin, Relay, Request, SecretRequest, Summary, Take, Voice,
};

use crate::settings::Settings;
use crate::speech::{Draft, FORMATS, GAIN_DB, TEXT_LIMIT};
use crate::{refusal, service};

/// SiliconFlow's speech API.
#[derive(Debug)]
pub struct SiliconFlow;

impl Plugin for SiliconFlow {
    fn describe() -> Manifest {
        let api = Host::setting("base_url");
        let [(favourite, _, rates), others @ ..] = FORMATS;
        let capabilities = Capabilities::new(favourite, rates.iter().copied())
            .streaming()
            .rate(0.25, 4.0)
            .volume(-GAIN_DB, GAIN_DB)
            .text_limit(TEXT_LIMIT);
        let capabilities = others
            .iter()
            .fold(capabilities, |can, (encoding, _, rates)| can.format(*encoding, rates.iter().copied()));
        Manifest::new("siliconflow", "SiliconFlow", env!("CARGO_PKG_VERSION"))
            .description(
                "CosyVoice2 and other models of SiliconFlow's cloud, with voices cloned by the account.",
            )
            .homepage("https://siliconflow.cn")
            .license(env!("CARGO_PKG_LICENSE"))
            .host(api.clone(), "texts are sent there and come back as speech")
            .secret(SecretRequest::new("api_key", "identifies your account there").host(api))
            .settings_schema(Settings::schema())
            .capabilities(capabilities)
            .price_per_million_characters(7.15)
    }

    fn check() -> Result<(), Error> {
        service::check_account(&Settings::read()?)
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        service::voices(&Settings::read()?)
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let settings = Settings::read()?;
        let draft = Draft::new(&settings, &request)?;
        let response = service::request(&settings, "POST", "/audio/speech").json(&draft.body).send()?;
        let request_id = response.header("x-siliconcloud-trace-id");
        if !response.is_success() {
            return Err(refusal::of_speech(&response.complaint(), &draft));
        }
        Relay::new().body(response, take)?;
        let mut summary = take.summary()?;
        summary.voice = draft.voice;
        summary.request_id = request_id;
        // The unit of the bill is the byte, three of which are one Chinese character.
        summary.characters_billed = u32::try_from(request.utterance.source().len()).ok();
        Ok(summary)
    }
}

understudy_plugin::export!(SiliconFlow);
