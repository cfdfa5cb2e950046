//! `/stream-input`: text goes in as it is written, audio comes out as soon as enough is there.
//!
//! Every message of audio counts its times from its own beginning, in milliseconds. A refusal is a
//! message with the reason, and then a close with 1008.

use std::time::Duration;

use axum::Extension;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::InFlight;
use super::alignment;
use super::format::OutputFormat;
use super::models::{self, SpeechModel};
use super::request::{SpeechRequest, settings};
use super::speech::record;
use super::trouble::Trouble;
use super::{Desk, format, voices};
use crate::fault::Ordered;

/// The close code of every refusal: policy violation.
const POLICY: u16 = 1008;
/// Characters that are waited for before a first chunk is spoken, unless a message hurries.
const CHUNK_CHARACTERS: usize = 120;
/// Seconds without a message, unless asked otherwise; at most this many may be asked.
const INACTIVITY_SECONDS: u64 = 20;
const INACTIVITY_SECONDS_MAX: u64 = 180;

#[derive(Deserialize)]
pub(super) struct Questions {
    model_id: Option<String>,
    output_format: Option<String>,
    inactivity_timeout: Option<u64>,
}

/// One conversation.
struct Session {
    desk: Desk,
    ordered: Ordered,
    voice: String,
    model: SpeechModel,
    format: OutputFormat,
    inactivity: Duration,
    speed: f64,
    waiting: String,
    sent_bytes: usize,
    _place: InFlight,
}

/// Why a conversation ends early.
enum End {
    Refused(Trouble),
    Gone,
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        Self::Refused(trouble)
    }
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

pub(super) async fn open(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    Path(voice): Path<String>,
    Query(questions): Query<Questions>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.on_upgrade(move |mut socket| async move {
        match converse(&mut socket, desk, ordered, voice, &questions, &headers).await {
            Ok(()) => close(&mut socket, 1000, "").await,
            Err(End::Gone) => {}
            Err(End::Refused(trouble)) => {
                socket.send(Message::text(trouble.in_a_message())).await.ok();
                close(&mut socket, POLICY, "refused").await;
            }
        }
    })
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.ok();
    // The peer's own close, so that ours is not lost with the connection.
    while let Some(Ok(_)) = socket.recv().await {}
}

async fn converse(
    socket: &mut WebSocket,
    desk: Desk,
    ordered: Ordered,
    voice: String,
    questions: &Questions,
    headers: &HeaderMap,
) -> Result<(), End> {
    let patience = questions.inactivity_timeout.unwrap_or(INACTIVITY_SECONDS).min(INACTIVITY_SECONDS_MAX);
    let inactivity = Duration::from_secs(patience);
    let first = receive(socket, inactivity).await?;
    admit(&desk, headers, &first)?;
    let model = models::find(questions.model_id.as_deref().unwrap_or(models::DEFAULT))?;
    if model.is_third() {
        let message = "The model eleven_v3 is not available over this socket.";
        return Err(Trouble::field("model_id", "unsupported_model", message).into());
    }
    let tier = desk.service.account.tier;
    let format = format::find(questions.output_format.as_deref().unwrap_or(format::DEFAULT), tier)?;
    voices::known(&voice)?;
    let speed = settings(first.get("voice_settings").unwrap_or(&Value::Null), model)?;
    let place = desk.service.account.enter()?;
    let waiting = String::new();
    let mut session = Session {
        desk,
        ordered,
        voice,
        model,
        format,
        inactivity,
        speed,
        waiting,
        sent_bytes: 0,
        _place: place,
    };
    let mut message = first;
    while session.take(socket, &message).await? {
        message = receive(socket, session.inactivity).await?;
    }
    Ok(())
}

/// The key, in the handshake or in the first message.
fn admit(desk: &Desk, headers: &HeaderMap, first: &Value) -> Result<(), Trouble> {
    let in_header = headers.get("xi-api-key").and_then(|key| key.to_str().ok());
    match in_header.or_else(|| first.get("xi-api-key").or(first.get("xi_api_key"))?.as_str()) {
        None => Err(Trouble::no_key()),
        Some(key) if key == desk.stage.key() => Ok(()),
        Some(_) => Err(Trouble::wrong_key()),
    }
}

async fn receive(socket: &mut WebSocket, patience: Duration) -> Result<Value, End> {
    loop {
        let Ok(message) = tokio::time::timeout(patience, socket.recv()).await else {
            let message = format!(
                "Have not received a new text input within the timeout of {} seconds.",
                patience.as_secs()
            );
            return Err(Trouble::field("text", "input_timeout_exceeded", message).into());
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                let value: Option<Value> = serde_json::from_str(&text).ok();
                return value.filter(|value| value.get("text").is_some_and(Value::is_string)).ok_or_else(
                    || Trouble::field("text", "invalid_message", "A message needs a text.").into(),
                );
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => {
                let message = "Messages are text.";
                return Err(Trouble::field("text", "invalid_message", message).into());
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
        }
    }
}

impl Session {
    /// Takes a message in; false when it was the last.
    async fn take(&mut self, socket: &mut WebSocket, message: &Value) -> Result<bool, End> {
        let flag = |name: &str| message.get(name).and_then(Value::as_bool).unwrap_or(false);
        let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
        self.waiting.push_str(text);
        let ready = flag("try_trigger_generation") || self.waiting.chars().count() >= CHUNK_CHARACTERS;
        if text.is_empty() || flag("flush") || (ready && !self.waiting.trim().is_empty()) {
            self.speak(socket).await?;
        }
        if text.is_empty() {
            let last =
                json!({ "audio": null, "isFinal": true, "normalizedAlignment": null, "alignment": null });
            socket.send(Message::text(last.to_string())).await?;
        }
        Ok(!text.is_empty())
    }

    async fn speak(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let text = std::mem::take(&mut self.waiting);
        let text = text.trim_start().to_owned();
        if text.is_empty() {
            return Ok(());
        }
        let characters = text.chars().count();
        if characters > self.model.characters_max {
            return Err(Trouble::too_long(self.model.characters_max, characters).into());
        }
        self.desk.service.account.pay(self.model.cost(characters))?;
        let request = SpeechRequest { text, model: self.model, speed: self.speed, characters };
        let spoken = record(&self.desk, &request, &self.voice).await;
        let audio = self.ordered.audio(spoken.packed(self.format.packing, self.format.rate).into());
        self.break_if_ordered(audio.len()).await?;
        let heard = alignment::characters(&request.text, &spoken);
        let read = alignment::normalised(&request.text, &spoken);
        let chunk = json!({
            "audio": STANDARD.encode(&audio), "isFinal": false,
            "alignment": alignment::in_milliseconds(&heard),
            "normalizedAlignment": alignment::in_milliseconds(&read),
        });
        socket.send(Message::text(chunk.to_string())).await?;
        self.sent_bytes += audio.len();
        Ok(())
    }

    /// A cut ends the connection with no word; a stall never sends another.
    async fn break_if_ordered(&self, next: usize) -> Result<(), End> {
        let past = |limit: Option<usize>| limit.is_some_and(|limit| self.sent_bytes + next > limit);
        if past(self.ordered.stall) {
            std::future::pending::<()>().await;
        }
        if past(self.ordered.cut) { Err(End::Gone) } else { Ok(()) }
    }
}
