//! `POST /synthesize`: one text by one character.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::field::Fields;
use super::ledger::{Bought, Entry};
use super::mishap::Mishap;
use super::request::{Line, SpeechRequest};
use super::shelf::{self, Item};
use super::trouble::Trouble;
use super::{Desk, Profile};
use crate::fault::Ordered;
use crate::speech;

/// What was spoken and paid for.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    request: SpeechRequest,
    item: Item,
    seconds: f64,
    words: Value,
}

pub(super) async fn answer(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    desk.admit(&headers)?;
    let spoken = bought(&desk, &ordered, &headers, &body).await.map_err(|trouble| desk.refuse(trouble))?;
    if desk.service.mishaps.meets(&Mishap::BadJson) {
        return Ok("{\"audio_url\": \"http".into_response());
    }
    Ok(Json(spoken.told(&desk, &headers)).into_response())
}

async fn bought(
    desk: &Desk,
    ordered: &Ordered,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Arc<Spoken>, Trouble> {
    let service = &desk.service;
    let fields = Fields::read(headers, body)?;
    let request = SpeechRequest::read(&fields, service.profile, service.premium)?;
    let entry = Entry::of("/synthesize", headers, body);
    if let Some(Bought::Speech(spoken)) = service.ledger.look(&entry)? {
        return Ok(spoken);
    }
    let _place = service.account.enter()?;
    dies(desk)?;
    service.account.pay(request.line.text.chars().count())?;
    let said = say(desk, &request.line).await;
    let packed = said.packed(request.format.packing(), request.format.rate);
    let item = service.shelf.place(ordered.audio(packed.into()), request.format);
    let words = if request.words { words(&request.line.text, &said) } else { json!([]) };
    let spoken = Arc::new(Spoken { request, item, seconds: said.seconds(), words });
    service.ledger.write(entry, Bought::Speech(Arc::clone(&spoken)));
    Ok(spoken)
}

/// The service may be gone after so many texts.
fn dies(desk: &Desk) -> Result<(), Trouble> {
    let spoken = desk.service.jobs.count_text();
    let gone = desk.service.mishaps.meet(|mishap| match mishap {
        Mishap::DiesAfter(texts) if spoken > *texts => Some(()),
        _ => None,
    });
    if gone.is_some() { Err(Trouble::failing(StatusCode::INTERNAL_SERVER_ERROR)) } else { Ok(()) }
}

/// Speaks a line; what holds nothing to say is a third of a second of silence.
pub(super) async fn say(desk: &Desk, line: &Line) -> speech::Spoken {
    let said = desk.stage.speak(line.text.clone(), line.manner.clone()).await.unwrap_or_default();
    if said.samples.is_empty() {
        return speech::Spoken::silence(Duration::from_millis(300), speech::NATIVE_RATE);
    }
    said
}

/// The words as the service tells them: seconds, and places in characters.
pub(super) fn words(text: &str, said: &speech::Spoken) -> Value {
    let place = |byte: usize| text.get(..byte).unwrap_or_default().chars().count();
    let words = said.marks.iter().map(|mark| {
        let (offset, end) = (place(mark.span.start), place(mark.span.end));
        json!({
            "text": text.get(mark.span.clone()), "start": mark.start, "end": mark.end,
            "offset": offset, "length": end - offset,
        })
    });
    words.collect()
}

/// How well an emotion comes through, as this service sees it: fully, but for one it never heard of.
pub(super) fn score(emotion: &str) -> f64 {
    if emotion == "purring" { 0.4 } else { 0.87 }
}

/// What a text costs.
pub(super) fn usage(line_characters: usize, premium: bool) -> Value {
    let dollars = if premium { 60.0 } else { 30.0 };
    json!({ "characters": line_characters, "cost_usd": line_characters as f64 * dollars / 1_000_000.0 })
}

impl Spoken {
    fn told(&self, desk: &Desk, headers: &HeaderMap) -> Value {
        let profile = desk.service.profile;
        let mishaps = &desk.service.mishaps;
        let line = &self.request.line;
        let mut told = Map::new();
        let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), value);
        if self.request.inline {
            tell("audio_base64", STANDARD.encode(&self.item.bytes).into());
        } else if !mishaps.meets(&Mishap::MissingAudioUrl) {
            let (url, ends_at) = shelf::url(desk, headers, &self.item);
            tell("audio_url", url.into());
            if profile == Profile::Full {
                tell("audio_url_expires_at", ends_at.into());
            }
        }
        if !mishaps.meets(&Mishap::MissingDuration) {
            tell("duration", self.seconds.into());
        }
        tell("character_info", line.character.told(profile));
        tell("emotion_score", score(&line.emotion).into());
        if profile == Profile::Full {
            let (size, sum) = claimed(desk, &self.item);
            tell("audio_format", self.request.format.name.into());
            tell("sample_rate", self.request.format.rate.into());
            tell("size_bytes", size.into());
            tell("sha256", sum.into());
            tell("emotion", line.emotion.clone().into());
            tell("words", self.words.clone());
            tell("usage", usage(line.text.chars().count(), line.character.premium));
            tell("request_id", format!("req_{:08}", self.item.id).into());
        }
        Value::Object(told)
    }
}

/// The size and the sum an item is said to have.
pub(super) fn claimed(desk: &Desk, item: &Item) -> (usize, String) {
    let mishaps = &desk.service.mishaps;
    let size = item.bytes.len() + usize::from(mishaps.meets(&Mishap::WrongSize));
    let sum = if mishaps.meets(&Mishap::WrongHash) { "0".repeat(64) } else { item.sha256() };
    (size, sum)
}
