//! `POST /api/v1/tts/synthesize`.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use understudy_engine::{Engine, Speech};
use understudy_speech::Voice;

use super::request::{Head, SynthesizeRequest, Wanted};
use super::response::{Asked, SynthesizeResponse, dropped};
use super::takes::place_of;
use crate::Understudy;
use crate::http::accept::accepted;
use crate::http::body::Object;
use crate::http::caching;
use crate::http::encore;
use crate::http::envelope::RequestId;
use crate::http::error::{ApiError, Dialect, ErrorBody};
use crate::http::reply::{Reply, Told, milliseconds};
use crate::http::route_of;
use crate::http::serving::{self, Sound};

/// How long an answer waits for the voice list that names the speaker's gender and language. They
/// are an ornament: without them the answer is still whole.
const VOICE_LIST_PATIENCE: Duration = Duration::from_secs(2);

/// Speak
///
/// Answers with JSON: the audio in base64, who spoke, and when each word is heard. With
/// `Accept: audio/*` the answer is the audio itself. When the provider asked for cannot speak,
/// another of the route does, with the voice most like the one asked for; `provenance.substituted`
/// and the headers `x-understudy-*` tell so. The header `x-understudy-route` chooses a route like the
/// field does; `cache-control: no-cache` has it spoken anew.
#[utoipa::path(
    post, path = "/api/v1/tts/synthesize", tag = "Understudy", request_body = SynthesizeRequest,
    responses(
        (status = 200, description = "The speech.", content(
            (SynthesizeResponse = "application/json"), (Vec<u8> = "audio/mpeg"),
        )),
        (status = 400, description = "The request is wrong.", body = ErrorBody),
        (status = 422, description = "The `idempotency-key` belongs to another request.", body = ErrorBody),
        (status = 429, description = "The provider refuses for now.", body = ErrorBody),
        (status = 502, description = "The provider failed.", body = ErrorBody),
        (status = 503, description = "Nobody can speak right now.", body = ErrorBody),
        (status = 504, description = "It took too long.", body = ErrorBody),
    )
)]
pub(crate) async fn synthesize(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
    Object { value, ignored }: Object<SynthesizeRequest>,
) -> Result<Response, ApiError> {
    let engine = understudy.engine();
    let accepted = accepted(&headers);
    let as_audio = accepted.is_some();
    let head = Head {
        id,
        accepted: accepted.flatten(),
        route: route_of(&headers),
        cache: caching::wanted(&headers),
    };
    let wanted = value.read(&engine, head).await?;
    let performed = perform(&engine, wanted, ignored, !as_audio).await?;
    let told = performed.told(as_audio);
    let mut response = if as_audio { performed.audio(&headers) } else { performed.json().await? };
    told.put_on(&mut response);
    Ok(response)
}

/// Speaks one request.
pub(super) async fn perform(
    engine: &Engine,
    wanted: Wanted,
    ignored: Vec<String>,
    with_voice: bool,
) -> Result<Performed, ApiError> {
    let Wanted { request, subtitles, dropped, task_id, user_id } = wanted;
    let utterance = request.request.utterance.clone();
    let language = request.request.language.as_ref().map(ToString::to_string);
    let speech = engine.speak(request).await.map_err(|error| ApiError::of(&error, Dialect::Native))?;
    let place = place_of(engine, &speech);
    let voice = if with_voice { voice_of(engine, &speech).await } else { None };
    let asked = Asked { utterance, language, subtitles, task_id, user_id, dropped, ignored };
    Ok(Performed { speech, place, voice, asked })
}

async fn voice_of(engine: &Engine, speech: &Speech) -> Option<Voice> {
    let name = speech.provenance.voice.as_deref()?;
    let list = engine.voices_at_hand(&speech.provenance.provider, VOICE_LIST_PATIENCE).await;
    list?.iter().find(|voice| voice.id == name).cloned()
}

/// A request spoken.
pub(super) struct Performed {
    speech: Speech,
    /// Where its audio can be had again.
    place: Option<String>,
    voice: Option<Voice>,
    asked: Asked,
}

impl Performed {
    pub(super) const fn audio_bytes(&self) -> u64 {
        self.speech.audio.length()
    }

    pub(super) async fn response(self) -> Result<SynthesizeResponse, ApiError> {
        let audio = self.speech.bytes().await.map_err(|error| ApiError::of(&error, Dialect::Native))?;
        let response = SynthesizeResponse::new(self.speech, audio, self.voice.as_ref(), self.asked);
        Ok(response.at(self.place))
    }

    async fn json(self) -> Result<Response, ApiError> {
        let mut json = Vec::new();
        self.response().await?.write(&mut json).map_err(|error| unwritten(&error))?;
        Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
    }

    fn audio(self, headers: &HeaderMap) -> Response {
        let Speech { audio, digest, format, encore, .. } = self.speech;
        let media_type = format.encoding.media_type();
        let mut response = serving::spoken(headers, Sound { audio, digest, media_type });
        encore::leave(&mut response, encore, &self.asked.dropped);
        response
    }

    fn told(&self, as_audio: bool) -> Told {
        let provenance = &self.speech.provenance;
        Reply {
            provider: &provenance.provider,
            cache: provenance.cache,
            age: provenance.age,
            voice: provenance.voice.as_deref(),
            duration_ms: Some(milliseconds(self.speech.duration)),
            substituted: provenance.substituted.as_ref(),
            attempts: &provenance.attempts,
            skipped: &provenance.skipped,
            dropped: &dropped(provenance, Dialect::Native, &self.asked.dropped),
            ignored: &self.asked.ignored,
            // JSON is not what is there.
            place: self.place.clone().filter(|_| as_audio),
        }
        .told()
    }
}

/// A value that cannot be written as JSON, which none of ours is.
pub(super) fn unwritten(error: &serde_json::Error) -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        format!("answer could not be written: {error}"),
    )
}
