//! The models, and what each takes.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::Desk;
use super::trouble::Trouble;

/// The model a request without one means.
pub(super) const DEFAULT: &str = "eleven_multilingual_v2";
/// The model of dialogues.
pub(super) const THIRD: &str = "eleven_v3";

/// One model.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpeechModel {
    pub(super) id: &'static str,
    name: &'static str,
    pub(super) characters_max: usize,
    /// Credits for two characters.
    credits_for_two: u64,
    group: &'static str,
    speaks: bool,
}

const MODELS: [SpeechModel; 6] = [
    model(THIRD, "Eleven v3", 5_000, 2, "standard_eleven_v3", true),
    model(DEFAULT, "Eleven Multilingual v2", 10_000, 2, "standard", true),
    model("eleven_flash_v2_5", "Eleven Flash v2.5", 40_000, 1, "turbo", true),
    model("eleven_turbo_v2_5", "Eleven Turbo v2.5", 40_000, 1, "turbo", true),
    model("eleven_flash_v2", "Eleven Flash v2", 30_000, 1, "turbo", true),
    model(
        "eleven_multilingual_sts_v2",
        "Eleven Multilingual v2 (voice changer)",
        10_000,
        2,
        "standard",
        false,
    ),
];

const fn model(
    id: &'static str,
    name: &'static str,
    characters_max: usize,
    credits_for_two: u64,
    group: &'static str,
    speaks: bool,
) -> SpeechModel {
    SpeechModel { id, name, characters_max, credits_for_two, group, speaks }
}

impl SpeechModel {
    pub(super) fn is_third(self) -> bool {
        self.id == THIRD
    }

    pub(super) fn cost(self, characters: usize) -> u64 {
        (characters as u64 * self.credits_for_two).div_ceil(2)
    }
}

/// The model called `id`, if it speaks.
pub(super) fn find(id: &str) -> Result<SpeechModel, Trouble> {
    match MODELS.into_iter().find(|model| model.id == id) {
        None => Err(Trouble::no_model(id)),
        Some(model) if !model.speaks => {
            let message = format!("The model {id} does not support text to speech.");
            Err(Trouble::field("model_id", "unsupported_model", message))
        }
        Some(model) => Ok(model),
    }
}

pub(super) async fn list(State(desk): State<Desk>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    let languages = json!([
        { "language_id": "en", "name": "English" }, { "language_id": "de", "name": "German" },
        { "language_id": "ja", "name": "Japanese" }, { "language_id": "zh", "name": "Chinese" },
    ]);
    let models: Vec<Value> = MODELS
        .iter()
        .map(|model| {
            let multiplier = if model.credits_for_two == 1 { 0.5 } else { 1.0 };
            json!({
                "model_id": model.id, "name": model.name, "can_do_text_to_speech": model.speaks,
                "can_do_voice_conversion": !model.speaks, "languages": languages,
                "maximum_text_length_per_request": model.characters_max,
                "max_characters_request_free_user": model.characters_max.min(5_000),
                "max_characters_request_subscribed_user": model.characters_max,
                "model_rates": { "character_cost_multiplier": multiplier }, "concurrency_group": model.group,
            })
        })
        .collect();
    Ok(Json(json!(models)))
}
