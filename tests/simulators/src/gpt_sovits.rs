//! GPT-SoVITS: a self-hosted model that copies the voice of a short recording on its own disk.
//!
//! No key, no limit, no price, and one worker: requests queue behind each other. Nearly every
//! failure is 400, and in streaming mode it comes after the 200, as a broken body. Two programs
//! serve it: `api_v2.py` (here [`Api::V2`]) and the older `api.py` ([`Api::V1`]). Source:
//! RVC-Boss/GPT-SoVITS.

mod disk;
mod first;
mod fragment;
mod second;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::Mutex;

use crate::pydantic;
use crate::service::{Refusal, Service, Stage};

pub use disk::REFERENCE;

/// The program that serves the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Api {
    /// `api_v2.py`: `/tts`.
    #[default]
    V2,
    /// `api.py`: the root path.
    V1,
}

/// The model's generation: it decides the languages and the sample rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generation {
    /// Chinese, English and Japanese at 32 kHz.
    V1,
    /// Korean and Cantonese too, 32 kHz.
    #[default]
    V2,
    /// As V2.
    V2Pro,
    /// 24 kHz, 48 kHz with super-sampling; needs the reference's transcript.
    V3,
    /// 48 kHz; needs the reference's transcript.
    V4,
}

impl Generation {
    const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V2Pro => "v2Pro",
            Self::V3 => "v3",
            Self::V4 => "v4",
        }
    }

    const fn rate(self, super_sampling: bool) -> u32 {
        match (self, super_sampling) {
            (Self::V1 | Self::V2 | Self::V2Pro, _) => 32_000,
            (Self::V3, false) => 24_000,
            (Self::V3, true) | (Self::V4, _) => 48_000,
        }
    }

    const fn needs_transcript(self) -> bool {
        matches!(self, Self::V3 | Self::V4)
    }

    fn speaks(self, language: &str) -> bool {
        const FIRST: [&str; 6] = ["auto", "en", "zh", "ja", "all_zh", "all_ja"];
        const LATER: [&str; 5] = ["auto_yue", "yue", "ko", "all_yue", "all_ko"];
        FIRST.contains(&language) || (self != Self::V1 && LATER.contains(&language))
    }
}

/// The simulator.
#[derive(Clone, Copy, Debug, Default)]
pub struct GptSovits {
    api: Api,
    generation: Generation,
}

impl GptSovits {
    /// A model of a generation behind a program.
    #[must_use]
    pub const fn new(api: Api, generation: Generation) -> Self {
        Self { api, generation }
    }
}

/// What both programs' handlers share.
#[derive(Clone)]
struct Desk {
    generation: Generation,
    stage: Stage,
    /// The one worker: whoever holds it is being spoken for.
    worker: Arc<Mutex<()>>,
    disk: disk::Disk,
}

impl Service for GptSovits {
    fn name(&self) -> &'static str {
        match self.api {
            Api::V2 => "gpt-sovits",
            Api::V1 => "gpt-sovits-v1",
        }
    }

    fn router(&self, stage: Stage) -> Router {
        let desk =
            Desk { generation: self.generation, stage, worker: Arc::default(), disk: disk::Disk::default() };
        let routes = match self.api {
            Api::V2 => second::routes(),
            Api::V1 => first::routes(),
        };
        routes
            .fallback(pydantic::not_found)
            .method_not_allowed_fallback(pydantic::method_not_allowed)
            .with_state(desk)
    }

    /// The program itself never refuses so; what stands in front of it, or its framework, does.
    fn refuse(&self, refusal: &Refusal) -> Response {
        match refusal {
            Refusal::Unauthorized => pydantic::detail(StatusCode::UNAUTHORIZED, "Unauthorized"),
            Refusal::RateLimited { .. } | Refusal::QuotaExhausted => {
                pydantic::detail(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
            }
            Refusal::Failing(status) => {
                (*status, status.canonical_reason().unwrap_or("Internal Server Error")).into_response()
            }
        }
    }
}

/// 400 `{"message": …}`.
fn refused(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "message": message }))).into_response()
}

/// 400 with the exception's text, which may be empty.
fn failed(message: &str, exception: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "message": message, "Exception": exception })))
        .into_response()
}

#[cfg(test)]
mod tests;
