//! The HTTP door.
//!
//! Two APIs over one engine. Under `/v1` (and without it, since clients differ in where they put
//! the version) it is OpenAI's speech API, for the many clients that know nothing else; under
//! `/api/v1` it is our own, with word times, subtitles and provenance. What both rest on:
//!
//! - Every answer, the ones to nonsense included, is made here: axum's plain-text rejections never
//!   leave, and each error has the same typed body ([`error`]) and the request's id.
//! - The engine's future lives in the handler's. A client that hangs up drops both, and with them
//!   the provider's work.
//! - Audio goes through as `Bytes`: what the engine made is what the socket sends. What lies in a file
//!   the kernel sends where it can ([`sendfile`]).

mod accept;
pub(crate) mod admin;
mod body;
mod caching;
pub(crate) mod catalogue;
pub(crate) mod characters;
mod docs;
pub(crate) mod encore;
mod envelope;
mod error;
mod health;
mod idempotency;
pub(crate) mod keeping;
mod listed;
mod metrics;
mod models;
pub(crate) mod plugins;
pub(crate) mod provenance;
mod reply;
mod sendfile;
mod serving;
mod speech;
pub(crate) mod status;
mod stock;
#[cfg(test)]
mod tests;
pub(crate) mod tts;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as OpenApiDocument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Understudy;
use docs::Description;
pub use envelope::Envelope;
use error::ApiError;
pub use sendfile::{FileListener, FileStream};

/// Everything the server answers.
#[must_use]
pub fn service(understudy: &Arc<Understudy>) -> Envelope {
    Envelope::new(router(Arc::clone(understudy)), understudy)
}

fn router(understudy: Arc<Understudy>) -> Router {
    let (router, description) = described().split_for_parts();
    let json = Bytes::from(description.to_json().unwrap_or_default());
    router
        // The same calls by the other paths that clients use for them.
        .route("/audio/speech", post(speech::speak))
        .route("/audio/voices", get(catalogue::list))
        .route("/api/v1/characters", get(characters::list))
        .route("/v1/audio/models", get(models::list))
        .route("/audio/models", get(models::list))
        .route("/models", get(models::list))
        .route("/models/{id}", get(models::one))
        .route("/", get(docs::front))
        .route("/docs", get(docs::page))
        .route("/openapi.json", get(move || async move { docs::description(json) }))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(understudy)
}

/// The description of the API, as `/openapi.json` serves it.
#[must_use]
pub fn description() -> OpenApiDocument {
    described().split_for_parts().1
}

fn described() -> OpenApiRouter<Arc<Understudy>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(speech::speak))
        .routes(routes!(catalogue::list))
        .routes(routes!(models::list))
        .routes(routes!(models::one))
        .routes(routes!(tts::synthesize))
        .routes(routes!(tts::batch_synthesize))
        .routes(routes!(tts::explain))
        .routes(routes!(tts::take))
        .routes(routes!(tts::requests))
        .routes(routes!(tts::request))
        .routes(routes!(tts::providers))
        .routes(routes!(tts::find_voices))
        .routes(routes!(tts::voices))
        .routes(routes!(characters::list))
        .routes(routes!(characters::speak))
        .routes(routes!(characters::converse))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(status::status))
        .routes(routes!(metrics::metrics))
        .routes(routes!(plugins::plugins))
        .routes(routes!(admin::reload))
        .routes(routes!(admin::cache::takes))
        .routes(routes!(admin::cache::verify))
        .routes(routes!(admin::cache::clear))
}

/// The header that names a route.
const ROUTE: HeaderName = HeaderName::from_static("x-understudy-route");

/// The route a request's head asks for, for clients that cannot add a field to its body.
fn route_of(headers: &HeaderMap) -> Option<String> {
    let route = headers.get(ROUTE)?.to_str().ok()?.trim();
    (!route.is_empty()).then(|| route.to_owned())
}

async fn unknown_route(request: Request) -> ApiError {
    let message = format!("no such route: {} {}", request.method(), request.uri().path());
    ApiError::new(StatusCode::NOT_FOUND, "unknown_route", message).hint("see /docs for what there is")
}

async fn wrong_method(request: Request) -> ApiError {
    let message = format!("method is not allowed here: {} {}", request.method(), request.uri().path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        .hint("the `allow` header names the methods that are")
}
