//! `POST /api/v1/tts/batch-synthesize`.
//!
//! The answers come in the order of the requests, and each stands for itself: one that fails has
//! its error in its place, with the HTTP status it would have had alone, and the others are spoken
//! all the same. A few run at a time, so that a batch of a hundred does not push aside the clients
//! who wait for one. All their audio together is bounded as that of one request is: it is in memory until
//! the last of them is spoken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::Instant;
use understudy_engine::Engine;
use utoipa::ToSchema;

use super::request::{Head, SynthesizeRequest};
use super::response::SynthesizeResponse;
use super::synthesize::{perform, unwritten};
use crate::Understudy;
use crate::http::body::{List, parse};
use crate::http::caching;
use crate::http::envelope::RequestId;
use crate::http::error::{ApiError, Dialect, ErrorBody, ErrorObject};
use crate::http::idempotency::InPart;
use crate::http::route_of;

/// Requests in one batch.
const BATCH_MAX: usize = 100;

/// Requests of one batch that are spoken at the same time.
const BATCH_PARALLEL: usize = 4;

/// One answer of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant, reason = "nearly all are speech")]
pub(crate) enum BatchItem {
    /// Speech.
    Spoken(SynthesizeResponse),
    /// Why there is none.
    Failed(BatchError),
}

/// A request of a batch that failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchError {
    error: ErrorObject,
    /// The HTTP status it would have had alone.
    status: u16,
}

/// Speak many
///
/// At most 100 requests. The answers come in their order; a request that failed has an `error` in
/// the place of its speech. Past `limits.max_audio_bytes` of audio in all the others fail unspoken. The header
/// `x-understudy-route` chooses the route of those that name none.
#[utoipa::path(
    post, path = "/api/v1/tts/batch-synthesize", operation_id = "batchSynthesize", tag = "Understudy",
    request_body = Vec<SynthesizeRequest>,
    responses(
        (status = 200, body = Vec<BatchItem>),
        (status = 400, body = ErrorBody),
        (status = 422, description = "The `idempotency-key` belongs to another request.", body = ErrorBody),
    )
)]
pub(crate) async fn batch_synthesize(
    State(understudy): State<Arc<Understudy>>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
    List(requests): List<Box<RawValue>>,
) -> Result<Response, ApiError> {
    if requests.len() > BATCH_MAX {
        let message = format!("batch is longer than {BATCH_MAX} requests: {}", requests.len());
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "batch_too_long", message).hint("split the batch"));
    }
    let (cache, route) = (caching::wanted(&headers), route_of(&headers));
    let room = &Room::new(understudy.config().limits.max_audio_bytes);
    let speaking = requests.into_iter().enumerate().map(|(index, request)| {
        let (understudy, id) = (Arc::clone(&understudy), Arc::from(format!("{id}/{index}")));
        let head = Head { id, accepted: None, route: route.clone(), cache };
        async move { item(&understudy, head, request, room).await }
    });
    let items: Vec<_> = stream::iter(speaking).buffered(BATCH_PARALLEL).collect().await;
    let in_part = items.iter().any(|item| matches!(item, BatchItem::Failed(_))).then_some(Extension(InPart));
    let json = write(&items).map_err(|error| unwritten(&error))?;
    Ok((in_part, [(CONTENT_TYPE, "application/json")], json).into_response())
}

fn write(items: &[BatchItem]) -> serde_json::Result<Vec<u8>> {
    let mut json = vec![b'['];
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        match item {
            BatchItem::Spoken(spoken) => spoken.write(&mut json)?,
            BatchItem::Failed(failed) => serde_json::to_writer(&mut json, failed)?,
        }
    }
    json.push(b']');
    Ok(json)
}

/// Room for the audio of one batch.
struct Room {
    bytes: AtomicU64,
    bytes_max: u64,
}

impl Room {
    fn new(bytes_max: usize) -> Self {
        Self { bytes: AtomicU64::new(0), bytes_max: u64::try_from(bytes_max).unwrap_or(u64::MAX) }
    }

    /// Takes so many bytes up. What does not fit leaves no room for anything after it.
    fn take_up(&self, bytes: u64) -> Result<(), ApiError> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.bytes_max {
            return Ok(());
        }
        let message = format!("audio of the batch takes more than {} bytes", self.bytes_max);
        Err(ApiError::new(StatusCode::BAD_REQUEST, "batch_too_large", message)
            .hint("split the batch, or ask for a compressed output_format or a lower sample_rate"))
    }
}

async fn item(understudy: &Understudy, head: Head, request: Box<RawValue>, room: &Room) -> BatchItem {
    let (id, engine, began) = (Arc::clone(&head.id), understudy.engine(), Instant::now());
    match speak(&engine, head, request, room).await {
        Ok(spoken) => BatchItem::Spoken(spoken),
        Err(error) => {
            error.note(&engine, &id, began.elapsed());
            let (error, status) = (error.object(Dialect::Native, &id), error.status.as_u16());
            BatchItem::Failed(BatchError { error, status })
        }
    }
}

async fn speak(
    engine: &Engine,
    head: Head,
    request: Box<RawValue>,
    room: &Room,
) -> Result<SynthesizeResponse, ApiError> {
    // Nothing is bought that could not be sent.
    room.take_up(0)?;
    let (request, ignored): (SynthesizeRequest, _) = parse(request.get().as_bytes(), b'{')?;
    let wanted = request.read(engine, head).await?;
    let performed = perform(engine, wanted, ignored, true).await?;
    // It was spoken, and that is in the history.
    room.take_up(performed.audio_bytes()).map_err(|error| ApiError { recorded: true, ..error })?;
    performed.response().await
}
