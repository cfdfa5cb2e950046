//! `POST /v1/text-to-speech/{voice_id}` and its three sisters.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::account::InFlight;
use super::alignment::{self, Heard};
use super::format::OutputFormat;
use super::request::{Questions, SpeechRequest, readable};
use super::{Desk, voices};
use crate::body;
use crate::fault::Ordered;
use crate::speech::{Manner, Spoken};

/// How the audio travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A body with a length.
    Whole,
    /// A body in pieces.
    Stream,
    /// One JSON object with base64 and times.
    Timed,
    /// A JSON object a line, each with its own slice.
    TimedStream,
}

impl Delivery {
    /// The delivery a path stands for.
    pub(super) fn of(path: &str) -> Self {
        match path {
            path if path.ends_with("/stream/with-timestamps") => Self::TimedStream,
            path if path.ends_with("/with-timestamps") => Self::Timed,
            path if path.ends_with("/stream") => Self::Stream,
            _ => Self::Whole,
        }
    }
}

/// How much of a take the last line of a timed stream holds; it has audio and no alignment.
const TAIL: f64 = 0.05;

/// The four paths of one text.
pub(super) async fn answer(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    Path(voice): Path<String>,
    Query(questions): Query<Questions>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    desk.admit(&headers)?;
    let format = questions.format(&desk)?;
    let request = SpeechRequest::read(&desk, &headers, &body)?;
    voices::known(&voice).map_err(|trouble| desk.refuse(trouble))?;
    let place = desk.service.account.enter().map_err(|trouble| desk.refuse(trouble))?;
    let cost = request.model.cost(request.characters);
    desk.service.account.pay(cost).map_err(|trouble| desk.refuse(trouble))?;

    let spoken = record(&desk, &request, &voice).await;
    let audio = ordered.audio(spoken.packed(format.packing, format.rate).into());
    let take = Take { text: request.text, spoken, audio, cost, extra: Value::Null };
    Ok(take.delivered(&desk, Delivery::of(uri.path()), format, place))
}

/// Speaks a request; what holds nothing to say is a third of a second of silence.
pub(super) async fn record(desk: &Desk, request: &SpeechRequest, voice: &str) -> Spoken {
    #[expect(clippy::cast_possible_truncation, reason = "a speed of 0.7 to 1.2")]
    let manner = Manner::of(voice).at_rate(request.speed as f32);
    let spoken = desk.stage.speak(readable(&request.text, request.model), manner).await.unwrap_or_default();
    if spoken.samples.is_empty() { Spoken::silence(Duration::from_millis(300), 16_000) } else { spoken }
}

/// What was recorded, and what it cost.
pub(super) struct Take {
    pub(super) text: String,
    pub(super) spoken: Spoken,
    pub(super) audio: Bytes,
    pub(super) cost: u64,
    /// Members that a dialogue adds to what carries times.
    pub(super) extra: Value,
}

impl Take {
    pub(super) fn delivered(
        self,
        desk: &Desk,
        delivery: Delivery,
        format: OutputFormat,
        place: InFlight,
    ) -> Response {
        let (current, maximum, cost) = (place.current, place.maximum, self.cost);
        let gap = desk.stage.gap();
        let mut response = match delivery {
            Delivery::Whole => ([(CONTENT_TYPE, format.media_type)], self.audio).into_response(),
            Delivery::Stream => {
                let body = held(body::pieces(body::cut(&self.audio), gap), place);
                ([(CONTENT_TYPE, format.media_type)], body).into_response()
            }
            Delivery::Timed => {
                let heard = alignment::characters(&self.text, &self.spoken);
                let read = alignment::normalised(&self.text, &self.spoken);
                Json(self.object(&self.audio, Some((&heard, &read)))).into_response()
            }
            Delivery::TimedStream => {
                let body = held(body::pieces(self.lines(), gap), place);
                ([(CONTENT_TYPE, "application/json")], body).into_response()
            }
        };
        let headers = response.headers_mut();
        for (name, value) in [
            ("character-cost", cost),
            ("current-concurrent-requests", current as u64),
            ("maximum-concurrent-requests", maximum as u64),
            ("tts-latency-ms", 180),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
        for (name, value) in [
            ("request-id", "simulated-request-0123"),
            ("history-item-id", "simulated-item-0123"),
            ("x-region", "simulated"),
            ("x-trace-id", "0123456789abcdef0123456789abcdef"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response
    }

    fn object(&self, audio: &[u8], times: Option<(&[Heard], &[Heard])>) -> Value {
        let mut object = json!({
            "audio_base64": STANDARD.encode(audio),
            "alignment": times.map(|(heard, _)| alignment::in_seconds(heard)),
            "normalized_alignment": times.map(|(_, read)| alignment::in_seconds(read)),
        });
        if let (Some(object), Value::Object(extra)) = (object.as_object_mut(), &self.extra) {
            object.extend(extra.clone());
        }
        object
    }

    /// A line a second of speech, times from the start of the take, and a tail without times.
    fn lines(&self) -> Vec<Bytes> {
        let heard = alignment::characters(&self.text, &self.spoken);
        let read = alignment::normalised(&self.text, &self.spoken);
        let length = self.spoken.seconds();
        let mut lines = Vec::new();
        let (mut sent, mut from) = (0, 0.0);
        while from < length {
            let until = from + 1.0;
            let slice = |heard: &[Heard]| -> Vec<Heard> {
                heard.iter().filter(|heard| (from..until).contains(&heard.start)).cloned().collect()
            };
            let end = share(self.audio.len(), (until / length).min(1.0 - TAIL)).max(sent);
            let audio = self.audio.get(sent..end).unwrap_or_default();
            lines.push(self.object(audio, Some((&slice(&heard), &slice(&read)))));
            (sent, from) = (end, until);
        }
        lines.push(self.object(self.audio.get(sent..).unwrap_or_default(), None));
        lines.iter().map(|line| Bytes::from(format!("{line}\n"))).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share of a length is at most the length")]
fn share(length: usize, part: f64) -> usize {
    ((length as f64 * part).round() as usize).min(length)
}

/// A body that keeps its request in flight until it is dropped.
fn held(body: Body, place: InFlight) -> Body {
    Body::from_stream(body.into_data_stream().map(move |piece| {
        let _ = &place;
        piece
    }))
}
