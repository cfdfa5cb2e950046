//! OAuth's token endpoint: a signed assertion in, an access token out.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::header::{CACHE_CONTROL, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Studio;
use super::access::{SCOPE, TOKEN_SECONDS, unix_seconds};
use super::jwt::verify;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The endpoint's own name, for key files that were not rewritten for the simulator.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// `POST /token`.
pub(super) async fn exchange(
    State(studio): State<Arc<Studio>>,
    headers: HeaderMap,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return refuse("invalid_request", "Bad Request") };
    let grant = form.get("grant_type").map_or("", String::as_str);
    if grant != JWT_BEARER {
        return refuse("unsupported_grant_type", &format!("Invalid grant_type: {grant}"));
    }
    let Some(assertion) = form.get("assertion") else {
        return refuse("invalid_request", "Missing required parameter: assertion");
    };
    let claims = match verify(assertion, unix_seconds()) {
        Ok(claims) => claims,
        Err(error) => return refuse("invalid_grant", &error.to_string()),
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let here = format!("http://{host}/token");
    if !claims.aud.as_deref().is_some_and(|audience| audience == here || audience == TOKEN_URI) {
        return refuse("invalid_grant", "Invalid JWT: Failed audience check.");
    }
    if !claims.scope.as_deref().is_some_and(|scope| scope.split(' ').any(|scope| scope == SCOPE)) {
        return refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    }
    let token =
        json!({"access_token": studio.access.issue(), "expires_in": TOKEN_SECONDS, "token_type": "Bearer"});
    ([(CACHE_CONTROL, "no-cache, no-store, max-age=0, must-revalidate")], Json(token)).into_response()
}

fn refuse(error: &str, description: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error, "error_description": description}))).into_response()
}
