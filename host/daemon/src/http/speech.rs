//! `POST /v1/audio/speech`: OpenAI's speech call, and the superset its compatible servers agree on.
//!
//! Delivery is `whole` unless the request or the configuration says otherwise: the audio has been
//! believed before its first byte goes out, its length is known, and a provider that breaks off is
//! an error the client can read instead of a short file. A stream trades that for the first audio
//! at once; when it fails later, an `sse` stream says so in an event, and plain audio is cut off
//! without the end that would make it look whole.

mod request;
mod sse;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, http::HeaderValue};
use futures_util::{StreamExt, future};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use understudy_engine::{Engine, SpeechEvent, SpeechRequest, SpeechStream};

pub(crate) use request::SpeechBody;
use request::{Delivery, Wanted};

use super::body::Object;
use super::envelope::RequestId;
use super::error::{ApiError, Dialect, ErrorBody};
use super::reply::{Reply, milliseconds};
use crate::Understudy;

/// Speak
///
/// OpenAI's speech call. Fields nobody knows are accepted and named in `x-understudy-ignored`;
/// fields the provider cannot honour are named in `x-understudy-dropped`. With `stream` or
/// `stream_format: "sse"` audio is sent while it is made. The token counts of the last event are
/// an estimate from the text's length and the audio's duration: nothing here is billed by tokens.
/// Also at `/audio/speech`.
#[utoipa::path(
    post, path = "/v1/audio/speech", operation_id = "createSpeech", tag = "OpenAI", request_body = SpeechBody,
    responses(
        (status = 200, description = "The audio.", content(
            (Vec<u8> = "audio/mpeg"), (Vec<u8> = "audio/wav"), (Vec<u8> = "audio/flac"),
            (Vec<u8> = "audio/opus"), (Vec<u8> = "audio/aac"), (Vec<u8> = "audio/pcm"),
            (String = "text/event-stream"),
        )),
        (status = 400, description = "The request is wrong.", body = ErrorBody),
        (status = 404, description = "No such model.", body = ErrorBody),
        (status = 429, description = "The provider refuses for now.", body = ErrorBody),
        (status = 502, description = "The provider failed.", body = ErrorBody),
        (status = 503, description = "Nobody can speak right now.", body = ErrorBody),
        (status = 504, description = "It took too long.", body = ErrorBody),
    )
)]
pub(crate) async fn speak(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Object { value, ignored }: Object<SpeechBody>,
) -> Result<Response, ApiError> {
    let engine = understudy.engine();
    let wanted = value.read(engine, id, understudy.config().server.default_delivery).await?;
    let Wanted { request, media_type, delivery, instructions } = wanted;
    let told = Told { ignored, instructions, media_type };
    match delivery {
        Delivery::Whole => whole(engine, request, told).await,
        Delivery::Stream => Ok(plain(engine, open(engine, request).await?, told)),
        Delivery::Events => {
            let characters = request.request.utterance.source().chars().count();
            Ok(events(engine, open(engine, request).await?, told, characters))
        }
    }
}

/// What the answer needs of the request.
struct Told {
    ignored: Vec<String>,
    /// True when the client sent instructions.
    instructions: bool,
    media_type: &'static str,
}

impl Told {
    /// Instructions travel as a provider option, which the engine does not read; a provider without
    /// styles has no use for them.
    fn dropped(&self, engine: &Engine, provider: &str, dropped: &[String]) -> Vec<String> {
        let styled = engine.manifest(provider).is_some_and(|manifest| manifest.capabilities.styles);
        let lost = (self.instructions && !styled).then(|| "instructions".to_owned());
        let openai = |field: &String| if field == "rate" { "speed".to_owned() } else { field.clone() };
        dropped.iter().map(openai).chain(lost).collect()
    }
}

async fn whole(engine: &Engine, request: SpeechRequest, told: Told) -> Result<Response, ApiError> {
    let failed = |error| ApiError::of(&error, Dialect::OpenAi);
    let speech = engine.speak(request).await.map_err(failed)?;
    let audio = speech.bytes().await.map_err(failed)?;
    let provenance = &speech.provenance;
    let dropped = told.dropped(engine, &provenance.provider, &provenance.dropped);
    let mut response = answer(Body::from(audio), told.media_type);
    Reply {
        provider: &provenance.provider,
        voice: provenance.voice.as_deref(),
        duration_ms: Some(milliseconds(speech.duration)),
        dropped: &dropped,
        ignored: &told.ignored,
    }
    .describe(&mut response);
    Ok(response)
}

async fn open(engine: &Engine, request: SpeechRequest) -> Result<SpeechStream, ApiError> {
    engine.stream(request).await.map_err(|error| ApiError::of(&error, Dialect::OpenAi))
}

fn plain(engine: &Engine, stream: SpeechStream, told: Told) -> Response {
    let described = Described::of(engine, &stream, told);
    let audio = stream.filter_map(|event| {
        future::ready(match event {
            Ok(SpeechEvent::Audio(audio)) => Some(Ok(audio)),
            Ok(SpeechEvent::Words(_) | SpeechEvent::Finished(_)) => None,
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "stream broke off");
                Some(Err(error))
            }
        })
    });
    let media_type = described.told.media_type;
    described.put_on(answer(Body::from_stream(audio), media_type))
}

fn events(engine: &Engine, stream: SpeechStream, told: Told, characters: usize) -> Response {
    let described = Described::of(engine, &stream, told);
    let mut response = answer(Body::from_stream(sse::events(stream, characters)), "text/event-stream");
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    described.put_on(response)
}

/// What is known of a stream when it begins.
struct Described {
    provider: String,
    voice: Option<String>,
    dropped: Vec<String>,
    told: Told,
}

impl Described {
    fn of(engine: &Engine, stream: &SpeechStream, told: Told) -> Self {
        Self {
            provider: stream.provider().to_owned(),
            voice: stream.voice().map(str::to_owned),
            dropped: told.dropped(engine, stream.provider(), stream.dropped()),
            told,
        }
    }

    fn put_on(&self, mut response: Response) -> Response {
        Reply {
            provider: &self.provider,
            voice: self.voice.as_deref(),
            duration_ms: None,
            dropped: &self.dropped,
            ignored: &self.told.ignored,
        }
        .describe(&mut response);
        response
    }
}

fn answer(body: Body, media_type: &'static str) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
