//! The server: which program it is, and which weights it holds.
//!
//! Weights belong to the whole process. A voice that names some has them loaded before it speaks,
//! and what was loaded last is remembered, for loading takes seconds. It is remembered briefly and
//! forgotten at the first failure: a server that was restarted holds others, and a sentence in
//! somebody else's voice is worse than one that comes late. Two calls at once can still change the
//! weights under each other; the server has no lock, so such a provider runs one call at a time.

use std::time::Duration;

use serde_json::Value;
use understudy_plugin::{Error, http, memo};

use crate::refusal;
use crate::settings::{Api, Settings, VoiceSetting};

const API: &str = "api";
/// How long the program is known.
const API_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the loaded weights are believed.
const WEIGHTS_TTL: Duration = Duration::from_secs(5 * 60);
const WEIGHTS: &str = "weights";

/// Which program it is: said, or seen by the paths it serves.
pub(crate) fn api(settings: &Settings) -> Result<Api, Error> {
    if let Some(api) = settings.api.or_else(|| memo::get_json(API)) {
        return Ok(api);
    }
    let told = ask_api(settings)?;
    if let Some(api) = told {
        // Not keeping it only costs the next call its time.
        let _ = memo::set_json(API, &api, API_TTL);
    }
    Ok(told.unwrap_or(Api::V2))
}

/// Asks for the program's own description, which every FastAPI has. A server that hides it is taken
/// for the newer program. None when something else answers, such as a proxy before it.
pub(crate) fn ask_api(settings: &Settings) -> Result<Option<Api>, Error> {
    let mut response = http::Request::get(format!("{}/openapi.json", settings.base_url)).send()?;
    if !response.is_success() {
        return Ok(matches!(response.status(), 401 | 403 | 404).then_some(Api::V2));
    }
    let document = response.json::<Value>().ok();
    let paths = document.as_ref().and_then(|document| document.get("paths"));
    Ok(paths.map(|paths| if paths.get("/tts").is_none() { Api::V1 } else { Api::V2 }))
}

/// Forgets which program it is, because it serves no such path.
pub(crate) fn forget_api() {
    memo::remove(API);
}

/// Has the voice's weights loaded unless they are.
pub(crate) fn load_weights(settings: &Settings, api: Api, voice: &VoiceSetting) -> Result<(), Error> {
    let wanted = (voice.gpt_weights.clone(), voice.sovits_weights.clone());
    if wanted == (None, None) || memo::get_json(WEIGHTS).as_ref() == Some(&wanted) {
        return Ok(());
    }
    memo::remove(WEIGHTS);
    for request in requests(settings, api, voice) {
        let response = request.send()?;
        if !response.is_success() {
            return Err(refusal::of_weights(&response.complaint(), voice));
        }
    }
    // Not keeping it only costs the next call its time.
    let _ = memo::set_json(WEIGHTS, &wanted, WEIGHTS_TTL);
    Ok(())
}

/// Forgets what the server holds, because it may no longer.
pub(crate) fn forget_weights() {
    memo::remove(WEIGHTS);
}

fn requests(settings: &Settings, api: Api, voice: &VoiceSetting) -> Vec<http::Request> {
    let base = &settings.base_url;
    if api == Api::V1 {
        let request = http::Request::get(format!("{base}/set_model"));
        let named = [("gpt_model_path", &voice.gpt_weights), ("sovits_model_path", &voice.sovits_weights)];
        let with = |request: http::Request, (name, path): (&str, &Option<String>)| match path {
            Some(path) => request.query(name, path),
            None => request,
        };
        return vec![named.into_iter().fold(request, with)];
    }
    let paths = [("set_gpt_weights", &voice.gpt_weights), ("set_sovits_weights", &voice.sovits_weights)];
    let request = |(path, weights): (&str, &Option<String>)| {
        let weights = weights.as_ref()?;
        Some(http::Request::get(format!("{base}/{path}")).query("weights_path", weights))
    };
    paths.into_iter().filter_map(request).collect()
}
