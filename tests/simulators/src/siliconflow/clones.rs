//! Voices of the account: uploaded, listed, deleted.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Desk, MODELS, admit, trouble};

/// How many voices an account may hold here.
const CLONES_MAX: usize = 100;

/// What the voice list is called in its envelope: the reference says one, some samples the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListKey {
    /// `{"result": […]}`.
    #[default]
    Result,
    /// `{"results": […]}`.
    Results,
}

/// The cloned voices of the account.
#[derive(Clone, Debug, Default)]
pub(super) struct Clones(Arc<Mutex<Vec<Cloned>>>);

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cloned {
    model: String,
    custom_name: String,
    text: String,
    uri: String,
}

impl Clones {
    /// A voice of this address was cloned for this model.
    pub(super) fn has(&self, uri: &str, model: &str) -> bool {
        let voices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        voices.iter().any(|voice| voice.uri == uri && voice.model == model)
    }

    fn add(&self, wanted: Wanted) -> Result<String, Response> {
        let mut voices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if voices.len() == CLONES_MAX {
            return Err(trouble::parameter("the account holds as many voices as it may"));
        }
        let uri = format!("speech:{}:cm0simulated:{:06x}", wanted.custom_name, voices.len() + 0xabc_def);
        let Wanted { model, custom_name, text, .. } = wanted;
        voices.push(Cloned { model, custom_name, text, uri: uri.clone() });
        Ok(uri)
    }

    fn remove(&self, uri: &str) -> bool {
        let mut voices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = voices.len();
        voices.retain(|voice| voice.uri != uri);
        voices.len() < before
    }

    fn all(&self) -> Value {
        json!(*self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What an upload has to bring; the audio as a file or as a data URI.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    model: String,
    custom_name: String,
    text: String,
    audio: String,
    #[serde(skip)]
    file: usize,
}

pub(super) async fn upload(
    State(desk): State<Desk>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Value>, Response> {
    admit(&desk, &headers)?;
    let label = headers.get(CONTENT_TYPE).and_then(|label| label.to_str().ok()).unwrap_or_default();
    let wanted = if label.starts_with("multipart/form-data") {
        form(request).await.ok_or_else(|| trouble::parameter("the form cannot be read"))?
    } else {
        let body = Bytes::from_request(request, &()).await.unwrap_or_default();
        serde_json::from_slice(&body).map_err(|error| trouble::parameter(&error.to_string()))?
    };
    if !MODELS.contains(&wanted.model.as_str()) {
        return Err(trouble::no_model());
    }
    if wanted.custom_name.is_empty() || wanted.text.is_empty() {
        return Err(trouble::parameter("customName and text are required"));
    }
    if wanted.file == 0 && !wanted.audio.starts_with("data:audio/") {
        return Err(trouble::parameter("file or audio is required"));
    }
    Ok(Json(json!({ "uri": desk.service.clones.add(wanted)? })))
}

async fn form(request: Request) -> Option<Wanted> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut wanted = Wanted::default();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => wanted.file = field.bytes().await.ok()?.len(),
            "model" => wanted.model = field.text().await.ok()?,
            "customName" => wanted.custom_name = field.text().await.ok()?,
            "text" => wanted.text = field.text().await.ok()?,
            "audio" => wanted.audio = field.text().await.ok()?,
            _ => return None,
        }
    }
    Some(wanted)
}

pub(super) async fn list(State(desk): State<Desk>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    admit(&desk, &headers)?;
    let voices = desk.service.clones.all();
    Ok(Json(match desk.service.list_key {
        ListKey::Result => json!({ "result": voices }),
        ListKey::Results => json!({ "results": voices }),
    }))
}

pub(super) async fn delete(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Response> {
    admit(&desk, &headers)?;
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let uri = asked.get("uri").and_then(Value::as_str).unwrap_or_default();
    if desk.service.clones.remove(uri) {
        Ok(Json(json!({})))
    } else {
        Err(trouble::parameter("no such voice"))
    }
}
