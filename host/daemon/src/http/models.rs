//! `GET /v1/models`, `/v1/models/{id}`, `/v1/audio/models`.
//!
//! A model is a way to choose who speaks: a name that means the default, or a provider's own. One
//! list serves OpenAI's SDK (`data`) and Open WebUI (`models`).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use understudy_engine::Engine;
use utoipa::ToSchema;

use super::error::{ApiError, ErrorBody};
use super::stock;
use crate::Understudy;

/// One model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Model {
    /// What a request names.
    id: String,
    /// Always `model`.
    object: &'static str,
    /// Required by OpenAI's SDKs; nothing is known, so it is 0.
    created: u64,
    /// Always `understudy`.
    owned_by: &'static str,
    /// What a person reads.
    name: String,
}

/// Every model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    /// Always `list`.
    object: &'static str,
    /// The models.
    data: Vec<Model>,
    /// The same again, under the key that Open WebUI reads.
    models: Vec<Model>,
}

impl Model {
    fn new(id: &str, name: String) -> Self {
        Self { id: id.to_owned(), object: "model", created: 0, owned_by: "understudy", name }
    }
}

fn models(engine: &Engine) -> Vec<Model> {
    let stock = stock::MODELS.iter().take(stock::MODELS_SHOWN).map(|id| stock_model(id));
    let own = engine.provider_names().map(|id| provider_model(engine, id));
    stock.chain(own).collect()
}

fn stock_model(id: &str) -> Model {
    Model::new(id, format!("{id} (the default provider)"))
}

fn provider_model(engine: &Engine, id: &str) -> Model {
    Model::new(id, engine.manifest(id).map_or_else(|| id.to_owned(), |manifest| manifest.name.clone()))
}

/// List the models
///
/// A model chooses who speaks: `understudy` and OpenAI's names mean the default provider, a
/// provider's name means that one. Also at `/v1/audio/models`.
#[utoipa::path(get, path = "/v1/models", operation_id = "listModels", tag = "OpenAI", responses((status = 200, body = ModelList)))]
pub(crate) async fn list(State(understudy): State<Arc<Understudy>>) -> Json<ModelList> {
    let data = models(&understudy.engine());
    Json(ModelList { object: "list", models: data.clone(), data })
}

/// Look at one model
#[utoipa::path(
    get, path = "/v1/models/{id}", operation_id = "retrieveModel", tag = "OpenAI",
    params(("id" = String, Path, description = "The model's id.")),
    responses((status = 200, body = Model), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(
    State(understudy): State<Arc<Understudy>>,
    Path(id): Path<String>,
) -> Result<Json<Model>, ApiError> {
    let engine = understudy.engine();
    match stock::provider_of(&engine, Some(&id))? {
        Some(provider) => Ok(Json(provider_model(&engine, provider))),
        None => Ok(Json(stock_model(&id))),
    }
}
