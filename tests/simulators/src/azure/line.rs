//! One WebSocket, as the service holds it.
//!
//! It reads messages, says frames, and hangs up with a code and a reason; it also does the harm
//! that was ordered for this connection: audio that stops arriving, with the line cut or left open.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use futures_util::FutureExt;

use super::frame::Message;
use crate::body::breathe;
use crate::fault::Ordered;

/// The largest message of the protocol.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// The most a close frame's reason can hold; the service's longer sentences arrive cut.
const REASON_BYTES_MAX: usize = 123;
/// Messages kept that came while a turn was being spoken.
const WAITING_MAX: usize = 16;
/// How long a client has to answer a close.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why the service hangs up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl Closing {
    /// The client's fault.
    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self { code: 1007, reason: reason.into() }
    }
}

/// What became of something said or heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The other side is gone, or the line was cut on order.
    Gone,
    /// The service hangs up.
    Closing(Closing),
}

/// The connection.
pub(crate) struct Line {
    socket: WebSocket,
    ordered: Ordered,
    gap: Duration,
    audio_bytes: usize,
    waiting: VecDeque<Message>,
}

impl Line {
    pub(crate) const fn new(socket: WebSocket, ordered: Ordered, gap: Duration) -> Self {
        Self { socket, ordered, gap, audio_bytes: 0, waiting: VecDeque::new() }
    }

    /// Whether turns on this line are to have no audio.
    pub(crate) const fn is_silenced(&self) -> bool {
        self.ordered.empty_audio
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Result<Message, End> {
        if let Some(message) = self.waiting.pop_front() {
            return Ok(message);
        }
        loop {
            let frame = self.socket.recv().await;
            if let Some(message) = heard(frame)? {
                return Ok(message);
            }
        }
    }

    /// Whether the client asked to stop; never waits. Other messages are kept for later.
    pub(crate) fn is_stopped(&mut self) -> Result<bool, End> {
        while let Some(frame) = self.socket.recv().now_or_never() {
            match heard(frame)? {
                Some(message) if message.path() == "synthesis.control" => return Ok(true),
                Some(message) if self.waiting.len() < WAITING_MAX => self.waiting.push_back(message),
                Some(_) => return Err(End::Closing(Closing::bad_request("Too many messages during a turn"))),
                None => {}
            }
        }
        Ok(false)
    }

    /// Sends a text frame.
    pub(crate) async fn say(&mut self, text: String) -> Result<(), End> {
        self.socket.send(Frame::Text(text.into())).await.map_err(|_| End::Gone)
    }

    /// Sends a frame that holds `payload_bytes` of audio, as far as its end was not ordered.
    pub(crate) async fn play(&mut self, frame: Vec<u8>, payload_bytes: usize) -> Result<(), End> {
        self.audio_bytes += payload_bytes;
        if self.ordered.cut.is_some_and(|after| self.audio_bytes > after) {
            return Err(End::Gone);
        }
        if self.ordered.stall.is_some_and(|after| self.audio_bytes > after) {
            while self.socket.recv().await.is_some_and(|frame| frame.is_ok()) {}
            return Err(End::Gone);
        }
        breathe(self.gap).await;
        self.socket.send(Frame::Binary(frame.into())).await.map_err(|_| End::Gone)
    }

    /// Hangs up and waits for the client to have heard it.
    pub(crate) async fn hang_up(mut self, closing: Closing) {
        let mut reason = closing.reason;
        reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
        let close = CloseFrame { code: closing.code, reason: reason.into() };
        if self.socket.send(Frame::Close(Some(close))).await.is_ok() {
            let answered = async { while self.socket.recv().await.is_some_and(|frame| frame.is_ok()) {} };
            tokio::time::timeout(FAREWELL, answered).await.ok();
        }
    }
}

/// What a frame means: a message, nothing, or the end.
fn heard(frame: Option<Result<Frame, axum::Error>>) -> Result<Option<Message>, End> {
    match frame {
        Some(Ok(Frame::Text(text))) if text.len() > MESSAGE_BYTES_MAX => Err(End::Closing(Closing {
            code: 1009,
            reason: format!("Websocket message size cannot exceed {MESSAGE_BYTES_MAX} bytes"),
        })),
        Some(Ok(Frame::Text(text))) => match Message::parse(text.as_str()) {
            Ok(message) => Ok(Some(message)),
            Err(error) => Err(End::Closing(Closing::bad_request(error.to_string()))),
        },
        Some(Ok(Frame::Binary(_))) => {
            Err(End::Closing(Closing { code: 1003, reason: "Binary messages are not accepted".to_owned() }))
        }
        Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Ok(None),
        Some(Ok(Frame::Close(_)) | Err(_)) | None => Err(End::Gone),
    }
}
