//! `/openapi.json` and `/docs`.
//!
//! The description is generated from the handlers and their types, so it cannot fall behind them.
//! The page that shows it is our own single file: it needs no network, as nothing here may, and it
//! can do what a generic renderer cannot, which is to speak. A vendored Swagger UI was the other
//! choice; it adds megabytes to the program and a dozen crates to its build for a page that is
//! read a few times.

use axum::response::{Html, IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use utoipa::OpenApi;

/// What the description says about the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Understudy",
        description = "Speech from many providers behind one door. The calls under /v1 speak \
                       OpenAI's speech API, so that its SDKs and every client of it work unchanged; \
                       the calls under /api/v1 say more.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "OpenAI", description = "OpenAI's speech API and what its compatible servers agree on. Every path works without /v1 too."),
        (name = "Understudy", description = "Speech with word times, subtitles and provenance."),
        (name = "Operation", description = "For whoever runs the server."),
    )
)]
pub(crate) struct Description;

const PAGE: &str = include_str!("docs/page.html");

/// Serves the page.
pub(crate) async fn page() -> Html<&'static str> {
    Html(PAGE)
}

/// Leads whoever opens the server in a browser to the page.
pub(crate) async fn front() -> Redirect {
    Redirect::temporary("/docs")
}

/// Serves the description, serialized once.
pub(crate) fn description(json: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], json).into_response()
}
