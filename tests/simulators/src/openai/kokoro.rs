//! Kokoro-FastAPI: no key, streams unless told not to, and tells when each word is heard.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{answer, captions};
use crate::body;
use crate::fault::Ordered;
use crate::pydantic::{self, Members, Model};
use crate::service::{Refusal, Stage};

const MODELS: [&str; 4] = ["kokoro", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"];

const VOICES: [&str; 20] = [
    "af_alloy",
    "af_bella",
    "af_heart",
    "af_nicole",
    "af_sarah",
    "af_sky",
    "am_adam",
    "am_michael",
    "bf_emma",
    "bf_isabella",
    "bm_george",
    "bm_lewis",
    "ef_dora",
    "ff_siwis",
    "hf_alpha",
    "if_sara",
    "jf_alpha",
    "pf_dora",
    "zf_xiaobei",
    "zm_yunxi",
];

/// OpenAI's names and the voices that stand in for them.
const STAND_INS: [(&str, &str); 9] = [
    ("alloy", "am_adam"),
    ("ash", "af_nicole"),
    ("coral", "bf_emma"),
    ("echo", "af_bella"),
    ("fable", "af_sarah"),
    ("onyx", "bm_george"),
    ("nova", "bf_isabella"),
    ("sage", "am_michael"),
    ("shimmer", "af_sky"),
];

const LANGUAGES: [&str; 9] = ["a", "b", "e", "f", "h", "i", "j", "p", "z"];

pub(super) fn router(stage: Stage) -> Router {
    let models = || async { Json(answer::models(&MODELS, "kokoro")) };
    Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "healthy" })) }))
        .route("/v1/models", get(models))
        .route(
            "/v1/models/{id}",
            get(|Path(id): Path<String>| async move { Json(answer::model(&id, "kokoro")) }),
        )
        .route("/v1/audio/voices", get(voices))
        .route("/v1/audio/speech", post(speech))
        .route("/dev/captioned_speech", post(captioned))
        .fallback(pydantic::not_found)
        .method_not_allowed_fallback(pydantic::method_not_allowed)
        .with_state(stage)
}

pub(super) fn refuse(refusal: &Refusal) -> Response {
    answer::refused(refusal, |status, message| match status.is_server_error() {
        true => json!({ "detail": { "error": "server_error", "message": message, "type": "server_error" } }),
        false => json!({ "detail": message }),
    })
}

fn refused(error: &str, message: &str) -> Response {
    let body = json!({ "error": error, "message": message, "type": "invalid_request_error" });
    pydantic::detail(StatusCode::BAD_REQUEST, body)
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    legacy: bool,
}

async fn voices(Query(shape): Query<Shape>) -> Json<Value> {
    let voices: Vec<Value> = VOICES
        .iter()
        .map(|id| if shape.legacy { json!(id) } else { json!({ "id": id, "name": id }) })
        .collect();
    Json(json!({ "voices": voices }))
}

struct SpeechRequest {
    input: String,
    voice: String,
    format: String,
    speed: f64,
    stream: bool,
    timestamps: bool,
    english: bool,
}

impl SpeechRequest {
    fn read(members: &Members) -> Result<Self, Response> {
        let mut fields = Model::of(members);
        let model = fields.text_if_any("model").unwrap_or_else(|| "kokoro".to_owned());
        let input = fields.text("input");
        let voice = fields.text_if_any("voice").unwrap_or_else(|| "af_heart".to_owned());
        let format = fields.one_of("response_format", "mp3", &answer::FORMATS);
        fields.one_of("download_format", "mp3", &answer::FORMATS);
        let speed = fields.number("speed", 1.0, 0.25..=4.0);
        let stream = fields.flag("stream", true);
        fields.flag("return_download_link", false);
        let timestamps = fields.flag("return_timestamps", true);
        let language = fields.text_if_any("lang_code");
        fields.number("volume_multiplier", 1.0, 0.0..=f64::MAX);
        fields.finish()?;

        if !MODELS.contains(&model.as_str()) {
            return Err(refused("invalid_model", &format!("Unsupported model: {model}")));
        }
        let voice = voice_of(&voice)?;
        let language = match language.map(|code| code.to_lowercase()) {
            None => voice.chars().take(1).collect(),
            Some(code) if LANGUAGES.contains(&code.as_str()) => code,
            Some(code) => return Err(refused("validation_error", &format!("Invalid language code: {code}"))),
        };
        if input.trim().is_empty() {
            return Err(refused("validation_error", "Input text cannot be empty"));
        }
        Ok(Self { input, voice, format, speed, stream, timestamps, english: matches!(&*language, "a" | "b") })
    }
}

/// The voice, or the mix of them (`af_bella(2)+af_sky`), with every name known.
fn voice_of(asked: &str) -> Result<String, Response> {
    let mut voices = Vec::new();
    for part in asked.split(['+', '-']) {
        let name = part.split('(').next().unwrap_or_default().trim();
        let name = STAND_INS.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, voice)| voice);
        if !VOICES.contains(&name) {
            let known = VOICES.join(", ");
            return Err(refused(
                "validation_error",
                &format!("Voice '{name}' not found. Available voices: {known}"),
            ));
        }
        voices.push(name);
    }
    Ok(voices.join("+"))
}

async fn speech(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let request = SpeechRequest::read(&pydantic::members(&headers, &body)?)?;
    let spoken = answer::speak(&stage, request.input, &request.voice, request.speed).await;
    let packing = answer::packing(&request.format, request.stream);
    let audio = ordered.audio(spoken.packed(packing, answer::RATE).into());
    let media_type = answer::media_type(&request.format);
    Ok(if request.stream {
        answer::chunked(&stage, &audio, media_type)
    } else {
        answer::whole(audio, media_type)
    })
}

async fn captioned(
    State(stage): State<Stage>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let request = SpeechRequest::read(&pydantic::members(&headers, &body)?)?;
    let spoken = answer::speak(&stage, request.input.clone(), &request.voice, request.speed).await;
    let packing = answer::packing(&request.format, request.stream);
    let audio = ordered.audio(spoken.packed(packing, answer::RATE).into());
    let media_type = answer::media_type(&request.format);
    // Languages other than English have no timestamps; not asking for them gives null.
    let shown = |timestamps: Vec<Value>| match (request.timestamps, request.english) {
        (false, _) => Value::Null,
        (true, false) => json!([]),
        (true, true) => json!(timestamps),
    };
    let object = |audio: &[u8], timestamps: Value| json!({ "audio": STANDARD.encode(audio), "audio_format": media_type, "timestamps": timestamps });
    if !request.stream {
        let timestamps = shown(captions::timestamps(&request.input, &spoken));
        return Ok(Json(object(&audio, timestamps)).into_response());
    }
    let mut sent = 0;
    let lines = captions::parts(&request.input, &spoken)
        .into_iter()
        .map(|part| {
            let until = share(audio.len(), part.heard);
            let line = object(audio.get(sent..until).unwrap_or_default(), shown(part.timestamps));
            sent = until;
            Bytes::from(format!("{line}\n"))
        })
        .collect();
    Ok(([(CONTENT_TYPE, "application/json")], body::pieces(lines, stage.gap())).into_response())
}

/// The bytes a share of the take needs.
#[expect(clippy::cast_possible_truncation, reason = "a share of a length is at most the length")]
fn share(length: usize, heard: f64) -> usize {
    ((length as f64 * heard).round() as usize).min(length)
}
