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

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::{StreamExt, future};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, TRAILER};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use understudy_engine::{Engine, Finished, SpeechEvent, SpeechRequest, SpeechStream};

pub(crate) use request::SpeechBody;
use request::{Delivery, Head, Wanted};

use super::body::Object;
use super::caching;
use super::encore;
use super::envelope::RequestId;
use super::error::{ApiError, Dialect, ErrorBody};
use super::reply::{DURATION, Reply, Told, milliseconds};
use super::route_of;
use super::serving::{self, Sound};
use super::tts::place_of;
use crate::Understudy;

/// Speak
///
/// OpenAI's speech call. Fields nobody knows are accepted and named in `x-understudy-ignored`;
/// fields the provider cannot honour are named in `x-understudy-dropped`. When the provider asked for
/// cannot speak another one does, with the voice most like it: `x-understudy-substituted` says what
/// was asked for, `x-understudy-substituted-why` why it was not had, `x-understudy-attempts` who was
/// called. The header `x-understudy-route` of a request chooses its route; `cache-control: no-cache` has
/// it spoken anew, and `x-understudy-cache` of the answer says where it came from. With `stream` or
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
        (status = 304, description = "The client has it, by its `if-none-match`."),
        (status = 400, description = "The request is wrong.", body = ErrorBody),
        (status = 404, description = "No such model.", body = ErrorBody),
        (status = 422, description = "The `idempotency-key` belongs to another request.", body = ErrorBody),
        (status = 429, description = "The provider refuses for now.", body = ErrorBody),
        (status = 502, description = "The provider failed.", body = ErrorBody),
        (status = 503, description = "Nobody can speak right now.", body = ErrorBody),
        (status = 504, description = "It took too long.", body = ErrorBody),
    )
)]
pub(crate) async fn speak(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
    Object { value, ignored }: Object<SpeechBody>,
) -> Result<Response, ApiError> {
    let engine = understudy.engine();
    let default_delivery = understudy.config().server.default_delivery;
    let head = Head { id, route: route_of(&headers), cache: caching::wanted(&headers), default_delivery };
    let Wanted { request, media_type, delivery, dropped } = value.read(&engine, head).await?;
    let asked = Asked { id: Arc::clone(&request.id), ignored, dropped, media_type };
    match delivery {
        Delivery::Whole => whole(&engine, request, asked, &headers).await,
        Delivery::Stream => Ok(plain(open(&engine, request).await?, &asked)),
        Delivery::Events => {
            let characters = request.request.utterance.source().chars().count();
            Ok(events(open(&engine, request).await?, asked, characters))
        }
    }
}

/// What the answer needs of the request.
struct Asked {
    id: Arc<str>,
    ignored: Vec<String>,
    /// Fields that were dropped before the engine saw them.
    dropped: Vec<String>,
    media_type: &'static str,
}

impl Asked {
    /// All that was dropped, by OpenAI's names.
    fn dropped(&self, dropped: &[String]) -> Vec<String> {
        let openai = |field: &String| Dialect::OpenAi.field(field).to_owned();
        dropped.iter().map(openai).chain(self.dropped.iter().cloned()).collect()
    }
}

async fn whole(
    engine: &Engine,
    request: SpeechRequest,
    asked: Asked,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let speech = engine.speak(request).await.map_err(|error| ApiError::of(&error, Dialect::OpenAi))?;
    let provenance = &speech.provenance;
    let (audio, digest, media_type) = (speech.audio.clone(), speech.digest, asked.media_type);
    let mut response = serving::spoken(headers, Sound { audio, digest, media_type });
    let told = Reply {
        provider: &provenance.provider,
        cache: provenance.cache,
        age: provenance.age,
        voice: provenance.voice.as_deref(),
        duration_ms: Some(milliseconds(speech.duration)),
        substituted: provenance.substituted.as_ref(),
        attempts: &provenance.attempts,
        skipped: &provenance.skipped,
        dropped: &asked.dropped(&provenance.dropped),
        ignored: &asked.ignored,
        place: place_of(engine, &speech),
    };
    told.told().put_on(&mut response);
    encore::leave(&mut response, speech.encore, &asked.dropped);
    Ok(response)
}

async fn open(engine: &Engine, request: SpeechRequest) -> Result<SpeechStream, ApiError> {
    engine.stream(request).await.map_err(|error| ApiError::of(&error, Dialect::OpenAi))
}

fn plain(stream: SpeechStream, asked: &Asked) -> Response {
    let told = told(&stream, asked);
    let frames = stream.filter_map(|event| {
        future::ready(match event {
            Ok(SpeechEvent::Audio(audio)) => Some(Ok(Frame::data(audio))),
            Ok(SpeechEvent::Words(_)) => None,
            Ok(SpeechEvent::Finished(finished)) => {
                trailers(&finished).map(|trailers| Ok(Frame::trailers(trailers)))
            }
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "stream broke off");
                Some(Err(error))
            }
        })
    });
    let mut response = answer(Body::new(StreamBody::new(frames)), asked.media_type);
    // HTTP/1.1 carries only the trailers that were announced, to clients that say `te: trailers`.
    response.headers_mut().insert(TRAILER, HeaderValue::from(DURATION));
    told.put_on(&mut response);
    response
}

/// What is known of a stream only when it is whole.
fn trailers(finished: &Finished) -> Option<HeaderMap> {
    let duration = milliseconds(finished.duration?);
    Some(HeaderMap::from_iter([(DURATION, HeaderValue::from(duration))]))
}

fn events(stream: SpeechStream, asked: Asked, characters: usize) -> Response {
    let told = told(&stream, &asked);
    let dropped = asked.dropped(stream.dropped());
    let events =
        sse::events(stream, characters, sse::Asked { id: asked.id, dropped, ignored: asked.ignored });
    let mut response = answer(Body::from_stream(events), "text/event-stream");
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    told.put_on(&mut response);
    response
}

/// What is known of a stream when it begins.
fn told(stream: &SpeechStream, asked: &Asked) -> Told {
    Reply {
        provider: stream.provider(),
        cache: stream.cache(),
        age: stream.age(),
        voice: stream.voice(),
        duration_ms: None,
        substituted: stream.substituted(),
        attempts: stream.attempts(),
        skipped: stream.skipped(),
        dropped: &asked.dropped(stream.dropped()),
        ignored: &asked.ignored,
        place: None,
    }
    .told()
}

fn answer(body: Body, media_type: &'static str) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
