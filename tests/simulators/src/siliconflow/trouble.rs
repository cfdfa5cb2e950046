//! Refusals, in the shapes SiliconFlow mixes.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::service::Refusal;

fn coded(status: StatusCode, code: u32, message: &str) -> Response {
    (status, Json(json!({ "code": code, "message": message, "data": null }))).into_response()
}

/// The key is missing or wrong: a bare JSON string.
pub(super) fn invalid_token() -> Response {
    (StatusCode::UNAUTHORIZED, Json(Value::from("Invalid token"))).into_response()
}

pub(super) fn no_model() -> Response {
    coded(StatusCode::BAD_REQUEST, 20_012, "Model does not exist. Please check it carefully.")
}

/// A field is wrong.
pub(super) fn parameter(what: &str) -> Response {
    coded(
        StatusCode::BAD_REQUEST,
        20_015,
        &format!("The parameter is invalid. Please check again. Details: {what}"),
    )
}

pub(super) async fn no_page() -> Response {
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain")], "404 page not found").into_response()
}

/// What a fault switch asked for. The service names no `Retry-After`, whatever the switch says.
pub(super) fn refuse(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Unauthorized => invalid_token(),
        Refusal::RateLimited { .. } => {
            let message = "Request was rejected due to rate limiting. If you want more, please contact \
                 contact@siliconflow.cn. Details:TPM limit reached.";
            (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "message": message, "data": null }))).into_response()
        }
        Refusal::QuotaExhausted => {
            coded(StatusCode::FORBIDDEN, 30_001, "Sorry, your account balance is insufficient")
        }
        Refusal::Failing(status) if *status == StatusCode::SERVICE_UNAVAILABLE => {
            coded(*status, 50_505, "Model service overloaded. Please try again later.")
        }
        Refusal::Failing(status) => {
            (*status, Json(Value::from(status.canonical_reason().unwrap_or("Unknown error")))).into_response()
        }
    }
}
