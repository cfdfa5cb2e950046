//! What a model takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use understudy_plugin::{Error, log, memo};

use crate::service;
use crate::settings::Settings;

/// The model of a request that names none.
const DEFAULT: &str = "eleven_multilingual_v2";
/// How long the list of models is kept.
const MODELS_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// No model takes less at once, in characters.
const CHARACTERS_MIN: usize = 5_000;
/// Limits by the documents, in characters, for keys that may not list models.
const LIMITS: [(&str, u32); 6] = [
    ("eleven_multilingual_v2", 10_000),
    ("eleven_flash_v2_5", 40_000),
    ("eleven_turbo_v2_5", 40_000),
    ("eleven_flash_v2", 30_000),
    ("eleven_turbo_v2", 30_000),
    ("eleven_v3", 5_000),
];

#[derive(Debug, Deserialize, Serialize)]
struct Model {
    model_id: String,
    #[serde(default)]
    maximum_text_length_per_request: Option<u32>,
}

/// The longest text the model takes at once, in characters. It is looked up only for a text that
/// could be too long.
pub(crate) fn characters_max(settings: &Settings, model: Option<&str>, text: &str) -> u32 {
    let model = model.unwrap_or(DEFAULT);
    let documented = LIMITS.iter().find(|(known, _)| *known == model).map_or(5_000, |(_, limit)| *limit);
    if text.chars().nth(CHARACTERS_MIN).is_none() {
        return documented;
    }
    let models = memo::remember("models", MODELS_TTL, || fetch(settings));
    if let Err(error) = &models {
        log::warn("models could not be listed, their documented limits hold", &[("reason", error)]);
    }
    let listed = models.ok().into_iter().flatten().find(|listed| listed.model_id == model);
    listed
        .and_then(|model| model.maximum_text_length_per_request)
        .filter(|limit| *limit > 0)
        .unwrap_or(documented)
}

fn fetch(settings: &Settings) -> Result<Vec<Model>, Error> {
    Ok(service::get(settings, "/v1/models").send()?.error_for_status()?.json()?)
}

/// True when the model is told the language; `eleven_multilingual_v2` hears it and refuses the field.
pub(crate) fn takes_language(model: Option<&str>) -> bool {
    !matches!(
        model.unwrap_or(DEFAULT),
        "eleven_multilingual_v2" | "eleven_monolingual_v1" | "eleven_multilingual_v1"
    )
}

/// True when the model can be told what was said before; v3 refuses to be.
pub(crate) fn takes_previous_text(model: Option<&str>) -> bool {
    model.unwrap_or(DEFAULT).contains("_v2")
}
