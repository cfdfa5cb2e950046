//! `api.py`: everything at the root path, always streamed, in the format its start flags fixed (WAV
//! here, sent at once).

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::disk::{self, Loaded};
use super::fragment::{self, Take};
use super::{Desk, second};
use crate::fault::Ordered;
use crate::speech::Packing;

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/", get(asked_by_query).post(asked_by_body))
        .route("/change_refer", get(change_by_query).post(change_by_body))
        .route("/set_model", get(model_by_query).post(model_by_body))
        .route("/control", get(second::control).post(second::control))
        .route("/openapi.json", get(|| async { Json(json!({ "openapi": "3.1.0", "paths": { "/": {} } })) }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    refer_wav_path: Option<String>,
    prompt_text: Option<String>,
    prompt_language: Option<String>,
    text: Option<String>,
    text_language: Option<String>,
    speed: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Weights {
    gpt_model_path: Option<String>,
    sovits_model_path: Option<String>,
}

fn refused(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "code": 400, "message": message }))).into_response()
}

fn success() -> Response {
    Json(json!({ "code": 0, "message": "Success" })).into_response()
}

fn decoded<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Response> {
    let crash = |_| (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
    serde_json::from_slice(body).map_err(crash)
}

async fn asked_by_body(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    body: Bytes,
) -> Result<Response, Response> {
    speak(&desk, &ordered, decoded(&body)?).await
}

async fn asked_by_query(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    speak(&desk, &ordered, asked).await
}

async fn speak(desk: &Desk, ordered: &Ordered, asked: Asked) -> Result<Response, Response> {
    let whole = |field: &Option<String>| field.as_deref().is_some_and(|text| !text.is_empty());
    let given = whole(&asked.refer_wav_path) && whole(&asked.prompt_text) && whole(&asked.prompt_language);
    let reference = if given { asked.refer_wav_path } else { desk.disk.loaded().reference };
    let Some(reference) = reference else { return Err(refused("未指定参考音频且接口无预设")) };
    let language = asked.text_language.unwrap_or_default().to_lowercase();
    let Some(language) = code(&language).filter(|code| desk.generation.speaks(code)) else {
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response());
    };
    disk::reference(&reference)
        .map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response())?;

    let worker = desk.worker.lock().await;
    let take = Take {
        text: asked.text.unwrap_or_default(),
        speaker: format!("{reference}{language}"),
        speed: asked.speed.unwrap_or(1.0),
        rate: desk.generation.rate(false),
        interval: Duration::from_millis(300),
        whole: false,
    };
    let fragments = take.record(&desk.stage).await;
    drop(worker);
    Ok(fragment::file(&fragments, "wav", Packing::Wav, ordered))
}

/// The code of a language by its Chinese name, or the code itself.
fn code(language: &str) -> Option<&str> {
    Some(match language {
        "" => return None,
        "中文" => "all_zh",
        "英文" => "en",
        "日文" => "all_ja",
        "粤语" => "all_yue",
        "韩文" => "all_ko",
        "中英混合" => "zh",
        "日英混合" => "ja",
        "粤英混合" => "yue",
        "韩英混合" => "ko",
        "多语种混合" => "auto",
        other => other,
    })
}

async fn change_by_query(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    change(&desk, &asked)
}

async fn change_by_body(State(desk): State<Desk>, body: Bytes) -> Result<Response, Response> {
    Ok(change(&desk, &decoded(&body)?))
}

fn change(desk: &Desk, asked: &Asked) -> Response {
    let fields = [&asked.refer_wav_path, &asked.prompt_text, &asked.prompt_language];
    if fields.iter().any(|field| field.as_deref().is_none_or(str::is_empty)) {
        return refused("缺少任意一项以下参数: \"path\", \"text\", \"language\"");
    }
    let path = asked.refer_wav_path.as_deref().unwrap_or_default();
    let set = |loaded: &mut Loaded, path| loaded.reference = Some(path);
    desk.disk.load(path, ".wav", set).map_or_else(|exception| refused(&exception), |()| success())
}

async fn model_by_query(State(desk): State<Desk>, Query(weights): Query<Weights>) -> Response {
    change_model(&desk, &weights)
}

async fn model_by_body(State(desk): State<Desk>, body: Bytes) -> Result<Response, Response> {
    Ok(change_model(&desk, &decoded::<Weights>(&body)?))
}

fn change_model(desk: &Desk, weights: &Weights) -> Response {
    let path = |path: &Option<String>| path.clone().unwrap_or_default();
    let (gpt, sovits) = (path(&weights.gpt_model_path), path(&weights.sovits_model_path));
    if gpt.is_empty() && sovits.is_empty() {
        return refused("缺少任意一项以下参数: \"gpt_model_path\", \"sovits_model_path\"");
    }
    let mut outcome = Ok(());
    if !gpt.is_empty() {
        outcome = desk.disk.load(&gpt, ".ckpt", |loaded, path| loaded.gpt = path);
    }
    if outcome.is_ok() && !sovits.is_empty() {
        outcome = desk.disk.load(&sovits, ".pth", |loaded, path| loaded.sovits = path);
    }
    outcome.map_or_else(|exception| refused(&exception), |()| success())
}
