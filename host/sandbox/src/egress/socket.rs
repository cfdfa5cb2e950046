//! WebSocket connections.
//!
//! The handshake is an HTTP request with the same judgement, client and limits as any other; only
//! what follows a 101 is different. That also makes a refusal what it is, an answer with status,
//! headers and body: services say there that a token has expired or a clock is wrong.
//!
//! No extension is offered. `permessage-deflate` would let a server spend our memory, and audio
//! does not shrink. A connection lives on a task of its own that answers pings while the guest
//! computes, and stops reading when the guest does: one message waits, the rest stays with the
//! sender.

mod handshake;
mod line;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use url::Url;

pub(crate) use self::handshake::{Handshake, Opened};
use self::line::Command;
use super::dispatch::{Dispatch, Open, shorter};
use super::headers;
use super::refusal::Refusal;
use crate::secrets::{Place, fill};

/// The longest reason of a close frame, in bytes (RFC 6455, section 5.5).
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// What is sent and received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// A server's goodbye.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

/// What comes from the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Message(Message),
    /// The end; without a frame when the server just left.
    Closed(Option<Closing>),
}

/// Why nothing was sent or received.
#[derive(Debug)]
pub(crate) enum SocketError {
    Refused(Refusal),
    /// It is closed already.
    Closed,
}

impl From<Refusal> for SocketError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// An open connection. Dropping it says goodbye to the server.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Socket {
    url: Url,
    headers: http::HeaderMap,
    dispatch: Arc<Dispatch>,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Result<Event, Refusal>>,
    /// Bytes that may still come.
    allowance: u64,
    /// This side has said goodbye.
    closed: bool,
    /// Nothing more will come.
    ended: bool,
    _open: Open,
}

impl Socket {
    fn new(
        url: Url,
        headers: http::HeaderMap,
        dispatch: Arc<Dispatch>,
        open: Open,
        stream: WebSocketStream<reqwest::Upgraded>,
    ) -> Self {
        let limits = dispatch.limits();
        let (allowance, patience) = (limits.response_bytes, limits.http_idle);
        let (commands, for_line) = mpsc::channel(1);
        let (for_guest, events) = mpsc::channel(1);
        let message_bytes = limits.message_bytes;
        tokio::spawn(line::serve(stream, for_line, for_guest, patience, message_bytes));
        Self { url, headers, dispatch, commands, events, allowance, closed: false, ended: false, _open: open }
    }

    /// A header of the answer to the handshake.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(headers::shown)
    }

    /// Sends a message, and returns when the connection has taken it.
    pub(crate) async fn send(&self, message: Message) -> Result<(), SocketError> {
        let bytes = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
        };
        let limit = self.dispatch.limits().message_bytes;
        if bytes.len() > limit {
            return Err(Refusal::TooLarge(limit as u64).into());
        }
        self.check(bytes)?;
        let frame = match message {
            Message::Text(text) => Frame::text(text),
            Message::Binary(bytes) => Frame::binary(bytes),
        };
        self.tell(frame).await
    }

    /// Waits for what comes next.
    pub(crate) async fn receive(&mut self, patience: Option<Duration>) -> Result<Event, SocketError> {
        if self.ended {
            return Err(SocketError::Closed);
        }
        let limits = self.dispatch.limits();
        let arrived = timeout(shorter(limits.http_idle, patience), self.events.recv()).await;
        let event = arrived.map_err(|_| Refusal::TimedOut)?.unwrap_or(Ok(Event::Closed(None)));
        self.ended = !matches!(event, Ok(Event::Message(_)));
        let event = event.map_err(|refusal| self.dispatch.redacted(refusal))?;
        let length = match &event {
            Event::Message(Message::Text(text)) => text.len(),
            Event::Message(Message::Binary(bytes)) => bytes.len(),
            Event::Closed(_) => 0,
        };
        let Some(allowance) = self.allowance.checked_sub(length as u64) else {
            self.ended = true;
            return Err(Refusal::TooLarge(limits.response_bytes).into());
        };
        self.allowance = allowance;
        Ok(event)
    }

    /// Says goodbye. What the server still sends can be received.
    pub(crate) async fn close(&mut self, closing: Closing) -> Result<(), SocketError> {
        if !matches!(closing.code, 1000 | 3000..=4999) {
            let reason = format!("close code is neither 1000 nor 3000 to 4999: {}", closing.code);
            return Err(Refusal::Invalid(reason).into());
        }
        if closing.reason.len() > CLOSE_REASON_BYTES_MAX {
            let reason = format!("close reason is longer than {CLOSE_REASON_BYTES_MAX} bytes");
            return Err(Refusal::Invalid(reason).into());
        }
        let frame = CloseFrame { code: CloseCode::from(closing.code), reason: closing.reason.into() };
        self.tell(Frame::Close(Some(frame))).await?;
        self.closed = true;
        Ok(())
    }

    async fn tell(&self, frame: Frame) -> Result<(), SocketError> {
        if self.closed {
            return Err(SocketError::Closed);
        }
        let (done, told) = oneshot::channel();
        // The line is gone when the server is.
        self.commands.send(Command { frame, done }).await.map_err(|_| SocketError::Closed)?;
        told.await.map_err(|_| SocketError::Closed)?.map_err(|refusal| self.dispatch.redacted(refusal).into())
    }

    /// Messages carry no secrets: those belong into the handshake. The library below writes whole
    /// frames into its trace log, where a key must never stand.
    fn check(&self, message: &[u8]) -> Result<(), Refusal> {
        if self.dispatch.vault().is_empty() {
            return Ok(());
        }
        let filled = fill(self.dispatch.vault(), self.dispatch.issued(), &self.url, message, Place::Plain);
        match filled {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(Refusal::Invalid("placeholder in a websocket message".to_owned())),
            Err(name) => Err(self.dispatch.misdirected(&self.url, &name)),
        }
    }
}
