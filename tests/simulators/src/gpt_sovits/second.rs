//! `api_v2.py`: `/tts`, and the switches of the process.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Map, Value, json};

use super::disk::{self, Loaded};
use super::fragment::{self, Take};
use super::{Desk, failed, refused};
use crate::fault::Ordered;
use crate::pydantic::{self, Members, Model};

const SPLITS: [&str; 6] = ["cut0", "cut1", "cut2", "cut3", "cut4", "cut5"];

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/tts", get(asked_by_query).post(asked_by_body))
        .route("/set_gpt_weights", get(set_gpt))
        .route("/set_sovits_weights", get(set_sovits))
        .route("/set_refer_audio", get(set_reference))
        .route("/control", get(control).post(control))
        .route("/docs", get(|| async { axum::response::Html("<title>FastAPI - Swagger UI</title>") }))
        .route(
            "/openapi.json",
            get(|| async { Json(json!({ "openapi": "3.1.0", "paths": { "/tts": {} } })) }),
        )
}

type Questions = Query<HashMap<String, String>>;

async fn asked_by_body(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let members = pydantic::members(&headers, &body)?;
    tts(&desk, &ordered, &members).await
}

/// The same fields in the query. The languages are lowered before they are looked at, and the
/// program trips over a missing one.
async fn asked_by_query(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    Query(questions): Questions,
) -> Result<Response, Response> {
    let mut members: Members = Map::new();
    for (name, value) in questions {
        let value = match name.as_str() {
            "text_lang" | "prompt_lang" => Value::String(value.to_lowercase()),
            "streaming_mode" | "split_bucket" | "parallel_infer" | "super_sampling" | "top_k"
            | "batch_size" | "seed" | "sample_steps" => {
                serde_json::from_str(&value.to_lowercase()).unwrap_or(Value::String(value))
            }
            _ => Value::String(value),
        };
        members.insert(name, value);
    }
    if !members.contains_key("text_lang") || !members.contains_key("prompt_lang") {
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response());
    }
    tts(&desk, &ordered, &members).await
}

/// A request whose types are right.
struct Asked {
    text: Option<String>,
    text_lang: Option<String>,
    reference: Option<String>,
    prompt_text: String,
    prompt_lang: Option<String>,
    split: String,
    speed: f64,
    interval: f64,
    media_type: String,
    streaming: Option<i64>,
    super_sampling: bool,
}

impl Asked {
    fn read(members: &Members) -> Result<Self, Response> {
        const ANY: std::ops::RangeInclusive<f64> = f64::MIN..=f64::MAX;
        const WHOLE: std::ops::RangeInclusive<i64> = i64::MIN..=i64::MAX;
        let mut fields = Model::of(members);
        for name in ["top_k", "batch_size", "seed", "sample_steps", "overlap_length", "min_chunk_length"] {
            fields.whole_if_any(name, WHOLE);
        }
        for name in ["top_p", "temperature", "batch_threshold", "repetition_penalty"] {
            fields.number(name, 1.0, ANY);
        }
        for name in ["split_bucket", "parallel_infer"] {
            fields.flag(name, true);
        }
        let streaming = match members.get("streaming_mode") {
            None | Some(Value::Null) => Some(0),
            Some(Value::Bool(on)) => Some(i64::from(*on)),
            Some(_) => fields.whole_if_any("streaming_mode", WHOLE),
        };
        let asked = Self {
            text: fields.text_if_any("text"),
            text_lang: fields.text_if_any("text_lang"),
            reference: fields.text_if_any("ref_audio_path"),
            prompt_text: fields.text_if_any("prompt_text").unwrap_or_default(),
            prompt_lang: fields.text_if_any("prompt_lang"),
            split: fields.text_if_any("text_split_method").unwrap_or_else(|| "cut5".to_owned()),
            speed: fields.number("speed_factor", 1.0, ANY),
            interval: fields.number("fragment_interval", 0.3, ANY),
            media_type: fields.text_if_any("media_type").unwrap_or_else(|| "wav".to_owned()),
            streaming,
            super_sampling: fields.flag("super_sampling", false),
        };
        fields.finish()?;
        Ok(asked)
    }

    /// The program's own checks, in its order. The languages are lowered for the check alone: what
    /// is sent in capitals passes here and fails later.
    fn judge(&self, desk: &Desk) -> Result<(), Response> {
        let version = desk.generation.name();
        let given = |field: &Option<String>| field.as_deref().is_some_and(|text| !text.is_empty());
        if !given(&self.reference) {
            return Err(refused("ref_audio_path is required"));
        }
        if !given(&self.text) {
            return Err(refused("text is required"));
        }
        for (name, language) in [("text_lang", &self.text_lang), ("prompt_lang", &self.prompt_lang)] {
            let Some(language) = language.as_deref().filter(|language| !language.is_empty()) else {
                return Err(refused(&format!("{name} is required")));
            };
            if !desk.generation.speaks(&language.to_lowercase()) {
                return Err(refused(&format!("{name}: {language} is not supported in version {version}")));
            }
        }
        if fragment::packing(&self.media_type).is_none() {
            return Err(refused(&format!("media_type: {} is not supported", self.media_type)));
        }
        if !SPLITS.contains(&self.split.as_str()) {
            return Err(refused(&format!("text_split_method:{} is not supported", self.split)));
        }
        if !self.streaming.is_some_and(|mode| (0..=3).contains(&mode)) {
            let message = "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)";
            return Err(refused(message));
        }
        Ok(())
    }

    /// What the model trips over once it runs.
    fn run(&self, desk: &Desk) -> Result<(), String> {
        disk::reference(self.reference.as_deref().unwrap_or_default())?;
        let lowered = |language: &Option<String>| {
            language.as_deref().is_none_or(|language| language == language.to_lowercase())
        };
        if !lowered(&self.text_lang) || !lowered(&self.prompt_lang) {
            return Err(String::new());
        }
        if desk.generation.needs_transcript() && self.prompt_text.is_empty() {
            return Err("prompt_text cannot be empty when using SoVITS_V3".to_owned());
        }
        Ok(())
    }
}

async fn tts(desk: &Desk, ordered: &Ordered, members: &Members) -> Result<Response, Response> {
    let asked = Asked::read(members)?;
    asked.judge(desk)?;
    let Some(packing) = fragment::packing(&asked.media_type) else { return Err(refused("media_type")) };
    let streaming = asked.streaming != Some(0);

    let worker = desk.worker.lock().await;
    if let Err(exception) = asked.run(desk) {
        // A stream has said 200 by the time the model runs; all that is left is to break it.
        return if streaming { Ok(broken(&asked.media_type)) } else { Err(failed("tts failed", &exception)) };
    }
    let loaded = desk.disk.loaded();
    let take = Take {
        text: asked.text.unwrap_or_default(),
        speaker: format!("{}{}{}", asked.reference.unwrap_or_default(), loaded.gpt, loaded.sovits),
        speed: asked.speed,
        rate: desk.generation.rate(asked.super_sampling),
        interval: Duration::from_secs_f64(asked.interval.clamp(0.01, 10.0)),
        whole: asked.split == "cut0",
    };
    let fragments = take.record(&desk.stage).await;
    drop(worker);
    Ok(if streaming {
        fragment::stream(&desk.stage, &fragments, &asked.media_type, packing, ordered)
    } else {
        fragment::file(&fragments, &asked.media_type, packing, ordered)
    })
}

/// 200, and a body that breaks before its first byte.
fn broken(media_type: &str) -> Response {
    let content_type = (axum::http::header::CONTENT_TYPE, format!("audio/{media_type}"));
    ([content_type], cut_off()).into_response()
}

fn cut_off() -> Body {
    use futures_util::{StreamExt, stream};
    let breath = stream::once(crate::body::breathe(Duration::from_millis(20)));
    Body::from_stream(breath.map(|()| Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::BrokenPipe))))
}

async fn set_gpt(State(desk): State<Desk>, Query(questions): Questions) -> Result<Json<Value>, Response> {
    let path = wanted(&questions, "weights_path", "gpt weight path is required")?;
    let set = |loaded: &mut Loaded, path| loaded.gpt = path;
    desk.disk.load(path, ".ckpt", set).map_err(|exception| failed("change gpt weight failed", &exception))?;
    Ok(Json(json!({ "message": "success" })))
}

async fn set_sovits(State(desk): State<Desk>, Query(questions): Questions) -> Result<Json<Value>, Response> {
    let path = wanted(&questions, "weights_path", "sovits weight path is required")?;
    let set = |loaded: &mut Loaded, path| loaded.sovits = path;
    desk.disk
        .load(path, ".pth", set)
        .map_err(|exception| failed("change sovits weight failed", &exception))?;
    Ok(Json(json!({ "message": "success" })))
}

async fn set_reference(
    State(desk): State<Desk>,
    Query(questions): Questions,
) -> Result<Json<Value>, Response> {
    let path = questions.get("refer_audio_path").map_or("", String::as_str);
    let set = |loaded: &mut Loaded, path| loaded.reference = Some(path);
    desk.disk.load(path, ".wav", set).map_err(|exception| failed("set refer audio failed", &exception))?;
    Ok(Json(json!({ "message": "success" })))
}

fn wanted<'a>(
    questions: &'a HashMap<String, String>,
    name: &str,
    missing: &str,
) -> Result<&'a str, Response> {
    questions.get(name).map(String::as_str).filter(|path| !path.is_empty()).ok_or_else(|| refused(missing))
}

/// `restart` and `exit` end the process: the connection drops with no answer.
pub(super) async fn control(Query(questions): Questions) -> Response {
    match questions.get("command").map(String::as_str) {
        Some("restart" | "exit") => {
            let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            Body::from_stream(futures_util::stream::once(async { Err::<Bytes, _>(gone) })).into_response()
        }
        Some(_) => Json(Value::Null).into_response(),
        None => refused("command is required"),
    }
}
